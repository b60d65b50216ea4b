# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The requests that the API grants to a key, shared by all processes of this user on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import time
from bisect import bisect
from typing import Callable

from .._files import exclusive_lock, read_fd, rewrite_fd, state_directory
from .options import ClientOptions

#: So much longer than the window the requests are spread, since they do not arrive as evenly as they are sent.
WINDOW_MARGIN = 0.03
#: Slots further ahead than these seconds are of another time, before the machine was started anew.
MAX_SLOT_AHEAD = 600
#: How many seconds long another process may hold the file before it is passed over.
LOCK_TIMEOUT = 5
#: The machine was started again, or slept, if the moment of its start has changed by more than these seconds. Slots of
#: before count no longer.
MAX_DRIFT = 5


class RateLimiter:
    """So many requests in any window of so many seconds.

    Each request takes the next free slot from a file that all processes share, and waits for it. Where there cannot be
    such a file, it warns once and nothing is waited for: the API still says by itself when it has had enough.
    """

    def __init__(self, limit: int, window: float, name: str, warn: Callable[[str], None]) -> None:
        self._limit = limit
        self._window = window * (1 + WINDOW_MARGIN)
        self._name = name
        self._warn = warn
        self._warned: set[str] = set()

    @classmethod
    def of(cls, connection: ClientOptions, warn: Callable[[str], None]) -> RateLimiter:
        """The budget of the key; the name of its file does not tell which key that is."""
        owner = f"{connection.url}\n{connection.key}"
        return cls(
            connection.rate_limit,
            connection.rate_limit_window,
            f"budget-{hashlib.sha256(owner.encode()).hexdigest()[:32]}",
            warn,
        )

    def acquire(self) -> None:
        """Take a slot, and wait until it is there."""
        if self._limit < 1:
            return
        try:
            slot = self._reserve()
        except OSError as error:
            self._warn_once(
                f"The rate limit is not shared with other tasks: {error.filename or self._name} cannot be used"
                f" ({error.strerror}). The API may refuse requests, which are then sent again. Set XDG_STATE_HOME to a"
                " directory that belongs to this user, on a disk with room, or rate_limit: 0 to share none."
            )
            return
        pause = slot - time.monotonic()
        if pause > 0:
            time.sleep(pause)

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)

    def _reserve(self) -> float:
        """The moment of the next free slot, which is then taken."""
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
    """The slots that still count, in order; those of another start of the machine, or of another form, do not."""
    try:
        values = json.loads(content)
        slots = [slot for slot in values["slots"] if isinstance(slot, float)]
        if abs(values["started"] - started) > MAX_DRIFT:
            return []
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    return sorted(slot for slot in slots if after < slot < before)
