# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task shows while it runs, on a clock that only pauses advance."""

from __future__ import annotations

import functools
import re
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.progress import Progress, count_states
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.rate_limiter import RateLimiter
from ansible_collections.clickhouse.cloud.plugins.module_utils._module import runner
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
SERVICE_ID = "1f0c2d3e-0000-4000-8000-000000000000"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines of the tasks, which run as on the fast path."""
    shown: list[str] = []
    monkeypatch.setattr(runner, "Worker", functools.partial(runner.Worker, on_progress=shown.append))
    return shown


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (["running"] * 12 + ["provisioning"] * 38, "12 of 50 running, 38 provisioning"),
        (["pending", "failed", "starting", "starting"], "1 of 4 failed, 2 starting, 1 pending"),
        (["pending"], "1 of 1 pending"),
    ],
)
def test_states_are_counted_and_final_ones_come_first(states: list[str], text: str) -> None:
    assert count_states(states) == text


@pytest.mark.parametrize(("name", "quoted"), [("analytics", "'analytics'"), ("it's", '"it\'s"')])
def test_line_begins_with_the_name_and_has_a_short_id(name: str, quoted: str) -> None:
    shown: list[str] = []
    Progress(shown.append).show_state(f"Service {quoted} ({SERVICE_ID})", "stopping", "stopped", "3 seconds")
    assert shown == [f"{name} (1f0c2d3e): stopping -> stopped, after 3 seconds"]


def test_entries_of_a_fleet_show_one_line(pauses: list[float]) -> None:
    shown: list[str] = []
    entry = Progress(shown.append).of_fleet({"a": "pending", "b": "pending"})
    for name in "ab":
        entry(name).keep_state("provisioning")
        entry(name).show("The API is not available")
    entry("a").show_state("Service 'a'", "provisioning", "running", "8 seconds")
    for name in "ab":
        entry(name).pause(12, lambda: "unused", lambda: "for up to 5 more seconds")
    assert shown == ["The API is not available", "1 of 2 running, 1 provisioning; waiting for up to 5 more seconds"]


def test_rate_limit_is_explained(pauses: list[float], emulator: Emulator) -> None:
    shown: list[str] = []
    progress, limiter = Progress(shown.append), RateLimiter(1, 20, "name", print)
    limiter.acquire(progress)
    limiter.acquire(progress)
    assert shown == ["Waiting to send a request, for 21 more seconds, as 1 requests are allowed in 20 seconds"]


def test_wait_for_a_service_is_explained(
    run: Run, service: dict[str, Any], emulator: Emulator, pauses: list[float], lines: list[str]
) -> None:
    emulator.set_service(service["id"], state="starting")
    emulator.fault(path="/services", method="GET", times=99, body={"result": {**service, "state": "starting"}})
    failed = run("service_state", service_id=service["id"], state="started", wait_timeout=100, wait_interval=10)
    assert "after 100 seconds of waiting for it to be running or idle" in failed["msg"]
    label = re.escape(f"analytics ({service['id'][:8]})")
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(
            rf"{label} is starting; waiting for it to be running or idle, for up to \d+ more seconds", line
        )


@pytest.mark.usefixtures("fast_clock")
def test_fleet_shows_one_line_for_all_services(run: Run, emulator: Emulator, lines: list[str]) -> None:
    emulator.hold()
    new = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
    failed = run(
        "fleet", services=[{"name": f"s{number}", **new} for number in range(5)], wait_timeout=60, wait_interval=10
    )
    assert "5 of 5 services failed" in failed["msg"]
    plan, *waits = lines
    assert plan.startswith("5 to create")
    assert waits
    # A busy machine may be slow to create them, or to respond.
    assert len(waits) < 5
    for line in waits:
        assert re.fullmatch(r"\d of 5 (provisioning|pending|failed)(, .+)?; waiting for .+", line)
