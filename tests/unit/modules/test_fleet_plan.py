# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of the module fleet: what it shows and rejects, the order in which it is applied, and how it ends."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import fleet
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.fleet_entry import Entry
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import (
    HOLD_SECONDS,
    MAX_TEST_SECONDS,
    run_module,
    wait_until,
)

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

PLACE = {"provider": "aws", "region": "eu-central-1"}
NEW = {**PLACE, "ip_access_list": []}
TEAM = [{"key": "team", "value": "x"}]
PRUNE = {"prune": True, "prune_filter": {"team": "x"}, "force": True}
FORK = multiprocessing.get_context("fork")


def add(emulator: Emulator, name: str, state: str = "running", **body: Any) -> str:
    """Create a service, and return its ID."""
    service = emulator.create(name=name, **PLACE, ipAccessList=[], **body)["service"]
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    return str(service["id"])


def add_warehouse(emulator: Emulator, state: str = "running", **body: Any) -> tuple[str, str]:
    """Create a primary and a secondary service, and return their IDs."""
    primary = add(emulator, "primary", state, **body)
    (warehouse,) = {service["dataWarehouseId"] for service in emulator.services()}
    return primary, add(emulator, "reader", state, dataWarehouseId=warehouse, **body)


def writes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith("GET")]


def outcome(result: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    """Return, by name, whether each service was changed and whether it has failed."""
    return {service["name"]: (service["changed"], service["failed"]) for service in result["services"]}


def names(emulator: Emulator) -> list[str]:
    return sorted(service["name"] for service in emulator.services())


@pytest.mark.parametrize("check", [True, False])
def test_services_with_the_same_name_have_separate_diffs(emulator: Emulator, run: Run, check: bool) -> None:
    ids = [add(emulator, "twin", "stopped", tags=TEAM) for _number in range(2)]
    kept = add(emulator, "kept", tags=TEAM)
    services = [{"service_id": kept, "name": "renamed"}, {"name": "new", **NEW}]
    result = run("fleet", check=check, services=services, **PRUNE)
    assert [(diff["before_header"], diff["after_header"]) for diff in result["diff"]] == [
        (f"kept ({kept})", f"renamed ({kept})"),
        ("new (new)", "new (new)"),
        *((f"twin ({service_id})", f"twin ({service_id})") for service_id in ids),
    ]
    assert [diff["after"] for diff in result["diff"][2:]] == [{}, {}]
    assert result["summary"] == "1 to create, 1 to change, 2 to delete, 0 unchanged"
    assert [diff.get("prepared") for diff in result["diff"]] == [None, None, None, f"{result['summary']}\n"]
    assert [warning for warning in result["warnings"] if "prune" in warning] == [
        f"prune deletes the service twin ({service_id}), which services does not declare." for service_id in ids
    ]
    assert [
        (action["action"], action["name"], action["service_id"], action["pruned"]) for action in result["plan"]
    ] == [
        ("change", "kept", kept, False),
        ("create", "new", None, False),
        *(("delete", "twin", service_id, True) for service_id in ids),
    ]
    assert [action["before"] for action in result["plan"][:2]] == [{"name": "kept"}, {}]
    assert [action["after"].get("name") for action in result["plan"]] == ["renamed", "new", None, None]
    assert len(emulator.services()) == (3 if check else 2)


def test_plan_is_returned_although_it_cannot_be_carried_out(emulator: Emulator, run: Run) -> None:
    changed = add(emulator, "changed")
    emulator.fault(path=f"services/{changed}$", method="PATCH", status=400)
    services = [{"name": "changed", "tags": {"a": "b"}}, {"name": "absent", "state": "absent"}, {"name": "unknown"}]
    result = run("fleet", check=True, services=services)
    assert result["failed"] is True
    (action,) = result["plan"]
    assert (action["action"], action["name"], action["after"]) == ("change", "changed", {"tags": {"a": "b"}})
    result = run("fleet", services=services[:2])
    assert (result["failed"], result["plan"]) == (True, [action])


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_plan_contains_only_what_changes(emulator: Emulator, run: Run, state: str) -> None:
    add(emulator, "same", {"started": "running"}.get(state, state))
    (action,) = run("fleet", check=True, services=[{"name": "same", "state": state, "tags": {"a": "b"}}])["plan"]
    assert (action["before"], action["after"]) == ({"tags": {}}, {"tags": {"a": "b"}})


@pytest.mark.parametrize("check", [True, False])
def test_failure_before_the_plan_is_complete_returns_no_plan(emulator: Emulator, run: Run, check: bool) -> None:
    for name in ("old", "other"):
        add(emulator, name, "stopped", tags=TEAM)
    result = run("fleet", check=check, services=[{"name": "old", "state": "absent"}], **PRUNE)
    assert "set prune_all: true" in result["msg"]
    assert not {"plan", "summary", "diff"} & result.keys()
    assert result["changed"] is False


def test_summary_counts_unchanged_services(emulator: Emulator, run: Run) -> None:
    for number in range(3):
        add(emulator, f"s{number}")
    services = [{"name": f"s{number}"} for number in range(3)]
    unchanged = run("fleet", services=services)
    assert unchanged["summary"] == "0 to create, 0 to change, 0 to delete, 3 unchanged"
    assert unchanged["diff"] == []
    assert "warnings" not in unchanged
    services[0]["tags"] = {"a": "b"}
    assert run("fleet", services=services)["summary"] == "0 to create, 1 to change, 0 to delete, 2 unchanged"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "entry",
    [
        {"name": "analytcs", "min_replica_memory_gb": 16},
        {"name": "odd", **NEW, "min_replica_memory_gb": 10},
        {"name": "there", "region": "us-east-2"},
        {"service_id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"},
    ],
)
def test_rejected_entry_prevents_pruning(
    emulator: Emulator, run: Run, sent: Sent, entry: dict[str, Any], check: bool
) -> None:
    add(emulator, "there")
    analytics = add(emulator, "analytics", "idle", tags=TEAM)
    result = run("fleet", check=check, services=[{"name": "there"}, entry][entry.get("name") == "there" :], **PRUNE)
    assert result["failed"] is True
    assert result["changed"] is False
    assert outcome(result)["analytics"] == (False, True)
    assert result["services"][-1]["service_id"] == analytics
    assert "It is not deleted, since" in result["services"][-1]["msg"]
    assert result["diff"] == []
    assert result["summary"].split(", ")[2] == "0 to delete"
    assert writes(sent()) == []


def test_successor_rejected_later_keeps_its_predecessor(emulator: Emulator, run: Run, sent: Sent) -> None:
    add(emulator, "v1", "idle", tags=TEAM)
    new = {"name": "v2", **NEW, "region": "mars", "tags": {"team": "x"}}
    result = run("fleet", services=[new], **PRUNE)
    assert outcome(result) == {"v2": (False, True), "v1": (False, True)}
    assert "v1: It is not deleted, since v2 has failed." in result["msg"]
    assert names(emulator) == ["v1"]
    assert writes(sent()) == ["POST services"]


@pytest.mark.parametrize("check", [True, False])
def test_service_that_must_not_be_pruned_keeps_the_others(
    emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    add(emulator, "kept")
    add(emulator, "free", "stopped", tags=TEAM)
    add(emulator, "protected", "stopped", tags=[*TEAM, {"key": "ansible-protected"}])
    result = run("fleet", check=check, services=[{"name": "kept"}], **PRUNE)
    assert outcome(result) == {"kept": (False, False), "free": (False, True), "protected": (False, True)}
    assert "declare it in services with state: absent, and set confirm_name there to its name" in result["msg"]
    assert writes(sent()) == []


def test_pruning_comes_last(emulator: Emulator, run: Run, sent: Sent) -> None:
    old = add(emulator, "old", "stopped", tags=TEAM)
    kept = add(emulator, "kept")
    services = [{"name": "new", **NEW}, {"name": "kept", "state": "stopped"}]
    result = run("fleet", services=services, **PRUNE)
    assert result["changed"] is True
    requests = writes(sent())
    assert sorted(requests[:2]) == [f"PATCH services/{kept}/state", "POST services"]
    assert requests[2:] == [f"DELETE services/{old}"]


@pytest.mark.parametrize("check", [True, False])
def test_pruning_all_services_requires_confirmation(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    add(emulator, "one", "stopped", tags=TEAM)
    refused = run("fleet", check=check, services=[], **PRUNE)
    assert refused["msg"].startswith("services declares no service that stays, so prune would delete all services")
    assert "set prune_all: true" in refused["msg"]
    assert refused["services"] == []
    assert sent() == []
    confirmed = run("fleet", check=check, services=[], prune_all=True, **PRUNE)
    assert confirmed["changed"] is True
    assert names(emulator) == (["one"] if check else [])


@pytest.mark.parametrize("check", [True, False])
def test_list_of_deletions_does_not_prune_all_others(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    add(emulator, "old", "stopped", tags=TEAM)
    add(emulator, "other", "stopped", tags=TEAM)
    sent()
    deletion = {"name": "old", "state": "absent"}
    refused = run("fleet", check=check, services=[deletion], **PRUNE)
    assert "set prune_all: true" in refused["msg"]
    assert sent() == ["GET services"]
    # Without other services that have the tags, no confirmation is required.
    run("service", name="other", state="absent")
    assert run("fleet", check=check, services=[deletion], **PRUNE)["changed"] is True


@pytest.mark.parametrize("check", [True, False])
def test_plan_that_exceeds_the_prune_limit_is_rejected(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    kept = add(emulator, "kept")
    twins = [add(emulator, "old", "stopped", tags=TEAM) for _number in range(2)]
    services = [{"name": "kept", "tags": {"a": "b"}}, {"name": "new", **NEW}]
    for limit in (0, 1):
        result = run("fleet", check=check, services=services, prune_limit=limit, **PRUNE)
        assert result["failed"] is True
        assert result["changed"] is False
        assert f"prune would delete 2 services, and prune_limit allows {limit}" in result["msg"]
        assert result["summary"] == "1 to create, 1 to change, 2 to delete, 0 unchanged"
        assert not any(service["changed"] for service in result["services"])
        headers = ["kept (" + kept + ")", "new (new)", *(f"old ({service_id})" for service_id in twins)]
        assert [diff["before_header"] for diff in result["diff"]] == headers
        for header in headers[2:]:
            assert header in result["msg"]
            assert any(f"prune would delete the service {header}" in warning for warning in result["warnings"])
        assert writes(sent()) == []
    assert run("fleet", check=check, services=services, prune_limit=2, **PRUNE)["changed"] is True
    assert (f"PATCH services/{kept}" in sent()) is not check


def test_negative_limit_is_rejected(run: Run, sent: Sent) -> None:
    result = run("fleet", services=[{"name": "one"}], prune_limit=-1)
    assert result["msg"] == "prune_limit must be 0 or more; -1 is not. Leave it out to set no limit."
    assert sent() == []


def test_services_with_the_same_name_are_declared_by_id(emulator: Emulator, run: Run, sent: Sent) -> None:
    first, second = (add(emulator, "twin", tags=TEAM) for _number in range(2))
    services = [
        {"service_id": first, "name": "twin", "tags": {"team": "x", "n": "1"}},
        {"service_id": second, "name": "twin", "state": "stopped"},
    ]
    plan = run("fleet", check=True, services=services, **PRUNE)
    done = run("fleet", services=services, **PRUNE)
    assert plan["diff"] == done["diff"]
    assert [service["service_id"] for service in done["services"]] == [first, second]
    assert [(item["id"], item["state"]) for item in emulator.services()] == [(first, "running"), (second, "stopped")]
    assert run("fleet", services=services, **PRUNE)["changed"] is False


@pytest.mark.parametrize("entries", [("id", None), ("id", "ID")])
def test_service_declared_by_name_and_id_is_rejected(
    emulator: Emulator, run: Run, sent: Sent, entries: tuple[Any, Any]
) -> None:
    twin = add(emulator, "twin")
    ids = {"id": twin, "ID": twin.upper(), None: None}
    result = run("fleet", services=[{"service_id": ids[entry], "name": "twin"} for entry in entries])
    assert "services declares the same" in result["msg"]
    assert sent() == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("services", "options"),
    [
        ([{"name": "primary", "state": "absent", "force": True}, {"name": "reader"}], {}),
        ([{"name": "primary", "state": "stopped"}], {}),
        ([{"name": "primary", "state": "stopped"}, {"name": "reader", "state": "stopped"}], {}),
        ([{"name": "reader"}], PRUNE),
        # The entry that deletes the secondary service is rejected.
        ([{"name": "primary", "state": "stopped"}, {"name": "reader", "state": "absent"}], {}),
    ],
)
def test_primary_is_kept_while_it_has_secondaries(
    emulator: Emulator, run: Run, sent: Sent, services: list[dict[str, Any]], options: dict[str, Any], check: bool
) -> None:
    add_warehouse(emulator, tags=TEAM)
    result = run("fleet", check=check, services=services, **options)
    assert outcome(result)["primary"] == (False, True)
    assert f"PATCH services/{emulator.services()[0]['id']}/state" not in sent()
    assert emulator.services()[0]["state"] == "running"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["absent", "stopped"])
def test_primary_is_kept_for_a_secondary_to_be_created(
    emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    add(emulator, "primary")
    (warehouse,) = {service["dataWarehouseId"] for service in emulator.services()}
    sent()
    services = [
        {"name": "primary", "state": state, "force": True},
        {"name": "reader", **NEW, "data_warehouse_id": warehouse},
    ]
    result = run("fleet", check=check, services=services)
    assert outcome(result) == {"primary": (False, True), "reader": (True, False)}
    assert "is the primary service of a data warehouse, and cannot be" in result["msg"]
    assert "Service 'reader'" in result["msg"]
    assert writes(sent()) == ([] if check else ["POST services"])


@pytest.mark.parametrize("prune", [True, False])
@pytest.mark.parametrize("state", ["absent", "stopped"])
def test_primary_is_stopped_or_deleted_after_its_secondaries(
    emulator: Emulator, run: Run, sent: Sent, state: str, prune: bool
) -> None:
    primary, reader = add_warehouse(emulator, tags=TEAM)
    last = {"name": "primary", "state": state, "force": True}
    services = [last] if prune else [last, {"name": "reader", "state": "absent", "force": True}]
    options = {**PRUNE, "prune_all": True} if prune else {}
    plan = run("fleet", check=True, services=services, **options)
    assert writes(sent()) == []
    done = run("fleet", services=services, **options)
    assert not done.get("failed"), done
    assert plan["diff"] == done["diff"]
    requests = writes(sent())
    assert requests.index(f"DELETE services/{reader}") < requests.index(f"PATCH services/{primary}/state")
    assert {service["state"] for service in emulator.services()} == ({"stopped"} if state == "stopped" else set())


def test_primary_is_kept_if_deletion_of_its_secondary_fails(emulator: Emulator, run: Run, sent: Sent) -> None:
    primary, reader = add_warehouse(emulator, "stopped")
    emulator.fault(path=f"{reader}$", method="DELETE", status=403)
    services = [{"name": name, "state": "absent"} for name in ("primary", "reader")]
    result = run("fleet", services=services)
    assert outcome(result) == {"primary": (False, True), "reader": (False, True)}
    assert "primary: It is not deleted, since reader has failed." in result["msg"]
    assert f"DELETE services/{primary}" not in sent()


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["absent", "stopped"])
def test_primary_cannot_follow_its_secondaries_without_wait(
    emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    add_warehouse(emulator, "idle")
    sent()
    services = [{"name": "primary", "state": state}, {"name": "reader", "state": "absent"}]
    result = run("fleet", check=check, services=services, wait=False)
    assert outcome(result) == {"primary": (False, True), "reader": (True, False)}
    assert "only once the secondary services of its data warehouse are gone. Set wait: true." in result["msg"]
    assert len(writes(sent())) == (0 if check else 1)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("entry", "options", "message"),
    [
        ({"name": "new", **NEW, "state": "stopped"}, {"wait": False}, "A new service can be stopped only once it has"),
        (
            {"name": "new", **NEW, "data_warehouse_id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"},
            {},
            "",
        ),
        (
            {
                "name": "new",
                **NEW,
                "data_warehouse_id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc",
                "backup_config": {"backup_period_in_hours": 12},
            },
            {},
            "A service with data_warehouse_id is a secondary service. Only the primary service",
        ),
        (
            {"name": "reader", "tags": {"a": "b"}, "backup_config": {"backup_period_in_hours": 12}},
            {},
            "is a secondary service.",
        ),
        (
            {"name": "primary", "num_replicas": 4, "transparent_data_encryption_key_id": "arn:key"},
            {},
            "transparent_data_encryption_key_id needs transparent data encryption, which Service 'primary'",
        ),
    ],
)
def test_plan_rejects_invalid_fleet_before_any_write(
    emulator: Emulator, run: Run, sent: Sent, entry: dict[str, Any], options: dict[str, Any], message: str, check: bool
) -> None:
    add_warehouse(emulator)
    sent()
    result = run("fleet", check=check, services=[entry], **options)
    if message:
        assert result["failed"] is True
        assert message in result["msg"]
        assert writes(sent()) == []
    else:
        assert bool(result.get("failed")) is not check


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_source_of_a_restore_is_deleted_last(emulator: Emulator, run: Run, sent: Sent, by: str) -> None:
    old = add(emulator, "old", "stopped")
    done = {"id": "8d2f1c44-6a0b-4b7e-9c55-0123456789ab", "status": "done", "startedAt": "2026-01-01T00:00:00Z"}
    emulator.set_service(old, backups=[done])
    source = {by: {"name": "old", "service_id": old.upper()}[by]}
    services = [{"name": "old", "state": "absent"}, {"name": "copy", "restore_from": source}]
    result = run("fleet", services=services)
    assert not result.get("failed"), result
    assert writes(sent()) == ["POST services", f"DELETE services/{old}"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("sources", [("one", "two"), ("two", "one")])
def test_existing_services_do_not_wait_for_their_source(
    emulator: Emulator, run: Run, sent: Sent, check: bool, sources: tuple[str, str]
) -> None:
    ids = [add(emulator, name, "stopped") for name in ("one", "two")]
    services = [
        {"name": name, "state": "absent", "restore_from": {"name": source}}
        for name, source in zip(("one", "two"), sources)
    ]
    result = run("fleet", check=check, services=services)
    assert outcome(result) == {"one": (True, False), "two": (True, False)}
    assert sorted(writes(sent())) == ([] if check else sorted(f"DELETE services/{service_id}" for service_id in ids))


def test_stopped_primary_does_not_wait_for_its_source(emulator: Emulator, run: Run) -> None:
    add_warehouse(emulator)
    services = [
        {"name": "primary", "state": "stopped", "restore_from": {"name": "reader"}},
        {"name": "reader", "state": "absent", "force": True},
    ]
    result = run("fleet", services=services, wait_interval=0.05)
    assert outcome(result) == {"primary": (True, False), "reader": (True, False)}
    assert names(emulator) == ["primary"]


def test_circular_predecessors_fail(emulator: Emulator, run: Run, sent: Sent) -> None:
    for name in ("one", "two"):
        add(emulator, name, "stopped")
    sent()

    def set_predecessors(entries: list[Entry]) -> None:
        for entry in entries:
            entry.predecessors = list(entries)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet, "set_predecessors", set_predecessors)
        result = run("fleet", services=[{"name": name, "state": "absent"} for name in ("one", "two")])
    assert outcome(result) == {"one": (False, True), "two": (False, True)}
    assert "one: Nothing was done with it, since these entries wait for each other: one, two." in result["msg"]
    assert writes(sent()) == []


def test_failed_copy_keeps_its_source(emulator: Emulator, run: Run, sent: Sent) -> None:
    add(emulator, "old", "stopped")
    emulator.set_service(emulator.services()[0]["id"], backups=[])
    services = [{"name": "old", "state": "absent"}, {"name": "copy", "restore_from": {"name": "old"}}]
    sent()
    result = run("fleet", services=services)
    assert outcome(result) == {"old": (False, True), "copy": (False, True)}
    assert writes(sent()) == []


@pytest.mark.parametrize("protect", [{"deletionProtection": True}, {"tags": [*TEAM, {"key": "ansible-protected"}]}])
@pytest.mark.parametrize("check", [True, False])
def test_protected_service_is_not_pruned(
    emulator: Emulator, run: Run, sent: Sent, protect: dict[str, Any], check: bool
) -> None:
    add(emulator, "kept")
    add(emulator, "old", **{"tags": TEAM, **protect})
    result = run("fleet", check=check, services=[{"name": "kept"}], **PRUNE)
    assert outcome(result)["old"] == (False, True)
    assert "declare it in services with state: absent" in result["msg"]
    assert writes(sent()) == []


def test_protection_is_declared_and_lifted(emulator: Emulator, run: Run, sent: Sent) -> None:
    new = {"name": "one", **NEW, "deletion_protection": True}
    assert run("fleet", services=[new])["services"][0]["service"]["deletion_protection"] is True
    assert run("fleet", services=[new])["changed"] is False
    sent()
    absent = {"name": "one", "state": "absent", "force": True}
    refused = run("fleet", services=[absent])
    assert "since its deletion protection is on" in refused["msg"]
    assert writes(sent()) == []
    lifted = run("fleet", services=[{**absent, "deletion_protection": False}])
    assert not lifted.get("failed"), lifted
    assert emulator.services() == []


def test_failed_entry_has_service_id(emulator: Emulator, run: Run) -> None:
    there = add(emulator, "there")
    result = run("fleet", services=[{"name": "there", "region": "us-east-2"}])
    assert result["services"][0]["service_id"] == there
    assert result["services"][0]["failed"] is True


@pytest.mark.parametrize("options", [{"services": [{"name": "old", "state": "absent"}]}, {"services": [], **PRUNE}])
def test_waits_for_deletion_in_progress(emulator: Emulator, run: Run, sent: Sent, options: dict[str, Any]) -> None:
    add(emulator, "old", "terminating", tags=TEAM)
    options = {**options, "prune_all": True}
    planned = run("fleet", check=True, **options)
    assert planned["changed"] is False
    assert sent() == ["GET services"]
    # Two polls return it, and then it does not exist anymore.
    emulator.fault(path="services$", method="GET", skip=2, times=9, body={"result": []})
    again = run("fleet", **options)
    assert again["changed"] is False
    assert not again.get("failed"), again
    assert sent() == ["GET services"] * 3
    assert again["summary"] == "0 to create, 0 to change, 0 to delete, 1 unchanged"


@pytest.mark.parametrize("check", [True, False])
def test_service_being_created_is_not_stopped_without_wait(
    emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    add(emulator, "one", "provisioning")
    services = [{"name": "one", "tags": {"a": "b"}, "state": "stopped"}]
    result = run("fleet", check=check, services=services, wait=False)
    assert "can be stopped only once it has started, which needs wait: true." in result["msg"]
    assert writes(sent()) == []


def test_name_of_a_service_being_deleted_can_be_declared(emulator: Emulator, run: Run) -> None:
    old = add(emulator, "one", "terminating", tags=TEAM)
    result = run("fleet", services=[{"name": "one", **NEW}], **PRUNE)
    assert result["changed"] is True
    assert [service["pruned"] for service in result["services"]] == [False]
    assert result["services"][0]["service_id"] != old


class TaskTimeout(BaseException):
    """The exception with which Ansible ends a task that takes too long."""


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, TaskTimeout])
def test_no_requests_after_the_task_has_ended(
    emulator: Emulator, tmp_path: Path, interrupt: type[BaseException]
) -> None:
    ids = {name: add(emulator, name) for name in ("one", "two")}
    add(emulator, "old", "stopped", tags=TEAM)
    services = [{"service_id": ids[name], "name": f"{name}!", "state": "stopped"} for name in ids]
    options = {"services": services, "wait_interval": 0.2, "wait_timeout": 1000, **PRUNE}
    emulator.hold()  # The services never leave this state, so the task cannot end before the signal arrives.
    for service_id in ids.values():
        emulator.set_service(service_id, state="starting")

    def play() -> None:
        def end(_signal: int, _frame: Any) -> None:
            raise interrupt

        signal.signal(signal.SIGALRM, end)
        threading.Thread(target=_alarm_after, args=(emulator, 2), daemon=True).start()
        result = {}
        with contextlib.suppress(TaskTimeout):
            result = run_module("fleet", False, options)
        # The next item of a loop runs in the same process.
        wait_until(lambda: threading.active_count() == 1)
        emulator.clear_journal()
        time.sleep(0.5)
        (tmp_path / "result").write_text(json.dumps([result, emulator.journal()]))

    process = FORK.Process(target=play, daemon=True)
    process.start()
    process.join(2 * MAX_TEST_SECONDS)
    process.kill()
    result, later = json.loads((tmp_path / "result").read_text())
    assert later == []
    assert "old" in names(emulator)
    if interrupt is KeyboardInterrupt:
        assert outcome(result)["old"] == (False, True)
        assert "old: Interrupted before anything was done with it." in result["msg"]


def _alarm_after(emulator: Emulator, number: int) -> None:
    """Send a signal to this process once this number of writes was sent."""
    wait_until(lambda: sum(entry["method"] != "GET" for entry in emulator.journal()) >= number)
    os.kill(os.getpid(), signal.SIGALRM)


def test_terminated_process_sends_no_further_requests(emulator: Emulator, sent: Sent, tmp_path: Path) -> None:
    services = [{"service_id": add(emulator, name), "name": f"{name}!", "state": "stopped"} for name in ("one", "two")]
    emulator.hold()  # The services never leave this state, so the task cannot end before the signal arrives.
    for service in services:
        emulator.set_service(service["service_id"], state="starting")
    options = {"services": services, "wait_interval": 0.2, "wait_timeout": 1000}
    ended = tmp_path / "result"
    process = FORK.Process(
        target=lambda: ended.write_text(json.dumps(run_module("fleet", False, options))), daemon=True
    )
    process.start()
    try:
        wait_until(lambda: any(entry["method"] == "PATCH" for entry in emulator.journal()))
        process.terminate()
        process.join(MAX_TEST_SECONDS)
        assert process.exitcode == -signal.SIGTERM, ended.read_text()
    finally:
        process.kill()
    # All requests that were sent by then have arrived before the second check.
    for _look in range(2):
        sent()
    time.sleep(0.5)
    assert sent() == []


@pytest.mark.parametrize(
    ("module", "options", "request_line"),
    [
        ("fleet", {"services": [{"name": "one", "state": "stopped"}]}, "PATCH services/{id}/state"),
        ("service", {"name": "one", "state": "absent", "force": True}, "PATCH services/{id}/state"),
        ("service", {"name": "new", **NEW, "password": "correct horse"}, "POST services"),
        ("service_state", {"name": "one", "state": "started"}, "PATCH services/{id}/state"),
    ],
)
def test_process_ends_if_its_result_is_no_longer_read(
    emulator: Emulator, sent: Sent, tmp_path: Path, module: str, options: dict[str, Any], request_line: str
) -> None:
    service = add(emulator, "one", "stopped" if options.get("state") == "started" else "running")
    reader, writer = os.pipe()
    options = {**options, "wait_interval": 0.2, "wait_timeout": 1000}
    emulator.fault(path="/(state|services)$", method=request_line.split()[0], delay=HOLD_SECONDS)

    def play() -> None:
        os.close(reader)
        os.dup2(writer, 1)
        (tmp_path / "result").write_text(json.dumps(run_module(module, False, options)))

    process = FORK.Process(target=play, daemon=True)
    process.start()
    try:
        os.close(writer)
        wait_until(lambda: any(entry["method"] != "GET" for entry in emulator.journal()))
        os.close(reader)
        emulator.clear_faults()
        process.join(MAX_TEST_SECONDS)
        assert process.exitcode == 0
    finally:
        process.kill()
    result = json.loads((tmp_path / "result").read_text())
    assert result["failed"] is True
    assert writes(sent()) == [request_line.format(id=service)]
