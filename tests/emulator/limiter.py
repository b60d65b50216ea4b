# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate limit: the number of requests of one key in a sliding window."""

from __future__ import annotations

import math
import re
from collections import deque
from dataclasses import dataclass
from typing import Callable

from .responses import ApiError


@dataclass(frozen=True)
class Rate:
    requests: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        match = re.fullmatch(r"(\d+)/(\d+(?:\.\d+)?)", text)
        if match is None or int(match[1]) < 1 or float(match[2]) <= 0:
            raise ValueError(f"'{text}' is not a valid rate: give requests/seconds, such as 10/10.")
        return cls(int(match[1]), float(match[2]))


class RateLimiter:
    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._windows: dict[str, deque[float]] = {}

    def clear(self) -> None:
        self._windows.clear()

    def check(self, key_id: str) -> None:
        """Count a request. Raise ApiError with the time until the next slot if there are too many."""
        now = self._clock()
        window = self._windows.setdefault(key_id, deque())
        while window and window[0] <= now - self._rate.seconds:
            window.popleft()
        if len(window) >= self._rate.requests:
            reset = window[0] + self._rate.seconds - now
            raise ApiError(429, headers={"X-RateLimit-Reset": str(math.ceil(reset))})
        window.append(now)
