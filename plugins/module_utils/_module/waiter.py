# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Poll until a condition is met."""

from __future__ import annotations

import copy
import functools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable, Generic, TypeVar

from .._client.progress import Progress
from .._errors import ApiError, CloudError, Interrupted, WaitFailed

Observed = TypeVar("Observed")

#: Seconds for which every poll has failed before a message says so.
ALERT_AFTER = 30
#: The interval is shortened so that at least this many polls fit into the timeout.
MIN_POLLS = 4


@dataclass(frozen=True)
class WaitCondition(Generic[Observed]):
    """A condition for what a poll returns: a description, and the predicates that it is met or can no longer be met."""

    description: str
    is_met: Callable[[Observed], bool]
    is_impossible: Callable[[Observed], bool]
    describe: Callable[[Observed], str]

    def describe_failure(self, observed: Observed) -> str:
        """Return a sentence on a condition that can no longer be met."""
        return f"{self.describe(observed)}: it can no longer become {self.description}."

    def describe_wait(self, observed: Observed) -> str:
        """Return a clause on a condition that is not met yet."""
        return f"{self.describe(observed)}; waiting for it to be {self.description}"


class Waiter:
    """Polls every interval, for timeout seconds in all, which count from the first wait.

    If enabled is false, it does not wait, and returns what it is given. progress shows lines while the task runs, if
    that is possible; alert shows one in any case.
    """

    def __init__(
        self,
        timeout: float,
        interval: float,
        enabled: bool = True,
        *,
        jitter: Callable[[], float] = random.random,
        progress: Progress | None = None,
        alert: Callable[[str], None] | None = None,
    ) -> None:
        self._timeout = timeout
        # Otherwise a task that waits twice, for a stop and a deletion, could spend all its time before the first poll.
        self.interval = min(interval, timeout / MIN_POLLS)
        self._enabled = enabled
        self._jitter = jitter
        self._progress = progress or Progress()
        self._alert = alert
        self._failing_since: float | None = None
        self._start: float | None = None
        self._aligned_start: float | None = None

    def aligned_to(self, start: float) -> Waiter:
        """Return a copy that polls whole intervals after start, as others do that wait at the same time."""
        waiter = copy.copy(self)
        waiter._aligned_start = start
        return waiter

    def wait_for(
        self,
        poll: Callable[[], Observed],
        condition: WaitCondition[Observed],
        latest: Observed,
        *,
        immediately: bool = False,
    ) -> Observed:
        """Poll every interval until the condition is met; return what that poll returned.

        latest is what is known already. It does not count, since the API may respond to a command with the state that
        is to come. The first poll is after an interval, or immediately, and the last one at the end of the timeout, so
        that there is always one. Transient failures are ignored.
        Raise WaitFailed if the condition is not met in time or can no longer be met, and Interrupted on Ctrl-C.
        """
        if not self._enabled:
            return latest
        observed = [latest]
        try:
            return self._poll_until(poll, condition, observed, immediately)
        except KeyboardInterrupt:
            raise Interrupted(
                f"Interrupted after {self._duration()} of waiting for it to be {condition.description}."
                f" When last seen: {condition.describe(observed[0])}. The operation continues; run the task again to"
                " wait for it."
            ) from None

    def report_state(self, label: str, before: str, after: str) -> None:
        """Show while the task runs that the state of a service has changed."""
        self._progress.show_state(label, before, after, self._duration())

    def _poll_until(
        self,
        poll: Callable[[], Observed],
        condition: WaitCondition[Observed],
        observed: list[Observed],
        immediately: bool,
    ) -> Observed:
        """Poll as wait_for() does; keep the latest result in observed[0]."""
        last_error = ""
        for _tick in self._ticks(immediately, lambda: condition.describe_wait(observed[0])):
            try:
                latest = observed[0] = poll()
            except CloudError as error:
                self._tolerate(error)
                last_error = f" The last poll failed: {error}"
                continue
            last_error, self._failing_since = "", None
            if condition.is_met(latest):
                return latest
            if condition.is_impossible(latest):
                raise WaitFailed(condition.describe_failure(latest))
        raise WaitFailed(
            f"{condition.describe(observed[0])} after {self._duration()} of waiting for it to be"
            f" {condition.description}. Raise wait_timeout (now {self._timeout:g}) if it needs longer.{last_error}"
        )

    def _ticks(self, immediately: bool, describe: Callable[[], str]) -> Iterator[None]:
        """Yield at the time of each poll, at least once: after each interval, and first immediately if requested."""
        if immediately or self._timeout <= self._waited():
            yield
        while self._pause(self._timeout, describe):
            yield

    def _tolerate(self, error: CloudError) -> None:
        """Ignore a transient failure, and alert once such failures have lasted for ALERT_AFTER seconds."""
        if not error.is_transient:
            raise error
        if self._failing_since is None:
            self._failing_since = self._waited()
        seconds = self._waited() - self._failing_since
        if self._alert and seconds >= ALERT_AFTER:
            self._alert(f"All polls have failed for {round(seconds)} seconds; the wait continues. {error}")
            self._failing_since = float("inf")

    def retry_while(self, act: Callable[[], object], is_temporary: Callable[[ApiError], bool], limit: float) -> None:
        """Call act every interval, for up to limit seconds, while its errors are temporary. Raise the last one."""
        end = min(self._waited() + limit, self._timeout)
        while True:
            try:
                act()
                return
            except ApiError as error:
                may_retry = self._enabled and is_temporary(error)
                if not (may_retry and self._pause(end, functools.partial(_describe_refusal, error))):
                    raise

    def _duration(self) -> str:
        """Return how long this has waited, for a message."""
        seconds = round(self._waited())
        return f"{seconds} second{'' if seconds == 1 else 's'}"

    def _waited(self) -> float:
        """Return the seconds since the first wait."""
        if self._start is None:
            self._start = time.monotonic()
        return time.monotonic() - self._start

    def _pause(self, end: float, describe: Callable[[], str]) -> bool:
        """Sleep until the next request, or for the time that remains until end; return false when none does.

        end is a number of seconds since the first wait, and describe says what is waited for.
        """
        remaining = end - self._waited()
        if remaining <= 0:
            return False
        delay = min(self._delay(), remaining)
        self._progress.pause(delay, describe, lambda: f"for up to {end - self._waited():.0f} more seconds")
        return True

    def _delay(self) -> float:
        """Return the seconds until the next poll, about an interval."""
        if self._aligned_start is None:
            return self.interval * (1 + self._jitter() / 10)
        half = self.interval / 2
        return self.interval + half - (time.monotonic() + half - self._aligned_start) % self.interval


def _describe_refusal(error: ApiError) -> str:
    return f"The API does not accept {error.request_line or 'the request'} yet ({error.error})"
