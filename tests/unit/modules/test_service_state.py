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


def commands(emulator: Emulator) -> list[str]:
    """Return the commands that were sent."""
    return [request["body"]["command"] for request in emulator.journal() if request["method"] == "PATCH"]


@pytest.mark.parametrize(
    ("before", "desired", "command", "after"),
    [
        ("running", "stopped", "stop", "stopped"),
        ("idle", "stopped", "stop", "stopped"),
        ("degraded", "stopped", "stop", "stopped"),
        ("stopped", "started", "start", "running"),
        ("idle", "awake", "awake", "running"),
    ],
)
def test_command_is_idempotent(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    before: str,
    desired: str,
    command: str,
    after: str,
) -> None:
    emulator.set_service(service["id"], state=before)
    plan = run("service_state", check=True, name="analytics", state=desired)
    assert plan["changed"] is True
    assert plan["diff"] == {"before": {"state": before}, "after": {"state": after}}
    assert plan["service"]["state"] == after
    assert sent() == ["GET services"]

    changed = run("service_state", name="analytics", state=desired)
    assert changed["changed"] is True
    assert changed["diff"] == plan["diff"]
    assert changed["service"] == plan["service"]
    assert commands(emulator) == [command]
    path = f"services/{service['id']}"
    requests = sent()
    assert requests[:2] == ["GET services", f"PATCH {path}/state"]
    assert set(requests[2:]) <= {f"GET {path}"}

    for check in (True, False):
        again = run("service_state", check=check, service_id=service["id"], state=desired)
        assert again["changed"] is False
        assert again["service"] == changed["service"]
        assert sent() == [f"GET {path}"]


@pytest.mark.parametrize(
    ("state", "desired"),
    [
        ("running", "started"),
        ("idle", "started"),
        ("degraded", "started"),
        ("partially_running", "started"),
        ("stopped", "stopped"),
        ("running", "awake"),
        ("degraded", "awake"),
    ],
)
def test_no_change_needs_one_request(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, state: str, desired: str
) -> None:
    emulator.set_service(service["id"], state=state)
    result = run("service_state", name="analytics", state=desired)
    assert result["changed"] is False
    assert result["service"]["state"] == state
    assert sent() == ["GET services"]


@pytest.mark.parametrize(
    ("first", "desired", "after"),
    [("started", "started", "running"), ("started", "awake", "running"), ("stopped", "stopped", "stopped")],
)
def test_waits_for_transition_in_progress(
    service: dict[str, Any], emulator: Emulator, run: Run, first: str, desired: str, after: str
) -> None:
    emulator.set_service(service["id"], state="stopped" if first == "started" else "running")
    run("service_state", name="analytics", state=first, wait=False)
    emulator.clear_journal()
    assert run("service_state", check=True, name="analytics", state=desired)["changed"] is False
    result = run("service_state", name="analytics", state=desired)
    assert result["changed"] is False
    assert result["service"]["state"] == after
    assert commands(emulator) == []


def test_stopping_service_is_started_once_stopped(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    run("service_state", name="analytics", state="stopped", wait=False)
    emulator.clear_journal()
    assert run("service_state", check=True, name="analytics", state="started")["changed"] is True
    result = run("service_state", name="analytics", state="started")
    assert result["changed"] is True
    assert result["service"]["state"] == "running"
    assert commands(emulator) == ["start"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["stopped", "stopping", "failed"])
def test_only_an_idle_service_is_woken_up(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str, check: bool
) -> None:
    emulator.set_service(service["id"], state=state)
    result = run("service_state", check=check, name="analytics", state="awake")
    assert result["msg"] == (
        f"Service 'analytics' ({service['id']}) is {state}, and only an idle one can be woken up. Use state: started."
    )
    assert result["changed"] is False
    assert commands(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_stopping_service_is_not_started_without_wait(
    service: dict[str, Any], emulator: Emulator, run: Run, check: bool
) -> None:
    emulator.set_service(service["id"], state="stopping")
    result = run("service_state", check=check, name="analytics", state="started", wait=False)
    assert result["msg"].endswith("can be started only once it is stopped, which needs wait: true.")
    assert commands(emulator) == []


STATES = [
    *("provisioning", "running", "idle", "stopped", "starting", "stopping", "awaking", "degraded", "failed"),
    *("partially_running", "terminating", "terminated", "softdeleting", "softdeleted", "some_new_state"),
]


@pytest.mark.parametrize("desired", ["started", "stopped", "awake"])
@pytest.mark.parametrize("state", STATES)
def test_check_mode_predicts_result_in_every_state(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str, desired: str
) -> None:
    emulator.set_service(service["id"], state=state)
    options = {"name": "analytics", "state": desired, "wait": False}
    plan = run("service_state", check=True, **options)
    assert commands(emulator) == []
    done = run("service_state", **options)
    if "status" not in done:
        # The result for an unknown state depends on the API alone.
        assert plan["changed"] == done["changed"]
        assert plan.get("msg") == done.get("msg")


def test_task_without_wait_ends_immediately(service: dict[str, Any], run: Run, sent: Sent) -> None:
    result = run("service_state", name="analytics", state="stopped", wait=False)
    assert result["changed"] is True
    assert result["service"]["state"] == "stopping"
    assert sent() == ["GET services", f"PATCH services/{service['id']}/state"]


@pytest.mark.usefixtures("pauses")
def test_response_to_command_is_verified(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    """The API may respond with a state that the service has not reached yet."""
    emulator.fault(path="/state$", status=200, body={"result": {**service, "state": "stopped"}})
    result = run("service_state", name="analytics", state="stopped", wait_timeout=300, wait_interval=50)
    assert result["changed"] is True
    assert "is running after 300 seconds of waiting for it to be stopped" in result["msg"]


def test_primary_with_secondaries_is_not_stopped(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    body = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    other = emulator.create(**body, name="reader", dataWarehouseId=service["dataWarehouseId"])["service"]
    result = run("service_state", name="analytics", state="stopped")
    assert result["changed"] is False
    assert result["status"] == 400
    assert f"of a data warehouse: first delete Service 'reader' ({other['id']})." in result["msg"]


def test_rejection_for_secondary_does_not_mention_others(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    body = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    other = emulator.create(**body, name="reader", dataWarehouseId=service["dataWarehouseId"])["service"]
    emulator.set_service(other["id"], state="running")
    emulator.fault(path="/state$", status=409)
    sent()
    result = run("service_state", service_id=other["id"], state="stopped")
    assert result["status"] == 409
    path = f"services/{other['id']}"
    assert sent() == [f"GET {path}", f"PATCH {path}/state", f"GET {path}"]


@pytest.mark.parametrize("check", [True, False])
def test_missing_service_is_reported(emulator: Emulator, run: Run, check: bool) -> None:
    assert (
        run("service_state", check=check, name="nobody", state="started")["msg"]
        == "There is no service 'nobody'." + HINT
    )


def test_rejected_command_changes_nothing(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/state$", status=403)
    result = run("service_state", name="analytics", state="stopped")
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["status"] == 403
    assert result["service"]["state"] == "running"
    assert "The role of the API key does not allow this" in result["msg"]


def test_failed_start_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], state="stopped")
    failed = {"result": {**service, "state": "failed"}}
    emulator.fault(path="/services/[^/]+$", method="GET", status=200, body=failed)
    result = run("service_state", name="analytics", state="started")
    assert result["changed"] is True
    assert "is failed: it can no longer become running or idle." in result["msg"]
    assert result["service"]["state"] == "failed"


#: For each desired state: the state in the list, and the state when the command is rejected.
RACES = [
    ("awake", "idle", "awaking"),
    ("awake", "idle", "running"),
    ("started", "stopped", "starting"),
    ("started", "stopped", "running"),
    ("stopped", "running", "stopping"),
    ("stopped", "running", "stopped"),
]
REFUSED = {
    "path": "/state$",
    "method": "PATCH",
    "body": {"requestId": "6f0b7c9e", "error": "BAD_REQUEST: Instance in another state"},
}


@pytest.mark.parametrize(("desired", "before", "now"), RACES)
@pytest.mark.parametrize("status", [400, 409])
def test_overtaken_command_counts_as_done(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, desired: str, before: str, now: str, status: int
) -> None:
    path, end = f"services/{service['id']}", "stopped" if desired == "stopped" else "running"
    for state in (before, now, end):
        emulator.fault(path=f"{path}$", method="GET", body={"result": {**service, "state": state}})
    emulator.fault(**REFUSED, status=status)
    result = run("service_state", service_id=service["id"], state=desired)
    assert "msg" not in result
    assert (result["changed"], result["service"]["state"]) == (False, end)
    assert sent() == [f"GET {path}", f"PATCH {path}/state", f"GET {path}", f"GET {path}"]


def test_command_with_lost_response_is_reported_as_change(
    service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    """The API rejects the command when it is sent again."""
    emulator.fault(path="/state$", method="PATCH", disconnect="after")
    emulator.fault(**REFUSED, status=400)
    result = run("service_state", name="analytics", state="stopped")
    assert "msg" not in result
    assert (result["changed"], result["service"]["state"]) == (True, "stopped")


@pytest.mark.parametrize(("status", "now"), [(400, "stopping"), (409, "failed")])
def test_rejected_command_returns_the_current_service(
    service: dict[str, Any], emulator: Emulator, run: Run, status: int, now: str
) -> None:
    emulator.set_service(service["id"], state="idle")
    emulator.fault(**REFUSED, status=status)
    emulator.fault(path=f"{service['id']}$", method="GET", body={"result": {**service, "state": now}})
    result = run("service_state", name="analytics", state="awake")
    assert (result["changed"], result["status"], result["service"]["state"]) == (False, status, now)
    assert f"is {now}." in result["msg"]


def test_unexplained_rejection_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(**REFUSED, status=400)
    emulator.fault(path=f"{service['id']}$", method="GET", status=403)
    result = run("service_state", name="analytics", state="stopped")
    assert (result["changed"], result["status"], result["service"]["state"]) == (False, 400, "running")


@pytest.mark.usefixtures("pauses")
def test_failed_wait_returns_the_last_known_state(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    for _look in range(100):
        emulator.fault(path=f"{service['id']}$", method="GET", body={"result": {**service, "state": "degraded"}})
    result = run("service_state", name="analytics", state="stopped", wait_timeout=300, wait_interval=50)
    assert "is degraded after 300 seconds of waiting for it to be stopped" in result["msg"]
    assert result["service"]["state"] == "degraded"


@pytest.mark.parametrize(("wait_timeout", "wait_interval"), [(10, 10), (5, 10), (2, 2), (10, 600)])
@pytest.mark.usefixtures("pauses")
def test_timeout_equal_to_interval_polls_once_more(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, wait_timeout: float, wait_interval: float
) -> None:
    """The last pause is the remaining time, and one poll follows it."""
    answers = [{**service, "state": "stopping"}, {**service, "state": "stopped"}]
    emulator.fault(path="/state$", body={"result": answers[0]})
    emulator.fault(path=f"{service['id']}$", method="GET", body={"result": answers[1]})
    result = run(
        "service_state", name="analytics", state="stopped", wait_timeout=wait_timeout, wait_interval=wait_interval
    )
    assert "msg" not in result
    assert result["service"]["state"] == "stopped"
    assert sent()[1:] == [f"PATCH services/{service['id']}/state", f"GET services/{service['id']}"]
