# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


def bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of the writes."""
    return [request["body"] for request in emulator.journal() if request["method"] != "GET"]


HORIZONTAL = {"autoscaling_mode": "horizontal", "min_replicas": 2, "max_replicas": 5}
SIZE_16 = {"min_replica_memory_gb": 16, "max_replica_memory_gb": 16}


@pytest.mark.parametrize(
    ("part", "options", "body"),
    [
        ("replicaScaling", {"min_replica_memory_gb": 8}, {"minReplicaMemoryGb": 8}),
        ("replicaScaling", {"max_replica_memory_gb": 64}, {"maxReplicaMemoryGb": 64}),
        ("replicaScaling", {"num_replicas": 5}, {"numReplicas": 5}),
        ("replicaScaling", {"min_replicas": 4, "max_replicas": 4}, {"minReplicas": 4, "maxReplicas": 4}),
        ("replicaScaling", {"idle_scaling": False}, {"idleScaling": False}),
        ("replicaScaling", {"idle_timeout_minutes": 30}, {"idleTimeoutMinutes": 30}),
        ("replicaScaling", {"idle_scaling": True, "idle_timeout_minutes": 30}, {"idleTimeoutMinutes": 30}),
        (
            "replicaScaling",
            {**HORIZONTAL, **SIZE_16},
            {
                "autoscalingMode": "horizontal",
                "minReplicas": 2,
                "maxReplicas": 5,
                "minReplicaMemoryGb": 16,
                "maxReplicaMemoryGb": 16,
            },
        ),
        ("scaling", {"min_total_memory_gb": 24}, {"minTotalMemoryGb": 24}),
        (
            "scaling",
            {"min_total_memory_gb": 24, "max_total_memory_gb": 96},
            {"minTotalMemoryGb": 24, "maxTotalMemoryGb": 96},
        ),
        # All changes of a task with totals are sent in one request, even if the totals do not change.
        (
            "scaling",
            {"max_total_memory_gb": 96, "num_replicas": 5, "idle_scaling": True, "idle_timeout_minutes": 30},
            {"maxTotalMemoryGb": 96, "numReplicas": 5, "idleTimeoutMinutes": 30},
        ),
        ("scaling", {"max_total_memory_gb": 360, "num_replicas": 5}, {"numReplicas": 5}),
        ("scaling", {"max_total_memory_gb": 360, "idle_scaling": False}, {"idleScaling": False}),
        # The endpoint for totals does not accept a replica range.
        (
            "replicaScaling",
            {"max_total_memory_gb": 96, "min_replicas": 5, "max_replicas": 5},
            {"maxReplicaMemoryGb": 32, "minReplicas": 5, "maxReplicas": 5},
        ),
    ],
)
def test_change_is_idempotent(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, part: str, options: Any, body: Any
) -> None:
    plan = run("service_scaling", check=True, name="analytics", **options)
    assert plan["changed"] is True
    assert sent() == ["GET services"]

    changed = run("service_scaling", name="analytics", **options)
    assert changed["changed"] is True
    assert changed["diff"] == plan["diff"]
    assert {option: changed["service"][option] for option in options} == {**options, **with_replica_range(options)}
    assert bodies(emulator) == [body]
    path = f"services/{service['id']}"
    assert sent() == ["GET services", f"PATCH {path}/{part}", f"GET {path}"]

    for check in (True, False):
        again = run("service_scaling", check=check, service_id=service["id"], **options)
        assert again["changed"] is False
        assert again["service"] == changed["service"]
        assert sent() == [f"GET {path}"]


def with_replica_range(options: dict[str, Any]) -> dict[str, Any]:
    """Return the service with a range of equal ends, which the API returns as a number of replicas."""
    least = options.get("min_replicas")
    fixed = least is not None and least == options.get("max_replicas")
    return {"min_replicas": None, "max_replicas": None} if fixed else {}


def test_scaling_mode_can_be_changed_and_reverted(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    run("service_scaling", name="analytics", **SIZE_16)
    emulator.clear_journal()
    there = run("service_scaling", name="analytics", **HORIZONTAL, **SIZE_16)["service"]
    assert (there["autoscaling_mode"], there["num_replicas"], there["max_replicas"]) == ("horizontal", None, 5)
    # The memory does not change, but the API requires it together with the mode.
    assert bodies(emulator)[0].items() >= {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16}.items()

    run("service_scaling", name="analytics", max_replicas=6)
    assert bodies(emulator)[1] == {"minReplicas": 2, "maxReplicas": 6}

    back = run("service_scaling", name="analytics", autoscaling_mode="vertical", num_replicas=3)["service"]
    assert (back["autoscaling_mode"], back["num_replicas"], back["max_replicas"]) == ("vertical", 3, None)


def test_check_mode_predicts_replicas_of_new_mode(service: dict[str, Any], run: Run) -> None:
    band = {"autoscaling_mode": "horizontal", "min_replicas": 3, "max_replicas": 3, **SIZE_16}
    for options in (band, {"autoscaling_mode": "vertical", "num_replicas": 2}):
        plan = run("service_scaling", check=True, name="analytics", **options)["service"]
        done = run("service_scaling", name="analytics", **options)["service"]
        assert {**plan, "current_scaling": None} == {**done, "current_scaling": None}


@pytest.mark.parametrize(
    "options",
    [
        {**HORIZONTAL, **SIZE_16},
        {"min_replicas": 4, "max_replicas": 4},
        {"num_replicas": 5, "max_replica_memory_gb": 64},
        {"min_total_memory_gb": 48, "max_total_memory_gb": 96},
        {"idle_scaling": False, "idle_timeout_minutes": 5},
    ],
)
@pytest.mark.parametrize(
    "back",
    [
        {"autoscaling_mode": "vertical", "num_replicas": 3},
        {"autoscaling_mode": "vertical", "num_replicas": 3, "min_total_memory_gb": 48, "max_total_memory_gb": 96},
        {"min_replica_memory_gb": 24, "max_replica_memory_gb": 24},
    ],
)
def test_check_mode_predicts_result(service: dict[str, Any], run: Run, options: Any, back: Any) -> None:
    for step in (options, back):
        plan = run("service_scaling", check=True, name="analytics", **step)
        done = run("service_scaling", name="analytics", **step)
        assert "failed" not in done, done["msg"]
        assert plan["changed"] == done["changed"]
        # The API computes the settings in effect.
        assert {**plan["service"], "current_scaling": None} == {**done["service"], "current_scaling": None}


def test_unknown_fields_are_not_sent(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], minReplicas=None, maxReplicas=None)
    run("service_scaling", name="analytics", max_replicas=9)
    assert bodies(emulator) == [{"minReplicas": 3, "maxReplicas": 9}]


def test_missing_options_change_nothing(service: dict[str, Any], run: Run, sent: Sent) -> None:
    assert run("service_scaling", service_id=service["id"])["changed"] is False
    assert sent() == [f"GET services/{service['id']}"]


@pytest.mark.parametrize("module", ["service", "service_scaling"])
def test_total_memory_is_deprecated(service: dict[str, Any], run: Run, module: str) -> None:
    result = run(module, name="analytics", min_total_memory_gb=48)
    assert "the memory of three replicas together, however many there are" in str(result["deprecations"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_replica_memory_gb": 10}, "min_replica_memory_gb must be a multiple of 4; 10 is not."),
        ({"max_total_memory_gb": 50}, "max_total_memory_gb must be a multiple of 12; 50 is not."),
        (
            {"min_replicas": 5, "max_replicas": 2},
            "min_replicas (5) must not be greater than max_replicas (2).",
        ),
        (
            {"min_total_memory_gb": 48, "max_total_memory_gb": 24},
            "min_total_memory_gb (48) must not be greater than max_total_memory_gb (24).",
        ),
        ({"num_replicas": -3}, "num_replicas must be at least 1; -3 is not."),
        ({"idle_timeout_minutes": 4}, "idle_timeout_minutes must be at least 5; 4 is not."),
        ({"num_replicas": 3, "min_replicas": 2}, "parameters are mutually exclusive: num_replicas|min_replicas"),
        (
            {"min_total_memory_gb": 24, "min_replica_memory_gb": 8},
            "parameters are mutually exclusive: min_total_memory_gb|min_replica_memory_gb",
        ),
    ],
)
def test_invalid_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    assert run("service_scaling", name="analytics", **options)["msg"].startswith(message)
    assert emulator.journal() == []


def test_limits_of_the_api_are_reported(service: dict[str, Any], run: Run) -> None:
    result = run("service_scaling", name="analytics", max_replica_memory_gb=4000)
    assert result["changed"] is False
    assert result["status"] == 400
    assert "request body.maxReplicaMemoryGb" in result["msg"]
    assert result["service"]["max_replica_memory_gb"] == 120


@pytest.mark.parametrize("check", [True, False])
def test_missing_service_is_reported(emulator: Emulator, run: Run, check: bool) -> None:
    result = run("service_scaling", check=check, name="nobody", num_replicas=3)
    assert result["msg"] == "There is no service 'nobody'." + HINT


def test_task_without_wait_ends_immediately(service: dict[str, Any], run: Run, sent: Sent) -> None:
    result = run("service_scaling", service_id=service["id"], num_replicas=5, wait=False)
    assert result["service"]["num_replicas"] == 5
    assert sent() == [f"GET services/{service['id']}", f"PATCH services/{service['id']}/replicaScaling"]
