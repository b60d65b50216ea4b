# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that take effect after the response has been sent."""

from __future__ import annotations

from typing import Callable

from .clock import Clock


class Backlog:
    """Delayed requests, which run_due() performs at their time by the emulator's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending: list[tuple[float, Callable[[float], object]]] = []

    def add(self, seconds: float, work: Callable[[float], object]) -> None:
        """Schedule work to run in the given number of seconds. It receives its time in seconds since the start."""
        self._pending.append((self._clock.seconds() + seconds, work))

    def run_due(self) -> None:
        """Run all work whose time has come, in order."""
        now = self._clock.seconds()
        for moment, work in sorted(self._pending, key=lambda entry: entry[0]):
            if moment <= now:
                self._pending.remove((moment, work))
                work(moment)

    def clear(self) -> None:
        self._pending.clear()
