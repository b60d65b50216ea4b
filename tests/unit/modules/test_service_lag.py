# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service is created exactly once although the API lags by up to VISIBILITY_TIMEOUT, without a failure."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import create
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.creation_attempt import (
    UNRESOLVED_PERIOD,
    VISIBILITY_TIMEOUT,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.virtual_time import VirtualTime

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
WAIT = {"wait_interval": 10, "wait_timeout": 5400}
HTML = {"body": "<html><h1>504 Gateway Time-out</h1></html>", "headers": {"Content-Type": "text/html"}}

#: In seconds.
LAGS = [0, 4, 13, 60, 120, VISIBILITY_TIMEOUT]
BEYOND = VISIBILITY_TIMEOUT + 60


def lag(seconds: float) -> dict[str, Any]:
    """Return a fault that hides the new service for this time."""
    return {"lag": seconds}


def late(seconds: float) -> dict[str, Any]:
    """Return a fault with status 504 that creates the service after this time."""
    return {"status": 504, "acts_after": seconds, **HTML}


def lost(seconds: float) -> dict[str, Any]:
    """Return a fault that loses the response, and hides the service for this time."""
    return {"disconnect": "after", "lag": seconds}


def late_and_lag(seconds: float) -> dict[str, Any]:
    return {"disconnect": "before", "acts_after": seconds / 2, "lag": seconds / 2}


FAULTS = [lag, late, lost, late_and_lag]


@pytest.fixture
def results(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """Return the directory for the results of tasks in separate processes."""
    return lambda: [json.loads(path.read_text()) for path in sorted((tmp_path / "results").glob("*"))]


def build_task(run: Run, directory: Path, **options: Any) -> Callable[[], None]:
    """Return a function that runs the module, and writes its result to a file."""

    def act() -> None:
        result = run("service", **NEW, **options)
        (directory / "results").mkdir(exist_ok=True)
        name = multiprocessing.current_process().name
        (directory / "results" / name).write_text(json.dumps(result))

    return act


def assert_created_once(emulator: Emulator, password: str) -> None:
    """Assert that there is one service, with this password, which was requested once."""
    (service,) = emulator.raw_services()
    assert service["passwordHash"] == password_hashes(password)["newPasswordHash"]
    count_creations = [entry for entry in emulator.journal() if entry["method"] == "POST"]
    assert len(count_creations) == 1


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seconds", LAGS)
def test_single_task(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, fault: Callable[[float], dict[str, Any]], seconds: float
) -> None:
    emulator.fault(path="/services$", method="POST", **fault(seconds))
    result = run("service", **NEW, **WAIT)
    assert "failed" not in result, result
    assert result["changed"] is True
    assert result["service"]["state"] == "running"
    assert_created_once(emulator, result["password"])
    # It polls often at first, and then every ten seconds.
    assert len(emulator.journal()) <= 10 + seconds / 10
    again = run("service", **NEW, **WAIT)
    assert again["changed"] is False
    assert "password" not in again


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("options", [{"password": "correct horse"}, {"password_file": "{path}"}])
def test_password_is_set_or_saved(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    tmp_path: Path,
    fault: Callable[[float], dict[str, Any]],
    options: dict[str, str],
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", **fault(VISIBILITY_TIMEOUT))
    known = {name: value.format(path=path) for name, value in options.items()}
    result = run("service", **NEW, **known, wait=False)
    assert "failed" not in result, result
    assert_created_once(emulator, options.get("password") or path.read_text())


def test_creation_without_lag_needs_few_requests(
    emulator: Emulator, run: Run, sent: Sent, virtual_time: VirtualTime
) -> None:
    result = run("service", **NEW, **WAIT)
    assert sent() == ["GET services", "GET services", "POST services", f"GET services/{result['service']['id']}"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seconds", [4, 60, VISIBILITY_TIMEOUT])
def test_ten_concurrent_tasks(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    tmp_path: Path,
    results: Callable[[], list[dict[str, Any]]],
    fault: Callable[[float], dict[str, Any]],
    seconds: float,
) -> None:
    emulator.fault(path="/services$", method="POST", **fault(seconds))
    virtual_time.join(virtual_time.start(build_task(run, tmp_path, **WAIT), count=10))
    found = results()
    assert len(found) == 10
    assert [result["msg"] for result in found if "failed" in result] == []
    (creator,) = [result for result in found if result["changed"]]
    assert_created_once(emulator, creator["password"])
    assert {result["service"]["id"] for result in found} == {creator["service"]["id"]}


@pytest.mark.parametrize("seconds", LAGS)
@pytest.mark.parametrize("fault", FAULTS)
def test_two_consecutive_runs_without_wait(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    tmp_path: Path,
    fault: Callable[[float], dict[str, Any]],
    seconds: float,
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", **fault(seconds))
    first = run("service", **NEW, password_file=str(path), wait=False)
    second = run("service", **NEW, password_file=str(path), wait=False)
    assert "failed" not in first, first
    assert "failed" not in second, second
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["service"]["id"] == second["service"]["id"]
    assert_created_once(emulator, path.read_text())


@pytest.mark.parametrize("moment", [0.5, 5, 50])
@pytest.mark.parametrize("seconds", [13, VISIBILITY_TIMEOUT])
@pytest.mark.parametrize("fault", FAULTS)
def test_run_after_kill(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    tmp_path: Path,
    fault: Callable[[float], dict[str, Any]],
    seconds: float,
    moment: float,
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", **fault(seconds))
    (process,) = virtual_time.start(build_task(run, tmp_path, **WAIT, password_file=str(path)))
    virtual_time.kill(process, after=moment)
    result = run("service", **NEW, **WAIT, password_file=str(path))
    assert "failed" not in result, result
    assert_created_once(emulator, path.read_text())
    assert not path.with_name(".password.creation").exists()
    assert run("service", **NEW, **WAIT, password_file=str(path))["changed"] is False


def test_run_after_kill_waits_until_creation_is_safe(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path
) -> None:
    emulator.fault(path="/services$", method="POST", status=503)
    (process,) = virtual_time.start(build_task(run, tmp_path, **WAIT))
    virtual_time.kill(process, after=5)
    result = run("service", **NEW, **WAIT)
    assert result["changed"] is True
    count_creations = [entry for entry in emulator.journal() if entry["method"] == "POST"]
    assert len(count_creations) == 2
    assert len(emulator.raw_services()) == 1
    assert virtual_time.seconds > UNRESOLVED_PERIOD


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("wait", [WAIT, {"wait": False}])
def test_timeout_fails_and_next_run_adopts_the_service(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    tmp_path: Path,
    fault: Callable[[float], dict[str, Any]],
    wait: dict[str, Any],
) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", **fault(BEYOND))
    first = run("service", **NEW, **wait, password_file=str(path))
    if fault is lag and "wait" in wait:
        # It does not have to poll.
        assert "failed" not in first
        first = run("service", **NEW, **wait, password_file=str(path))
    assert first["failed"] is True
    assert "not visible after 180 seconds" in first["msg"]
    assert "Run the task again later: it uses" in first["msg"]
    second = run("service", **NEW, **wait, password_file=str(path))
    assert "failed" not in second, second
    assert_created_once(emulator, path.read_text())


def test_ten_concurrent_tasks_create_one_service_after_timeout(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    tmp_path: Path,
    results: Callable[[], list[dict[str, Any]]],
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(BEYOND))
    virtual_time.join(virtual_time.start(build_task(run, tmp_path, **WAIT), count=10))
    failed = [result for result in results() if "failed" in result]
    assert len(failed) == 1
    assert_created_once(emulator, failed[0]["password"])


def test_deleted_service_is_created_again_after_some_polls(
    emulator: Emulator, run: Run, sent: Sent, virtual_time: VirtualTime
) -> None:
    first = run("service", **NEW, **WAIT)["service"]["id"]
    emulator.set_service(first, state="gone")
    sent()
    start = virtual_time.seconds
    second = run("service", **NEW, wait=False)
    assert second["changed"] is True
    assert second["service"]["id"] != first
    assert virtual_time.seconds == start + 1 + 2 + 4 + 8
    looks = [f"GET services/{first}", "GET services"] * 5
    assert sent() == ["GET services", *looks, "GET services", "POST services"]


@pytest.mark.parametrize("module", ["service", "fleet"])
def test_visible_service_may_be_missing_for_some_seconds(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, module: str
) -> None:
    service_id = run("service", **NEW, **WAIT)["service"]["id"]
    unknown = {"status": 404, "error": f"NOT_FOUND: service {service_id} not found"}
    emulator.fault(path="/services$", method="GET", body={"result": []}, times=3)
    emulator.fault(path="/services/[^/]+$", method="GET", status=404, body=unknown, times=3)
    options = {"services": [NEW]} if module == "fleet" else NEW
    assert run(module, **options, **WAIT)["changed"] is False
    assert count_creations(emulator) == 1


@pytest.mark.parametrize("check", [True, False])
def test_waits_for_lagging_service_before_planning(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, check: bool
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(60))
    run("service", **NEW, wait=False)
    assert run("service", check=check, **NEW, wait=False)["changed"] is False


def test_absent_waits_for_service_that_may_still_appear(
    emulator: Emulator, run: Run, virtual_time: VirtualTime
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(60))
    run("service", **NEW, wait=False)
    result = run("service", name="analytics", state="absent", force=True, **WAIT)
    assert result["changed"] is True
    assert emulator.raw_services() == []


def test_absent_does_not_report_missing_service_while_it_may_appear(
    emulator: Emulator, run: Run, virtual_time: VirtualTime
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(BEYOND))
    run("service", **NEW, wait=False)
    result = run("service", name="analytics", state="absent", force=True, wait=False)
    assert "A service 'analytics' may still appear: its creation was requested at" in result["msg"]


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("service_state", {"state": "started"}),
        ("service_scaling", {"num_replicas": 3}),
        ("backup_config", {"backup_retention_period_in_hours": 48}),
        ("service_password", {}),
    ],
)
def test_other_modules_find_lagging_service_by_name(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, module: str, options: dict[str, Any]
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(60))
    run("service", **NEW, wait=False)
    assert "failed" not in run(module, name="analytics", **options)


def test_fleet_configures_backups_of_lagging_service(emulator: Emulator, run: Run, virtual_time: VirtualTime) -> None:
    emulator.fault(path="/services$", method="POST", **lag(0.5))
    entry = {**NEW, "backup_config": {"backup_retention_period_in_hours": 48}}
    result = run("fleet", services=[entry], wait=False)
    assert "failed" not in result, result
    (service,) = emulator.raw_services()
    assert service["backupConfiguration"]["backupRetentionPeriodInHours"] == 48


def count_creations(emulator: Emulator) -> int:
    """Return the number of creations."""
    return sum(entry["method"] == "POST" for entry in emulator.journal())


@pytest.mark.parametrize("module", ["service", "fleet"])
def test_lagging_list_does_not_hide_readable_service(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, module: str
) -> None:
    run("service", **NEW, **WAIT)
    emulator.fault(path="/services$", method="GET", body={"result": []}, times=12)
    options = {"services": [NEW]} if module == "fleet" else NEW
    result = run(module, **options, **WAIT)
    assert "failed" not in result, result
    assert result["changed"] is False
    assert count_creations(emulator) == 1


@pytest.mark.parametrize("wait", [WAIT, {"wait": False}])
@pytest.mark.parametrize("options", [{"password": "correct horse"}, {"password_file": "{path}"}])
def test_deletion_ends_the_interrupted_creation(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    tmp_path: Path,
    options: dict[str, str],
    wait: dict[str, Any],
) -> None:
    path = tmp_path / "password"
    known = {name: value.format(path=path) for name, value in options.items()}
    emulator.fault(path="/services$", method="POST", **late(4))
    (process,) = virtual_time.start(build_task(run, tmp_path, **WAIT, **known))
    virtual_time.kill(process, after=0.5)
    virtual_time.sleep(20)
    assert run("service", name="analytics", state="absent", force=True, **WAIT)["changed"] is True
    start = virtual_time.seconds
    result = run("service", **NEW, **wait, **known)
    assert result["changed"] is True
    # Not longer than a creation takes.
    assert virtual_time.seconds - start <= 200 * ("wait" not in wait)
    assert count_creations(emulator) == 2
    (service,) = emulator.raw_services()
    assert service["passwordHash"] == password_hashes(known.get("password") or path.read_text())["newPasswordHash"]


@pytest.mark.parametrize("options", [{"password": "correct horse"}, {"password_file": "{path}"}])
def test_record_of_deleted_service_does_not_apply_to_the_next_one(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path, options: dict[str, str]
) -> None:
    known = {name: value.format(path=tmp_path / "password") for name, value in options.items()}
    emulator.fault(path="/services$", method="POST", **late(4))
    (process,) = virtual_time.start(build_task(run, tmp_path, **WAIT, **known))
    virtual_time.kill(process, after=0.5)
    virtual_time.sleep(20)
    run("service", name="analytics", state="absent", force=True, **WAIT)
    virtual_time.sleep(3600)
    other = emulator.create(name="analytics", provider="aws", region="eu-central-1", ipAccessList=[])
    result = run("service", **NEW, **WAIT, **known)
    assert "failed" not in result, result
    (service,) = emulator.raw_services()
    assert service["passwordHash"] == password_hashes(other["password"])["newPasswordHash"]


def test_deletion_keeps_attempt_of_later_service_with_the_name(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path
) -> None:
    old = run("service", **NEW, **WAIT)["service"]
    emulator.set_service(old["id"], state="stopped")
    # Its deletion takes some time.
    deleting = {**NEW, "id": old["id"], "state": "terminating"}
    emulator.fault(path=f"/services/{old['id']}$", method="GET", status=200, body={"result": deleting}, times=3)
    processes = [*virtual_time.start(lambda: run("service", name="analytics", state="absent", **WAIT))]

    def create_another() -> None:
        time.sleep(5)
        emulator.fault(path="/services$", method="POST", lag=150)
        assert run("service", **NEW, wait=False)["changed"] is True

    processes += virtual_time.start(create_another)
    virtual_time.join(processes)
    virtual_time.resume()
    result = run("service", **NEW, wait=False)
    assert result["changed"] is False
    assert count_creations(emulator) == 2


@pytest.mark.parametrize("module", ["service", "fleet"])
def test_single_list_without_the_service_does_not_create_another(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, module: str
) -> None:
    run("service", **NEW, **WAIT)
    virtual_time.sleep(UNRESOLVED_PERIOD + 100)
    emulator.fault(path="/services$", method="GET", body={"result": []})
    options = {"services": [NEW]} if module == "fleet" else NEW
    assert run(module, **options, **WAIT)["changed"] is False
    assert count_creations(emulator) == 1


def test_task_suspended_before_the_lock_lists_services_again(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path, results: Callable[[], list[dict[str, Any]]]
) -> None:
    lock = create.creation_lock

    def suspend(*arguments: Any, **keywords: Any) -> Any:
        time.sleep(UNRESOLVED_PERIOD + 100)
        return lock(*arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(create, "creation_lock", suspend)
        processes = [*virtual_time.start(build_task(run, tmp_path, **WAIT))]

    def create_later() -> None:
        time.sleep(5)
        assert run("service", **NEW, **WAIT)["changed"] is True

    virtual_time.join([*processes, *virtual_time.start(create_later)])
    (result,) = results()
    assert result["changed"] is False
    assert count_creations(emulator) == 1


@pytest.mark.parametrize("module", ["service", "fleet"])
@pytest.mark.parametrize("options", [{}, {"password": "correct horse"}, {"password_file": "{path}"}])
def test_run_with_other_options_finishes_the_creation(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, tmp_path: Path, module: str, options: dict[str, str]
) -> None:
    emulator.fault(path="/services$", method="POST", **late(4))
    (process,) = virtual_time.start(build_task(run, tmp_path, **WAIT, password_file=str(tmp_path / "first")))
    virtual_time.kill(process, after=0.5)
    virtual_time.sleep(20)
    path = tmp_path / "second"
    entry = {**NEW, **{name: value.format(path=path) for name, value in options.items()}}
    result = run(module, **({"services": [entry]} if module == "fleet" else entry), **WAIT)
    assert "failed" not in result, result
    assert result["changed"] is True
    assert "the password is set again" in json.dumps(result)
    one = result["services"][0] if module == "fleet" else result
    assert_created_once(emulator, options.get("password") or (path.read_text() if options else one["password"]))
    assert list(tmp_path.glob(".*.creation")) == []
    assert run(module, **({"services": [entry]} if module == "fleet" else entry), **WAIT)["changed"] is False


def attempt_file() -> Path:
    (path,) = Path(os.environ["XDG_STATE_HOME"]).glob("*/creation-*")
    return path


@pytest.mark.parametrize("content", [b'{\n  "place": "http', b"\x00" * 1024, b'{"name": "analytics"}'])
def test_damaged_attempt_has_unknown_outcome(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, content: bytes
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(100))
    first = run("service", **NEW, wait=False)
    attempt_file().write_bytes(content)
    second = run("service", **NEW, wait=False)
    assert second["changed"] is False
    assert second["service"]["id"] == first["service"]["id"]
    assert count_creations(emulator) == 1


def test_damaged_attempt_expires(emulator: Emulator, run: Run, virtual_time: VirtualTime) -> None:
    first = run("service", **NEW, wait=False)
    run("service", service_id=first["service"]["id"], state="absent", force=True, **WAIT)
    attempt_file().write_bytes(b"{")
    virtual_time.sleep(UNRESOLVED_PERIOD + 10)
    start = virtual_time.seconds
    assert run("service", **NEW, wait=False)["changed"] is True
    assert virtual_time.seconds == start


@pytest.mark.parametrize("seconds", [100, BEYOND])
def test_attempt_is_valid_after_clock_was_set_back(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    emulator.fault(path="/services$", method="POST", **lag(seconds))
    run("service", **NEW, wait=False)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3600)
    result = run("service", **NEW, wait=False)
    assert result["changed"] is False
    assert count_creations(emulator) == 1
    if seconds == BEYOND:
        assert "by a clock that was set back since then" in result["msg"]
        assert f"remove {attempt_file()}." in result["msg"]


def test_suspended_machine_does_not_create_again(
    emulator: Emulator, run: Run, virtual_time: VirtualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock that continues while the machine is suspended determines the period."""
    emulator.fault(path="/services$", method="POST", disconnect="before")
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + (UNRESOLVED_PERIOD if virtual_time.seconds > 10 else 0))
    result = run("service", **NEW, **WAIT)
    assert result["failed"] is True
    assert "no response" in result["msg"]
    assert [entry["method"] for entry in emulator.journal()].count("POST") == 1
    assert "failed" not in run("service", **NEW, **WAIT)
    assert len(emulator.raw_services()) == 1


def test_service_renamed_in_the_meantime_is_not_adopted(
    emulator: Emulator,
    run: Run,
    virtual_time: VirtualTime,
    results: Callable[[], list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    other = emulator.create(name="other", provider="aws", region="eu-central-1", ipAccessList=[])["service"]
    emulator.set_service(other["id"], createdAt="2026-01-01T00:00:00Z")
    before = emulator.raw_service(other["id"])["passwordHash"]
    emulator.fault(path="/services$", method="POST", disconnect="before")
    processes = virtual_time.start(build_task(run, tmp_path, **WAIT))
    virtual_time.sleep(3)
    emulator.set_service(other["id"], name="analytics")
    virtual_time.join(processes)
    (result,) = results()
    assert "it is not certain that this creation made the service" in result["msg"]
    assert emulator.raw_service(other["id"])["passwordHash"] == before
