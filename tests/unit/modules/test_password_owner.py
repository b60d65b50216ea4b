# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password file belongs to one service: another service does not silently replace the password in it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import password_owner
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.creation_attempt import UNRESOLVED_PERIOD
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.virtual_time import VirtualTime

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

pytestmark = pytest.mark.usefixtures("virtual_time")

NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "password"


@pytest.fixture
def first(run: Run, sent: Sent, path: Path) -> dict[str, Any]:
    """Create a service whose password is in the file."""
    result = run("service", **NEW, password_file=str(path))
    assert "warnings" not in result
    sent()
    service: dict[str, Any] = result["service"]
    return service


@pytest.fixture
def apply(run: Run, path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that runs service or fleet for a service with this password file, and returns its result."""

    def _apply(module: str, check: bool = False, **options: Any) -> dict[str, Any]:
        entry = {**NEW, "password_file": str(path), **options}
        if module == "service":
            return run("service", check=check, **entry)
        result = run("fleet", check=check, services=[entry])
        one: dict[str, Any] = {**result["services"][0]}
        return {**one, "warnings": result["warnings"]} if "warnings" in result else one

    return _apply


def holds(emulator: Emulator, service_id: str, path: Path) -> bool:
    """Return whether the file holds the password of the service."""
    return bool(
        emulator.raw_service(service_id)["passwordHash"] == password_hashes(path.read_text())["newPasswordHash"]
    )


def find_owner_record() -> Path:
    """Return the only record of an owner."""
    (note,) = Path(os.environ["XDG_STATE_HOME"]).glob("*/password-*")
    return note


def delete_state_directory() -> None:
    """Delete the state directory, as AWX does after each job."""
    shutil.rmtree(os.environ["XDG_STATE_HOME"])
    os.mkdir(os.environ["XDG_STATE_HOME"])


@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [{}, {"password": "correct horse"}])
def test_file_of_another_service_is_rejected_before_any_write(
    emulator: Emulator,
    sent: Sent,
    first: dict[str, Any],
    apply: Callable[..., dict[str, Any]],
    path: Path,
    module: str,
    check: bool,
    options: dict[str, str],
) -> None:
    result = apply(module, check, **options, name="reports")
    assert result["msg"] == (
        f"password_file {path} holds the password of Service 'analytics' ({first['id']}); that of 'reports' would"
        " replace it. Give each service its own file, or move that one away if its password is kept elsewhere."
    )
    assert sent() == ["GET services", f"GET services/{first['id']}"]
    assert holds(emulator, first["id"], path)


@pytest.mark.parametrize("module", ["service", "fleet", "service_password"])
def test_password_change_rejects_file_of_another_service(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    first: dict[str, Any],
    apply: Callable[..., dict[str, Any]],
    path: Path,
    module: str,
) -> None:
    other = emulator.create(name="reports", provider="aws", region="eu-central-1", ipAccessList=[])["service"]
    sent()
    if module == "service_password":
        result = run(module, name="reports", password_file=str(path))
    else:
        result = apply(module, name="reports", update_password="always")
    assert f"holds the password of Service 'analytics' ({first['id']})" in result["msg"]
    assert sent() == ["GET services", f"GET services/{first['id']}"]
    assert run("service_password", name="analytics", password_file=str(path))["changed"] is True
    assert holds(emulator, first["id"], path)
    # The file belongs to the new service from now on.
    own = path.with_name("own")
    assert run("service_password", name="reports", password_file=str(own))["changed"] is True
    assert (
        "holds the password of Service 'reports'"
        in run("service_password", name="analytics", password_file=str(own))["msg"]
    )
    assert holds(emulator, other["id"], own)


@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("end", ["absent", "outside", "terminating", "empty", "moved"])
def test_unused_password_file_causes_no_warning(
    emulator: Emulator,
    run: Run,
    first: dict[str, Any],
    apply: Callable[..., dict[str, Any]],
    path: Path,
    module: str,
    end: str,
) -> None:
    if end == "absent":
        run("service", name="analytics", state="absent", force=True)
    elif end in ("outside", "terminating"):
        emulator.set_service(first["id"], state="gone" if end == "outside" else end)
    elif end == "empty":
        path.write_text("")
    else:
        path.rename(path.with_name("moved"))
    name = "reports" if end in ("empty", "moved") else "analytics"
    result = apply(module, name=name)
    assert "msg" not in result, result
    assert "warnings" not in result
    assert holds(emulator, result["service"]["id"], path)


@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("loss", ["directory", "content", "type"])
def test_file_of_unknown_service_is_replaced_with_warning(
    emulator: Emulator,
    first: dict[str, Any],
    apply: Callable[..., dict[str, Any]],
    path: Path,
    module: str,
    check: bool,
    loss: str,
) -> None:
    if loss == "directory":
        delete_state_directory()
    else:
        note = find_owner_record()
        note.write_text(json.dumps({**json.loads(note.read_text()), "home": 1}) if loss == "type" else "[]")
    result = apply(module, check, name="reports")
    assert "msg" not in result, result
    (warning,) = result["warnings"]
    assert (
        f"password_file {path} is not empty: the password of the new service 'reports' replaces its content." in warning
    )
    if not check:
        assert holds(emulator, result["service"]["id"], path)


def test_owner_is_not_recorded_without_state_directory(
    emulator: Emulator, run: Run, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    def fail() -> None:
        raise PermissionError

    monkeypatch.setattr(password_owner, "state_directory", fail)
    path.write_text("content")
    assert run("service_password", name="analytics", password_file=str(path))["changed"] is True
    assert holds(emulator, service["id"], path)


@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("check", [True, False])
def test_file_of_service_not_visible_yet_is_rejected(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    apply: Callable[..., dict[str, Any]],
    virtual_time: VirtualTime,
    path: Path,
    module: str,
    check: bool,
) -> None:
    emulator.fault(path="/services$", method="POST", lag=60)
    first = run("service", **NEW, password_file=str(path), wait=False)["service"]
    sent()
    result = apply(module, check, name="reports")
    assert f"password_file {path} holds the password of Service 'analytics' ({first['id']})" in result["msg"]
    assert sent() == ["GET services", f"GET services/{first['id']}"]
    assert holds(emulator, first["id"], path)


def test_password_change_rejects_file_of_service_not_visible_yet(
    emulator: Emulator, run: Run, sent: Sent, service: dict[str, Any], virtual_time: VirtualTime, path: Path
) -> None:
    emulator.fault(path="/services$", method="POST", lag=60)
    first = run("service", **{**NEW, "name": "reports"}, password_file=str(path), wait=False)["service"]
    sent()
    result = run("service_password", name="analytics", password_file=str(path))
    assert f"password_file {path} holds the password of Service 'reports' ({first['id']})" in result["msg"]
    assert sent() == ["GET services", f"GET services/{first['id']}"]
    assert holds(emulator, first["id"], path)


def test_file_of_service_that_never_appears_becomes_free(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, path: Path
) -> None:
    emulator.fault(path="/services$", method="POST", lag=10 * UNRESOLVED_PERIOD)
    run("service", **NEW, password_file=str(path), wait=False)
    other = {**NEW, "name": "reports", "password_file": str(path), "wait": False}
    virtual_time.sleep(UNRESOLVED_PERIOD - 60)
    assert "holds the password of Service 'analytics'" in run("service", **other)["msg"]
    virtual_time.sleep(120)
    result = run("service", **other)
    assert result["changed"] is True
    assert holds(emulator, result["service"]["id"], path)


@pytest.mark.parametrize("module", ["service", "service_password"])
@pytest.mark.parametrize("check", [True, False])
def test_file_of_service_in_another_organization_is_rejected(
    emulator: Emulator, run: Run, sent: Sent, first: dict[str, Any], path: Path, module: str, check: bool
) -> None:
    second = emulator.add_organization(name="Second", role="admin")
    keys = {name: second[name] for name in ("organization_id", "api_key", "api_secret")}
    options = {**NEW, "name": "reports"}
    if module == "service_password":
        run("service", **options, **keys)
        options = {"name": "reports"}
    sent()
    result = run(module, check=check, **options, **keys, password_file=str(path))
    home = f"{emulator.api_url}/organizations"
    assert result["msg"] == (
        f"password_file {path} holds the password of Service 'analytics' ({first['id']}); that of 'reports' would"
        " replace it. This task cannot check whether that service still exists: it is at"
        f" {home}/{emulator.organization_id}/services, and the task is for"
        f" {home}/{second['organization_id']}/services. Give each service its own file, or move that one away if its"
        " password is kept elsewhere."
    )
    assert {request.split()[0] for request in sent()} == {"GET"}
    assert holds(emulator, first["id"], path)


def test_file_of_the_same_service_at_another_url_is_accepted(
    emulator: Emulator, run: Run, first: dict[str, Any], apply: Callable[..., dict[str, Any]], path: Path
) -> None:
    note = find_owner_record()
    note.write_text(json.dumps({**json.loads(note.read_text()), "home": "https://api.example.com/services"}))
    assert "it is at https://api.example.com/services" in apply("service", name="reports")["msg"]
    assert run("service_password", name="analytics", password_file=str(path))["changed"] is True
    assert holds(emulator, first["id"], path)
    assert "This task cannot check" not in apply("service", name="reports")["msg"]


@pytest.mark.parametrize("module", ["service", "fleet", "service_password"])
@pytest.mark.parametrize("given", [{}, {"password": "correct horse"}])
def test_pending_password_of_another_service_is_kept(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    service: dict[str, Any],
    apply: Callable[..., dict[str, Any]],
    fast_clock: None,
    path: Path,
    module: str,
    given: dict[str, str],
) -> None:
    """It may already be set, and exist nowhere else."""
    pending = path.with_name(".password.given" if given else ".password.new")
    emulator.fault(path="/password$", method="PATCH", disconnect="after", times=20)
    assert run("service_password", name="analytics", password_file=str(path), **given)["failed"] is True
    emulator.clear_faults()
    assert holds(emulator, service["id"], pending)
    if module == "service_password":
        emulator.create(name="reports", provider="aws", region="eu-central-1", ipAccessList=[])
    sent()
    if module == "service_password":
        result = run(module, name="reports", password_file=str(path))
    else:
        result = apply(module, name="reports")
    assert f"{pending} holds the password of Service 'analytics' ({service['id']}); that of" in result["msg"]
    assert sent() == ["GET services", f"GET services/{service['id']}"]
    assert holds(emulator, service["id"], pending)
    assert run("service_password", name="analytics", password_file=str(path), **given)["changed"] is True
    assert holds(emulator, service["id"], path)
    assert not pending.exists()


def test_pending_password_of_unknown_service_is_replaced_with_warning(emulator: Emulator, run: Run, path: Path) -> None:
    pending = path.with_name(".password.given")
    pending.write_text("content")
    (warning,) = run("service", **NEW, password_file=str(path))["warnings"]
    assert warning.startswith(
        f"{pending} is not empty: the password of the new service 'analytics' replaces its content."
    )


def test_rejected_password_does_not_change_the_owner(
    emulator: Emulator, run: Run, service: dict[str, Any], apply: Callable[..., dict[str, Any]], path: Path
) -> None:
    path.write_text("content")
    emulator.fault(path="/password$", status=400)
    assert run("service_password", name="analytics", password_file=str(path))["failed"] is True
    (warning,) = apply("service", name="reports")["warnings"]
    assert f"password_file {path} is not empty" in warning


def test_rejected_given_password_keeps_the_new_service_as_owner(
    emulator: Emulator, run: Run, apply: Callable[..., dict[str, Any]], path: Path
) -> None:
    emulator.fault(path="/password$", status=400)
    first = run("service", **NEW, password="correct horse", password_file=str(path))
    assert first["failed"] is True
    assert holds(emulator, first["service"]["id"], path)
    result = apply("service", name="reports")
    assert f"holds the password of Service 'analytics' ({first['service']['id']})" in result["msg"]


def test_service_without_name_rejects_file_of_another_service(
    emulator: Emulator, run: Run, first: dict[str, Any], path: Path
) -> None:
    other = emulator.create(name="reports", provider="aws", region="us-east-1", ipAccessList=[])["service"]
    emulator.set_service(other["id"], name=None)
    result = run("service_password", service_id=other["id"], password_file=str(path))
    assert result["msg"].startswith(f"password_file {path} holds the password of Service 'analytics' ({first['id']})")
