# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl-C ends a task immediately, which reports its changes, and leaves no incomplete files."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS, MAX_TEST_SECONDS, wait_until

Run = Callable[..., dict[str, Any]]

NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
FORK = multiprocessing.get_context("fork")


def is_paused(path: Path) -> Callable[[], bool]:
    """Return whether the task that writes its result to this file is sleeping."""
    return path.with_suffix(".paused").exists


def run_interrupted(
    run: Run, path: Path, due: Callable[[], bool], module: str, options: dict[str, Any]
) -> dict[str, Any]:
    """Return the result of a task that is interrupted as soon as the condition is met."""
    sleep, marker = time.sleep, path.with_suffix(".paused")

    def pause(seconds: float) -> None:
        if seconds > HOLD_SECONDS / 2:
            # All threads except the main one have ended.
            while threading.active_count() > 2:
                sleep(0.01)
            marker.touch()
        sleep(seconds)

    def play() -> None:
        time.sleep = pause
        # Like the processes of Ansible, which a shell has started in the foreground.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        path.write_text(json.dumps(run(module, **options)))

    process = FORK.Process(target=play, daemon=True)
    process.start()
    try:
        wait_until(due)
        os.kill(process.pid or 0, signal.SIGINT)
        process.join(MAX_TEST_SECONDS)
        assert process.exitcode == 0
    finally:
        process.kill()
        marker.unlink(missing_ok=True)
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def was_requested(emulator: Emulator, method: str, part: str) -> Callable[[], bool]:
    return lambda: any(request["method"] == method and request["path"].endswith(part) for request in emulator.journal())


def was_sent_times(emulator: Emulator, method: str, number: int) -> Callable[[], bool]:
    return lambda: sum(request["method"] == method for request in emulator.journal()) >= number


def test_interrupted_wait_reports_the_state(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    password = tmp_path / "password"
    options = {**NEW, "password_file": str(password), "wait_interval": HOLD_SECONDS, "wait_timeout": 4 * HOLD_SECONDS}
    result = run_interrupted(run, tmp_path / "result", is_paused(tmp_path / "result"), "service", options)
    assert result["failed"] is True
    assert result["changed"] is True
    assert "seconds of waiting for it to be running or idle. When last seen: Service 'analytics'" in result["msg"]
    assert "is provisioning. The operation continues; run the task again to wait for it." in result["msg"]
    assert "password" not in result
    assert sorted(path.name for path in tmp_path.iterdir()) == ["password", "result"]


def test_interrupted_fleet_reports_each_service(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    services = [{**NEW, "name": name, "password_file": str(tmp_path / name)} for name in ("one", "two")]
    # Their states do not change.
    emulator.hold()

    def created() -> bool:
        return all((tmp_path / name).exists() for name in ("one", "two"))

    def waiting() -> bool:
        """Return whether both wait for the list with their states."""
        wait_until(created)
        emulator.fault(path="/services$", method="GET", delay=HOLD_SECONDS, times=9)
        wait_until(lambda: any(request["status"] is None for request in emulator.journal()))
        return True

    result = run_interrupted(
        run, tmp_path / "result", waiting, "fleet", {"services": services, "read_timeout": HOLD_SECONDS}
    )
    assert result["changed"] is True
    assert result["msg"].startswith("2 of 2 services failed. one: Interrupted. The last known state of the service is")
    for entry in result["services"]:
        assert entry["changed"] is entry["failed"] is True
        assert "Changes that this task has made, or may have made: created the service '" in entry["msg"]
        assert "password" not in entry


def test_interrupted_fleet_reports_finished_services(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    services = [
        {"service_id": service["id"], "state": "started", "name": "reports"},
        {**NEW, "name": "new", "password_file": str(password)},
    ]
    options = {"services": services, "wait_interval": HOLD_SECONDS, "wait_timeout": 4 * HOLD_SECONDS}
    result = run_interrupted(run, tmp_path / "result", is_paused(tmp_path / "result"), "fleet", options)
    assert result["msg"].startswith("1 of 2 services failed. new: Interrupted.")
    assert [(entry["changed"], entry["failed"]) for entry in result["services"]] == [
        (True, False),
        (True, True),
    ]


def test_interrupted_request_may_have_been_applied(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    emulator.fault(path="/state$", delay=HOLD_SECONDS)
    options = {"service_id": service["id"], "state": "stopped", "read_timeout": HOLD_SECONDS}
    result = run_interrupted(
        run, tmp_path / "result", was_requested(emulator, "PATCH", "/state"), "service_state", options
    )
    assert result["changed"] is True
    assert result["msg"].startswith("Interrupted. The last known state of the service is running.")
    assert f"may have made: stopped service {service['id']}." in result["msg"]


def test_interrupted_wait_for_another_creation_changed_nothing(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    emulator.fault(path="/services$", method="POST", delay=HOLD_SECONDS)
    first = FORK.Process(target=run, args=("service",), kwargs={**NEW, "read_timeout": HOLD_SECONDS}, daemon=True)
    first.start()
    try:
        wait_until(was_requested(emulator, "POST", "/services"))
        # The first task has listed the services twice. The second task has listed them, and waits for the lock.
        looked = was_sent_times(emulator, "GET", 3)
        result = run_interrupted(run, tmp_path / "result", looked, "service", {**NEW, "read_timeout": HOLD_SECONDS})
    finally:
        first.kill()
        first.join(MAX_TEST_SECONDS)
        emulator.clear_faults()
    assert result["changed"] is False
    assert result["msg"] == "Interrupted."


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_next_run_finishes_interrupted_creation(
    emulator: Emulator, run: Run, tmp_path: Path, method: str, fast_clock: None
) -> None:
    emulator.fault(path="/services$", method=method, delay=HOLD_SECONDS)
    path = tmp_path / "password"
    options = {**NEW, "password_file": str(path), "wait": False, "read_timeout": HOLD_SECONDS}
    result = run_interrupted(run, tmp_path / "result", was_requested(emulator, method, "/services"), "service", options)
    assert result["changed"] is (method == "POST")
    emulator.clear_faults()
    assert run("service", **options)["changed"] is True
    assert len(emulator.services()) == 1
    assert run("service", **options)["changed"] is False
