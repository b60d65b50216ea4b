# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.progress import Progress
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    NO_RESPONSE,
    ApiError,
    Interrupted,
    Unreachable,
    WaitFailed,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.waiter import WaitCondition, Waiter

CONDITION: WaitCondition[str] = WaitCondition(
    description="up",
    is_met=lambda seen: seen == "up",
    is_impossible=lambda seen: seen == "dead",
    describe=lambda seen: f"It is {seen}",
)


class Clock:
    """A clock that only sleeping advances."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def make_waiter(timeout: float = 60.0, interval: float = 10.0, **others: Any) -> Waiter:
    return Waiter(timeout, interval, jitter=lambda: 0.0, **others)


class Polls:
    """The results of consecutive polls; an error is raised. The last result is repeated."""

    def __init__(self, *seen: str | Exception) -> None:
        self._seen: Iterator[str | Exception] = iter(seen)
        self._last: str | Exception = ""
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        self._last = next(self._seen, self._last)
        if isinstance(self._last, Exception):
            raise self._last
        return self._last


def test_polls_once_per_interval_until_the_condition_is_met(clock: Clock) -> None:
    poll = Polls("down", "down", "up")
    assert make_waiter().wait_for(poll, CONDITION, "down") == "up"
    assert clock.slept == [10.0, 10.0, 10.0]


def test_initial_value_is_polled_again(clock: Clock) -> None:
    poll = Polls("down", "up")
    assert make_waiter().wait_for(poll, CONDITION, "up") == "up"
    assert poll.count == 2


def test_first_poll_can_be_immediate(clock: Clock) -> None:
    assert make_waiter().wait_for(Polls("up"), CONDITION, "down", immediately=True) == "up"
    assert clock.slept == []


def test_does_not_poll_without_wait(clock: Clock) -> None:
    poll = Polls("up")
    assert make_waiter(enabled=False).wait_for(poll, CONDITION, "down") == "down"
    assert poll.count == 0


def test_jitter_only_lengthens_the_interval(clock: Clock) -> None:
    Waiter(60, 10, jitter=lambda: 1.0).wait_for(Polls("up"), CONDITION, "down")
    assert clock.slept == [11.0]


@pytest.mark.parametrize(("now", "polls"), [(100.0, [113, 123]), (107.0, [113, 123]), (109.0, [123, 133])])
def test_aligned_waiters_poll_at_the_same_time(clock: Clock, now: float, polls: list[float]) -> None:
    clock.now = now
    one = make_waiter().aligned_to(83.0)
    seen: list[float] = []

    def poll() -> str:
        seen.append(clock.now)
        return "up" if len(seen) > 1 else "down"

    one.wait_for(poll, CONDITION, "down")
    # Whole intervals after 83, and not too soon after the start.
    assert seen == polls


def test_timeout_reports_last_state_and_duration(clock: Clock) -> None:
    poll = Polls("down")
    with pytest.raises(WaitFailed) as failure:
        make_waiter(timeout=35).wait_for(poll, CONDITION, "down")
    assert str(failure.value) == (
        "It is down after 35 seconds of waiting for it to be up. Raise wait_timeout (now 35) if it needs longer."
    )
    assert poll.count == 4


@pytest.mark.parametrize(
    ("timeout", "pauses"),
    [(40, [10] * 4), (41, [10, 10, 10, 10, 1]), (45, [10, 10, 10, 10, 5]), (30, [7.5] * 4), (2, [0.5] * 4)],
)
def test_last_pause_is_the_remaining_time(clock: Clock, timeout: float, pauses: list[float]) -> None:
    poll = Polls(*["down"] * (len(pauses) - 1), "up")
    assert make_waiter(timeout=timeout).wait_for(poll, CONDITION, "down") == "up"
    assert clock.slept == pauses


def test_long_interval_leaves_time_for_a_second_wait(clock: Clock) -> None:
    waiting = make_waiter(timeout=5, interval=100)
    assert waiting.wait_for(Polls("up"), CONDITION, "down") == "up"
    assert waiting.wait_for(Polls("down", "down", "up"), CONDITION, "down") == "up"
    assert clock.slept == [1.25] * 4


def test_jitter_does_not_lengthen_the_wait(clock: Clock) -> None:
    with pytest.raises(WaitFailed, match="after 10 seconds"):
        Waiter(10, 10, jitter=lambda: 1.0).wait_for(Polls("down"), CONDITION, "down")
    assert clock.slept == [2.75, 2.75, 2.75, 1.75]


def test_last_pause_of_aligned_waiters_is_the_remaining_time(clock: Clock) -> None:
    one = make_waiter(timeout=45).aligned_to(0.0)
    poll = Polls("down")
    with pytest.raises(WaitFailed, match="after 45 seconds"):
        one.wait_for(poll, CONDITION, "down")
    assert (clock.slept, poll.count) == ([10, 10, 10, 10, 5], 5)


def test_impossible_condition_fails_immediately(clock: Clock) -> None:
    with pytest.raises(WaitFailed, match="It is dead: it can no longer become up"):
        make_waiter().wait_for(Polls("down", "dead", "up"), CONDITION, "down")
    assert clock.now == 20


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_transient_errors_are_tolerated(clock: Clock, status: int) -> None:
    error = ApiError("GET x", status, "trouble")
    assert make_waiter().wait_for(Polls(error, error, "up"), CONDITION, "down") == "up"


def test_connection_errors_are_tolerated_and_reported_at_the_end(clock: Clock) -> None:
    with pytest.raises(WaitFailed, match=r"It is down after 30 .* The last poll failed: no network"):
        make_waiter(timeout=30).wait_for(Polls("down", Unreachable("no network", NO_RESPONSE)), CONDITION, "new")


def test_lasting_failures_are_reported(clock: Clock) -> None:
    limit, lines = ApiError("GET x", 429, "TOO_MANY_REQUESTS"), list[str]()
    waiting = make_waiter(timeout=300, alert=lambda line: lines.append(f"{clock.now}: {line}"))
    polls = [limit] * 3 + ["down"] + [limit] * 9 + ["up"]
    assert waiting.wait_for(Polls(*polls), CONDITION, "new") == "up"
    assert lines == [f"80.0: All polls have failed for 30 seconds; the wait continues. {limit}"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_permanent_error_ends_the_wait(clock: Clock, status: int) -> None:
    with pytest.raises(ApiError):
        make_waiter().wait_for(Polls(ApiError("GET x", status, "no"), "up"), CONDITION, "down")
    assert len(clock.slept) == 1


def is_conflict(_error: ApiError) -> bool:
    return True


def test_retries_while_there_is_a_conflict(clock: Clock) -> None:
    refusal = ApiError("DELETE x", 409, "not yet")
    act = Polls(refusal, refusal, "done")
    make_waiter().retry_while(act, is_conflict, limit=60)
    assert clock.slept == [10.0, 10.0]


@pytest.mark.parametrize(("at_most", "insisted"), [(2, 2), (20, 20), (25, 25)])
def test_retries_no_longer_than_the_limit(clock: Clock, at_most: float, insisted: float) -> None:
    with pytest.raises(ApiError, match="not yet"):
        make_waiter().retry_while(Polls(ApiError("DELETE x", 409, "not yet")), is_conflict, at_most)
    assert clock.now == insisted


def test_limit_of_retries_excludes_earlier_waits(clock: Clock) -> None:
    waiting = make_waiter()
    waiting.wait_for(Polls("down", "up"), CONDITION, "down")
    refusal = ApiError("DELETE x", 409, "not yet")
    act = Polls(refusal, refusal, "done")
    waiting.retry_while(act, is_conflict, limit=25)
    assert (act.count, clock.now) == (3, 40)


@pytest.mark.parametrize("at_once", [True, False])
def test_wait_after_the_timeout_polls_once(clock: Clock, at_once: bool) -> None:
    waiting = make_waiter(timeout=40)
    waiting.wait_for(Polls("down", "down", "down", "up"), CONDITION, "down")
    assert waiting.wait_for(Polls("up"), CONDITION, "falling", immediately=at_once) == "up"
    poll = Polls("fallen")
    with pytest.raises(WaitFailed) as failure:
        waiting.wait_for(poll, CONDITION, "falling", immediately=at_once)
    assert str(failure.value) == (
        "It is fallen after 40 seconds of waiting for it to be up. Raise wait_timeout (now 40) if it needs longer."
    )
    assert (poll.count, clock.now) == (1, 40)


def test_wait_just_before_the_timeout_polls_at_the_end(clock: Clock) -> None:
    waiting = make_waiter(timeout=41)
    waiting.wait_for(Polls("down", "down", "down", "up"), CONDITION, "down")
    assert waiting.wait_for(Polls("up"), CONDITION, "falling") == "up"
    assert clock.slept == [10, 10, 10, 10, 1]


def test_progress_has_the_elapsed_time(clock: Clock) -> None:
    lines: list[str] = []
    waiting = make_waiter(progress=Progress(lines.append))
    waiting.report_state("It", "up", "down")
    waiting.wait_for(Polls("up"), CONDITION, "down")
    waiting.report_state("It", "down", "up")
    assert lines == ["It: up -> down, after 0 seconds", "It: down -> up, after 10 seconds"]


def test_long_wait_is_explained_and_then_every_minute(clock: Clock) -> None:
    lines: list[tuple[float, str]] = []
    waiting = make_waiter(timeout=600, progress=Progress(lambda line: lines.append((clock.now, line))))
    waiting.wait_for(Polls(*["down"] * 12, "up"), CONDITION, "down")
    assert lines == [
        (10, "It is down; waiting for it to be up, for up to 590 more seconds"),
        (70, "It is down; waiting for it to be up, for up to 530 more seconds"),
    ]


def test_repeated_refusal_is_explained(clock: Clock) -> None:
    lines: list[str] = []
    waiting = make_waiter(timeout=600, progress=Progress(lines.append))
    refusal = ApiError("DELETE x", 409, "CONFLICT: not yet")
    waiting.retry_while(Polls(refusal, refusal, refusal, "done"), is_conflict, limit=300)
    assert lines == [
        "The API does not accept the request yet (CONFLICT: not yet), for up to 290 more seconds",
    ]


def test_one_second_is_singular(clock: Clock) -> None:
    with pytest.raises(WaitFailed, match="It is down after 1 second of waiting for it to be up"):
        make_waiter(timeout=1).wait_for(Polls("down", "down", "down"), CONDITION, "down")


def test_progress_without_listener_is_discarded(clock: Clock) -> None:
    waiting = make_waiter()
    waiting.report_state("It", "up", "down")
    assert waiting.wait_for(Polls("up"), CONDITION, "down") == "up"


def test_waits_of_a_task_share_the_timeout(clock: Clock) -> None:
    waiting = make_waiter(timeout=50)
    waiting.wait_for(Polls("down", "up"), CONDITION, "down")
    waiting.retry_while(Polls(ApiError("DELETE x", 409, "not yet"), "done"), is_conflict, limit=60)
    with pytest.raises(WaitFailed, match="It is down after 50 seconds"):
        waiting.wait_for(Polls("down"), CONDITION, "down")
    assert clock.now == 50


def test_retries_no_longer_than_the_timeout(clock: Clock) -> None:
    with pytest.raises(ApiError, match="not yet"):
        make_waiter(timeout=25).retry_while(Polls(ApiError("DELETE x", 409, "not yet")), is_conflict, limit=60)
    assert clock.now == 25


def test_permanent_error_is_not_retried(clock: Clock) -> None:
    act = Polls(ApiError("DELETE x", 403, "never"))
    with pytest.raises(ApiError, match="never"):
        make_waiter().retry_while(act, lambda error: error.status == 409, limit=60)
    assert act.count == 1


def test_does_not_retry_without_wait(clock: Clock) -> None:
    act = Polls(ApiError("DELETE x", 409, "not yet"))
    with pytest.raises(ApiError, match="not yet"):
        make_waiter(enabled=False).retry_while(act, is_conflict, limit=60)
    assert act.count == 1


def test_interrupt_reports_the_state(clock: Clock) -> None:
    polls = iter(["rising"])

    def poll() -> str:
        try:
            return next(polls)
        except StopIteration:
            raise KeyboardInterrupt from None

    with pytest.raises(Interrupted) as ended:
        make_waiter().wait_for(poll, CONDITION, "down")
    assert str(ended.value) == (
        "Interrupted after 20 seconds of waiting for it to be up. When last seen: It is rising."
        " The operation continues; run the task again to wait for it."
    )
