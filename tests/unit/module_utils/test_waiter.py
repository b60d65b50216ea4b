# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    NO_RESPONSE,
    ApiError,
    Interrupted,
    Unreachable,
    WaitFailed,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.waiter import WaitCondition, Waiter

GOAL: WaitCondition[str] = WaitCondition(
    description="up",
    is_met=lambda seen: seen == "up",
    is_impossible=lambda seen: seen == "dead",
    describe=lambda seen: f"It is {seen}",
)


class Clock:
    """Time that passes only by sleeping."""

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


class Looks:
    """What is seen, one look after the other; an error is raised. The last one is seen again and again."""

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


def test_it_looks_once_an_interval_until_the_goal_is_met(clock: Clock) -> None:
    look = Looks("down", "down", "up")
    assert make_waiter().wait_for(look, GOAL, "down") == "up"
    assert clock.slept == [10.0, 10.0, 10.0]


def test_what_is_known_already_is_not_believed(clock: Clock) -> None:
    look = Looks("down", "up")
    assert make_waiter().wait_for(look, GOAL, "up") == "up"
    assert look.count == 2


def test_the_first_look_may_come_at_once(clock: Clock) -> None:
    assert make_waiter().wait_for(Looks("up"), GOAL, "down", immediately=True) == "up"
    assert clock.slept == []


def test_without_patience_it_does_not_look(clock: Clock) -> None:
    look = Looks("up")
    assert make_waiter(enabled=False).wait_for(look, GOAL, "down") == "down"
    assert look.count == 0


def test_jitter_only_lengthens_the_interval(clock: Clock) -> None:
    Waiter(60, 10, jitter=lambda: 1.0).wait_for(Looks("up"), GOAL, "down")
    assert clock.slept == [11.0]


@pytest.mark.parametrize(("now", "looks"), [(100.0, [113, 123]), (107.0, [113, 123]), (109.0, [123, 133])])
def test_many_look_at_the_same_time(clock: Clock, now: float, looks: list[float]) -> None:
    clock.now = now
    one = make_waiter().aligned_to(83.0)
    seen: list[float] = []

    def look() -> str:
        seen.append(clock.now)
        return "up" if len(seen) > 1 else "down"

    one.wait_for(look, GOAL, "down")
    # Whole intervals after 83, and never so soon that it is hardly worth to look.
    assert seen == looks


def test_out_of_time_it_says_what_was_seen_last_and_how_long_it_waited(clock: Clock) -> None:
    look = Looks("down")
    with pytest.raises(WaitFailed) as failure:
        make_waiter(timeout=35).wait_for(look, GOAL, "down")
    assert str(failure.value) == (
        "It is down after 35 seconds of waiting for it to be up. Raise wait_timeout (now 35) if it needs longer."
    )
    assert look.count == 4


@pytest.mark.parametrize(
    ("timeout", "pauses"),
    [(40, [10] * 4), (41, [10, 10, 10, 10, 1]), (45, [10, 10, 10, 10, 5]), (30, [7.5] * 4), (2, [0.5] * 4)],
)
def test_the_last_pause_is_the_time_that_remains(clock: Clock, timeout: float, pauses: list[float]) -> None:
    look = Looks(*["down"] * (len(pauses) - 1), "up")
    assert make_waiter(timeout=timeout).wait_for(look, GOAL, "down") == "up"
    assert clock.slept == pauses


def test_an_interval_longer_than_the_time_leaves_time_for_a_second_wait(clock: Clock) -> None:
    waiting = make_waiter(timeout=5, interval=100)
    assert waiting.wait_for(Looks("up"), GOAL, "down") == "up"
    assert waiting.wait_for(Looks("down", "down", "up"), GOAL, "down") == "up"
    assert clock.slept == [1.25] * 4


def test_jitter_does_not_lengthen_the_wait(clock: Clock) -> None:
    with pytest.raises(WaitFailed, match="after 10 seconds"):
        Waiter(10, 10, jitter=lambda: 1.0).wait_for(Looks("down"), GOAL, "down")
    assert clock.slept == [2.75, 2.75, 2.75, 1.75]


def test_the_last_pause_of_many_is_the_time_that_remains(clock: Clock) -> None:
    one = make_waiter(timeout=45).aligned_to(0.0)
    look = Looks("down")
    with pytest.raises(WaitFailed, match="after 45 seconds"):
        one.wait_for(look, GOAL, "down")
    assert (clock.slept, look.count) == ([10, 10, 10, 10, 5], 5)


def test_it_gives_up_at_once_when_the_goal_can_no_longer_be_met(clock: Clock) -> None:
    with pytest.raises(WaitFailed, match="It is dead: it can no longer become up"):
        make_waiter().wait_for(Looks("down", "dead", "up"), GOAL, "down")
    assert clock.now == 20


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_that_may_pass_is_borne(clock: Clock, status: int) -> None:
    trouble = ApiError("GET x", status, "trouble")
    assert make_waiter().wait_for(Looks(trouble, trouble, "up"), GOAL, "down") == "up"


def test_a_lost_connection_is_borne_and_told_of_in_the_end(clock: Clock) -> None:
    with pytest.raises(WaitFailed, match=r"It is down after 30 .* The last poll failed: no network"):
        make_waiter(timeout=30).wait_for(Looks("down", Unreachable("no network", NO_RESPONSE)), GOAL, "new")


def test_failures_that_last_are_not_silent(clock: Clock) -> None:
    limit, lines = ApiError("GET x", 429, "TOO_MANY_REQUESTS"), list[str]()
    waiting = make_waiter(timeout=300, alert=lambda line: lines.append(f"{clock.now}: {line}"))
    looks = [limit] * 3 + ["down"] + [limit] * 9 + ["up"]
    assert waiting.wait_for(Looks(*looks), GOAL, "new") == "up"
    assert lines == [f"80.0: All polls have failed for 30 seconds; the wait continues. {limit}"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_ends_it_at_once(clock: Clock, status: int) -> None:
    with pytest.raises(ApiError):
        make_waiter().wait_for(Looks(ApiError("GET x", status, "no"), "up"), GOAL, "down")
    assert len(clock.slept) == 1


def conflict(_error: ApiError) -> bool:
    return True


def test_it_insists_while_it_is_refused_for_now(clock: Clock) -> None:
    refusal = ApiError("DELETE x", 409, "not yet")
    act = Looks(refusal, refusal, "done")
    make_waiter().retry_while(act, conflict, limit=60)
    assert clock.slept == [10.0, 10.0]


@pytest.mark.parametrize(("at_most", "insisted"), [(2, 2), (20, 20), (25, 25)])
def test_it_insists_no_longer_than_it_is_worth(clock: Clock, at_most: float, insisted: float) -> None:
    with pytest.raises(ApiError, match="not yet"):
        make_waiter().retry_while(Looks(ApiError("DELETE x", 409, "not yet")), conflict, at_most)
    assert clock.now == insisted


def test_what_was_waited_for_before_does_not_count_when_it_insists(clock: Clock) -> None:
    waiting = make_waiter()
    waiting.wait_for(Looks("down", "up"), GOAL, "down")
    refusal = ApiError("DELETE x", 409, "not yet")
    act = Looks(refusal, refusal, "done")
    waiting.retry_while(act, conflict, limit=25)
    assert (act.count, clock.now) == (3, 40)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_wait_that_begins_when_the_time_is_over_looks_once(clock: Clock, at_once: bool) -> None:
    waiting = make_waiter(timeout=40)
    waiting.wait_for(Looks("down", "down", "down", "up"), GOAL, "down")
    assert waiting.wait_for(Looks("up"), GOAL, "falling", immediately=at_once) == "up"
    look = Looks("fallen")
    with pytest.raises(WaitFailed) as failure:
        waiting.wait_for(look, GOAL, "falling", immediately=at_once)
    assert str(failure.value) == (
        "It is fallen after 40 seconds of waiting for it to be up. Raise wait_timeout (now 40) if it needs longer."
    )
    assert (look.count, clock.now) == (1, 40)


def test_a_wait_that_begins_just_before_the_time_is_over_looks_when_it_is(clock: Clock) -> None:
    waiting = make_waiter(timeout=41)
    waiting.wait_for(Looks("down", "down", "down", "up"), GOAL, "down")
    assert waiting.wait_for(Looks("up"), GOAL, "falling") == "up"
    assert clock.slept == [10, 10, 10, 10, 1]


def test_news_are_told_with_the_time_that_has_passed(clock: Clock) -> None:
    lines: list[str] = []
    waiting = make_waiter(on_progress=lines.append)
    waiting.report_progress("It is down")
    waiting.wait_for(Looks("up"), GOAL, "down")
    waiting.report_progress("It is up")
    assert lines == ["It is down, after 0 seconds", "It is up, after 10 seconds"]


def test_news_are_for_nobody_where_nobody_watches(clock: Clock) -> None:
    waiting = make_waiter()
    waiting.report_progress("It is down")
    assert waiting.wait_for(Looks("up"), GOAL, "down") == "up"


def test_all_waits_of_a_task_share_its_timeout(clock: Clock) -> None:
    waiting = make_waiter(timeout=50)
    waiting.wait_for(Looks("down", "up"), GOAL, "down")
    waiting.retry_while(Looks(ApiError("DELETE x", 409, "not yet"), "done"), conflict, limit=60)
    with pytest.raises(WaitFailed, match="It is down after 50 seconds"):
        waiting.wait_for(Looks("down"), GOAL, "down")
    assert clock.now == 50


def test_it_insists_no_longer_than_the_timeout(clock: Clock) -> None:
    with pytest.raises(ApiError, match="not yet"):
        make_waiter(timeout=25).retry_while(Looks(ApiError("DELETE x", 409, "not yet")), conflict, limit=60)
    assert clock.now == 25


def test_a_refusal_for_good_is_not_insisted_on(clock: Clock) -> None:
    act = Looks(ApiError("DELETE x", 403, "never"))
    with pytest.raises(ApiError, match="never"):
        make_waiter().retry_while(act, lambda error: error.status == 409, limit=60)
    assert act.count == 1


def test_without_patience_it_does_not_insist(clock: Clock) -> None:
    act = Looks(ApiError("DELETE x", 409, "not yet"))
    with pytest.raises(ApiError, match="not yet"):
        make_waiter(enabled=False).retry_while(act, conflict, limit=60)
    assert act.count == 1


def test_ctrl_c_ends_it_and_tells_the_state(clock: Clock) -> None:
    looks = iter(["rising"])

    def look() -> str:
        try:
            return next(looks)
        except StopIteration:
            raise KeyboardInterrupt from None

    with pytest.raises(Interrupted) as ended:
        make_waiter().wait_for(look, GOAL, "down")
    assert str(ended.value) == (
        "Interrupted after 20 seconds of waiting for it to be up. When last seen: It is rising."
        " The operation continues; run the task again to wait for it."
    )
