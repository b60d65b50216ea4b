# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service is created exactly once, and its password is known, even if requests or processes fail."""

from __future__ import annotations

import errno
import itertools
import json
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._files import exclusive_lock
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import creation_attempt, creation_record
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.creation_attempt import (
    UNRESOLVED_PERIOD,
    CreationKey,
    attempt_path,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS, MAX_TEST_SECONDS, wait_until

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
BODY = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ipAccessList": []}

LOST: list[dict[str, Any]] = [
    {"disconnect": "after"},
    {"body": ""},
    {"body": "<html>proxy</html>", "headers": {"Content-Type": "text/html"}},
    {"body": '{"result": {"service": {"id": "'},
    {"body": {"result": None}},
    {"body": {"result": {"service": {"name": "analytics"}}}},
]
LOST_IDS = ["reset", "empty", "html", "truncated", "null", "no-id"]

#: Processes are forked: they start quickly, and inherit all patches.
FORK = multiprocessing.get_context("fork")


def record(path: Path) -> Path:
    return path.with_name(f".{path.name}.creation")


def holds(emulator: Emulator, service_id: str, password: str) -> bool:
    """Return whether this is the password of the service."""
    return bool(emulator.raw_service(service_id)["passwordHash"] == password_hashes(password)["newPasswordHash"])


def get_only_service(emulator: Emulator) -> dict[str, Any]:
    """Return the only service."""
    (service,) = emulator.services()
    return service


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("lost", LOST, ids=LOST_IDS)
def test_unconfirmed_service_is_adopted(
    emulator: Emulator, run: Run, sent: Sent, tmp_path: Path, lost: dict[str, Any]
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", **lost)
    result = run("service", **NEW, password_file=str(path), wait=False)
    assert "failed" not in result
    assert result["changed"] is True
    service = get_only_service(emulator)
    assert result["service"]["id"] == service["id"]
    assert "password" not in result
    assert holds(emulator, service["id"], path.read_text())
    assert sent()[1:5] == ["GET services", "POST services", "GET services", f"PATCH services/{service['id']}/password"]
    assert "was lost: it was found by its name" in json.dumps(result["warnings"])
    assert not record(path).exists()


@pytest.fixture
def skip_unresolved_period(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that waits until an attempt counts as without effect."""
    now = time.time

    def _later() -> None:
        monkeypatch.setattr(time, "time", lambda: now() + UNRESOLVED_PERIOD + 1)

    return _later


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize("given", [{}, {"password": "correct horse"}])
def test_unconfirmed_creation_is_not_retried_during_unresolved_period(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    skip_unresolved_period: Callable[[], None],
    status: int,
    given: dict[str, str],
) -> None:
    emulator.fault(path="/services$", method="POST", status=status)
    first = run("service", **NEW, wait=False, **given)
    assert first["failed"] is True
    assert first["status"] == status
    assert first["changed"] is True
    assert "A service 'analytics' may still appear: its creation was requested at" in first["msg"]
    assert sent().count("POST services") == 1
    second = run("service", **NEW, wait=False, **given)
    assert second["failed"] is True
    assert second["changed"] is False
    assert "its response is not known, and it is not visible after 180 seconds. Run the task again" in second["msg"]
    assert "POST services" not in sent()
    skip_unresolved_period()
    third = run("service", **NEW, wait=False, **given)
    assert third["changed"] is True
    assert sent()[:3] == ["GET services", "GET services", "POST services"]
    assert holds(emulator, get_only_service(emulator)["id"], given.get("password") or third["password"])


@pytest.mark.usefixtures("fast_clock", "instant_timeouts")
def test_late_service_is_adopted(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.fault(path="/services$", method="POST", disconnect="late")
    result = run("service", **NEW, wait=False)
    assert holds(emulator, get_only_service(emulator)["id"], result["password"])
    assert sent().count("POST services") == 1


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
def test_service_that_appears_after_timeout_is_adopted(
    emulator: Emulator, run: Run, sent: Sent, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", status=503)
    result = run("service", **NEW, password_file=str(path))
    assert "may still appear" in result["msg"]
    assert "If you are sure that it will not appear, remove /" in result["msg"]
    # The service was created nevertheless.
    emulator.create(**BODY)
    again = run("service", **NEW, password_file=str(path))
    assert again["changed"] is True
    assert "created by a task that was interrupted before its password was known" in json.dumps(again["warnings"])
    assert holds(emulator, get_only_service(emulator)["id"], path.read_text())


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
def test_file_named_in_the_message_can_be_removed(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.fault(path="/services$", method="POST", status=503)
    message = run("service", **NEW)["msg"]
    Path(re.findall(r"remove (/\S+)\.", message)[0]).unlink()
    for leftover in Path(os.environ["XDG_STATE_HOME"]).glob("*/record-*"):
        leftover.unlink()
    assert run("service", **NEW)["changed"] is True


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("fault", "known"), [({"disconnect": "after", "times": 99}, True), ({"status": 403}, False)])
def test_generated_password_is_returned_if_outcome_is_unknown(
    emulator: Emulator, run: Run, fault: dict[str, Any], known: bool
) -> None:
    emulator.fault(path="/services$", method="POST", disconnect="after")
    emulator.fault(path="/password$", **fault)
    result = run("service", **NEW)
    assert result["failed"] is True
    assert ("password" in result) is known
    assert holds(emulator, get_only_service(emulator)["id"], result.get("password") or "") is known


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
def test_successful_response_without_creation_is_not_retried(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.fault(path="/services$", method="POST", status=200, body="<html>proxy</html>")
    result = run("service", **NEW)
    assert "may still appear" in result["msg"]
    assert sent().count("POST services") == 1


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}, {"disconnect": "before"}])
def test_creation_outcome_is_unknown_if_services_cannot_be_listed(
    emulator: Emulator, run: Run, tmp_path: Path, fault: dict[str, Any]
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", disconnect="after")
    listed = {"path": "/services$", "method": "GET"}
    emulator.fault(**listed, status=200, body={"result": []}, times=2)
    emulator.fault(**listed, times=99, **fault)
    result = run("service", **NEW, password_file=str(path))
    assert "Whether there is a service 'analytics' is not known: its creation was requested at" in result["msg"]
    assert result["changed"] is True
    emulator.clear_faults()
    again = run("service", **NEW, password_file=str(path))
    assert again["changed"] is True
    assert holds(emulator, get_only_service(emulator)["id"], path.read_text())
    assert run("service", **NEW, password_file=str(path))["changed"] is False


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_rejected_creation_leaves_no_record(emulator: Emulator, run: Run, tmp_path: Path, status: int) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", status=status)
    result = run("service", **NEW, password_file=str(path))
    assert result["failed"] is True
    assert result["changed"] is False
    assert not record(path).exists()
    # Another client creates it: this task must not set its password.
    other = emulator.create(**BODY)
    assert run("service", **NEW, password_file=str(path))["changed"] is False
    assert holds(emulator, other["service"]["id"], other["password"])


@pytest.mark.parametrize("options", [{"password": "correct horse"}, {"password_file": "{path}"}, {}])
def test_password_of_unrelated_service_is_never_set(
    emulator: Emulator, run: Run, sent: Sent, tmp_path: Path, options: dict[str, str]
) -> None:
    other = emulator.create(**BODY)
    emulator.set_service(other["service"]["id"], state="running")
    sent()
    known = {name: value.format(path=tmp_path / "password") for name, value in options.items()}
    assert run("service", **NEW, **known)["changed"] is False
    assert sent() == ["GET services"]
    assert holds(emulator, other["service"]["id"], other["password"])


def write_record(path: Path, emulator: Emulator, **changes: Any) -> None:
    """Write a record as an interrupted creation leaves it."""
    creation = {
        "place": emulator.organization_id,
        "name": "analytics",
        "sent": time.time(),
        "service_id": "",
        **changes,
    }
    record(path).write_text(json.dumps(creation))


def test_record_of_another_service_is_not_overwritten(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    write_record(path, emulator, name="reports")
    for check in (True, False):
        result = run("service", check=check, **NEW, password_file=str(path))
        assert "is about the creation of another service, which was interrupted" in result["msg"]
    assert emulator.services() == []


def test_record_with_another_id_is_ignored(emulator: Emulator, run: Run, sent: Sent, tmp_path: Path) -> None:
    other = emulator.create(**BODY)
    write_record(tmp_path / "password", emulator, service_id="6f0b7c9e-1d2a-4c3b-8e4f-123456789abc")
    assert run("service", **NEW, password_file=str(tmp_path / "password"))["changed"] is False
    assert holds(emulator, other["service"]["id"], other["password"])


def test_does_not_wait_for_creation_at_another_url(
    emulator: Emulator, run: Run, fast_clock: None, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    other = "http://127.0.0.1:9/v1/organizations/x/services"
    write_record(path, emulator, service_id="6f0b7c9e-1d2a-4c3b-8e4f-123456789abc", url=other)
    start = time.monotonic()
    assert run("service", **NEW, password_file=str(path))["changed"] is True
    # Virtual time counts pauses in full.
    assert time.monotonic() - start < 100
    (service,) = emulator.services()
    assert holds(emulator, service["id"], path.read_text())
    assert not record(path).exists()


def test_record_of_another_time_is_ambiguous(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    other = emulator.create(**BODY)
    write_record(tmp_path / "password", emulator, sent=time.time() - 3 * 86400)
    result = run("service", **NEW, password_file=str(tmp_path / "password"))
    assert "it is not certain that this creation made the service. Its password was not touched." in result["msg"]
    assert holds(emulator, other["service"]["id"], other["password"])


@pytest.mark.parametrize("odd", [{"sent": "today"}, {"service_id": None}])
def test_corrupt_record_is_ignored(emulator: Emulator, run: Run, tmp_path: Path, odd: dict[str, Any]) -> None:
    write_record(tmp_path / "password", emulator, **odd)
    other = emulator.create(**BODY)
    assert run("service", **NEW, password_file=str(tmp_path / "password"))["changed"] is False
    assert holds(emulator, other["service"]["id"], other["password"])


def test_unreadable_record_fails_before_any_request(emulator: Emulator, run: Run, sent: Sent, tmp_path: Path) -> None:
    record(tmp_path / "password").mkdir()
    result = run("service", **NEW, password_file=str(tmp_path / "password"))
    assert result["msg"] == (
        f"The record of a creation, {record(tmp_path / 'password')}, cannot be read: It is not a regular file that"
        " belongs to this user. Remove it, or give it to this user."
    )
    assert result["changed"] is False
    assert "POST services" not in sent()


def test_record_in_shared_directory_is_not_read_or_written(
    emulator: Emulator, run: Run, sent: Sent, tmp_path: Path
) -> None:
    """Another user could have created it, even as a pipe that blocks the reader."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    path = shared / "password"
    other = emulator.create(**BODY)
    emulator.set_service(other["service"]["id"], state="running")
    write_record(path, emulator)
    assert run("service", **NEW, password_file=str(path))["changed"] is False
    record(path).unlink()
    os.mkfifo(record(path))
    assert run("service", **NEW, password_file=str(path))["changed"] is False
    assert holds(emulator, other["service"]["id"], other["password"])
    emulator.fault(path="/password$", status=403)
    options = {**NEW, "name": "reports", "password": "correct horse", "password_file": str(path)}
    assert run("service", **options)["failed"] is True
    assert len(list(Path(os.environ["XDG_STATE_HOME"]).glob("*/record-*"))) == 1
    assert run("service", **options)["changed"] is True
    assert list(Path(os.environ["XDG_STATE_HOME"]).glob("*/record-*")) == []


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/null", path)], ids=["pipe", "link"])
def test_record_that_is_not_a_regular_file_is_rejected(
    emulator: Emulator, run: Run, sent: Sent, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(record(tmp_path / "password"))
    result = run("service", **NEW, password_file=str(tmp_path / "password"))
    assert "The record of a creation" in result["msg"]
    assert "cannot be read" in result["msg"]
    assert "POST services" not in sent()


@pytest.mark.parametrize("minutes", [9, 11])
def test_service_created_by_another_user_after_interruption(
    emulator: Emulator, run: Run, tmp_path: Path, minutes: int
) -> None:
    other = emulator.create(**BODY)
    emulator.set_service(other["service"]["id"], state="running")
    write_record(tmp_path / "password", emulator, sent=time.time() - minutes * 60)
    result = run("service", **NEW, password_file=str(tmp_path / "password"))
    if minutes * 60 <= UNRESOLVED_PERIOD:
        assert result["changed"] is True
        assert "before its password was known: the password is set again" in json.dumps(result["warnings"])
    else:
        assert "Its password was not touched" in result["msg"]
        assert holds(emulator, other["service"]["id"], other["password"])


@pytest.mark.parametrize(("good_writes", "created"), [(0, False), (1, True)])
def test_unwritable_attempt_prevents_creation_or_causes_warning(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch, good_writes: int, created: bool
) -> None:
    """As on a full disk: nothing is created, or a warning follows if the service already is."""
    writes: list[bytes] = []

    def overwrite(handle: int, content: bytes) -> None:
        writes.append(content)
        if len(writes) > good_writes:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(creation_attempt, "rewrite_fd", overwrite)
    result = run("service", **NEW, wait=False)
    assert result["changed"] is created
    assert len(emulator.services()) == int(created)
    message = "cannot be written: No space left on device. Free some space, or repair it."
    assert message in (json.dumps(result["warnings"]) if created else result["msg"])


def test_unwritable_record_prevents_creation(
    emulator: Emulator, run: Run, sent: Sent, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(_path: str, _content: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(creation_record, "write_atomically", fail)
    path = tmp_path / "password"
    result = run("service", **NEW, password_file=str(path), wait=False)
    message = f"The record of a creation, {record(path)}, cannot be written: No space left on device."
    assert result["msg"].startswith(message)
    assert result["changed"] is False
    assert "POST services" not in sent()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"name": "analytics"}', "\x00\xff"])
def test_garbage_in_record_is_ignored(emulator: Emulator, run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "password"
    record(path).write_text(content)
    other = emulator.create(**BODY)
    assert run("service", **NEW, password_file=str(path))["changed"] is False
    assert holds(emulator, other["service"]["id"], other["password"])


def test_check_mode_reports_interrupted_creation(emulator: Emulator, run: Run, sent: Sent, tmp_path: Path) -> None:
    path = tmp_path / "password"
    other = emulator.create(**BODY)
    write_record(path, emulator)
    before = record(path).read_text()
    sent()
    result = run("service", check=True, **NEW, password_file=str(path))
    assert result["changed"] is True
    assert result["diff"] == {
        "before": {"password": "lost, since the creation was interrupted"},
        "after": {"password": "a new one"},
    }
    assert sent() == ["GET services"]
    assert record(path).read_text() == before
    assert holds(emulator, other["service"]["id"], other["password"])
    assert run("service", **NEW, password_file=str(path))["changed"] is True
    assert run("service", check=True, **NEW, password_file=str(path))["changed"] is False


def start(run: Run, options: dict[str, Any]) -> Any:
    """Start a process that runs the task."""
    process = FORK.Process(target=run, args=("service",), kwargs=options, daemon=True)
    process.start()
    return process


def kill(process: Any) -> None:
    process.kill()
    process.join(MAX_TEST_SECONDS)
    assert not process.is_alive()


#: When to kill a creation: the request in progress, and the number of services at that time.
MOMENTS = [("GET", "/services$"), ("POST", "/services$"), ("PATCH", "/password$"), ("GET", "/services/[^/]+$")]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("method", "path"), MOMENTS)
@pytest.mark.parametrize("answered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("given", [None, "correct horse"])
@pytest.mark.parametrize("in_file", [True, False])
def test_creation_killed_during_a_request_is_finished_by_the_next_run(
    emulator: Emulator,
    run: Run,
    tmp_path: Path,
    skip_unresolved_period: Callable[[], None],
    method: str,
    path: str,
    answered: bool,
    given: str | None,
    in_file: bool,
) -> None:
    file = tmp_path / "password"
    options: dict[str, Any] = {**NEW, "wait_interval": 1, "wait_timeout": 200}
    options.update({"password": given} if given else {})
    options.update({"password_file": str(file)} if in_file or not given else {})
    # The held request is applied although the client is gone, or is never applied.
    emulator.fault(path=path, method=method, delay=HOLD_SECONDS, **({} if answered else {"disconnect": "delay"}))
    process = start(run, options)

    def is_in_progress() -> bool:
        return any(service["method"] == method and service["status"] is None for service in emulator.journal())

    try:
        wait_until(lambda: is_in_progress() or not process.is_alive())
    finally:
        kill(process)
    emulator.clear_faults()
    if method == "POST" and not answered:
        skip_unresolved_period()
    result = run("service", **options)
    assert "failed" not in result, result
    service = get_only_service(emulator)
    assert service["state"] == "running"
    known = given or file.read_text()
    assert holds(emulator, service["id"], known)
    assert not record(file).exists()
    again = run("service", **options)
    assert again["changed"] is False
    assert holds(emulator, service["id"], known)


#: The audit events of externally visible steps: files, directories, locks and requests.
VISIBLE = ("open", "os.", "fcntl.", "tempfile.", "socket.connect", "http.client.send")


def run_until(step: int, run: Run, options: dict[str, Any]) -> None:
    """Run the task in this process, and kill it just before this step."""
    steps = itertools.count(1)

    def count(event: str, _arguments: tuple[Any, ...]) -> None:
        if event.startswith(VISIBLE) and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    run("service", **options)


@pytest.mark.usefixtures("fast_clock")
def test_creation_killed_at_any_step_is_finished_by_the_next_run(
    emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each externally visible step is an audit event of Python."""
    for step in itertools.count(1):
        emulator.reset()
        file = tmp_path / f"password-{step}"
        options = {**NEW, "name": f"service {step}", "password_file": str(file), "wait": False}
        process = FORK.Process(target=run_until, args=(step, run, options), daemon=True)
        process.start()
        process.join(MAX_TEST_SECONDS)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        result = run("service", **options)
        if "may still appear" in result.get("msg", ""):
            # The task was killed just before it sent the request.
            with monkeypatch.context() as patch:
                now = time.time
                patch.setattr(time, "time", lambda now=now: now() + UNRESOLVED_PERIOD + 1)
                result = run("service", **options)
        assert "failed" not in result, (step, result)
        assert holds(emulator, get_only_service(emulator)["id"], file.read_text()), step
        assert not record(file).exists()
    assert step > 20


def test_concurrent_creations_create_one_service(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "password"
    options = {**NEW, "password_file": str(file), "wait_interval": 0.2, "wait_timeout": MAX_TEST_SECONDS}
    processes = [start(run, options) for _turn in range(50)]
    for process in processes:
        process.join(MAX_TEST_SECONDS)
    assert [process.exitcode for process in processes] == [0] * 50
    service = get_only_service(emulator)
    assert holds(emulator, service["id"], file.read_text())
    posts = [entry for entry in emulator.journal() if entry["method"] != "GET"]
    assert len(posts) == 1


def test_creation_finished_by_another_task_is_not_repeated(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    emulator.set_service(emulator.create(**BODY)["service"]["id"], state="running")
    write_record(path, emulator)
    emulator.clear_journal()
    # Long enough for the second task to wait for the first one.
    emulator.fault(path="/password$", delay=1)
    first = start(run, {**NEW, "password_file": str(path)})
    wait_until(lambda: any(sent_request["method"] == "PATCH" for sent_request in emulator.journal()))
    result = run("service", **NEW, password_file=str(path))
    first.join(MAX_TEST_SECONDS)
    assert first.exitcode == 0
    assert "password" not in result
    assert sum(request["method"] == "PATCH" for request in emulator.journal()) == 1
    assert holds(emulator, get_only_service(emulator)["id"], path.read_text())


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
def test_endless_creation_does_not_block_other_tasks_forever(emulator: Emulator, run: Run) -> None:
    options = {**NEW, "wait": False}
    place = f"{emulator.api_url}/organizations/{emulator.organization_id}/services"
    with exclusive_lock(attempt_path(CreationKey(place, "analytics")), 1):
        result = run("service", **options)
    assert result["msg"].startswith("Another task has been creating 'analytics' for more than 900 seconds")
    assert result["changed"] is False
    assert run("service", **options)["changed"] is True


def test_next_task_finds_service_that_is_not_listed_yet(emulator: Emulator, run: Run, sent: Sent) -> None:
    first = run("service", **NEW, wait=False)
    emulator.fault(path="/services$", method="GET", status=200, body={"result": []})
    sent()
    second = run("service", **NEW, wait=False)
    assert second["service"]["id"] == first["service"]["id"]
    assert second["changed"] is False
    assert "password" not in second
    # Of the second task, since the first one might have found it in a list.
    assert sent() == ["GET services", *[f"GET services/{first['service']['id']}"] * 2]


def test_deleted_service_is_not_searched_for(emulator: Emulator, run: Run, sent: Sent) -> None:
    run("service", **NEW)
    run("service", name="analytics", state="absent", force=True)
    sent()
    run("service", **NEW, wait=False)
    assert sent() == ["GET services", "GET services", "POST services"]


def test_missing_state_directory_is_replaced_with_warning(
    emulator: Emulator, run: Run, sent: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = tmp_path / "ansible-clickhouse-cloud"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = run("service", **NEW, wait=False)
    assert result["changed"] is True
    (warning,) = result["warnings"]
    assert warning.startswith(f"{open_to_all} cannot be used (It is not a directory of this user's own), so {tmp_path}")
    assert "set XDG_STATE_HOME to a directory that belongs to this user" in warning
    assert sent() == ["GET services", "GET services", "POST services"]
    assert os.listdir(open_to_all) == []


@pytest.mark.parametrize("options", [{}, {"password": "correct horse"}, {"password_file": "{path}"}])
def test_missing_lock_prevents_creation(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str],
) -> None:
    (tmp_path / "state").write_text("a file in place of a directory")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "state"))
    known = {name: value.format(path=tmp_path / "password") for name, value in options.items()}
    result = run("service", **NEW, **known)
    assert result["msg"].startswith(
        "'analytics' was not created, since no other task could be kept from creating it as well:"
    )
    assert "Set XDG_STATE_HOME to a directory that belongs to this user." in result["msg"]
    assert result["changed"] is False
    assert sent() == ["GET services"]
    # Existing services need no lock.
    emulator.create(**BODY)
    assert "failed" not in run("service", **NEW, **known, wait=False)


def test_unremovable_record_is_reported(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", delay=HOLD_SECONDS)

    def spoil() -> None:
        wait_until(record(path).exists)
        record(path).unlink()
        record(path).mkdir()
        emulator.clear_faults()

    spoiling = threading.Thread(target=spoil)
    spoiling.start()
    result = run("service", **NEW, password_file=str(path), wait=False)
    spoiling.join()
    assert result["changed"] is True
    assert holds(emulator, get_only_service(emulator)["id"], path.read_text())
    assert result["warnings"] == [
        f"{record(path)} cannot be removed: Is a directory. Remove it, or the next run sets the password again."
    ]


def test_record_contains_the_id_once_it_is_known(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/password$", status=403)
    assert run("service", **NEW, password="correct horse", password_file=str(path))["failed"] is True
    made = get_only_service(emulator)
    assert json.loads(record(path).read_text())["service_id"] == made["id"]
    # Another service with this name has replaced it since then.
    run("service", service_id=made["id"], state="absent", force=True)
    other = emulator.create(**BODY)
    emulator.set_service(other["service"]["id"], state="running")
    assert run("service", **NEW, password="correct horse", password_file=str(path))["changed"] is False
    assert holds(emulator, other["service"]["id"], other["password"])


def test_next_run_finishes_creation_at_another_url(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/password$", status=403)
    assert run("service", **NEW, password="correct horse", password_file=str(path))["failed"] is True
    elsewhere = emulator.api_url.replace("127.0.0.1", "localhost")
    assert (
        run("service", **NEW, password="correct horse", password_file=str(path), api_url=elsewhere)["changed"] is True
    )
    assert holds(emulator, get_only_service(emulator)["id"], "correct horse")


@pytest.mark.parametrize("wait", [True, False])
def test_option_that_the_api_ignored_is_reported_at_once(emulator: Emulator, run: Run, sent: Sent, wait: bool) -> None:
    """The emulator ignores the options that the newest specification does not list for a new service."""
    result = run("service", **NEW, encryption_key="arn:key", has_transparent_data_encryption=False, wait=wait)
    assert "failed" not in result
    (service,) = emulator.services()
    assert holds(emulator, service["id"], result["password"])
    assert result["warnings"] == [
        f"Service 'analytics' ({service['id']}) was created, but the API ignored an option: encryption_key is None, not"
        " 'arn:key'. This can only be set when the service is created: leave it out. Otherwise, every later run fails."
    ]
    assert sent().count("POST services") == 1
    # The contract has no such field in a request.
    (violation,) = emulator.violations()
    assert "encryptionKey" in violation
    emulator.reset()


def test_option_that_the_api_accepted_is_not_reported(run: Run) -> None:
    assert "warnings" not in run("service", **NEW, has_transparent_data_encryption=True, backup_id=None)
