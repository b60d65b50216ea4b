# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a creation: what ends it, what supersedes it, and what remains if a part of it is lost."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import api
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import create
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.modules.test_service_lag import (
    NEW,
    WAIT,
    attempt_file,
    build_task,
    count_creations,
    lag,
    late,
    lost,
)
from ansible_collections.clickhouse.cloud.tests.unit.virtual_time import VirtualTime

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


@pytest.fixture
def interrupt(emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Kill a creation after its request was sent, and return the service that it created."""

    def _interrupt(**options: Any) -> dict[str, Any]:
        emulator.fault(path="/services$", method="POST", **late(4))
        (process,) = virtual_time.start(build_task(run, tmp_path, **WAIT, **options))
        virtual_time.kill(process, after=0.5)
        virtual_time.sleep(20)
        (service,) = emulator.raw_services()
        return service

    return _interrupt


def has_password(emulator: Emulator, password: str) -> bool:
    """Return whether this is the password of the only service."""
    (service,) = emulator.raw_services()
    return bool(service["passwordHash"] == password_hashes(password)["newPasswordHash"])


@pytest.mark.parametrize(
    "options",
    [{}, {"password": "correct horse"}, {"password_file": "{path}/first"}, {"password_file": "{path}/second"}],
)
@pytest.mark.parametrize("generate", ["module", "api"])
def test_setting_the_password_ends_an_interrupted_creation(
    emulator: Emulator,
    run: Run,
    interrupt: Callable[..., dict[str, Any]],
    tmp_path: Path,
    options: dict[str, str],
    generate: str,
) -> None:
    entry = {**NEW, **{name: value.format(path=tmp_path) for name, value in options.items()}}
    interrupt(password_file=str(tmp_path / "first"))
    password = run("service_password", name="analytics", generate=generate)["password"]
    for module in ("service", "fleet"):
        result = run(module, **({"services": [entry]} if module == "fleet" else entry), **WAIT)
        assert "failed" not in result, result
        assert result["changed"] is False
    assert has_password(emulator, password)
    assert list(tmp_path.glob(".*.creation")) == []


@pytest.mark.parametrize("check", [True, False])
def test_unset_password_keeps_an_interrupted_creation(
    emulator: Emulator, run: Run, interrupt: Callable[..., dict[str, Any]], tmp_path: Path, check: bool
) -> None:
    path = tmp_path / "password"
    interrupt(password_file=str(path))
    if not check:
        emulator.fault(path="/password$", method="PATCH", status=403)
    run("service_password", check=check, name="analytics")
    assert run("service", **NEW, **WAIT, password_file=str(path))["changed"] is True
    assert has_password(emulator, path.read_text())


def test_password_of_another_service_keeps_an_interrupted_creation(
    emulator: Emulator, run: Run, interrupt: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "password"
    created = interrupt(password_file=str(path))
    assert run("service", **NEW, **WAIT, password_file=str(path))["changed"] is True
    record = {"place": emulator.organization_id, "name": "analytics", "sent": 4e9, "service_id": created["id"]}
    path.with_name(".password.creation").write_text(json.dumps(record))
    other = emulator.create(name="analytics", provider="aws", region="eu-central-1", ipAccessList=[])["service"]
    run("service_password", service_id=other["id"], password_file=str(tmp_path / "other"))
    assert path.with_name(".password.creation").exists()


def test_record_of_another_service_beside_the_file_is_kept(
    emulator: Emulator, run: Run, interrupt: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    interrupt()
    path, record = tmp_path / "password", tmp_path / ".password.creation"
    about = {"place": emulator.organization_id, "name": "reports", "sent": time.time(), "service_id": ""}
    record.write_text(json.dumps(about))
    assert run("service_password", name="analytics", password_file=str(path))["changed"] is True
    assert json.loads(record.read_text()) == about
    # The record of the service itself is removed.
    assert run("service", **NEW, **WAIT)["changed"] is False


def test_setting_the_password_ends_an_unconfirmed_creation(
    emulator: Emulator, run: Run, interrupt: Callable[..., dict[str, Any]], virtual_time: VirtualTime, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    service_id = interrupt(password_file=str(path))["id"]
    emulator.set_service(service_id, state="gone")
    virtual_time.sleep(3600)
    emulator.create(name="analytics", provider="aws", region="eu-central-1", ipAccessList=[])
    failure = run("service", **NEW, **WAIT, password_file=str(path))
    assert "Set it with service_password, or remove" in failure["msg"]
    run("service_password", name="analytics", password_file=str(path))
    assert run("service", **NEW, **WAIT, password_file=str(path))["changed"] is False
    assert has_password(emulator, path.read_text())


def test_record_older_than_the_last_creation_is_ignored(
    emulator: Emulator, run: Run, interrupt: Callable[..., dict[str, Any]], virtual_time: VirtualTime, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    service_id = interrupt(password_file=str(first))["id"]
    # Deleted by another client, so that the record is kept.
    emulator.set_service(service_id, state="gone")
    virtual_time.sleep(700)
    assert run("service", **NEW, **WAIT, password_file=str(second))["changed"] is True
    assert first.with_name(".first.creation").exists()
    for path in (first, second):
        result = run("service", **NEW, **WAIT, password_file=str(path))
        assert "failed" not in result, result
        assert result["changed"] is False
    assert has_password(emulator, second.read_text())


def test_rejected_creation_keeps_the_previous_attempt(
    emulator: Emulator, run: Run, interrupt: Callable[..., dict[str, Any]], virtual_time: VirtualTime, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    interrupt(password_file=str(path))
    # A task without password_file deletes the service, and another creation is rejected.
    run("service", name="analytics", state="absent", force=True, **WAIT)
    known = attempt_file().read_text()
    emulator.fault(path="/services$", method="POST", status=400)
    assert run("service", **NEW, **WAIT)["failed"] is True
    assert attempt_file().read_text() == known
    other = emulator.create(name="analytics", provider="aws", region="eu-central-1", ipAccessList=[])
    assert run("service", **NEW, **WAIT, password_file=str(path))["changed"] is False
    assert has_password(emulator, other["password"])


def deleting_response(service: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a fault that shows the service in a state of deletion."""
    return {"status": 200, "body": {"result": {**NEW, "id": service["id"], "state": "terminating"}}}


@pytest.mark.parametrize("end", ["timeout", "kill", "kill before the response"])
def test_unfinished_deletion_leaves_no_attempt_to_wait_for(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, end: str
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(30))
    run("service", **NEW, wait=False, password="x")
    virtual_time.sleep(60)
    (service,) = emulator.raw_services()
    emulator.set_service(service["id"], state="stopped")
    path = f"/services/{service['id']}$"
    absent = {"name": "analytics", "state": "absent"}
    if end == "timeout":
        emulator.fault(path=path, method="GET", **deleting_response(service), times=99)
        assert "failed" in run("service", **absent, wait_timeout=1, wait_interval=1)
    else:
        if end == "kill":
            emulator.fault(path=path, method="GET", **deleting_response(service), times=99)
        else:
            emulator.fault(path=path, method="DELETE", disconnect="after", times=99)
        (process,) = virtual_time.start(lambda: run("service", **absent, **WAIT))
        virtual_time.kill(process, after=0.5)
    emulator.clear_faults()
    start = virtual_time.seconds
    result = run("service", **NEW, wait=False, password="x")
    assert result["changed"] is True, result
    # Without the response, the record only shows that the service was visible.
    assert virtual_time.seconds - start == (15 if end == "kill before the response" else 0)
    assert len(emulator.raw_services()) == 1


@pytest.mark.parametrize("by", ["name", "id"])
def test_absent_ends_the_creation_of_a_service_deleted_by_another_client(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, by: str
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(30))
    service = run("service", **NEW, wait=False)["service"]
    virtual_time.sleep(60)
    emulator.set_service(service["id"], state="terminated")
    which = {"name": "analytics"} if by == "name" else {"service_id": service["id"]}
    assert run("service", **which, state="absent", **WAIT)["changed"] is False
    emulator.set_service(service["id"], state="gone")
    start = virtual_time.seconds
    assert run("service", **NEW, wait=False)["changed"] is True
    assert virtual_time.seconds == start


def delay_creation(monkeypatch: pytest.MonkeyPatch, virtual_time: VirtualTime, seconds: float) -> None:
    """Delay the response, or the failure, of the next creation by this number of seconds."""
    send = api.Api.create_service

    def create_service(client: api.Api, body: Any, before_send: Any) -> Any:
        monkeypatch.setattr(api.Api, "create_service", send)

        def before() -> None:
            before_send()
            virtual_time.sleep(seconds)

        return send(client, body, before)

    monkeypatch.setattr(api.Api, "create_service", create_service)


@pytest.mark.parametrize("fault", [lag, lost])
def test_period_starts_with_the_response_of_a_slow_creation(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fault: Callable[[float], dict[str, Any]],
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", **fault(170))
    delay_creation(monkeypatch, virtual_time, 700)
    run("service", **NEW, wait=False, password_file=str(path))
    second = run("service", **NEW, wait=False, password_file=str(path))
    assert "failed" not in second, second
    assert count_creations(emulator) == 1
    assert has_password(emulator, path.read_text())


@pytest.mark.parametrize("wait", [WAIT, {"wait": False}])
def test_full_disk_keeps_id_and_password(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    wait: dict[str, Any],
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", **lag(100))
    replace = os.replace

    def fail(source: str, target: str) -> None:
        if target == str(path):
            raise OSError(28, "No space left on device")
        replace(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", fail)
        first = run("service", **NEW, **wait, password_file=str(path))
    assert "could not be written: No space left on device" in first["msg"]
    assert has_password(emulator, first["password"])
    assert json.loads(attempt_file().read_text())["service_id"] == first["service"]["id"]
    second = run("service", **NEW, **wait, password_file=str(path))
    assert second["changed"] is True
    assert has_password(emulator, path.read_text())
    assert count_creations(emulator) == 1


@pytest.fixture
def interrupted_options(emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path) -> dict[str, Any]:
    """Kill a creation that takes effect later, as in a discarded container of AWX; return its options."""
    options = {**WAIT, "password_file": str(tmp_path / "password")}
    emulator.fault(path="/services$", method="POST", **late(100))
    (process,) = virtual_time.start(build_task(run, tmp_path, **options))
    virtual_time.kill(process, after=0.5)
    shutil.rmtree(os.environ["XDG_STATE_HOME"])
    os.mkdir(os.environ["XDG_STATE_HOME"])
    return options


def test_record_beside_the_file_suffices_without_state_directory(
    emulator: Emulator, run: Run, interrupted_options: dict[str, Any], tmp_path: Path
) -> None:
    planned = run("service", check=True, **NEW, **interrupted_options)
    assert planned["diff"]["before"] == {"password": "lost, since the creation was interrupted"}
    result = run("service", **NEW, **interrupted_options)
    assert "failed" not in result, result
    assert count_creations(emulator) == 1
    assert has_password(emulator, (tmp_path / "password").read_text())


def test_absent_waits_because_of_the_record_without_state_directory(
    emulator: Emulator, run: Run, interrupted_options: dict[str, Any]
) -> None:
    assert run("service", name="analytics", state="absent", force=True, **interrupted_options)["changed"] is True
    assert emulator.raw_services() == []


def test_damaged_attempt_is_not_newer_than_the_record(
    emulator: Emulator, run: Run, interrupt: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "password"
    interrupt(password_file=str(path))
    attempt_file().write_text("{")
    os.utime(attempt_file(), (time.time(), time.time()))
    assert run("service", **NEW, **WAIT, password_file=str(path))["changed"] is True
    assert has_password(emulator, path.read_text())


def test_waits_for_creation_that_another_host_started_after_the_list(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    take_lock = create.creation_lock

    def begin_elsewhere(*arguments: Any, **keywords: Any) -> Any:
        """Leave the record of a task killed on another host that only shares the directory of password_file."""
        monkeypatch.setattr(create, "creation_lock", take_lock)
        record = {"place": emulator.organization_id, "name": "analytics", "sent": time.time(), "service_id": ""}
        path.with_name(".password.creation").write_text(json.dumps(record))
        emulator.fault(path="/services$", method="POST", **lag(100))
        emulator.create(name="analytics", provider="aws", region="eu-central-1", ipAccessList=[])
        return take_lock(*arguments, **keywords)

    monkeypatch.setattr(create, "creation_lock", begin_elsewhere)
    result = run("service", **NEW, **WAIT, password_file=str(path))
    assert "failed" not in result, result
    assert count_creations(emulator) == 1
    assert has_password(emulator, path.read_text())


def test_equivalent_urls_share_the_lock(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(100))
    url = emulator.api_url.replace("127.0.0.1", "localhost")
    for spelling in (url, url.replace("localhost", "LocalHost")):
        result = run("service", **NEW, wait=False, api_url=spelling)
        assert "failed" not in result, result
    assert count_creations(emulator) == 1


def test_ignored_state_directory_causes_warning(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "relative/state")
    result = run("service", **NEW, wait=False)
    assert result["changed"] is True
    (warning,) = result["warnings"]
    reason = "XDG_STATE_HOME, relative/state, cannot be used (It is not an absolute path)"
    assert warning.startswith(f"{reason}, so {tmp_path}/.local/state")


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("service", {**NEW, "num_replicas": 4}),
        ("fleet", {"services": [{**NEW, "num_replicas": 4}]}),
        ("service_state", {"name": "analytics", "state": "stopped"}),
        ("service_scaling", {"name": "analytics", "num_replicas": 4}),
        ("backup_config", {"name": "analytics", "backup_retention_period_in_hours": 48}),
        ("service_password", {"name": "analytics"}),
    ],
)
def test_waits_until_a_listed_service_can_be_read(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, module: str, options: dict[str, Any], check: bool
) -> None:
    service = run("service", **NEW, wait=False)["service"]
    emulator.set_service(service["id"], state="running")
    unknown = {"status": 404, "error": f"NOT_FOUND: service {service['id']} not found"}
    emulator.fault(path=f"/services/{service['id']}", status=404, body=unknown, times=4)
    result = run(module, check=check, **options)
    assert "failed" not in result, result
    assert result["changed"] is True


@pytest.mark.parametrize(
    "fault", [{"status": 429}, {"status": 500}, {"status": 503}, {"disconnect": "before"}], ids=str
)
def test_first_request_for_a_new_service_is_retried(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, fault: dict[str, Any]
) -> None:
    service = run("service", **NEW, wait=False)["service"]
    emulator.set_service(service["id"], state="running")
    emulator.fault(path=f"/services/{service['id']}$", method="GET", **fault)
    result = run("service_state", name="analytics", state="stopped", wait=False)
    assert "failed" not in result, result
    assert result["changed"] is True
