# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The period that the options from_date, to_date and hours select. All functions are pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .._errors import InvalidOption
from .._json import parse_timestamp

PERIOD_SPEC: Mapping[str, Mapping[str, Any]] = {
    "from_date": {"type": "str"},
    "to_date": {"type": "str"},
    "hours": {"type": "float"},
}
PERIOD_EXCLUSIVE = [("hours", "from_date"), ("hours", "to_date")]
#: A century.
MAX_HOURS = 876_600
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LAST_SECOND = "23:59:59"


@dataclass(frozen=True)
class Period:
    """A period, as its first and its last second since 1970, None without a limit."""

    start: float | None = None
    end: float | None = None

    def contains(self, timestamp: object) -> bool:
        """Return whether the time is in the period. One that is not known is."""
        seconds = parse_timestamp(timestamp)
        if seconds is None:
            return True
        return (self.start is None or seconds >= self.start) and (self.end is None or seconds <= self.end)


def parse_period(options: Mapping[str, Any], now: float) -> Period:
    """Return the period of the options. Raise InvalidOption for a text that is not a time, and for an empty period."""
    hours = options["hours"]
    if hours is not None:
        if not 0 < hours <= MAX_HOURS:
            raise InvalidOption(f"hours must be greater than 0, and at most {MAX_HOURS}; {hours} is not.")
        return Period(now - hours * 3600)
    start, end = _parse(options, "from_date", "00:00:00"), _parse(options, "to_date", _LAST_SECOND)
    if start is not None and end is not None and end < start:
        raise InvalidOption(f"to_date ({options['to_date']}) must not be before from_date ({options['from_date']}).")
    return Period(start, end)


def _parse(options: Mapping[str, Any], option: str, time_of_day: str) -> float | None:
    """Return the time of an option; for a day, that of this time of day."""
    text = options[option]
    if text is None:
        return None
    seconds = parse_timestamp(f"{text.strip()}T{time_of_day}Z" if _DAY.fullmatch(text.strip()) else text)
    if seconds is None:
        raise InvalidOption(
            f"{option} must be a day such as 2026-10-31, or a time such as 2026-10-31T08:00:00Z; {text!r} is neither."
        )
    return seconds


def to_utc(seconds: float) -> datetime:
    """Return the time in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc)
