# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module fleet: one list, one plan, parallel changes, and the result of each service."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import MAX_TEST_SECONDS, display_text, wait_until

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

NAMED_TWICE = (
    "services declares the same name more than once: a. If there are several services of this name, say which by"
    " service_id in each of the entries."
)
PLACE = {"provider": "aws", "region": "eu-central-1"}
NEW = {**PLACE, "ip_access_list": [{"source": "203.0.113.0/24"}]}


def add(emulator: Emulator, name: str, state: str = "running", **body: Any) -> str:
    """Create a service, and return its ID."""
    service = emulator.create(name=name, **PLACE, ipAccessList=[{"source": "203.0.113.0/24"}], **body)["service"]
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    return str(service["id"])


def writes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith("GET")]


def states_by_name(emulator: Emulator) -> dict[str, str]:
    """Return the names and states of all services."""
    return {service["name"]: service["state"] for service in emulator.services()}


def outcomes(result: dict[str, Any], *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(service.get(key) for key in keys) for service in result["services"]]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("key", ["name", "service_id"])
def test_fifty_unchanged_services_need_one_request(
    emulator: Emulator, run: Run, sent: Sent, check: bool, key: str
) -> None:
    ids = {f"s{number}": add(emulator, f"s{number}", tags=[{"key": "n", "value": str(number)}]) for number in range(50)}
    services = [
        {key: name if key == "name" else ids[name], "tags": {"n": name[1:]}, "state": "started"} for name in ids
    ]
    sent()
    result = run("fleet", check=check, services=services)
    assert sent() == ["GET services"]
    assert result["changed"] is False
    assert result["diff"] == []
    assert result["summary"] == "0 to create, 0 to change, 0 to delete, 50 unchanged"
    assert outcomes(result, "name", "service_id", "changed", "failed", "pruned") == [
        (name, service_id, False, False, False) for name, service_id in ids.items()
    ]


def test_declared_backup_configuration_costs_one_more_request(emulator: Emulator, run: Run, sent: Sent) -> None:
    one, two = add(emulator, "one"), add(emulator, "two")
    result = run("fleet", services=[{"name": "one", "backup_config": {"backup_period_in_hours": 24}}, {"name": "two"}])
    assert sent() == ["GET services", f"GET services/{one}/backupConfiguration"]
    assert result["changed"] is False
    assert result["services"][0]["backup_config"]["backup_period_in_hours"] == 24
    assert result["services"][1]["service_id"] == two


@pytest.mark.parametrize(
    "more",
    [
        {"state": "started"},
        {"state": "stopped"},
        {"backup_config": {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 720}},
        {"upgrade_window": {"weekday": "sunday", "start_hour_utc": 6}},
    ],
)
@pytest.mark.usefixtures("emulator")
def test_diff_of_a_new_service_equals_that_of_check_mode(run: Run, more: dict[str, Any]) -> None:
    one = {"name": "one", **NEW, **more}
    plan = run("fleet", check=True, services=[one])
    done = run("fleet", services=[one])
    assert done["diff"] == plan["diff"]
    assert done["diff"][0]["before"] == {}


def test_check_mode_predicts_creation_change_and_deletion(
    emulator: Emulator, run: Run, sent: Sent, tmp_path: Path
) -> None:
    kept = tmp_path / "two"
    first = [
        {"name": "one", **NEW, "password": "given to one", "backup_config": {"backup_period_in_hours": 12}},
        {"name": "two", **NEW, "password_file": str(kept), "state": "stopped"},
        {"name": "three", **NEW},
    ]
    second = [
        {
            "name": "one",
            "tags": {"a": "b"},
            "num_replicas": 2,
            "state": "stopped",
            "backup_config": {"backup_period_in_hours": 24},
        },
        {"name": "two", "state": "started"},
        {"name": "three"},
    ]
    third = [{"name": name, "state": "absent", "force": True} for name in ("one", "two", "three")]
    states = [
        {"one": "running", "two": "stopped", "three": "running"},
        {"one": "stopped", "two": "running", "three": "running"},
        {},
    ]
    for desired, state in zip([first, second, third], states):
        planned = run("fleet", check=True, services=desired)
        assert writes(sent()) == []
        done = run("fleet", services=desired)
        assert states_by_name(emulator) == state
        assert planned["changed"] is done["changed"] is True
        assert planned["diff"] == done["diff"]
        assert planned["summary"] == done["summary"]
        assert outcomes(planned, "name", "changed", "failed") == outcomes(done, "name", "changed", "failed")
        sent()
        for check in (True, False):
            again = run("fleet", check=check, services=desired)
            assert again["changed"] is False
            assert writes(sent()) == []
    assert kept.read_text() != ""


def test_fleet_returns_new_services_without_passwords(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "two"
    services = [{"name": "one", **NEW, "password": "given"}, {"name": "two", **NEW, "password_file": str(kept)}]
    result = run("fleet", services=services, wait=False)
    one, two = result["services"]
    assert "password" not in one
    assert "password" not in two
    known = {service["name"]: service["passwordHash"] for service in emulator.raw_services()}
    assert known == {
        "one": password_hashes("given")["newPasswordHash"],
        "two": password_hashes(kept.read_text())["newPasswordHash"],
    }
    assert result["diff"][0]["after"]["region"] == "eu-central-1"
    assert "given" not in display_text(result).replace('"given"}', "")


def test_all_entries_wait_with_the_same_list(emulator: Emulator, run: Run, sent: Sent) -> None:
    services = [{"name": f"s{number}", **NEW} for number in range(20)]
    # They start to run once all of them are created.
    emulator.hold()
    until_then: list[str] = []
    times: list[float] = []

    def start_all() -> None:
        wait_until(lambda: len(emulator.raw_services()) == 20)
        times.extend(entry["time"] for entry in emulator.journal())
        until_then.extend(sent())
        emulator.advance(600)

    starting = threading.Thread(target=start_all)
    starting.start()
    result = run("fleet", services=services, wait_interval=1, wait_timeout=MAX_TEST_SECONDS)
    starting.join()
    assert result["changed"] is True
    since_then = sent()
    assert set(states_by_name(emulator).values()) == {"running"}
    assert until_then[:3] == ["GET services", "GET quotas", "GET services"]
    assert sorted(set(until_then)) == ["GET quotas", "GET services", "POST services"]
    assert until_then.count("POST services") == 20
    # The plan, and at most one list before each creation; those that wait poll every second.
    assert until_then.count("GET services") <= 1 + 20 + 5 + 5 * (times[-1] - times[0])
    # One or two lists, not one per service; a few more if the machine is slow.
    assert set(since_then) == {"GET services"}
    assert len(since_then) <= 8


@pytest.mark.usefixtures("pauses")
def test_last_poll_of_a_fleet_does_not_use_an_older_list(emulator: Emulator, run: Run) -> None:
    """The remaining time may be a small part of the interval."""
    add(emulator, "slow")
    starting = {"result": [{**emulator.services()[0], "state": "starting"}]}
    # The plan, and the first poll.
    emulator.fault(path="/services$", method="GET", body=starting, times=2)
    result = run("fleet", services=[{"name": "slow", "state": "started"}], wait_interval=10, wait_timeout=12)
    assert "msg" not in result
    assert result["services"][0]["service"]["state"] == "running"


def test_failure_of_one_service_does_not_stop_the_others(emulator: Emulator, run: Run, sent: Sent) -> None:
    add(emulator, "there")
    gone = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
    result = run(
        "fleet",
        services=[
            {"name": "there", "region": "us-east-2"},
            {"name": "odd", **NEW, "min_replica_memory_gb": 10},
            {"service_id": gone, "tags": {}},
            {"name": "unknown"},
            {"name": "good", **NEW},
            {"name": "refused", **NEW, "num_replicas": 1000},
        ],
    )
    assert result["failed"] is True
    assert result["changed"] is True
    assert outcomes(result, "name", "changed", "failed") == [
        ("there", False, True),
        ("odd", False, True),
        (gone, False, True),
        ("unknown", False, True),
        ("good", True, False),
        ("refused", False, True),
    ]
    assert result["msg"].startswith("5 of 6 services failed. there: region is 'eu-central-1', not 'us-east-2'.")
    assert "odd: min_replica_memory_gb must be a multiple of 4; 10 is not." in result["msg"]
    assert "unknown: There is no service 'unknown'. To create it, set provider" in result["msg"]
    assert result["services"][5]["status"] == 400
    assert sorted(states_by_name(emulator)) == ["good", "there"]
    assert writes(sent()).count("POST services") == 2


def test_failure_lists_changes_made(emulator: Emulator, run: Run) -> None:
    one, two = add(emulator, "one"), add(emulator, "two")
    emulator.fault(path=f"{one}/state$", status=403)
    services = [{"name": name, "tags": {"a": "b"}, "state": "stopped"} for name in ("one", "two")]
    result = run("fleet", services=services)
    assert result["failed"] is True
    assert outcomes(result, "changed", "failed") == [(True, True), (True, False)]
    assert result["services"][0]["msg"].endswith(f"or may have made: changed tags of service {one}.")
    assert states_by_name(emulator) == {"one": "running", "two": "stopped"}
    assert two not in result["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"services": [{"name": "a"}, {}]},
            "services: of number 2, one of the following is required: name, service_id.",
        ),
        ({"services": [{"name": ""}]}, "services: of number 1, one of the following is required: name, service_id."),
        (
            {"services": [{"name": "a", "num_replicas": 1, "min_replicas": 1}]},
            "services: of number 1, parameters are mutually exclusive: num_replicas|min_replicas.",
        ),
        ({"services": [{"name": "a"}, {"name": "a"}]}, NAMED_TWICE),
        ({"services": [], "prune": True}, "prune needs prune_filter: the tags of the services that it may delete."),
        (
            {"services": [], "prune": True, "prune_filter": {}},
            "prune needs prune_filter: the tags of the services that it may delete.",
        ),
    ],
)
def test_invalid_option_fails_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str, check: bool
) -> None:
    result = run("fleet", check=check, **options)
    assert result["failed"] is True
    assert result["msg"] == message
    assert result["services"] == []
    assert emulator.journal() == []


def test_service_declared_twice_is_rejected(emulator: Emulator, run: Run, sent: Sent) -> None:
    service_id = add(emulator, "one")
    services = [{"name": "one", "tags": {"a": "b"}}, {"service_id": service_id, "state": "absent", "force": True}]
    result = run("fleet", services=services)
    assert outcomes(result, "changed", "failed") == [(True, False), (False, True)]
    assert result["services"][1]["msg"] == "It is the same service as one. Declare each service once."
    assert states_by_name(emulator) == {"one": "running"}


OURS = [{"key": "owner", "value": "us"}]


@pytest.mark.parametrize("check", [True, False])
def test_undeclared_services_are_pruned(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    ids = {
        "declared": add(emulator, "declared", tags=OURS),
        "known": add(emulator, "known", "stopped", tags=OURS),
        "superfluous": add(emulator, "superfluous", "stopped", tags=OURS),
        "idle": add(emulator, "idle", "idle", tags=[*OURS, {"key": "more"}]),
        "theirs": add(emulator, "theirs", "stopped", tags=[{"key": "owner", "value": "them"}]),
        "nobody's": add(emulator, "nobody's", "stopped"),
    }
    result = run(
        "fleet",
        check=check,
        services=[{"name": "declared"}, {"service_id": ids["known"], "name": "renamed"}],
        prune=True,
        prune_filter={"owner": "us"},
    )
    assert outcomes(result, "name", "changed", "pruned") == [
        ("declared", False, False),
        ("renamed", True, False),
        ("superfluous", True, True),
        ("idle", True, True),
    ]
    requests = sent()
    if check:
        assert requests == ["GET services"]
        assert len(states_by_name(emulator)) == 6
    else:
        assert sorted(states_by_name(emulator)) == ["declared", "nobody's", "renamed", "theirs"]
    headers = [(diff["before_header"], diff["after"]) for diff in result["diff"]]
    assert headers[1:] == [(f"{name} ({ids[name]})", {}) for name in ("superfluous", "idle")]


def test_empty_tag_value_does_not_match_other_values(emulator: Emulator, run: Run) -> None:
    add(emulator, "owned", "stopped", tags=OURS)
    add(emulator, "ownerless", "stopped", tags=[{"key": "owner"}])
    # As if "{{ team }}" renders to empty text.
    run("fleet", services=[], prune_all=True, prune=True, prune_filter={"owner": ""})
    assert states_by_name(emulator) == {"owned": "stopped"}


def test_tag_without_value_matches_any_value(emulator: Emulator, run: Run) -> None:
    add(emulator, "one", "stopped", tags=OURS)
    add(emulator, "two", "stopped", tags=[{"key": "owner"}])
    add(emulator, "three", "stopped", tags=[{"key": "other"}])
    run("fleet", services=[], prune_all=True, prune=True, prune_filter={"owner": None})
    assert states_by_name(emulator) == {"three": "stopped"}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("state", "tags", "guards", "message"),
    [
        ("running", [], {}, "the API does not delete it in this state. Stop it first, or set force: true"),
        ("stopped", [{"key": "ansible-protected"}], {"force": True}, "since it has the tag 'ansible-protected'"),
        ("stopped", [{"key": "mine"}], {"protect_tag": "mine"}, "since it has the tag 'mine'"),
        ("stopped", [], {"require_backup_within_hours": 1}, "since it has no completed backup from the last"),
    ],
)
def test_guards_apply_to_pruned_services(
    emulator: Emulator, run: Run, sent: Sent, check: bool, state: str, tags: Any, guards: Any, message: str
) -> None:
    emulator.set_service(add(emulator, "kept", state, tags=[*OURS, *tags]), backups=[])
    result = run("fleet", check=check, services=[], prune_all=True, prune=True, prune_filter={"owner": "us"}, **guards)
    assert result["failed"] is True
    assert result["changed"] is False
    assert message in result["services"][0]["msg"]
    assert writes(sent()) == []


def test_running_service_is_pruned_with_force(emulator: Emulator, run: Run) -> None:
    add(emulator, "running", tags=OURS)
    result = run("fleet", services=[], prune_all=True, prune=True, prune_filter={"owner": "us"}, force=True)
    assert result["changed"] is True
    assert states_by_name(emulator) == {}


def test_failed_entry_counts_as_declared(emulator: Emulator, run: Run) -> None:
    for _number in range(2):
        add(emulator, "twice", "stopped", tags=OURS)
    result = run("fleet", services=[{"name": "twice"}], prune=True, prune_filter={"owner": "us"})
    assert result["failed"] is True
    assert "2 services are named 'twice'" in result["msg"]
    assert len(states_by_name(emulator)) == 1
    assert len(emulator.services()) == 2


def test_primary_is_deleted_after_its_secondaries(emulator: Emulator, run: Run, sent: Sent) -> None:
    primary = add(emulator, "primary", "stopped")
    warehouse = emulator.services()[0]["dataWarehouseId"]
    reader = add(emulator, "reader", "stopped", dataWarehouseId=warehouse)
    result = run("fleet", services=[{"name": name, "state": "absent"} for name in ("primary", "reader")])
    assert not result.get("failed"), result
    assert states_by_name(emulator) == {}
    assert writes(sent()) == [f"DELETE services/{reader}", f"DELETE services/{primary}"]


def test_waits_for_service_created_by_another_user(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.create(name="new", **PLACE, ipAccessList=[])
    sent()
    result = run("fleet", services=[{"name": "new"}])
    assert result["changed"] is False
    assert result["services"][0]["service"]["state"] == "running"
    assert set(sent()) == {"GET services"}


def test_new_service_cannot_be_stopped_without_waiting(emulator: Emulator, run: Run) -> None:
    result = run("fleet", services=[{"name": "new", **NEW, "state": "stopped"}], wait=False)
    assert "can be stopped only once it has started, which needs wait: true." in result["msg"]
    assert states_by_name(emulator) == {}


def test_create_from_backup_of_another_service(emulator: Emulator, run: Run) -> None:
    add(emulator, "one")
    result = run("fleet", services=[{"name": "copy", "restore_from": {"name": "one"}}])
    assert result["changed"] is True
    assert states_by_name(emulator) == {"one": "running", "copy": "running"}


def test_warnings_name_the_service(emulator: Emulator, run: Run) -> None:
    world = [{"source": "0.0.0.0/0"}]
    services = [
        {"name": name, **PLACE, "ip_access_list": world, "min_total_memory_gb": 48, "max_total_memory_gb": 96}
        for name in ("one", "two")
    ]
    result = run("fleet", services=services)
    assert [warning.split(":")[0] for warning in result["warnings"]] == ["one", "two"]
    assert len(result["deprecations"]) == 1


@pytest.mark.usefixtures("fast_clock", "instant_timeouts")
def test_lost_response_creates_no_duplicate(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/services$", method="POST", disconnect="late", times=1)
    services = [{"name": name, **NEW} for name in ("one", "two", "three")]
    result = run("fleet", services=services, wait_interval=0.5, wait_timeout=1000)
    assert not result.get("failed"), result
    assert sorted(one["name"] for one in emulator.services()) == ["one", "three", "two"]
    known = {item["name"]: item["passwordHash"] for item in emulator.raw_services()}
    for service in result["services"]:
        assert known[service["name"]] == password_hashes(service["password"])["newPasswordHash"]


def test_nothing_is_changed_if_services_cannot_be_listed(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.fault(path="/services$", status=403, times=100)
    result = run("fleet", services=[{"name": "one", **NEW}, {"name": "two", **NEW}])
    assert result["failed"] is True
    assert outcomes(result, "changed", "failed") == [(False, True), (False, True)]
    # A failed list has failed for all entries that share it.
    assert sent() == ["GET services"]
