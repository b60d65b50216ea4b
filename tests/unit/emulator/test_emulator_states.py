# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states and the time, without a server."""

from __future__ import annotations

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.lifecycle import Machine
from ansible_collections.clickhouse.cloud.tests.emulator.limiter import Limiter, Rate
from ansible_collections.clickhouse.cloud.tests.emulator.responses import ApiError


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_transition_lasts_one_step() -> None:
    time = Time()
    machine = Machine(time, 10)
    time.seconds = 9.9
    assert machine.state == "provisioning"
    time.seconds = 10
    assert machine.state == "running"


def test_the_end_comes_after_a_step() -> None:
    time = Time()
    machine = Machine(time, 10)
    machine.terminate()
    time.seconds = 9
    assert (machine.state, machine.gone) == ("terminating", False)
    time.seconds = 10
    assert machine.gone


def test_without_a_step_transitions_are_over_at_once() -> None:
    machine = Machine(Time(), 0)
    assert machine.state == "running"
    machine.command("stop")
    assert machine.state == "stopped"


def test_the_window_slides() -> None:
    time = Time()
    limiter = Limiter(Rate(2, 10), time)
    limiter.check("key")
    time.seconds = 4
    limiter.check("key")
    limiter.check("other key")
    with pytest.raises(ApiError) as refusal:
        limiter.check("key")
    assert refusal.value.status == 429
    assert refusal.value.headers == {"X-RateLimit-Reset": "6"}
    time.seconds = 10
    limiter.check("key")
    with pytest.raises(ApiError):
        limiter.check("key")


@pytest.mark.parametrize("text", ["", "10", "0/10", "10/0", "a/b", "-1/5"])
def test_a_rate_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        Rate.parse(text)
