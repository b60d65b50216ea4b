# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time, behind a seam so that tests can move it."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone

# As far as tests can move the time in all: further on, dates and the backups of all those years become a burden.
MAXIMUM_ADVANCE = timedelta(days=3650).total_seconds()

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Clock:
    """Seconds since the start, for transitions, and the date, for timestamps: they move together."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._date = datetime.now(timezone.utc)
        self._ahead = 0.0
        self._held: float | None = None

    def real_seconds(self) -> float:
        """Seconds since the start that have truly passed, whatever a test has added: what clients wait by."""
        return time.monotonic() - self._start if self._held is None else self._held

    def seconds(self) -> float:
        return self.real_seconds() + self._ahead

    def at(self, seconds: float) -> datetime:
        return self._date + timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self.at(self.seconds())

    def timestamp(self) -> str:
        return iso(self.now())

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once; ValueError if they cannot."""
        if not 0 <= seconds <= MAXIMUM_ADVANCE - self._ahead:
            raise ValueError("'advance' must be a number of seconds, 0 or more and up to ten years in all.")
        self._ahead += seconds

    def hold(self) -> None:
        """Stop the time, which then only passes by advance(), until it is reset."""
        self._held = self.real_seconds()

    def reset(self) -> None:
        self._ahead = 0.0
        self._held = None


def iso(moment: datetime) -> str:
    """The form of every timestamp of the API: RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> datetime:
    """The moment of a timestamp in the form of RFC 3339, or ValueError."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date and time such as 2026-01-31T02:00:00Z.")
    date, seconds, fraction, zone = match.groups()
    # Newer Pythons understand more than this form, older ones do not.
    moment = datetime.fromisoformat(f"{date}T{seconds}{'+00:00' if zone in 'Zz' else zone}")
    return moment.replace(microsecond=int((fraction or "")[:6].ljust(6, "0")))
