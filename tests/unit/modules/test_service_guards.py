# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dangerous acts are asked for twice."""

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
def test_a_protected_service_is_not_deleted(
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
def test_a_service_that_is_not_protected_or_confirmed_is_deleted(
    service: dict[str, Any], emulator: Emulator, run: Run, tags: Any, options: dict[str, str]
) -> None:
    emulator.set_service(service["id"], tags=tags)
    assert run("service", check=True, **ABSENT, **options)["changed"] is True
    assert run("service", **ABSENT, **options)["changed"] is True
    assert emulator.services() == []
    assert run("service", **ABSENT, **options)["changed"] is False


def test_the_id_alone_confirms_nothing(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], tags=[PROTECTED])
    result = run("service", service_id=service["id"], state="absent", force=True)
    assert "has the tag 'ansible-protected'." in result["msg"]


def test_a_tag_that_comes_while_the_service_is_being_stopped_protects_it(
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


#: Backups whose times are hours ago.
FRESH = {"status": "done", "startedAt": 2.5, "finishedAt": 2.4}
OLD = {"status": "done", "startedAt": 30, "finishedAt": 29}
UNFINISHED = {"status": "in_progress", "startedAt": 0.1}
FAILED = {"status": "error", "startedAt": 0.2, "finishedAt": 0.1}


def made(backups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the backups as the API lists them now."""
    return [
        {name: value if name == "status" else hours_ago(value) for name, value in backup.items()} for backup in backups
    ]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("backups", "hours", "newest"),
    [
        ([], 24, "there is none that is done"),
        ([UNFINISHED, FAILED], 24, "there is none that is done"),
        ([UNFINISHED, FAILED, OLD], 24, "the newest that is done is 29.0 hours old"),
        ([FRESH], 2, "the newest that is done is 2.4 hours old"),
    ],
)
def test_without_a_young_backup_nothing_is_deleted(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    check: bool,
    backups: list[Any],
    hours: float,
    newest: str,
) -> None:
    emulator.set_service(service["id"], backups=made(backups))
    result = run("service", check=check, **ABSENT, require_backup_within_hours=hours)
    assert result["changed"] is False
    assert f"has no backup of the last {hours} hours: {newest}." in result["msg"]
    assert sent() == ["GET services", f"GET services/{service['id']}/backups"]


@pytest.mark.parametrize("hours", [2.5, 24, 10000])
def test_with_a_young_backup_it_is_deleted(service: dict[str, Any], emulator: Emulator, run: Run, hours: float) -> None:
    emulator.set_service(service["id"], backups=made([FAILED, FRESH, OLD]))
    assert run("service", check=True, **ABSENT, require_backup_within_hours=hours)["changed"] is True
    assert run("service", **ABSENT, require_backup_within_hours=hours)["changed"] is True
    assert run("service", **ABSENT, require_backup_within_hours=hours)["changed"] is False


@pytest.mark.parametrize("hours", [0, -1, float("nan")])
def test_zero_backup_age_is_rejected(service: dict[str, Any], run: Run, hours: float) -> None:
    result = run("service", **ABSENT, require_backup_within_hours=hours)
    assert result["msg"].startswith("require_backup_within_hours must be greater than 0;")


def test_the_backups_of_a_secondary_service_are_those_of_the_primary_one(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
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
WARNING = "everybody on the internet may try to log in"


def warned(result: dict[str, Any]) -> bool:
    return WARNING in json.dumps(result.get("warnings", []))


@pytest.mark.parametrize("source", ["0.0.0.0/0", "::/0", "0.0.0.0", "::", "10.0.0.0/0", " 0.0.0.0/0 "])
def test_open_access_causes_warning(emulator: Emulator, run: Run, source: str) -> None:
    options = {**NEW, "ip_access_list": [{"source": "203.0.113.7"}, {"source": source}]}
    assert warned(run("service", check=True, **options))
    created = run("service", **options)
    assert created["changed"] is True
    assert warned(created)
    again = run("service", **options)
    assert again["changed"] is False
    assert warned(again)
    assert warned(run("service", check=True, **options))


@pytest.mark.parametrize("source", ["0.0.0.0/1", "203.0.113.0/24", "::1", "2001:db8::/32"])
def test_no_warning_for_restricted_access(emulator: Emulator, run: Run, source: str) -> None:
    assert not warned(run("service", **NEW, ip_access_list=[{"source": source}]))


@pytest.mark.parametrize(("mode", "has_warning"), [("set", True), ("add", True), ("remove", False)])
def test_no_warning_when_access_is_closed(service: dict[str, Any], run: Run, mode: str, has_warning: bool) -> None:
    options = {"name": "analytics", "ip_access_list": [{"source": "0.0.0.0/0"}], "ip_access_mode": mode}
    assert warned(run("service", check=True, **options)) is has_warning
    assert warned(run("service", **options)) is has_warning


def test_inherited_open_access_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], ipAccessList=[{"source": "0.0.0.0/0"}], backups=[{}])
    restore = {"name": "copy", "restore_from": {"name": "analytics"}}
    assert warned(run("service", check=True, **restore))
    assert warned(run("service", **restore))
    assert not warned(run("service", **{**restore, "name": "closed", "ip_access_list": []}))


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["running", "stopped", "stopping", "idle"])
@pytest.mark.parametrize("options", [{}, {"confirm_name": "analytics", "wait_timeout": 600, "wait_interval": 10}])
def test_a_service_that_the_api_protects_is_refused_before_anything_is_stopped(
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


def test_protection_is_lifted_where_the_task_says_so(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.set_service(service["id"], deletionProtection=True)
    options = {**ABSENT, "deletion_protection": False}
    plan = run("service", check=True, **options)
    assert sent() == ["GET services"]
    done = run("service", **options)
    assert plan["changed"] is done["changed"] is True
    assert plan["diff"] == done["diff"]
    assert done["diff"]["before"]["deletion_protection"] is True
    path = f"services/{service['id']}"
    assert [one for one in sent() if not one.startswith("GET")] == [
        f"PATCH {path}",
        f"PATCH {path}/state",
        f"DELETE {path}",
    ]
    assert emulator.services() == []
    assert run("service", **options)["changed"] is False


def test_an_unprotected_service_is_not_unprotected_before_its_deletion(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.set_service(service["id"], state="stopped")
    assert run("service", **ABSENT, deletion_protection=False)["changed"] is True
    assert [one for one in sent() if not one.startswith("GET")] == [f"DELETE services/{service['id']}"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "tags"),
    [({"force": False}, []), ({}, [PROTECTED]), ({"require_backup_within_hours": 1}, [])],
)
def test_a_service_that_is_refused_for_another_reason_stays_protected(
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
def test_a_record_that_cannot_be_read_is_reported_before_anything_is_changed(
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
    # The record is read early by name, when no living service has it.
    identity = {"service_id": service["id"]} if state == "terminating" else {"name": "analytics"}
    entry = {**identity, "state": "absent", "force": True, "deletion_protection": False}
    entry["password_file"] = str(tmp_path / "password")
    result = run(module, check=check, **(entry if module == "service" else {"services": [entry]}))
    assert f"The record of a creation, {tmp_path / '.password.creation'}, cannot be read" in result["msg"]
    assert result["changed"] is False
    assert all(request.startswith("GET") for request in sent())


@pytest.mark.parametrize("check", [True, False])
def test_to_protect_and_to_delete_contradict_each_other(
    service: dict[str, Any], run: Run, sent: Sent, check: bool
) -> None:
    result = run("service", check=check, **ABSENT, deletion_protection=True)
    assert "is not deleted, since deletion_protection: true asks to protect it." in result["msg"]
    assert sent() == ["GET services"]


def test_protection_that_comes_while_the_service_is_being_stopped_holds(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    stopped = {**service, "state": "stopped", "deletionProtection": True}
    emulator.fault(path=f"/services/{service['id']}$", method="GET", status=200, body={"result": stopped})
    result = run("service", **ABSENT)
    assert "since its deletion protection is on" in result["msg"]
    assert not [request for request in sent() if request.startswith("DELETE")]


@pytest.mark.parametrize("shown", [True, False])
def test_a_conflict_that_protection_explains_is_not_repeated(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, shown: bool
) -> None:
    emulator.set_service(service["id"], state="stopped")
    # It becomes protected after this task has looked; the API may show that later than it counts.
    emulator.fault(
        path=f"{service['id']}$", method="DELETE", status=409, body={"error": "CONFLICT: Deletion protection"}
    )
    seen = {**service, "state": "stopped", "deletionProtection": shown}
    emulator.fault(path=f"{service['id']}$", method="GET", status=200, body={"result": seen}, times=50)
    result = run("service", **ABSENT, wait_timeout=600, wait_interval=0.01)
    assert result["failed"] is True
    assert "has its deletion protection on: set deletion_protection: false to lift it" in result["msg"]
    assert sent() == ["GET services", f"DELETE services/{service['id']}", f"GET services/{service['id']}"]


def test_protection_that_is_not_known_counts_as_on(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
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
        written = [one for one in emulator.journal() if one["method"] != "GET"]
        assert [one["method"] for one in written] == [method]
        assert body.items() <= written[0]["body"].items()
        assert plan["changed"] is done["changed"] is True
        assert plan["diff"] == done["diff"]
        assert done["diff"]["after"]["deletion_protection"] is options["deletion_protection"]
        expected = options["deletion_protection"]
        assert plan["service"]["deletion_protection"] is done["service"]["deletion_protection"] is expected
        assert run("service", **options)["changed"] is False


@pytest.mark.parametrize("shown", [False, None])
def test_protection_that_is_off_need_not_be_mentioned(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, shown: Any
) -> None:
    emulator.set_service(service["id"], deletionProtection=shown)
    assert run("service", name="analytics", deletion_protection=False)["changed"] is False
    assert sent() == ["GET services"]
    new = {"name": "new", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
    run("service", **new, deletion_protection=False)
    (created,) = [one["body"] for one in emulator.journal() if one["method"] == "POST"]
    assert "deletionProtection" not in created


def test_restored_service_is_not_protected(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    done = {"id": "8d2f1c44-6a0b-4b7e-9c55-0123456789ab", **made([FRESH])[0]}
    emulator.set_service(service["id"], deletionProtection=True, backups=[done])
    copy = run("service", name="copy", restore_from={"name": "analytics"})
    assert copy["service"]["deletion_protection"] is False


def test_where_the_organization_lacks_protection_the_api_says_so(
    service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
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
    # It is seen twice, and then it is gone.
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
def test_a_deletion_in_progress_is_not_waited_for_in_check_mode_or_where_nothing_is(
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
