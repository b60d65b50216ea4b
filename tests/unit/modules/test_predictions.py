# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode returns the service as the task would leave it: its state, its current scaling and its endpoints."""

from __future__ import annotations

from typing import Any, Callable

import pytest
import requests

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.prediction import (
    predict_current_scaling,
    predict_endpoints,
)
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import WAIT_TIMEOUT

Run = Callable[..., dict[str, Any]]

NEW = {"name": "new", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
HORIZONTAL = {
    "autoscaling_mode": "horizontal",
    "min_replica_memory_gb": 32,
    "max_replica_memory_gb": 32,
    "min_replicas": 2,
    "max_replicas": 4,
}


@pytest.fixture
def run_both(run: Run) -> Run:
    """Return a function that runs a task in check mode and for real, and returns both results."""

    def _both(module: str, **options: Any) -> Any:
        planned, done = (run(module, check=check, **options) for check in (True, False))
        assert not planned.get("failed"), planned
        assert not done.get("failed"), done
        assert planned["diff"] == done["diff"]
        assert planned["changed"] is done["changed"]
        return planned, done

    return _both


@pytest.mark.parametrize(
    "options",
    [
        {"num_replicas": 5},
        {"min_replica_memory_gb": 8, "max_replica_memory_gb": 64},
        {"min_total_memory_gb": 48, "max_total_memory_gb": 96},
        {"idle_scaling": False},
        {"idle_timeout_minutes": 45},
        HORIZONTAL,
        {"mysql_endpoint": True},
        {"mysql_endpoint": True, "num_replicas": 5, "tags": {"a": "b"}},
        {"tags": {"a": "b"}},
        {"deletion_protection": True},
    ],
)
def test_whole_service_is_predicted(service: dict[str, Any], run_both: Run, options: dict[str, Any]) -> None:
    planned, done = run_both("service", name="analytics", **options)
    assert planned["service"] == done["service"]
    assert done["changed"] is True


def test_reset_is_predicted(service: dict[str, Any], run_both: Run) -> None:
    for options in (HORIZONTAL, {"autoscaling_mode": "vertical", "num_replicas": 3}):
        planned, done = run_both("service", name="analytics", **options)
        assert planned["service"] == done["service"]
    for value in (True, False):
        planned, done = run_both("service", name="analytics", mysql_endpoint=value)
        assert planned["service"] == done["service"]
        assert len(planned["service"]["endpoints"]) == (3 if value else 2)


def test_active_schedule_entry_takes_precedence(service: dict[str, Any], emulator: Emulator, run_both: Run) -> None:
    entry = {
        "name": "always",
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "startHourUtc": 0,
        "endHourUtc": 24,
        "minReplicaMemoryGb": 64,
        "maxReplicaMemoryGb": 64,
    }
    url = f"{emulator.api_url}/organizations/{emulator.organization_id}/services/{service['id']}/scalingSchedule"
    answer = requests.post(url, json={"entries": [entry]}, auth=(emulator.api_key, emulator.api_secret), timeout=60)
    assert answer.status_code == 200, answer.text
    planned, done = run_both("service_scaling", name="analytics", num_replicas=7, max_replica_memory_gb=128)
    assert planned["service"]["current_scaling"] == done["service"]["current_scaling"]
    assert planned["service"]["current_scaling"]["effective_max_replica_memory_gb"] == 64


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(
    ("before", "state", "expected"),
    [
        ("stopped", "started", ("starting", "running")),
        ("running", "stopped", ("stopping", "stopped")),
        ("idle", "awake", ("awaking", "running")),
        ("stopped", "stopped", ("stopped", "stopped")),
        ("idle", "started", ("idle", "idle")),
    ],
)
def test_final_state_is_predicted(
    service: dict[str, Any],
    emulator: Emulator,
    run_both: Run,
    before: str,
    state: str,
    expected: tuple[str, str],
    wait: bool,
) -> None:
    emulator.set_service(service["id"], state=before)
    planned, done = run_both(
        "service_state", name="analytics", state=state, wait=wait, wait_interval=0.05, wait_timeout=WAIT_TIMEOUT
    )
    assert planned["service"]["state"] == done["service"]["state"] == expected[wait]
    assert planned["diff"]["after"] == ({"state": expected[wait]} if planned["changed"] else {})


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(
    ("before", "state", "expected"),
    [("starting", "started", "running"), ("stopping", "stopped", "stopped"), ("awaking", "awake", "running")],
)
def test_end_of_transition_is_predicted_with_wait(
    service: dict[str, Any], emulator: Emulator, run: Run, before: str, state: str, expected: str, wait: bool
) -> None:
    emulator.set_service(service["id"], state=before)
    options = {"name": "analytics", "state": state, "wait": wait, "wait_interval": 0.05, "wait_timeout": WAIT_TIMEOUT}
    planned = run("service_state", check=True, **options)
    assert planned["changed"] is False
    assert planned["service"]["state"] == (expected if wait else before)


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("module", ["service", "fleet"])
def test_state_of_new_service_is_predicted(run_both: Run, emulator: Emulator, module: str, wait: bool) -> None:
    wait_options = {"wait": wait, "wait_interval": 0.05, "wait_timeout": WAIT_TIMEOUT}
    options = {"services": [NEW]} if module == "fleet" else NEW
    planned, done = run_both(module, **options, **wait_options)
    if module == "fleet":
        planned, done = (result["services"][0] for result in (planned, done))
    assert planned["service"]["state"] == done["service"]["state"] == ("running" if wait else "provisioning")
    # Fields that only the creation determines are unknown.
    assert planned["service"]["endpoints"] is None
    assert {"id", "endpoints", "created_at"} <= set(planned["unknown"])
    assert all(done["service"][name] is not None for name in planned["unknown"])
    assert "unknown" not in done


@pytest.mark.parametrize("wait", [True, False])
def test_service_being_created_is_predicted(service: dict[str, Any], emulator: Emulator, run: Run, wait: bool) -> None:
    emulator.set_service(service["id"], state="provisioning")
    options = {"name": "analytics", "wait": wait, "wait_interval": 0.05, "wait_timeout": WAIT_TIMEOUT}
    planned = run("service", check=True, **options)
    assert planned["changed"] is False
    assert planned["service"]["state"] == ("running" if wait else "provisioning")


@pytest.mark.parametrize("wait", [True, False])
def test_fleet_predicts_final_states(emulator: Emulator, run_both: Run, wait: bool) -> None:
    states = {"one": "running", "two": "stopped", "three": "stopped"}
    for name, state in states.items():
        created = emulator.create(name=name)["service"]
        emulator.set_service(created["id"], state=state)
    services = [{"name": "one", "state": "stopped"}, {"name": "two", "state": "started"}, {"name": "three"}]
    planned, done = run_both("fleet", services=services, wait=wait, wait_interval=0.05, wait_timeout=WAIT_TIMEOUT)
    assert [service["service"] for service in planned["services"]] == [item["service"] for item in done["services"]]
    expected = ["stopped", "running", "stopped"] if wait else ["stopping", "starting", "stopped"]
    assert [one["service"]["state"] for one in done["services"]] == expected


BASE = {
    "autoscaling_mode": "vertical",
    "num_replicas": 3,
    "min_replicas": None,
    "max_replicas": None,
    "min_replica_memory_gb": 8,
    "max_replica_memory_gb": None,
    "idle_scaling": None,
    "idle_timeout_minutes": None,
}


@pytest.mark.parametrize("current", [None, "odd", []])
def test_invalid_current_scaling_is_kept(current: Any) -> None:
    assert predict_current_scaling({**BASE, "current_scaling": current}) == current


@pytest.mark.parametrize("schedule", [None, "odd", {}, {"entries": None}, {"entries": [None, {"id": "other"}]}])
@pytest.mark.parametrize("active", [None, "1"])
def test_malformed_schedule_is_ignored(schedule: Any, active: Any) -> None:
    service = {**BASE, "scaling_schedule": schedule, "current_scaling": {"active_entry_id": active, "more": 1}}
    assert predict_current_scaling(service) == {
        "active_entry_id": active,
        "more": 1,
        "effective_autoscaling_mode": "vertical",
        "effective_min_replica_memory_gb": 8,
        "effective_min_replicas": 3,
        "effective_max_replicas": 3,
    }


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        (None, None),
        ("odd", "odd"),
        ([], []),
        ([None, {"host": 7}], [None, {"host": 7}]),
        ([{"protocol": "mysql", "host": "a"}], []),
    ],
)
def test_endpoints_without_host_are_not_completed(endpoints: Any, expected: Any) -> None:
    assert predict_endpoints({"endpoints": endpoints, "mysql_endpoint": True}) == expected
