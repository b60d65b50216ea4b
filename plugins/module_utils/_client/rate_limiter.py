# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A rate limiter that all processes of a user on this machine share, for each API key."""

from __future__ import annotations

import hashlib
import json
import os
import time
from bisect import bisect
from typing import Callable

from .._files import exclusive_lock, read_fd, rewrite_fd, state_directory
from .options import ClientOptions
from .progress import Progress

#: The fraction that is added to the window, since requests do not arrive as evenly as they are sent.
WINDOW_MARGIN = 0.03
#: Seconds. Slots further ahead were reserved before the machine was restarted.
MAX_SLOT_AHEAD = 600
#: Seconds to wait for another process that has locked the file, before the limit is ignored.
LOCK_TIMEOUT = 5
#: Seconds. If the start time of the machine has changed by more, it was restarted or suspended, and earlier slots are
#: discarded.
MAX_DRIFT = 5


class RateLimiter:
    """A limit on the number of requests in any window of some seconds.

    Each request reserves the next free slot in a file that all processes share, and waits for it. If there can be no
    such file, the limiter warns once and does not wait: the API still enforces its own limit.
    """

    def __init__(self, limit: int, window: float, name: str, warn: Callable[[str], None]) -> None:
        self._limit = limit
        self._window = window * (1 + WINDOW_MARGIN)
        self._name = name
        self._warn = warn
        self._warned: set[str] = set()

    @classmethod
    def from_options(cls, options: ClientOptions, warn: Callable[[str], None]) -> RateLimiter:
        """Return the rate limiter of the key. The name of its file does not reveal the key."""
        owner = f"{options.url}\n{options.key}"
        return cls(
            options.rate_limit,
            options.rate_limit_window,
            f"rate-limit-{hashlib.sha256(owner.encode()).hexdigest()[:32]}",
            warn,
        )

    def acquire(self, progress: Progress | None = None) -> None:
        """Reserve a slot, and wait for it."""
        if self._limit < 1:
            return
        try:
            slot = self._reserve_slot()
        except OSError as error:
            self._warn_once(
                f"The rate limit is not shared with other tasks: {error.filename or self._name} cannot be used"
                f" ({error.strerror}). The API may refuse requests, which are then sent again. Set XDG_STATE_HOME to a"
                " directory that belongs to this user, on a disk with room, or rate_limit: 0 to share none."
            )
            return
        pause = slot - time.monotonic()
        if pause > 0:
            limit = f"as {self._limit} requests are allowed in {self._window / (1 + WINDOW_MARGIN):g} seconds"
            (progress or Progress()).pause(
                pause, lambda: "Waiting to send a request", lambda: f"for {pause:.0f} more seconds, {limit}"
            )

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)

    def _reserve_slot(self) -> float:
        """Reserve the next free slot, and return its time."""
        directory = state_directory()
        if directory.problem:
            self._warn_once(directory.problem)
        with exclusive_lock(os.path.join(directory.path, self._name), LOCK_TIMEOUT) as handle:
            now = time.monotonic()
            started = time.time() - now
            taken = _parse_slots(read_fd(handle), started, now - self._window, now + MAX_SLOT_AHEAD)
            full = len(taken) >= self._limit
            slot = max(now, taken[-self._limit] + self._window) if full else now
            taken.insert(bisect(taken, slot), slot)
            rewrite_fd(handle, json.dumps({"started": started, "slots": taken}).encode())
            return slot


def _parse_slots(content: bytes, started: float, after: float, before: float) -> list[float]:
    """Return the valid slots in order, without those from before a restart of the machine or in another form."""
    try:
        values = json.loads(content)
        slots = [slot for slot in values["slots"] if isinstance(slot, float)]
        if abs(values["started"] - started) > MAX_DRIFT:
            return []
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    return sorted(slot for slot in slots if after < slot < before)
