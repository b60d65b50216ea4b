# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rejected change is explained by the current values, and changes that were made are always reported."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

#: The module, its options, the path that it writes to, the path that it reads afterwards, and the remaining difference.
CHANGES: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("service", {"tags": {"a": "b"}}, "", "", "tags {}"),
    ("service", {"num_replicas": 5}, "/replicaScaling", "", "num_replicas 3"),
    ("service_scaling", {"num_replicas": 5}, "/replicaScaling", "", "num_replicas 3"),
    (
        "backup_config",
        {"backup_period_in_hours": 12},
        "/backupConfiguration",
        "/backupConfiguration",
        "backup_period_in_hours 24",
    ),
]
change = pytest.mark.parametrize(("module", "options", "part", "read", "lacks"), CHANGES)


@pytest.fixture
def fault(service: dict[str, Any], emulator: Emulator) -> Callable[..., None]:
    """Return a function that makes the next write to this path of the service fail."""

    def _fault(part: str, method: str = "PATCH", **options: Any) -> None:
        emulator.fault(path=f"{service['id']}{part}$", method=method, **options)

    return _fault


@change
@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.usefixtures("fast_clock")
def test_change_with_lost_response_is_reported(
    service: dict[str, Any],
    run: Run,
    sent: Sent,
    fault: Callable[..., None],
    module: str,
    options: dict[str, Any],
    part: str,
    read: str,
    lacks: str,
    status: int,
) -> None:
    fault(part, disconnect="after")
    fault(part, status=status)
    result = run(module, service_id=service["id"], **options)
    assert "msg" not in result
    assert result["changed"] is True
    assert sent().count(f"PATCH services/{service['id']}{part}") == (2 if part else 1)


@change
@pytest.mark.usefixtures("fast_clock")
def test_rejection_after_lost_response_lists_differences(
    service: dict[str, Any],
    run: Run,
    sent: Sent,
    fault: Callable[..., None],
    module: str,
    options: dict[str, Any],
    part: str,
    read: str,
    lacks: str,
) -> None:
    fault(part, status=502)
    fault(part, status=400)
    result = run(module, service_id=service["id"], **options)
    assert result["status"] == 400
    assert result["changed"] is True
    assert f"still has {lacks}. Changes that this task has made, or may have made: changed " in result["msg"]
    assert sent()[-1] == f"GET services/{service['id']}{read}"


@change
def test_conflict_is_explained_by_current_values(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    fault: Callable[..., None],
    module: str,
    options: dict[str, Any],
    part: str,
    read: str,
    lacks: str,
) -> None:
    fault(part, status=409)
    result = run(module, service_id=service["id"], **options)
    assert (result["status"], result["changed"]) == (409, False)
    assert result["msg"].endswith(f"still has {lacks}.")
    requests = sent()
    assert requests[-1] == f"GET services/{service['id']}{read}"
    assert requests.count(f"PATCH services/{service['id']}{part}") == 1
    # If the service cannot be read, there is no explanation.
    fault(part, status=409)
    fault(read, method="GET", skip=1, status=403)
    result = run(module, service_id=service["id"], **options)
    assert (result["status"], result["changed"]) == (409, False)
    assert "still has" not in result["msg"]


#: For each path of CHANGES, the fields of the service after another task has made the change.
BY_ANOTHER: dict[str, dict[str, Any]] = {
    "": {"tags": [{"key": "a", "value": "b"}]},
    "/replicaScaling": {"numReplicas": 5},
    "/backupConfiguration": {
        "backupPeriodInHours": 12,
        "backupRetentionPeriodInHours": 24,
        "backupStartTime": None,
    },
}


@change
def test_conflict_with_the_same_change_of_another_task_succeeds(
    service: dict[str, Any],
    run: Run,
    sent: Sent,
    fault: Callable[..., None],
    module: str,
    options: dict[str, Any],
    part: str,
    read: str,
    lacks: str,
) -> None:
    fault(part, status=409)
    base = {} if read else {**service, "state": "running"}
    fault(read, method="GET", skip=1, times=9, body={"result": {**base, **BY_ANOTHER[part]}})
    result = run(module, service_id=service["id"], **options)
    assert "msg" not in result
    assert result["changed"] is False
    assert "diff" not in result
    option, value = next(iter(options.items()))
    assert result["backup_config" if read else "service"][option] == value
    assert sent().count(f"PATCH services/{service['id']}{part}") == 1


@pytest.mark.parametrize(("outrun", "changed"), [(["", "/replicaScaling"], False), ([""], True)])
def test_conflict_with_a_partial_change_of_another_task_fails(
    service: dict[str, Any], run: Run, fault: Callable[..., None], outrun: list[str], changed: bool
) -> None:
    for part in outrun:
        fault(part, status=409)
    seen = {**service, **BY_ANOTHER[""], **BY_ANOTHER["/replicaScaling"]}
    fault("", method="GET", skip=1, times=9, body={"result": seen})
    result = run("service", service_id=service["id"], tags={"a": "b"}, num_replicas=5)
    assert "msg" not in result
    assert result["changed"] is changed
    assert ("diff" in result) is changed


def test_protection_lifted_by_another_task_does_not_prevent_deletion(
    service: dict[str, Any], emulator: Emulator, run: Run, fault: Callable[..., None]
) -> None:
    emulator.set_service(service["id"], deletionProtection=True, state="stopped")
    fault("", status=409)
    seen = {**service, "state": "stopped", "deletionProtection": False}
    fault("", method="GET", skip=1, body={"result": seen})
    emulator.fault(path=f"{service['id']}$", method="DELETE", status=200)
    result = run("service", service_id=service["id"], state="absent", deletion_protection=False, wait=False)
    assert "msg" not in result
    assert result["changed"] is True


def test_explanation_includes_the_state(service: dict[str, Any], run: Run, fault: Callable[..., None]) -> None:
    fault("", status=409)
    fault("", method="GET", skip=1, body={"result": {**service, "state": "stopping"}})
    result = run("service", service_id=service["id"], tags={"a": "b"})
    assert "is stopping, and still has tags {}." in result["msg"]
    assert result["service"]["state"] == "stopping"


@pytest.mark.parametrize(
    ("desired", "before", "now"), [("stopped", "running", "stopped"), ("started", "stopped", "running")]
)
def test_overtaken_command_keeps_other_changes(
    service: dict[str, Any], emulator: Emulator, run: Run, desired: str, before: str, now: str
) -> None:
    emulator.set_service(service["id"], state=before)
    tags = [{"key": "a", "value": "b"}]
    # Another task starts or stops it just before this one.
    emulator.fault(path="/state$", method="PATCH", status=409)
    seen = {**service, "tags": tags, "state": now}
    emulator.fault(path=f"{service['id']}$", method="GET", body={"result": seen})
    emulator.fault(path="/services$", method="GET", skip=2, times=9, body={"result": [seen]})
    result = run("fleet", services=[{"name": "analytics", "tags": {"a": "b"}, "state": desired}])
    assert "msg" not in result
    assert (result["changed"], result["services"][0]["changed"]) == (True, True)
    assert result["services"][0]["service"]["state"] == now
    assert emulator.raw_service(service["id"])["tags"] == tags
    writes = [(request["method"], request["status"]) for request in emulator.journal() if request["method"] != "GET"]
    assert writes == [("PATCH", 200), ("PATCH", 409)]
