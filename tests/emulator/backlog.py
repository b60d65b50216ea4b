# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that take effect later than they are answered."""

from __future__ import annotations

from typing import Callable

from .clock import Clock


class Backlog:
    """Work that is done at its time, by the clock of the emulator, before a request can notice a delay."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending: list[tuple[float, Callable[[float], object]]] = []

    def add(self, seconds: float, work: Callable[[float], object]) -> None:
        """Do this work that many seconds from now; it receives the moment at which it is done."""
        self._pending.append((self._clock.seconds() + seconds, work))

    def ensure_password_known(self) -> None:
        """Do all work whose time has come."""
        now = self._clock.seconds()
        for moment, work in sorted(self._pending, key=lambda entry: entry[0]):
            if moment <= now:
                self._pending.remove((moment, work))
                work(moment)

    def clear(self) -> None:
        self._pending.clear()
