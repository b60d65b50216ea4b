# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Waiting: look again and again, until something is so."""

from __future__ import annotations

import copy
import random
import time
from dataclasses import dataclass
from typing import Callable, Generic, TypeVar

from .._errors import ApiError, CloudError, Interrupted, WaitFailed

Observed = TypeVar("Observed")

#: Seconds in which every poll has failed, after which a line says so.
ALERT_AFTER = 30
#: In the time of a task fit at least this many looks, however long its interval is.
MIN_POLLS = 4


@dataclass(frozen=True)
class WaitCondition(Generic[Observed]):
    """What is waited for: in words, when it is met, and when it can no longer be met."""

    description: str
    is_met: Callable[[Observed], bool]
    is_impossible: Callable[[Observed], bool]
    describe: Callable[[Observed], str]


class Waiter:
    """How long a task waits in all, and how often it looks.

    timeout and interval are in seconds. The time counts from the first wait. With enabled false nothing is waited for:
    what was seen last is returned. tell shows a line while the task runs, where that is possible; alert shows one in
    any case.
    """

    def __init__(
        self,
        timeout: float,
        interval: float,
        enabled: bool = True,
        *,
        jitter: Callable[[], float] = random.random,
        on_progress: Callable[[str], None] | None = None,
        alert: Callable[[str], None] | None = None,
    ) -> None:
        self._timeout = timeout
        # Otherwise a task that waits twice, for a stop and a deletion, could spend all its time on the first look.
        self.interval = min(interval, timeout / MIN_POLLS)
        self._enabled = enabled
        self._jitter = jitter
        self._tell = on_progress
        self._alert = alert
        self._failing_since: float | None = None
        self._start: float | None = None
        self._beat: float | None = None

    def aligned_to(self, beat: float) -> Waiter:
        """The same for one of many that wait at the same time: all look at once, whole intervals after this moment."""
        one = copy.copy(self)
        one._beat = beat
        return one

    def wait_for(
        self, look: Callable[[], Observed], goal: WaitCondition[Observed], seen: Observed, *, immediately: bool = False
    ) -> Observed:
        """Look every interval until the goal is met; return what was seen then.

        seen is what is known already; it is not believed, since the API may answer a command with the state that is
        only to come. The first look comes after an interval, or at once, and the last one when the time is over: there
        is always one. Failures that may pass are ignored.
        Raises WaitFailed when the goal is not met in time, or can no longer be, and Interrupted on Ctrl-C.
        """
        if not self._enabled:
            return seen
        last = [seen]
        try:
            return self._poll_until(look, goal, last, immediately)
        except KeyboardInterrupt:
            raise Interrupted(
                f"Interrupted after {round(self._waited())} seconds of waiting for it to be {goal.description}."
                f" When last seen: {goal.describe(last[0])}. What was begun goes on; run the task again to wait for it."
            ) from None

    def note(self, news: str) -> None:
        """Tell what has been seen on the way."""
        if self._tell:
            self._tell(f"{news}, after {round(self._waited())} seconds")

    def _poll_until(
        self, look: Callable[[], Observed], goal: WaitCondition[Observed], last: list[Observed], immediately: bool
    ) -> Observed:
        """The waiting of until(); last[0] is what was seen last."""
        last_error = ""
        immediately = immediately or self._remaining() <= 0
        while immediately or self._pause():
            immediately = False
            try:
                seen = last[0] = look()
            except CloudError as error:
                self._tolerate(error)
                last_error = f" The last look failed: {error}"
                continue
            last_error, self._failing_since = "", None
            if goal.is_met(seen):
                return seen
            if goal.is_impossible(seen):
                raise WaitFailed(f"{goal.describe(seen)}: it will not be {goal.description} any more.")
        raise WaitFailed(
            f"{goal.describe(last[0])} after {round(self._waited())} seconds of waiting for it to be"
            f" {goal.description}. Raise wait_timeout (now {self._timeout:g}) if it needs longer.{last_error}"
        )

    def _tolerate(self, error: CloudError) -> None:
        """Go on after a failure that may pass, and alert once such failures have lasted for ALERT_AFTER seconds."""
        if not error.is_transient:
            raise error
        if self._failing_since is None:
            self._failing_since = self._waited()
        seconds = self._waited() - self._failing_since
        if self._alert and seconds >= ALERT_AFTER:
            self._alert(f"Nothing has been seen for {round(seconds)} seconds, and the wait goes on. {error}")
            self._failing_since = float("inf")

    def retry_while(
        self, act: Callable[[], object], refused_for_now: Callable[[ApiError], bool], at_most: float
    ) -> None:
        """Act, and act again every interval while the API refuses it only for now, at_most so many seconds long."""
        end = min(self._waited() + at_most, self._timeout)
        while True:
            try:
                act()
                return
            except ApiError as error:
                for_now = self._enabled and refused_for_now(error)
                if not (for_now and self._pause(end)):
                    raise

    def _waited(self) -> float:
        """Seconds since the first wait."""
        if self._start is None:
            self._start = time.monotonic()
        return time.monotonic() - self._start

    def _remaining(self, end: float | None = None) -> float:
        """Seconds of the wait that are left until the end, which is the timeout unless it is given."""
        return (self._timeout if end is None else end) - self._waited()

    def _pause(self, end: float | None = None) -> bool:
        """Sleep until the next request, or for the time that remains; return false when none does."""
        remaining = self._remaining(end)
        if remaining <= 0:
            return False
        time.sleep(min(self._next(), remaining))
        return True

    def _next(self) -> float:
        """Seconds to the next look, about an interval."""
        if self._beat is None:
            return self.interval * (1 + self._jitter() / 10)
        half = self.interval / 2
        return self.interval + half - (time.monotonic() + half - self._beat) % self.interval
