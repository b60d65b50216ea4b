# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a service as options of the modules service and fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.parts import PARTS
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Declare = Callable[..., dict[str, Any]]

NEW = {"provider": "aws", "region": "eu-central-1", "ip_access_list": [{"source": "203.0.113.0/24"}]}


@dataclass(frozen=True)
class Case:
    """A change of a part that has never been changed, and its requests below the service.

    before and after are its diff for an existing service, result is the part afterwards, and plan_reads are the
    requests that find the change. deletion is the request that deletes the part, "" if every service has it, and
    deleted what the diff shows then. secondary is the reason why a secondary service cannot have it, "" if it can.
    """

    declared: Mapping[str, Any]
    before: Any
    after: Mapping[str, Any]
    result: Mapping[str, Any]
    writes: Sequence[str]
    reads: Sequence[str]
    plan_reads: Sequence[str] = ()
    deletion: str = ""
    deleted: Any = None
    secondary: str = ""


SUNDAY = {"weekday": "sunday", "start_hour_utc": 6}
SNAPSHOTS = {"enabled": True, "gap": 30, "time_frame": 1440}
DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
#: An entry that is always active, as an option and as a result.
ALWAYS = {"name": "always", "weekdays": DAYS, "num_replicas": 4}
SCHEDULED = {**ALWAYS, "start_hour_utc": 0, "end_hour_utc": 24, "autoscaling_mode": "vertical"}
READ_ONLY = {"api_keys": [], "roles": ["sql_console_read_only"]}
CASES: dict[str, Case] = {
    "backup_config": Case(
        declared={"backup_period_in_hours": 12},
        before={"backup_period_in_hours": 24},
        after={"backup_period_in_hours": 12},
        result={"backup_period_in_hours": 12},
        writes=["PATCH backupConfiguration"],
        reads=["GET backupConfiguration"],
        secondary="Only the primary service of a data warehouse has a backup configuration: change that one.",
    ),
    "snapshot_config": Case(
        declared=SNAPSHOTS,
        before={"enabled": False, "gap": None, "time_frame": None},
        after=SNAPSHOTS,
        result=SNAPSHOTS,
        writes=["PATCH snapshotConfiguration"],
        reads=["GET snapshotConfiguration"],
        secondary="Only the primary service of a data warehouse has a snapshot configuration: change that one.",
    ),
    "upgrade_window": Case(
        declared=SUNDAY,
        before=None,
        after=SUNDAY,
        result=SUNDAY,
        writes=["PUT upgradeWindow"],
        reads=["GET upgradeWindow"],
        deletion="DELETE upgradeWindow",
        deleted=SUNDAY,
        secondary="It has the upgrade window of the primary service of its data warehouse: change that one.",
    ),
    "scaling_schedule": Case(
        declared={"entries": [{**ALWAYS, "start_hour": 0, "end_hour": 24}]},
        before=None,
        after={"entries": [SCHEDULED]},
        result={},
        writes=["POST scalingSchedule"],
        # The service has its schedule, too. That it has none is verified.
        reads=[],
        plan_reads=["GET scalingSchedule"],
        deletion="DELETE scalingSchedule",
        deleted={"entries": [SCHEDULED]},
    ),
    "query_endpoint": Case(
        declared=READ_ONLY,
        before=None,
        after={"roles": ["sql_console_read_only"]},
        result=READ_ONLY,
        writes=["POST serviceQueryEndpoint"],
        reads=["GET serviceQueryEndpoint"],
        deletion="DELETE serviceQueryEndpoint",
        deleted={**READ_ONLY, "allowed_origins": []},
    ),
    "clickhouse_settings": Case(
        declared={"settings": {"max_threads": "8", "max_block_size": 1000}},
        before={"max_threads": None, "max_block_size": None},
        after={"max_threads": 8, "max_block_size": 1000},
        result={"max_threads": 8, "max_block_size": 1000},
        writes=["PATCH clickhouseSettings"],
        reads=["GET clickhouseSettings"],
        plan_reads=["GET clickhouseSettings", "GET clickhouseSettings/schema"],
    ),
}
DECLARED = {option: case.declared for option, case in CASES.items()}
DELETABLE = [option for option, case in CASES.items() if case.deletion]
PRIMARY_ONLY = [option for option, case in CASES.items() if case.secondary]


def test_every_part_has_a_case() -> None:
    assert list(CASES) == list(PARTS)


@pytest.fixture(params=["service", "fleet"])
def declare(request: pytest.FixtureRequest, run: Run) -> Declare:
    """Return a function that declares one service with either module, and returns its result."""

    def _declare(check: bool = False, **options: Any) -> dict[str, Any]:
        if request.param == "service":
            return run("service", check=check, **options)
        result = run("fleet", check=check, services=[options])
        if "services" not in result:
            # The options were rejected before there was a plan.
            return result
        diff = result["diff"][0] if result.get("diff") else {"before": {}, "after": {}}
        found = {**result["services"][0], "diff": {side: diff[side] for side in ("before", "after")}}
        return {**found, "warnings": result["warnings"]} if "warnings" in result else found

    return _declare


def writes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith("GET")]


def below(service_id: str, *requests: str) -> list[str]:
    """Return requests for subpaths of the service."""
    return [f"{method} services/{service_id}/{path}" for method, path in map(str.split, requests)]


def reads(service_id: str, *, plan: bool = False) -> list[str]:
    """Return the requests that find that all parts are as declared, or that they are not."""
    return below(service_id, *[read for case in CASES.values() for read in (plan and case.plan_reads) or case.reads])


def all_writes(service_id: str, options: Iterable[str] = (*CASES,)) -> list[str]:
    """Return the requests that make the changes of these parts."""
    return below(service_id, *[write for option in options for write in CASES[option].writes])


def test_parts_are_changed_idempotently(service: dict[str, Any], declare: Declare, sent: Sent) -> None:
    plan = declare(check=True, name="analytics", **DECLARED)
    assert sent() == ["GET services", *reads(service["id"], plan=True)]
    done = declare(name="analytics", **DECLARED)
    assert writes(sent()) == all_writes(service["id"])
    assert plan["changed"] is done["changed"] is True
    assert plan["diff"] == done["diff"]
    assert done["diff"]["before"] == {option: case.before for option, case in CASES.items()}
    assert done["diff"]["after"] == {option: case.after for option, case in CASES.items()}
    for option, case in CASES.items():
        assert done[option].items() >= case.result.items()
        assert plan[option].items() >= case.result.items()
    for check in (True, False):
        again = declare(check=check, name="analytics", **DECLARED)
        assert sent() == ["GET services", *reads(service["id"])]
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
        assert {option: again[option] for option in CASES} == {option: done[option] for option in CASES}


@pytest.mark.parametrize("option", DELETABLE)
def test_part_is_deleted_idempotently(service: dict[str, Any], declare: Declare, sent: Sent, option: str) -> None:
    case = CASES[option]
    declare(name="analytics", **{option: case.declared})
    sent()
    absent = {option: {"state": "absent"}}
    plan = declare(check=True, name="analytics", **absent)
    assert writes(sent()) == []
    done = declare(name="analytics", **absent)
    assert writes(sent()) == below(service["id"], case.deletion)
    assert plan["diff"] == done["diff"] == {"before": {option: case.deleted}, "after": {option: None}}
    assert (plan["changed"], plan[option]) == (done["changed"], done[option]) == (True, None)
    for check in (True, False):
        again = declare(check=check, name="analytics", **absent)
        assert (again["changed"], again[option]) == (False, None)
        # The service has been found, so that a 404 says that it has no such part.
        assert sent() == ["GET services", *below(service["id"], *case.reads)]


@pytest.mark.usefixtures("emulator")
def test_new_service_gets_its_parts(declare: Declare, sent: Sent, tmp_path: Path) -> None:
    entry = {"name": "new", **NEW, "password_file": str(tmp_path / "password"), **DECLARED}
    plan = declare(check=True, **entry)
    assert writes(sent()) == []
    done = declare(**entry)
    expected = all_writes(done["service"]["id"])
    assert writes(sent())[-len(expected) :] == expected
    assert plan["changed"] is done["changed"] is True
    assert plan["diff"] == done["diff"]
    assert plan["diff"]["before"] == {}
    for option, case in CASES.items():
        assert plan["diff"]["after"][option].keys() == case.after.keys()
        assert plan[option].keys() >= case.result.keys()
        assert done[option].items() >= case.result.items()
    assert declare(**entry)["changed"] is False


def test_secondary_service_is_refused_before_anything_is_sent(
    service: dict[str, Any], declare: Declare, emulator: Emulator, sent: Sent
) -> None:
    reader = add_reader(emulator, service)
    for option in PRIMARY_ONLY:
        part, reason = {option: CASES[option].declared}, CASES[option].secondary
        result = declare(name="reader", tags={"a": "b"}, **part)
        assert result["failed"] is True
        assert f"{option}: Service 'reader' ({reader}) is a secondary service. {reason}" in result["msg"]
        plan = declare(check=True, name="other", **NEW, data_warehouse_id=service["dataWarehouseId"], **part)
        result = declare(name="other", **NEW, data_warehouse_id=service["dataWarehouseId"], **part)
        assert plan["failed"] is result["failed"] is True
        refusal = f"{option}: A service with data_warehouse_id is a secondary service. {reason}"
        assert plan["msg"].endswith(refusal)
        assert result["msg"].endswith(refusal)
    assert writes(sent()) == []


def add_reader(emulator: Emulator, primary: dict[str, Any]) -> str:
    """Create a secondary service, and return its ID."""
    place = {"provider": "aws", "region": "eu-central-1"}
    reader = emulator.create(name="reader", **place, dataWarehouseId=primary["dataWarehouseId"])["service"]
    emulator.clear_journal()
    return str(reader["id"])


def test_secondary_service_has_the_other_parts(
    service: dict[str, Any], declare: Declare, emulator: Emulator, sent: Sent
) -> None:
    reader = add_reader(emulator, service)
    others = [option for option in CASES if option not in PRIMARY_ONLY]
    parts = {option: CASES[option].declared for option in others}
    assert declare(check=True, name="reader", **parts)["changed"] is True
    assert declare(name="reader", **parts)["changed"] is True
    assert writes(sent()) == all_writes(reader, others)
    plan = declare(check=True, name="other", **NEW, data_warehouse_id=service["dataWarehouseId"], **parts)
    assert plan["diff"]["after"].keys() >= parts.keys()


#: Invalid suboptions, and the message about them.
INVALID: list[tuple[dict[str, Any], str]] = [
    ({"snapshot_config": {"gap": 30}}, "snapshot_config: gap is 30 minutes and time_frame is not set, but"),
    ({"scaling_schedule": {}}, "scaling_schedule: state: present needs entries."),
    ({"scaling_schedule": {"entries": [{"name": "x"}]}}, "scaling_schedule, entries, number 1 ('x'): weekdays is"),
    ({"query_endpoint": {"roles": []}}, "query_endpoint: roles is empty."),
    ({"clickhouse_settings": {"settings_mode": "add"}}, "clickhouse_settings: settings is missing."),
    ({"clickhouse_settings": {"settings": {"a": 2.5}}}, "clickhouse_settings: settings: a must be a string or an"),
    ({"upgrade_window": {"weekday": "sunday"}}, "upgrade_window: state: present needs weekday and start_hour_utc."),
    ({"upgrade_window": {}}, "upgrade_window: state: present needs weekday and start_hour_utc."),
    ({"upgrade_window": {"weekday": "sunny", "start_hour_utc": 6}}, "upgrade_window: weekday must be sunday or"),
    ({"upgrade_window": {"week_day": "sunday"}}, "upgrade_window: week_day is not an option. Did you mean weekday?"),
    (
        {"backup_config": {"backup_start_time": "02:30"}},
        "backup_config: backup_start_time must be a full hour as HH:00, such as '02:00'; '02:30' is not.",
    ),
    (
        {"backup_config": {"backup_period_in_hours": 6, "backup_start_time": "02:00"}},
        "backup_config: backup_start_time would be 02:00 and backup_period_in_hours would be 6, but",
    ),
]


@pytest.mark.usefixtures("service")
def test_invalid_part_is_refused_before_any_request(declare: Declare, sent: Sent) -> None:
    for options, message in INVALID:
        result = declare(name="analytics", tags={"a": "b"}, **options)
        assert result["failed"] is True
        assert message in result["msg"]
        assert sent() == []


def test_conflict_with_the_current_part_is_refused_before_any_write(
    service: dict[str, Any], declare: Declare, emulator: Emulator, sent: Sent
) -> None:
    emulator.request("PATCH", f"services/{service['id']}/backupConfiguration", {"backupPeriodInHours": 6})
    sent()
    result = declare(
        name="analytics",
        tags={"a": "b"},
        backup_config={"backup_start_time": "02:00"},
        upgrade_window=None,
    )
    assert "backup_config: backup_start_time would be 02:00 and backup_period_in_hours is 6, but" in result["msg"]
    assert writes(sent()) == []


@pytest.mark.parametrize("option", ["backup_config", "clickhouse_settings"])
def test_failure_of_a_part_says_that_the_service_was_created(
    emulator: Emulator, declare: Declare, sent: Sent, option: str
) -> None:
    """The service and its password are not lost, and the next run only makes the changes that are missing."""
    method, path = CASES[option].writes[0].split()
    emulator.fault(path=f"/{path}$", method=method, status=403)
    entry = {"name": "new", **NEW, **DECLARED}
    failed = declare(**entry)
    assert failed["failed"] is True
    assert PARTS[option].singleton.name in failed["msg"].partition(" failed with HTTP status 403")[0]
    assert "Changes that this task has made, or may have made: created the service 'new'" in failed["msg"]
    (created,) = emulator.services()
    assert failed["service"]["id"] == created["id"]
    assert failed["password"]
    emulator.clear_faults()
    sent()
    done = declare(**entry)
    assert (done["changed"], done.get("failed", False)) == (True, False)
    assert "password" not in done
    remaining = list(CASES)[list(CASES).index(option) :]
    assert writes(sent()) == all_writes(created["id"], remaining)
    assert declare(check=True, **entry)["changed"] is False


def test_changes_of_the_service_are_named_when_a_part_fails(
    service: dict[str, Any], declare: Declare, emulator: Emulator
) -> None:
    emulator.fault(path="/upgradeWindow$", method="PUT", status=403)
    result = declare(name="analytics", tags={"a": "b"}, upgrade_window=SUNDAY)
    assert f"may have made: changed tags of service {service['id']}" in result["msg"]
    assert result["service"]["tags"] == {"a": "b"}
    assert result["upgrade_window"] is None


@pytest.mark.usefixtures("service")
def test_parts_of_an_absent_service_are_ignored(declare: Declare, sent: Sent) -> None:
    result = declare(check=True, name="analytics", state="absent", force=True, **DECLARED)
    assert result["changed"] is True
    assert "upgrade_window" not in result
    assert sent() == ["GET services"]


def test_cost_of_a_fleet_with_unchanged_parts(emulator: Emulator, run: Run, sent: Sent) -> None:
    """One list, and one request for each declared part, as the documentation of fleet says."""
    unchanged = {
        "backup_config": {"backup_period_in_hours": 24},
        "snapshot_config": {"enabled": False},
        "upgrade_window": {"state": "absent"},
        "scaling_schedule": {"state": "absent"},
        "query_endpoint": {"state": "absent"},
        "clickhouse_settings": {"settings": {}},
    }
    assert unchanged.keys() == CASES.keys()
    ids = {}
    for name in (f"s{number}" for number in range(50)):
        ids[name] = emulator.create(name=name, provider="aws", region="eu-central-1", ipAccessList=[])["service"]["id"]
        emulator.set_service(ids[name], state="running")
    sent()
    result = run("fleet", services=[{"name": name, **unchanged} for name in ids])
    assert (result["changed"], result.get("failed", False)) == (False, False)
    requests = sent()
    assert len(requests) == 251
    assert requests == ["GET services", *[request for service_id in ids.values() for request in reads(service_id)]]


@pytest.mark.parametrize("check", [True, False])
def test_what_the_mode_set_removes_is_named_once(
    service: dict[str, Any], declare: Declare, emulator: Emulator, check: bool
) -> None:
    """Other tasks may have added it, such as those of the modules of the parts."""
    keys = [emulator.request("POST", "keys", {"name": name})["key"]["id"] for name in ("one", "two")]
    one_role = {"roles": ["sql_console_read_only"]}
    declare(
        name="analytics",
        query_endpoint={"api_keys": keys, **one_role},
        clickhouse_settings={"settings": {"max_threads": 4, "async_insert": 1}},
    )
    result = declare(
        check=check,
        name="analytics",
        query_endpoint={"api_keys": keys[:1], **one_role},
        clickhouse_settings={"settings": {"max_threads": 4}, "settings_mode": "set"},
    )
    assert [text.removeprefix("analytics: ").partition(". If other tasks")[0] for text in result["warnings"]] == [
        f"api_keys_mode: set removes from the query endpoint of service {service['id']} what api_keys does not contain:"
        f" {keys[1]}",
        f"settings_mode: set resets in service {service['id']} what settings does not contain: async_insert",
    ]


def count_lists_of_keys(requests: list[str]) -> int:
    """Return how often the first page of the API keys was requested."""
    return sum(request.startswith("GET keys") and "cursor" not in request for request in requests)


def test_fleet_lists_the_api_keys_once(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.request("POST", "keys", {"name": "reports"})
    parts = {"query_endpoint": {"api_keys": ["reports"], "roles": ["sql_console_read_only"]}}
    services = [{"name": name, **NEW, **parts} for name in ("one", "two", "three")]
    assert run("fleet", services=services)["changed"] is True
    assert count_lists_of_keys(sent()) == 1
    assert run("fleet", check=True, services=services)["changed"] is False
    assert count_lists_of_keys(sent()) == 1


@pytest.mark.usefixtures("service")
def test_unknown_api_key_is_named_with_its_option(declare: Declare, sent: Sent) -> None:
    part = {"api_keys": ["report"], "roles": ["sql_console_read_only"]}
    result = declare(name="analytics", tags={"a": "b"}, query_endpoint=part)
    assert "query_endpoint: api_keys: there is no API key 'report'." in result["msg"]
    assert writes(sent()) == []


@pytest.mark.parametrize("check", [True, False])
def test_settings_of_a_new_service_are_compared_with_another_service(
    service: dict[str, Any], declare: Declare, sent: Sent, emulator: Emulator, check: bool
) -> None:
    """Those of the new one are not known until it exists. The other one may differ, and so it is only a warning."""
    entry = {"name": "new", **NEW, "clickhouse_settings": {"settings": {"max_thread": 8, "async_insert": 1}}}
    result = declare(check=check, **entry)
    assert bool(result.get("failed")) is not check
    assert (
        "settings: max_thread is not a setting that can be changed. Did you mean max_threads? To list the settings that"
        " can be changed, use the module service_settings_info with schema: true. Service 'analytics'"
        f" ({service['id']}) is like this; those of the new service are checked once it exists."
    ) in result["warnings"][0]
    assert sent()[:2] == ["GET services", f"GET services/{service['id']}/clickhouseSettings/schema"]
    for fault in ({"status": 403}, {"status": 200, "body": {"result": {"settings": []}}}):
        emulator.fault(path="/clickhouseSettings/schema$", **fault)
        assert "warnings" not in declare(check=True, **{**entry, "name": "other"})


@pytest.mark.usefixtures("service")
def test_settings_of_new_services_are_compared_once(run: Run, sent: Sent) -> None:
    settings = {"clickhouse_settings": {"settings": {"max_threads": 8, "async_insert": None}}}
    result = run("fleet", check=True, services=[{"name": name, **NEW, **settings} for name in ("one", "two")])
    assert (result["changed"], "warnings" in result) == (True, False)
    assert [request.rpartition("/")[2] for request in sent()] == ["GET services", "schema", "GET quotas"]


@pytest.mark.usefixtures("emulator")
def test_unknown_setting_of_a_new_service_is_found_once_it_exists(declare: Declare) -> None:
    entry = {"name": "new", **NEW, "clickhouse_settings": {"settings": {"max_thread": 8}}}
    assert declare(check=True, **entry)["changed"] is True
    result = declare(**entry)
    assert "clickhouse_settings: settings: max_thread is not a setting that can be changed." in result["msg"]
    assert "may have made: created the service 'new'" in result["msg"]


def test_schedule_has_the_new_base_configuration(service: dict[str, Any], declare: Declare) -> None:
    schedule = {"scaling_schedule": DECLARED["scaling_schedule"]}
    declare(name="analytics", num_replicas=3, **schedule)
    larger = {"num_replicas": 4, "min_replica_memory_gb": 8, "max_replica_memory_gb": 64, "idle_timeout_minutes": 30}
    plan = declare(check=True, name="analytics", **larger, **schedule)
    changed = declare(name="analytics", **larger, **schedule)
    assert changed["scaling_schedule"]["base_config"].items() >= larger.items()
    assert plan["scaling_schedule"] == changed["scaling_schedule"]
    absent = declare(check=True, name="analytics", num_replicas=5, scaling_schedule={"state": "absent"})
    assert absent["scaling_schedule"] is None
    assert declare(name="analytics", num_replicas=4, **schedule)["changed"] is False
