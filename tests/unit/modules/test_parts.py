# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a service as options of the modules service and fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.parts import PARTS
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Declare = Callable[..., dict[str, Any]]

NEW = {"provider": "aws", "region": "eu-central-1", "ip_access_list": [{"source": "203.0.113.0/24"}]}
#: A change of each part of a service that has never been changed.
DECLARED: dict[str, dict[str, Any]] = {
    "backup_config": {"backup_period_in_hours": 12},
    "upgrade_window": {"weekday": "sunday", "start_hour_utc": 6},
}
#: The requests that read each part, and those that make this change, below the service.
READS = {"backup_config": ["backupConfiguration"], "upgrade_window": ["upgradeWindow"]}
WRITES = {"backup_config": ["PATCH backupConfiguration"], "upgrade_window": ["PUT upgradeWindow"]}
#: The diff of this change for a new service, if it is more than the declaration, and for an existing one.
BEFORE: dict[str, Any] = {"backup_config": {"backup_period_in_hours": 24}, "upgrade_window": None}
#: The parts that can be deleted, and the requests for that.
DELETIONS = {"upgrade_window": "DELETE upgradeWindow"}
#: Why a secondary service cannot have the part.
SECONDARY = {
    "backup_config": "Only the primary service of a data warehouse has a backup configuration: change that one.",
    "upgrade_window": "It has the upgrade window of the primary service of its data warehouse: change that one.",
}


@pytest.fixture(params=["service", "fleet"])
def declare(request: pytest.FixtureRequest, run: Run) -> Declare:
    """Return a function that declares one service with either module, and returns its result."""

    def _declare(check: bool = False, **options: Any) -> dict[str, Any]:
        if request.param == "service":
            return run("service", check=check, **options)
        result = run("fleet", check=check, services=[options])
        diff = result["diff"][0] if result.get("diff") else {"before": {}, "after": {}}
        return {**result["services"][0], "diff": {side: diff[side] for side in ("before", "after")}}

    return _declare


def writes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith("GET")]


def below(service_id: str, *requests: str) -> list[str]:
    """Return requests for subpaths of the service."""
    return [f"{method} services/{service_id}/{path}" for method, path in map(str.split, requests)]


def reads(service_id: str) -> list[str]:
    """Return the requests that read all parts."""
    return [f"GET services/{service_id}/{path}" for option in PARTS for path in READS[option]]


def test_parts_are_changed_idempotently(service: dict[str, Any], declare: Declare, sent: Sent) -> None:
    plan = declare(check=True, name="analytics", **DECLARED)
    assert sent() == ["GET services", *reads(service["id"])]
    done = declare(name="analytics", **DECLARED)
    assert writes(sent()) == below(service["id"], *[write for option in PARTS for write in WRITES[option]])
    assert plan["changed"] is done["changed"] is True
    assert plan["diff"] == done["diff"] == {"before": BEFORE, "after": DECLARED}
    for option, values in DECLARED.items():
        assert done[option].items() >= values.items()
        assert plan[option].items() >= values.items()
    for check in (True, False):
        again = declare(check=check, name="analytics", **DECLARED)
        assert sent() == ["GET services", *reads(service["id"])]
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
        assert {option: again[option] for option in PARTS} == {option: done[option] for option in PARTS}


@pytest.mark.parametrize("option", DELETIONS)
def test_part_is_deleted_idempotently(service: dict[str, Any], declare: Declare, sent: Sent, option: str) -> None:
    declare(name="analytics", **{option: DECLARED[option]})
    sent()
    absent = {option: {"state": "absent"}}
    plan = declare(check=True, name="analytics", **absent)
    assert writes(sent()) == []
    done = declare(name="analytics", **absent)
    assert writes(sent()) == below(service["id"], DELETIONS[option])
    assert plan["diff"] == done["diff"] == {"before": {option: DECLARED[option]}, "after": {option: None}}
    assert (plan["changed"], plan[option]) == (done["changed"], done[option]) == (True, None)
    for check in (True, False):
        again = declare(check=check, name="analytics", **absent)
        assert (again["changed"], again[option]) == (False, None)
        # The service has been found, so that a 404 says that it has no such part.
        assert sent() == ["GET services", *below(service["id"], *[f"GET {path}" for path in READS[option]])]


@pytest.mark.usefixtures("emulator")
def test_new_service_gets_its_parts(declare: Declare, sent: Sent, tmp_path: Path) -> None:
    entry = {"name": "new", **NEW, "password_file": str(tmp_path / "password"), **DECLARED}
    plan = declare(check=True, **entry)
    assert writes(sent()) == []
    done = declare(**entry)
    service_id = done["service"]["id"]
    expected = below(service_id, *[write for option in PARTS for write in WRITES[option]])
    assert writes(sent())[-len(expected) :] == expected
    assert plan["changed"] is done["changed"] is True
    assert plan["diff"] == done["diff"]
    assert plan["diff"]["before"] == {}
    assert {option: plan["diff"]["after"][option] for option in PARTS} == DECLARED
    for option, values in DECLARED.items():
        assert plan[option].items() >= values.items()
        assert done[option].items() >= values.items()
    again = declare(**entry)
    assert again["changed"] is False


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("option", PARTS)
def test_secondary_service_is_refused_before_anything_is_sent(
    service: dict[str, Any], declare: Declare, emulator: Emulator, sent: Sent, option: str, check: bool
) -> None:
    place = {"provider": "aws", "region": "eu-central-1"}
    warehouse = service["dataWarehouseId"]
    reader = emulator.create(name="reader", **place, dataWarehouseId=warehouse)["service"]
    sent()
    result = declare(check=check, name="reader", tags={"a": "b"}, **{option: DECLARED[option]})
    assert result["failed"] is True
    assert f"{option}: Service 'reader' ({reader['id']}) is a secondary service. {SECONDARY[option]}" in result["msg"]
    result = declare(check=check, name="other", **NEW, data_warehouse_id=warehouse, **{option: DECLARED[option]})
    assert result["failed"] is True
    refusal = f"{option}: A service with data_warehouse_id is a secondary service. {SECONDARY[option]}"
    assert result["msg"].endswith(refusal)
    assert writes(sent()) == []


#: Invalid suboptions, and the message about them.
INVALID = [
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


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("options", "message"), INVALID)
@pytest.mark.usefixtures("service")
def test_invalid_part_is_refused_before_any_request(
    run: Run, sent: Sent, options: dict[str, Any], message: str, check: bool
) -> None:
    entry = {"name": "analytics", "tags": {"a": "b"}, **options}
    for module, arguments in (("service", entry), ("fleet", {"services": [entry]})):
        result = run(module, check=check, **arguments)
        assert result["failed"] is True
        assert message in result["msg"]
        assert sent() == []


@pytest.mark.parametrize("check", [True, False])
def test_conflict_with_the_current_part_is_refused_before_any_write(
    service: dict[str, Any], declare: Declare, emulator: Emulator, sent: Sent, check: bool
) -> None:
    emulator.request("PATCH", f"services/{service['id']}/backupConfiguration", {"backupPeriodInHours": 6})
    sent()
    result = declare(
        check=check,
        name="analytics",
        tags={"a": "b"},
        backup_config={"backup_start_time": "02:00"},
        upgrade_window=None,
    )
    assert "backup_config: backup_start_time would be 02:00 and backup_period_in_hours is 6, but" in result["msg"]
    assert writes(sent()) == []


@pytest.mark.parametrize("option", PARTS)
def test_failure_of_a_part_says_that_the_service_was_created(
    emulator: Emulator, declare: Declare, sent: Sent, option: str
) -> None:
    """The service and its password are not lost, and the next run only makes the changes that are missing."""
    method, path = WRITES[option][0].split()
    emulator.fault(path=f"/{path}$", method=method, status=403)
    entry = {"name": "new", **NEW, **DECLARED}
    failed = declare(**entry)
    assert failed["failed"] is True
    assert "failed with HTTP status 403" in failed["msg"]
    assert PARTS[option].singleton.name in failed["msg"].partition(" failed with")[0]
    assert "Changes that this task has made, or may have made: created the service 'new'" in failed["msg"]
    (created,) = emulator.services()
    assert failed["service"]["id"] == created["id"]
    assert failed["password"]
    emulator.clear_faults()
    sent()
    done = declare(**entry)
    assert (done["changed"], done.get("failed", False)) == (True, False)
    assert "password" not in done
    remaining = list(PARTS)[list(PARTS).index(option) :]
    assert writes(sent()) == below(created["id"], *[write for name in remaining for write in WRITES[name]])
    assert declare(check=True, **entry)["changed"] is False


def test_changes_of_the_service_are_named_when_a_part_fails(
    service: dict[str, Any], declare: Declare, emulator: Emulator
) -> None:
    emulator.fault(path="/upgradeWindow$", method="PUT", status=403)
    result = declare(name="analytics", tags={"a": "b"}, upgrade_window=DECLARED["upgrade_window"])
    assert f"may have made: changed tags of service {service['id']}" in result["msg"]
    assert result["service"]["tags"] == {"a": "b"}
    assert result["upgrade_window"] is None


@pytest.mark.usefixtures("service")
def test_parts_of_an_absent_service_are_ignored(declare: Declare, sent: Sent) -> None:
    result = declare(check=True, name="analytics", state="absent", force=True, **DECLARED)
    assert result["changed"] is True
    assert "upgrade_window" not in result
    assert sent() == ["GET services"]


@pytest.mark.parametrize("check", [True, False])
def test_cost_of_a_fleet_with_unchanged_parts(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    """One list, and one request for each declared part, as the documentation of fleet says."""
    names = [f"s{number}" for number in range(50)]
    ids = {}
    for name in names:
        ids[name] = emulator.create(name=name, provider="aws", region="eu-central-1", ipAccessList=[])["service"]["id"]
        emulator.set_service(ids[name], state="running")
    services = [
        {"name": name, "backup_config": {"backup_period_in_hours": 24}, "upgrade_window": {"state": "absent"}}
        for name in names
    ]
    sent()
    result = run("fleet", check=check, services=services)
    assert (result["changed"], result.get("failed", False)) == (False, False)
    assert sent() == ["GET services", *[request for name in names for request in reads(ids[name])]]
