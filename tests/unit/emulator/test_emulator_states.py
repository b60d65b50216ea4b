# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test state transitions and the rate limit without a server."""

from __future__ import annotations

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.lifecycle import Lifecycle
from ansible_collections.clickhouse.cloud.tests.emulator.limiter import Rate, RateLimiter
from ansible_collections.clickhouse.cloud.tests.emulator.responses import ApiError


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_transition_lasts_one_step() -> None:
    time = Time()
    lifecycle = Lifecycle(time, 10)
    time.seconds = 9.9
    assert lifecycle.state == "provisioning"
    time.seconds = 10
    assert lifecycle.state == "running"


def test_service_is_gone_after_one_step() -> None:
    time = Time()
    lifecycle = Lifecycle(time, 10)
    lifecycle.terminate()
    time.seconds = 9
    assert (lifecycle.state, lifecycle.is_gone) == ("terminating", False)
    time.seconds = 10
    assert lifecycle.is_gone


def test_zero_step_completes_transitions_immediately() -> None:
    lifecycle = Lifecycle(Time(), 0)
    assert lifecycle.state == "running"
    lifecycle.apply_command("stop")
    assert lifecycle.state == "stopped"


def test_rate_limit_window_slides() -> None:
    time = Time()
    limiter = RateLimiter(Rate(2, 10), time)
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
def test_parse_invalid_rate(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid rate"):
        Rate.parse(text)
