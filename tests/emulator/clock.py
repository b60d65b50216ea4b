# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of the emulator, which tests can advance and stop."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone

# The limit for all advances together. Beyond it, generating the backups of all these years would take too long.
MAX_ADVANCE_SECONDS = timedelta(days=3650).total_seconds()

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Clock:
    """The seconds since the start, for transitions, and the corresponding date, for timestamps."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._date = datetime.now(timezone.utc)
        self._ahead = 0.0
        self._held: float | None = None

    def real_seconds(self) -> float:
        """Return the seconds since the start without advances, which is the time that clients experience."""
        return time.monotonic() - self._start if self._held is None else self._held

    def seconds(self) -> float:
        return self.real_seconds() + self._ahead

    def date_at(self, seconds: float) -> datetime:
        return self._date + timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self.date_at(self.seconds())

    def timestamp(self) -> str:
        return format_timestamp(self.now())

    def advance(self, seconds: float) -> None:
        """Advance the clock by a number of seconds. Raise ValueError if it is out of range."""
        if not 0 <= seconds <= MAX_ADVANCE_SECONDS - self._ahead:
            raise ValueError("'advance' must be a number of seconds, 0 or more and up to ten years in total.")
        self._ahead += seconds

    def hold(self) -> None:
        """Stop the clock until the next reset. Only advance() moves it until then."""
        self._held = self.real_seconds()

    def reset(self) -> None:
        self._ahead = 0.0
        self._held = None


def format_timestamp(moment: datetime) -> str:
    """Format a timestamp like the API: RFC 3339 in UTC with whole seconds."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    """Parse a timestamp in RFC 3339 format. Raise ValueError if it has another format."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date and time such as 2026-01-31T02:00:00Z.")
    date, seconds, fraction, zone = match.groups()
    # datetime.fromisoformat() accepts other formats, depending on the Python version.
    moment = datetime.fromisoformat(f"{date}T{seconds}{'+00:00' if zone in 'Zz' else zone}")
    return moment.replace(microsecond=int((fraction or "")[:6].ljust(6, "0")))
