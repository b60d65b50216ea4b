# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Waiting: look again and again, until something is so."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Callable, Generic, TypeVar

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    ApiError,
    CloudError,
    WaitFailed,
)

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Goal(Generic[Seen]):
    """What is waited for: in words, when it is met, and when it can no longer be met."""

    words: str
    met: Callable[[Seen], bool]
    lost: Callable[[Seen], bool]
    describe: Callable[[Seen], str]


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often to look.

    timeout and interval are in seconds; clock and sleep are what tests replace.
    With enabled false nothing is waited for: what was seen last is taken as it is.
    """

    timeout: float
    interval: float
    enabled: bool = True
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def until(self, look: Callable[[], Seen], goal: Goal[Seen], seen: Seen, *, at_once: bool = False) -> Seen:
        """Look every interval until the goal is met; return what was seen then.

        seen is what is known already; it is not believed, since the API may answer a command with the state that is
        only to come. The first look comes after an interval, or at once. Failures that may pass are borne.
        Raises WaitFailed when the goal is not met in time, or can no longer be.
        """
        if not self.enabled:
            return seen
        start = self.clock()
        trouble = ""
        while at_once or self._pause(start):
            at_once = False
            try:
                seen = look()
            except CloudError as error:
                if not error.passing:
                    raise
                trouble = f" The last look failed: {error}"
                continue
            trouble = ""
            if goal.met(seen):
                return seen
            if goal.lost(seen):
                raise WaitFailed(f"{goal.describe(seen)}: it will not be {goal.words} any more.")
        waited = round(self.clock() - start)
        raise WaitFailed(
            f"{goal.describe(seen)} after {waited} seconds of waiting for it to be {goal.words}."
            f" Raise wait_timeout (now {self.timeout:g}) if it needs longer.{trouble}"
        )

    def insist(self, act: Callable[[], object], refused_for_now: Callable[[ApiError], bool]) -> None:
        """Act, and act again every interval while the API refuses it only for now."""
        start = self.clock()
        while True:
            try:
                act()
                return
            except ApiError as error:
                if not (self.enabled and refused_for_now(error) and self._pause(start)):
                    raise

    def _pause(self, start: float) -> bool:
        """Sleep until the next look is due; false when it would come after the timeout."""
        interval = min(self.interval, self.timeout)
        if self.clock() - start + interval > self.timeout:
            return False
        self.sleep(interval * (1 + self.jitter() / 10))
        return True
