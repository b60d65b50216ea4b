# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guards against dangerous changes."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

ABSENT = {"name": "analytics", "state": "absent", "force": True}
PROTECTED = {"key": "ansible-protected", "value": "false"}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("tags", "options"),
    [
        ([PROTECTED], {}),
        ([{"key": "ansible-protected"}], {}),
        ([PROTECTED], {"protect_tag": ""}),
        ([{"key": "env"}, {"key": "keep"}], {"protect_tag": "keep"}),
        ([PROTECTED], {"confirm_name": "analytic"}),
        ([PROTECTED], {"confirm_name": ""}),
    ],
)
def test_service_with_protect_tag_is_not_deleted(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool, tags: list[Any], options: Any
) -> None:
    emulator.set_service(service["id"], tags=tags)
    result = run("service", check=check, **ABSENT, **options)
    assert result["changed"] is False
    assert f"Service 'analytics' ({service['id']}) is not deleted, since it has the tag" in result["msg"]
    assert "confirm_name" in result["msg"]
    assert sent() == ["GET services"]


@pytest.mark.parametrize(
    ("tags", "options"),
    [
        ([PROTECTED], {"confirm_name": "analytics"}),
        ([PROTECTED], {"protect_tag": "keep"}),
        ([{"key": "env"}], {"confirm_name": "another"}),
        (None, {}),
    ],
)
def test_unprotected_or_confirmed_service_is_deleted(
    service: dict[str, Any], emulator: Emulator, run: Run, tags: Any, options: dict[str, str]
) -> None:
    emulator.set_service(service["id"], tags=tags)
    assert run("service", check=True, **ABSENT, **options)["changed"] is True
    assert run("service", **ABSENT, **options)["changed"] is True
    assert emulator.services() == []
    assert run("service", **ABSENT, **options)["changed"] is False


def test_service_id_does_not_confirm_deletion(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], tags=[PROTECTED])
    result = run("service", service_id=service["id"], state="absent", force=True)
    assert "has the tag 'ansible-protected'." in result["msg"]


def test_tag_added_during_stop_protects_the_service(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    stopped = {**service, "state": "stopped", "tags": [PROTECTED]}
    emulator.fault(path=f"/services/{service['id']}$", method="GET", status=200, body={"result": stopped})
    result = run("service", **ABSENT)
    assert "has the tag" in result["msg"]
    assert result["changed"] is True
    assert not [request for request in sent() if request.startswith("DELETE")]


def hours_ago(hours: float) -> str:
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


#: Backups with times in hours before now.
FRESH = {"status": "done", "startedAt": 2.5, "finishedAt": 2.4}
OLD = {"status": "done", "startedAt": 30, "finishedAt": 29}
UNFINISHED = {"status": "in_progress", "startedAt": 0.1}
FAILED = {"status": "error", "startedAt": 0.2, "finishedAt": 0.1}


def to_backups(backups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the backups as the API returns them now."""
    return [
        {name: value if name == "status" else hours_ago(value) for name, value in backup.items()} for backup in backups
    ]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("backups", "hours", "newest"),
    [
        ([], 24, "there is none"),
        ([UNFINISHED, FAILED], 24, "there is none"),
        ([UNFINISHED, FAILED, OLD], 24, "the newest one is 29.0 hours old"),
        ([FRESH], 2, "the newest one is 2.4 hours old"),
    ],
)
def test_service_without_recent_backup_is_not_deleted(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    check: bool,
    backups: list[Any],
    hours: float,
    newest: str,
) -> None:
    emulator.set_service(service["id"], backups=to_backups(backups))
    result = run("service", check=check, **ABSENT, require_backup_within_hours=hours)
    assert result["changed"] is False
    assert f"has no completed backup from the last {hours} hours: {newest}." in result["msg"]
    assert sent() == ["GET services", f"GET services/{service['id']}/backups"]


@pytest.mark.parametrize("hours", [2.5, 24, 10000])
def test_service_with_recent_backup_is_deleted(
    service: dict[str, Any], emulator: Emulator, run: Run, hours: float
) -> None:
    emulator.set_service(service["id"], backups=to_backups([FAILED, FRESH, OLD]))
    assert run("service", check=True, **ABSENT, require_backup_within_hours=hours)["changed"] is True
    assert run("service", **ABSENT, require_backup_within_hours=hours)["changed"] is True
    assert run("service", **ABSENT, require_backup_within_hours=hours)["changed"] is False


@pytest.mark.parametrize("hours", [0, -1, float("nan")])
def test_zero_backup_age_is_rejected(service: dict[str, Any], run: Run, hours: float) -> None:
    result = run("service", **ABSENT, require_backup_within_hours=hours)
    assert result["msg"].startswith("require_backup_within_hours must be greater than 0;")


def test_secondary_service_needs_no_backup(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_service(service["id"], isPrimary=False)
    assert run("service", **ABSENT, require_backup_within_hours=1)["changed"] is True
    assert f"GET services/{service['id']}/backups" not in sent()


def test_missing_backup_permission_prevents_deletion(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/backups$", status=403)
    result = run("service", **ABSENT, require_backup_within_hours=24)
    assert "may not read the backups" in result["msg"]
    assert result["changed"] is False
    assert len(emulator.services()) == 1


NEW = {"name": "open", "provider": "aws", "region": "eu-central-1"}
WARNING = "anyone on the internet may try to log in"


def get_warnings(result: dict[str, Any]) -> bool:
    return WARNING in json.dumps(result.get("warnings", []))


@pytest.mark.parametrize("source", ["0.0.0.0/0", "::/0", "0.0.0.0", "::", "10.0.0.0/0", " 0.0.0.0/0 "])
def test_open_access_causes_warning(emulator: Emulator, run: Run, source: str) -> None:
    options = {**NEW, "ip_access_list": [{"source": "203.0.113.7"}, {"source": source}]}
    assert get_warnings(run("service", check=True, **options))
    created = run("service", **options)
    assert created["changed"] is True
    assert get_warnings(created)
    again = run("service", **options)
    assert again["changed"] is False
    assert get_warnings(again)
    assert get_warnings(run("service", check=True, **options))


@pytest.mark.parametrize("source", ["0.0.0.0/1", "203.0.113.0/24", "::1", "2001:db8::/32"])
def test_no_warning_for_restricted_access(emulator: Emulator, run: Run, source: str) -> None:
    assert not get_warnings(run("service", **NEW, ip_access_list=[{"source": source}]))


@pytest.mark.parametrize(("mode", "has_warning"), [("set", True), ("add", True), ("remove", False)])
def test_no_warning_when_access_is_closed(service: dict[str, Any], run: Run, mode: str, has_warning: bool) -> None:
    options = {"name": "analytics", "ip_access_list": [{"source": "0.0.0.0/0"}], "ip_access_mode": mode}
    assert get_warnings(run("service", check=True, **options)) is has_warning
    assert get_warnings(run("service", **options)) is has_warning


def test_inherited_open_access_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], ipAccessList=[{"source": "0.0.0.0/0"}], backups=[{}])
    restore = {"name": "copy", "restore_from": {"name": "analytics"}}
    assert get_warnings(run("service", check=True, **restore))
    assert get_warnings(run("service", **restore))
    assert not get_warnings(run("service", **{**restore, "name": "closed", "ip_access_list": []}))


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["running", "stopped", "stopping", "idle"])
@pytest.mark.parametrize("options", [{}, {"confirm_name": "analytics", "wait_timeout": 600, "wait_interval": 10}])
def test_protected_service_is_rejected_before_it_is_stopped(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool, state: str, options: dict[str, Any]
) -> None:
    emulator.set_service(service["id"], state=state, deletionProtection=True)
    result = run("service", check=check, **ABSENT, **options)
    assert result["failed"] is True
    assert result["changed"] is False
    assert (
        f"Service 'analytics' ({service['id']}) is not deleted, since its deletion protection is on." in result["msg"]
    )
    assert "set deletion_protection: false in this task" in result["msg"]
    assert result["service"]["deletion_protection"] is True
    assert sent() == ["GET services"]


def test_protection_is_lifted_on_request(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_service(service["id"], deletionProtection=True)
    options = {**ABSENT, "deletion_protection": False}
    plan = run("service", check=True, **options)
    assert sent() == ["GET services"]
    done = run("service", **options)
    assert plan["changed"] is done["changed"] is True
    assert plan["diff"] == done["diff"]
    assert done["diff"]["before"]["deletion_protection"] is True
    path = f"services/{service['id']}"
    assert [request for request in sent() if not request.startswith("GET")] == [
        f"PATCH {path}",
        f"PATCH {path}/state",
        f"DELETE {path}",
    ]
    assert emulator.services() == []
    assert run("service", **options)["changed"] is False


def test_missing_protection_is_not_lifted(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_service(service["id"], state="stopped")
    assert run("service", **ABSENT, deletion_protection=False)["changed"] is True
    assert [request for request in sent() if not request.startswith("GET")] == [f"DELETE services/{service['id']}"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "tags"),
    [({"force": False}, []), ({}, [PROTECTED]), ({"require_backup_within_hours": 1}, [])],
)
def test_service_rejected_for_another_reason_stays_protected(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    check: bool,
    options: dict[str, Any],
    tags: list[Any],
) -> None:
    emulator.set_service(service["id"], deletionProtection=True, tags=tags, backups=[])
    result = run("service", check=check, **{**ABSENT, "deletion_protection": False, **options})
    assert result["failed"] is True
    assert all(request.startswith("GET") for request in sent())


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("state", ["running", "terminating"])
def test_unreadable_record_is_reported_before_any_change(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    tmp_path: Path,
    check: bool,
    module: str,
    state: str,
) -> None:
    os.mkfifo(tmp_path / ".password.creation")
    emulator.set_service(service["id"], deletionProtection=True, state=state)
    # By name, the record is read early if no existing service has the name.
    identity = {"service_id": service["id"]} if state == "terminating" else {"name": "analytics"}
    entry = {**identity, "state": "absent", "force": True, "deletion_protection": False}
    entry["password_file"] = str(tmp_path / "password")
    result = run(module, check=check, **(entry if module == "service" else {"services": [entry]}))
    assert f"The record of a creation, {tmp_path / '.password.creation'}, cannot be read" in result["msg"]
    assert result["changed"] is False
    assert all(request.startswith("GET") for request in sent())


@pytest.mark.parametrize("check", [True, False])
def test_protection_and_deletion_are_mutually_exclusive(
    service: dict[str, Any], run: Run, sent: Sent, check: bool
) -> None:
    result = run("service", check=check, **ABSENT, deletion_protection=True)
    assert "is not deleted, since deletion_protection: true requests its protection." in result["msg"]
    assert sent() == ["GET services"]


def test_protection_added_during_stop_prevents_deletion(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    stopped = {**service, "state": "stopped", "deletionProtection": True}
    emulator.fault(path=f"/services/{service['id']}$", method="GET", status=200, body={"result": stopped})
    result = run("service", **ABSENT)
    assert "since its deletion protection is on" in result["msg"]
    assert not [request for request in sent() if request.startswith("DELETE")]


@pytest.mark.parametrize("shown", [True, False])
def test_conflict_due_to_protection_is_not_retried(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, shown: bool
) -> None:
    emulator.set_service(service["id"], state="stopped")
    # It becomes protected after the check; the API may show the protection later than it enforces it.
    emulator.fault(
        path=f"{service['id']}$", method="DELETE", status=409, body={"error": "CONFLICT: Deletion protection"}
    )
    seen = {**service, "state": "stopped", "deletionProtection": shown}
    emulator.fault(path=f"{service['id']}$", method="GET", status=200, body={"result": seen}, times=50)
    result = run("service", **ABSENT, wait_timeout=600, wait_interval=0.01)
    assert result["failed"] is True
    assert "has its deletion protection on: set deletion_protection: false to lift it" in result["msg"]
    assert sent() == ["GET services", f"DELETE services/{service['id']}", f"GET services/{service['id']}"]


def test_unknown_protection_counts_as_on(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], deletionProtection="yes")
    result = run("service", **ABSENT)
    assert "The API returned 'yes' for deletionProtection; expected a boolean." in result["msg"]
    assert len(emulator.services()) == 1


def test_protection_is_created_compared_and_changed(emulator: Emulator, run: Run, sent: Sent) -> None:
    new = {"name": "safe", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
    steps = [
        ({**new, "deletion_protection": True}, "POST", {"deletionProtection": True}),
        ({"name": "safe", "deletion_protection": False}, "PATCH", {"deletionProtection": False}),
        ({"name": "safe", "deletion_protection": True}, "PATCH", {"deletionProtection": True}),
    ]
    for options, method, body in steps:
        plan = run("service", check=True, **options)
        emulator.clear_journal()
        done = run("service", **options)
        written = [request for request in emulator.journal() if request["method"] != "GET"]
        assert [item["method"] for item in written] == [method]
        assert body.items() <= written[0]["body"].items()
        assert plan["changed"] is done["changed"] is True
        assert plan["diff"] == done["diff"]
        assert done["diff"]["after"]["deletion_protection"] is options["deletion_protection"]
        expected = options["deletion_protection"]
        assert plan["service"]["deletion_protection"] is done["service"]["deletion_protection"] is expected
        assert run("service", **options)["changed"] is False


@pytest.mark.parametrize("shown", [False, None])
def test_omitted_protection_counts_as_off(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, shown: Any
) -> None:
    emulator.set_service(service["id"], deletionProtection=shown)
    assert run("service", name="analytics", deletion_protection=False)["changed"] is False
    assert sent() == ["GET services"]
    new = {"name": "new", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
    run("service", **new, deletion_protection=False)
    (created,) = [request["body"] for request in emulator.journal() if request["method"] == "POST"]
    assert "deletionProtection" not in created


def test_restored_service_is_not_protected(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    done = {"id": "8d2f1c44-6a0b-4b7e-9c55-0123456789ab", **to_backups([FRESH])[0]}
    emulator.set_service(service["id"], deletionProtection=True, backups=[done])
    copy = run("service", name="copy", restore_from={"name": "analytics"})
    assert copy["service"]["deletion_protection"] is False


def test_organization_without_protection_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    refusal = {"requestId": service["id"], "error": "BAD_REQUEST: not available", "status": 400}
    emulator.fault(path=f"{service['id']}$", method="PATCH", status=400, body=refusal)
    result = run("service", name="analytics", deletion_protection=True)
    assert result["failed"] is True
    assert "not available" in result["msg"]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_waits_for_deletion_in_progress(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    emulator.set_service(service["id"], state="terminating")
    path = f"services/{service['id']}"
    # Two polls return it, and then it does not exist anymore.
    error = f"NOT_FOUND: service {service['id']}"
    emulator.fault(path=f"{path}$", method="GET", skip=2, times=9, status=404, body={"error": error})
    which = {by: service[{"name": "name", "service_id": "id"}[by]]}
    again = run("service", **which, state="absent")
    assert again["changed"] is False
    assert not again.get("failed"), again
    assert again["service"]["id"] == service["id"]
    assert sent() == [
        f"GET {path}" if by == "service_id" else "GET services",
        *([f"GET {path}"] * (2 + (by == "name"))),
    ]


@pytest.mark.parametrize(("check", "wait"), [(True, True), (False, False)])
def test_does_not_wait_for_deletion_in_check_mode_or_without_wait(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool, wait: bool
) -> None:
    emulator.set_service(service["id"], state="terminating")
    again = run("service", check=check, name="analytics", state="absent", wait=wait, wait_timeout=5, wait_interval=0.05)
    assert again["changed"] is False
    assert sent() == ["GET services"]


@pytest.mark.usefixtures("pauses")
def test_deletion_timeout_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], state="softdeleting")
    result = run("service", name="analytics", state="absent", wait_timeout=300, wait_interval=50)
    assert "is softdeleting after 300 seconds" in result["msg"]
    assert result["changed"] is False


ENDPOINTS = ["vpce-00000001", "vpce-00000002"]


@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "detached"),
    [
        ({"private_endpoint_ids": ENDPOINTS[:1]}, "vpce-00000002"),
        ({"private_endpoint_ids": []}, "vpce-00000001 and vpce-00000002"),
        ({"private_endpoint_ids": ENDPOINTS}, None),
        ({"private_endpoint_ids": [*ENDPOINTS, "vpce-00000003"]}, None),
        ({"private_endpoint_ids": ENDPOINTS, "private_endpoint_mode": "remove"}, None),
        ({"private_endpoint_ids": [], "private_endpoint_mode": "add"}, None),
    ],
)
def test_warning_of_private_endpoints_that_are_detached(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    module: str,
    options: dict[str, Any],
    detached: str | None,
    check: bool,
) -> None:
    """The module private_endpoint may have attached them. The warning costs no request."""
    emulator.set_service(service["id"], privateEndpointIds=ENDPOINTS)
    declared = {"name": "analytics", **options}
    result = run(module, check=check, **({"services": [declared]} if module == "fleet" else declared))
    assert "failed" not in result, result["msg"]
    assert {request for request in sent() if request.startswith("GET")} <= {
        "GET services",
        f"GET services/{service['id']}",
    }
    warnings = [text for text in result.get("warnings", []) if "private_endpoint_mode" in text]
    prefix = "analytics: " if module == "fleet" else ""
    expected = (
        f"{prefix}private_endpoint_mode: set detaches from Service 'analytics' ({service['id']}) what"
        f" private_endpoint_ids does not contain: {detached}. If other tasks attach it, as those of private_endpoint"
        " do, use private_endpoint_mode: add."
    )
    assert warnings == ([expected] if detached else [])


@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("check", [True, False])
def test_secondary_service_with_another_release_channel_is_not_created(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, module: str, check: bool
) -> None:
    """The API would ignore the channel, and the next run would change it for the whole data warehouse."""
    declared = {
        "name": "reports",
        "provider": "aws",
        "region": "eu-central-1",
        "ip_access_list": [],
        "data_warehouse_id": service["dataWarehouseId"].upper(),
    }

    def declare(**options: Any) -> dict[str, Any]:
        return run(
            module,
            check=check,
            **({"services": [{**declared, **options}]} if module == "fleet" else {**declared, **options}),
        )

    result = declare(release_channel="fast")
    assert (result["failed"], result["changed"]) == (True, False)
    assert (
        f"release_channel is 'fast', but Service 'analytics' ({service['id']}), in the same data warehouse, has"
        " 'default', and all services of a data warehouse share the release channel. Leave release_channel out, or"
        " change it for the other service first."
    ) in str(result)
    assert {request.split()[0] for request in sent()} == {"GET"}
    declared["data_warehouse_id"] = service["dataWarehouseId"]
    assert declare(release_channel="default")["changed"] is True


def test_warning_of_a_release_channel_that_others_share(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    place = {"provider": "aws", "region": "eu-central-1", "dataWarehouseId": service["dataWarehouseId"]}
    emulator.set_service(emulator.create(name="reports", **place)["service"]["id"], state="running")
    result = run("service", name="reports", release_channel="default")
    assert (result["changed"], "warnings" in result) == (False, False)
    result = run("service", name="reports", release_channel="fast")
    assert "changes the release channel of all services in its data warehouse" in str(result["warnings"])
    assert run("service", name="analytics", release_channel="fast")["changed"] is False
    assert "warnings" not in run("service", name="analytics", release_channel="slow")
