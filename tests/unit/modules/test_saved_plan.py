# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan of fleet that is written to a file, and carried out later."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import saved_plan
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

PLACE = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
TEAM = {"team": "data"}
CHANGED = "plan_file: services have changed since the plan was made, so nothing was changed."
NEW_PLAN = "Make a new plan, in check mode with plan_out."


def add(emulator: Emulator, name: str, **fields: Any) -> str:
    """Add a service with the tag of the team, and return its ID."""
    created = emulator.create(name=name, tags=[{"key": "team", "value": "data"}])["service"]
    emulator.set_service(created["id"], **{"state": "running", **fields})
    return str(created["id"])


def writes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith("GET")]


@pytest.fixture
def ids(emulator: Emulator) -> dict[str, str]:
    """Return the IDs of two services, of which one is to be deleted."""
    return {"analytics": add(emulator, "analytics"), "attic": add(emulator, "attic", state="stopped")}


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {
        "services": [
            {
                "name": "analytics",
                "tags": {"team": "data", "env": "test"},
                "backup_config": {"backup_period_in_hours": 12},
            },
            {"name": "reports", **PLACE, "password_file": str(tmp_path / "password")},
        ],
        "prune": True,
        "prune_filter": TEAM,
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_saved_plan_is_carried_out(
    ids: dict[str, str], emulator: Emulator, run: Run, sent: Sent, options: dict[str, Any], path: Path
) -> None:
    sent()
    planned = run("fleet", check=True, **options, plan_out=str(path))
    assert planned["summary"] == "1 to create, 1 to change, 1 to delete, 0 unchanged"
    assert writes(sent()) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    saved = json.loads(path.read_text())
    assert (saved["organization_id"], saved["plan"]) == (emulator.organization_id, planned["plan"])
    assert list(path.parent.iterdir()) == [path]

    done = run("fleet", plan_file=str(path))
    assert "failed" not in done, done["msg"]
    assert done["plan"] == planned["plan"]
    assert sorted(service["name"] for service in emulator.services()) == ["analytics", "reports"]
    assert emulator.raw_service(ids["analytics"])["backupConfiguration"]["backupPeriodInHours"] == 12

    sent()
    result = run("fleet", plan_file=str(path))
    assert re.match(
        f"plan_file: {path} was carried out at 20..-.*Z, so it cannot be carried out again\\.", result["msg"]
    )
    assert result["msg"].endswith(NEW_PLAN)
    assert sent() == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_plan_is_carried_out_once_even_if_its_changes_are_undone(
    ids: dict[str, str], emulator: Emulator, run: Run, sent: Sent, path: Path
) -> None:
    run("fleet", check=True, services=[{"name": "analytics", "idle_scaling": False}], plan_out=str(path))
    assert run("fleet", plan_file=str(path))["changed"] is True
    emulator.request("PATCH", f"services/{ids['analytics']}/replicaScaling", {"idleScaling": True})
    sent()
    assert "was carried out at" in run("fleet", plan_file=str(path))["msg"]
    assert sent() == []


def test_plan_that_changes_nothing_can_be_carried_out_twice(ids: dict[str, str], run: Run, path: Path) -> None:
    run("fleet", check=True, services=[{"name": "analytics"}], plan_out=str(path))
    for _time in range(2):
        result = run("fleet", plan_file=str(path))
        assert ("failed" in result, result["changed"]) == (False, False)


def test_plan_that_cannot_be_marked_is_not_carried_out(
    ids: dict[str, str], run: Run, sent: Sent, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("fleet", check=True, services=[{"name": "analytics", "idle_scaling": False}], plan_out=str(path))
    monkeypatch.setattr(saved_plan, "write_atomically", _refuse_to_write)
    sent()
    assert run("fleet", plan_file=str(path))["msg"] == (
        f"plan_file: {path} cannot be replaced by one that says that the plan was carried out: Read-only file system."
        " Nothing was changed. Copy the plan to a directory in which this user may write."
    )
    assert writes(sent()) == []


def _refuse_to_write(_path: str, _text: str) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_saved_plan_in_check_mode_changes_nothing(
    ids: dict[str, str], emulator: Emulator, run: Run, sent: Sent, path: Path
) -> None:
    services = [{"name": "analytics", "idle_scaling": False}]
    run("fleet", services=services, check=True, plan_out=str(path))
    saved = json.loads(path.read_text())
    # On the fast path, a later task in check mode sees what an earlier one has planned.
    emulator.reset()
    assert run("fleet", check=True, plan_file=str(path))["failed"] is True
    assert writes(sent()) == []
    assert json.loads(path.read_text()) == saved


def _change_another_service(emulator: Emulator, ids: dict[str, str]) -> None:
    add(emulator, "another")


def _rename(emulator: Emulator, ids: dict[str, str]) -> None:
    emulator.request("PATCH", f"services/{ids['attic']}", {"name": "renamed"})


def _make_the_change(emulator: Emulator, ids: dict[str, str]) -> None:
    emulator.request("PATCH", f"services/{ids['analytics']}/backupConfiguration", {"backupPeriodInHours": 12})


def _start(emulator: Emulator, ids: dict[str, str]) -> None:
    emulator.set_service(ids["attic"], state="running")


def _delete(emulator: Emulator, ids: dict[str, str]) -> None:
    emulator.set_service(ids["attic"], state="terminating")


@pytest.mark.parametrize(
    ("interfere", "message"),
    [
        (_change_another_service, CHANGED),
        (_rename, CHANGED),
        (_make_the_change, f"{CHANGED} The plan is now different for analytics"),
        (_start, f"{CHANGED} The plan is now different for attic"),
        (_delete, CHANGED),
    ],
)
def test_plan_is_refused_after_a_change(
    ids: dict[str, str],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    options: dict[str, Any],
    path: Path,
    interfere: Callable[[Emulator, dict[str, str]], None],
    message: str,
) -> None:
    run("fleet", check=True, **options, plan_out=str(path))
    interfere(emulator, ids)
    sent()
    result = run("fleet", plan_file=str(path))
    assert result["failed"] is True
    assert message in result["msg"]
    assert writes(sent()) == []


def test_idle_service_has_not_changed(ids: dict[str, str], emulator: Emulator, run: Run, path: Path) -> None:
    services = [{"name": "analytics", "tags": {"a": "b"}}]
    run("fleet", check=True, services=services, plan_out=str(path))
    emulator.set_service(ids["analytics"], state="idle")
    assert run("fleet", plan_file=str(path))["changed"] is True


def test_plan_with_errors_is_not_written(emulator: Emulator, run: Run, path: Path) -> None:
    result = run("fleet", check=True, services=[{"name": "unknown"}], plan_out=str(path))
    assert result["failed"] is True
    assert not path.exists()


@pytest.mark.parametrize("option", ["password", "password_hash"])
def test_secrets_are_not_written(emulator: Emulator, run: Run, path: Path, option: str) -> None:
    secret = {"password": "correct horse", "password_hash": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="}[option]
    services = [{"name": "a"}, {"name": "b", **PLACE, option: secret}]
    result = run("fleet", check=True, services=services, plan_out=str(path))
    assert result["msg"] == (
        f"plan_out: a plan must not contain secrets, and services, number 2, has {option}. Use password_file, or leave"
        " plan_out out."
    )
    assert not path.exists()
    assert emulator.journal() == []


def test_plan_of_another_organization_or_version_is_refused(
    ids: dict[str, str],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    options: dict[str, Any],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("fleet", check=True, **options, plan_out=str(path))
    other = emulator.add_organization()
    sent()
    account = {name: other[name] for name in ("organization_id", "api_key", "api_secret")}
    result = run("fleet", plan_file=str(path), **account)
    assert result["msg"] == (
        f"plan_file: the plan is for organization {emulator.organization_id}, and this is {other['organization_id']}."
        " Nothing was changed."
    )
    # Not even planned, with warnings about services that the plan would delete.
    assert result.get("warnings", []) == []
    assert sent() == []
    monkeypatch.setattr(saved_plan, "VERSION", "9.0.0")
    message = run("fleet", plan_file=str(path))["msg"]
    assert "was written by version" in message
    assert "and this is 9.0.0. Make a new plan" in message


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"checksum": 1}', "\x00", '{"checksum": null, "plan": [NaN]}', "[" * 100_000),
        *('{"checksum": "x"', '{"checksum": "x", "plan": [1e999]}', "\ud800".encode("utf-8", "surrogatepass")),
    ],
)
def test_other_files_are_rejected(emulator: Emulator, run: Run, path: Path, text: str | bytes) -> None:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    assert run("fleet", plan_file=str(path))["msg"] == (
        f"plan_file: {path} is not a plan, or was edited. Make a new plan, in check mode with plan_out."
    )
    assert emulator.journal() == []


def test_edited_plan_is_rejected(ids: dict[str, str], emulator: Emulator, run: Run, path: Path) -> None:
    run("fleet", check=True, services=[{"name": "analytics", "tags": {}}], plan_out=str(path))
    path.write_text(path.read_text().replace("analytics", "attic"))
    assert "is not a plan, or was edited" in run("fleet", plan_file=str(path))["msg"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan.pop("options"),
        lambda plan: plan.pop("fingerprint"),
        lambda plan: plan.update(plan={}),
        lambda plan: plan.update(plan=[{"action": "delete"}]),
        lambda plan: plan.update(options=[]),
        lambda plan: plan["options"].pop("force"),
        lambda plan: plan["options"].update(services=None),
        lambda plan: plan["options"].update(services=["analytics"]),
        lambda plan: plan["options"]["services"][0].pop("state"),
    ],
)
def test_incomplete_plan_is_rejected(
    ids: dict[str, str], run: Run, sent: Sent, path: Path, edit: Callable[[dict[str, Any]], Any]
) -> None:
    run("fleet", check=True, services=[{"name": "analytics", "tags": {}}], plan_out=str(path))
    plan = json.loads(path.read_text())
    del plan["checksum"]
    edit(plan)
    path.write_text(json.dumps({**plan, "checksum": saved_plan._checksum(plan)}))
    sent()
    assert "is not a plan, or was edited" in run("fleet", plan_file=str(path))["msg"]
    assert sent() == []


@pytest.mark.parametrize(
    ("others", "names"),
    [
        ({"prune": True, "prune_filter": TEAM}, "prune, prune_filter"),
        ({"force": True}, "force"),
        ({"prune_limit": 3, "prune_all": True}, "prune_limit, prune_all"),
        ({"protect_tag": "keep", "require_backup_within_hours": 24}, "protect_tag, require_backup_within_hours"),
    ],
)
def test_options_beside_a_plan_are_rejected(
    emulator: Emulator, run: Run, path: Path, others: dict[str, Any], names: str
) -> None:
    assert run("fleet", plan_file=str(path), **others)["msg"] == (
        f"plan_file: the plan has been made with other options already, so leave out {names}. Or make a new plan, in"
        " check mode with plan_out."
    )
    assert emulator.journal() == []


def test_unusable_options_are_rejected(emulator: Emulator, run: Run, path: Path) -> None:
    services = [{"name": "analytics"}]
    assert "one of the following is required: services, plan_file" in run("fleet")["msg"]
    assert "mutually exclusive" in run("fleet", services=services, plan_file=str(path))["msg"]
    assert "plan_out is for check mode" in run("fleet", services=services, plan_out=str(path))["msg"]
    assert f"plan_file: {path} cannot be read: No such file or directory." in run("fleet", plan_file=str(path))["msg"]
    assert emulator.journal() == []


def test_plan_that_cannot_be_written_is_an_error(ids: dict[str, str], run: Run, tmp_path: Path) -> None:
    path = tmp_path / "missing" / "plan.json"
    result = run("fleet", check=True, services=[{"name": "analytics"}], plan_out=str(path))
    assert result["msg"].endswith(f"plan_out: {path} cannot be written: No such file or directory.")


@pytest.mark.parametrize("kind", ["text", "link", "directory"])
def test_other_files_are_not_replaced(ids: dict[str, str], run: Run, sent: Sent, tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "plan.json", tmp_path / "services.yml"
    other.write_text("clickhouse_services: []")
    {"text": path.write_text, "link": path.symlink_to, "directory": lambda _target: path.mkdir()}[kind](str(other))
    result = run("fleet", check=True, services=[{"name": "analytics"}], plan_out=str(path))
    assert f"plan_out: {path} exists, and is not a plan. Name a new file, or remove this one." in result["msg"]
    assert other.read_text() == "clickhouse_services: []"


def test_new_plan_replaces_an_old_one(ids: dict[str, str], run: Run, path: Path) -> None:
    for tags in ({"a": "b"}, {"c": "d"}):
        result = run("fleet", check=True, services=[{"name": "analytics", "tags": tags}], plan_out=str(path))
        assert "failed" not in result, result["msg"]
    assert json.loads(path.read_text())["plan"][0]["after"] == {"tags": {"c": "d"}}
