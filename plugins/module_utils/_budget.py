# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""The requests that the API grants to a key, shared by all processes of this user on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import time
from bisect import bisect

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._files import (
    contents,
    locked,
    overwrite,
    runtime_directory,
)

#: So much longer than the window the requests are spread, since they do not arrive as evenly as they are sent.
SLACK = 0.03
#: Slots further ahead than these seconds are of another time, before the machine was started anew.
HORIZON = 600
#: How many seconds long another process may hold the file before it is passed over.
PATIENCE = 5


class Budget:
    """So many requests in any window of so many seconds.

    Each request takes the next free slot from a file that all processes share, and waits for it. Where there cannot be
    such a file, nothing is waited for: the API still says by itself when it has had enough.
    """

    def __init__(self, limit: int, window: float, name: str) -> None:
        self._limit = limit
        self._window = window * (1 + SLACK)
        self._name = name

    @classmethod
    def of(cls, connection: Connection) -> Budget:
        """The budget of the key; the name of its file does not tell which key that is."""
        owner = f"{connection.url}\n{connection.key}"
        return cls(
            connection.rate_limit,
            connection.rate_limit_window,
            f"budget-{hashlib.sha256(owner.encode()).hexdigest()[:32]}",
        )

    def take(self) -> None:
        """Take a slot, and wait until it is there."""
        if self._limit < 1:
            return
        try:
            slot = self._reserve()
        except OSError:
            # No place for the file, no room in it, or a process that does not let go of it.
            return
        pause = slot - time.monotonic()
        if pause > 0:
            time.sleep(pause)

    def _reserve(self) -> float:
        """The moment of the next free slot, which is then taken."""
        with locked(os.path.join(runtime_directory(), self._name), PATIENCE) as handle:
            now = time.monotonic()
            taken = _slots(contents(handle), now - self._window, now + HORIZON)
            full = len(taken) >= self._limit
            slot = max(now, taken[-self._limit] + self._window) if full else now
            taken.insert(bisect(taken, slot), slot)
            overwrite(handle, json.dumps(taken).encode())
            return slot


def _slots(content: bytes, after: float, before: float) -> list[float]:
    """The slots that still count, in order; what is no list of numbers counts for nothing."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return []
    numbers = [one for one in told if isinstance(one, float)] if isinstance(told, list) else []
    return sorted(slot for slot in numbers if after < slot < before)
