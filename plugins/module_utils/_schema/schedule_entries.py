# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The entries of a scaling schedule as a task declares them: what is allowed, and their days and hours in UTC."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from .._errors import InvalidOption
from .._json import abbreviate
from .._texts import nearest
from .upgrade_window import WEEKDAYS

#: An entry, with the names of its options.
ScheduleEntry = Mapping[str, Any]

#: Files in the time zone database for the time zone of a machine, or for none.
NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})
DAY = 24
WEEK = 7 * DAY
#: How many entries a schedule has at most.
MAX_ENTRIES = 10
#: By option: the least and the greatest value, and the step.
LIMITS: Mapping[str, tuple[int, int | None, int]] = {
    "start_hour": (0, 23, 1),
    "end_hour": (1, 24, 1),
    "min_replica_memory_gb": (8, 356, 4),
    "max_replica_memory_gb": (8, 356, 4),
    # The API checks the maximum of the service only when the entry begins to apply. No service has more than this.
    "num_replicas": (1, 50, 1),
    "min_replicas": (1, 50, 1),
    "max_replicas": (1, 50, 1),
    "idle_timeout_minutes": (5, None, 1),
}
_MEMORY_RANGE = ("min_replica_memory_gb", "max_replica_memory_gb")
_REPLICA_BOUNDS = ("min_replicas", "max_replicas")
#: The options of an entry. Its hours are those of the time zone.
ENTRY_SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "weekdays": {"type": "list", "elements": "str", "choices": list(WEEKDAYS), "required": True},
    "start_hour": {"type": "int", "required": True},
    "end_hour": {"type": "int", "required": True},
    "autoscaling_mode": {"type": "str", "choices": ["vertical", "horizontal"], "default": "vertical"},
    "min_replica_memory_gb": {"type": "int"},
    "max_replica_memory_gb": {"type": "int"},
    "num_replicas": {"type": "int"},
    "min_replicas": {"type": "int"},
    "max_replicas": {"type": "int"},
    "idle_scaling": {"type": "bool"},
    "idle_timeout_minutes": {"type": "int"},
}


def _count(entry: ScheduleEntry, options: Iterable[str]) -> int:
    """Return how many of the options the entry has."""
    return sum(option in entry for option in options)


def _is_horizontal(entry: ScheduleEntry) -> bool:
    return bool(entry["autoscaling_mode"] == "horizontal")


#: What an entry must not be, and what messages say about it.
RULES: Sequence[tuple[Callable[[ScheduleEntry], bool], str]] = (
    (lambda entry: not entry["weekdays"], "weekdays is empty: name at least one day."),
    (
        lambda entry: bool(entry["start_hour"] == entry["end_hour"]),
        "start_hour and end_hour must differ. A whole day is from 0 to 24.",
    ),
    (
        lambda entry: _count(entry, _MEMORY_RANGE) == 1,
        "min_replica_memory_gb and max_replica_memory_gb go together: set both, or none.",
    ),
    (
        lambda entry: _count(entry, _REPLICA_BOUNDS) == 1,
        "min_replicas and max_replicas go together: set both, or none.",
    ),
    (
        lambda entry: "num_replicas" in entry and _count(entry, _REPLICA_BOUNDS) > 0,
        "num_replicas cannot be combined with min_replicas and max_replicas.",
    ),
    (
        lambda entry: _count(entry, _MEMORY_RANGE) == 2 and entry[_MEMORY_RANGE[0]] > entry[_MEMORY_RANGE[1]],
        "min_replica_memory_gb must not be greater than max_replica_memory_gb.",
    ),
    (
        lambda entry: _count(entry, _REPLICA_BOUNDS) == 2 and entry[_REPLICA_BOUNDS[0]] > entry[_REPLICA_BOUNDS[1]],
        "min_replicas must not be greater than max_replicas.",
    ),
    (
        lambda entry: not _is_horizontal(entry) and entry.get(_REPLICA_BOUNDS[0]) != entry.get(_REPLICA_BOUNDS[1]),
        "a range of replicas needs autoscaling_mode: horizontal. For a fixed number, set num_replicas.",
    ),
    (
        lambda entry: _is_horizontal(entry) and _count(entry, (*_REPLICA_BOUNDS, *_MEMORY_RANGE)) < 4,
        "autoscaling_mode: horizontal needs min_replicas, max_replicas, min_replica_memory_gb and"
        " max_replica_memory_gb.",
    ),
    (
        lambda entry: _is_horizontal(entry) and entry[_MEMORY_RANGE[0]] != entry[_MEMORY_RANGE[1]],
        "with autoscaling_mode: horizontal, min_replica_memory_gb and max_replica_memory_gb must be equal, since the"
        " memory of a replica is fixed.",
    ),
)


def check_entry(label: str, options: ScheduleEntry) -> dict[str, Any]:
    """Return the options of an entry that are set. Raise InvalidOption for what the API never accepts."""
    entry = {option: value for option, value in options.items() if value is not None}
    exceeded = (_exceeded_limit(option, entry[option]) for option in LIMITS if option in entry)
    broken = (text for is_broken, text in RULES if is_broken(entry))
    problem = next(filter(None, itertools.chain(exceeded, broken)), None)
    if problem:
        raise InvalidOption(f"entries, {label}: {problem}")
    return {option: value for option, value in with_fixed_replicas(entry).items() if value is not None}


def _exceeded_limit(option: str, value: int) -> str | None:
    """Return a sentence if the value is not one of those that LIMITS allows."""
    least, greatest, step = LIMITS[option]
    if value >= least and (greatest is None or value <= greatest) and value % step == 0:
        return None
    span = f"at least {least}" if greatest is None else f"from {least} to {greatest}"
    return f"{option} must be {f'a multiple of {step} ' if step > 1 else ''}{span}; {value} is not."


def with_fixed_replicas(sizes: ScheduleEntry) -> dict[str, Any]:
    """Return an entry, or a base configuration, with a fixed number of replicas as services have it, not as a range."""
    low, high = (sizes.get(option) for option in _REPLICA_BOUNDS)
    if low is None or low != high or _is_horizontal(sizes):
        return dict(sizes)
    return {**sizes, **dict.fromkeys(_REPLICA_BOUNDS), "num_replicas": low}


def reject_overlaps(entries: Sequence[ScheduleEntry], labels: Sequence[str]) -> None:
    """Raise InvalidOption if two of the entries, with the hours of one time zone, cover the same hour."""
    covered = [_covered_hours(entry) for entry in entries]
    for one, other in itertools.combinations(range(len(entries)), 2):
        common = covered[one] & covered[other]
        if common:
            day, hour = divmod(min(common), DAY)
            raise InvalidOption(
                f"entries: {labels[one]} and {labels[other]} overlap, on {WEEKDAYS[day]} at {hour:02}:00."
                " Only one entry can apply at a time."
            )


def _covered_hours(entry: ScheduleEntry) -> set[int]:
    """Return the hours of the week, from 0 to 167, that the entry covers; an end before the start is the next day."""
    starts = [WEEKDAYS.index(day) * DAY + entry["start_hour"] for day in entry["weekdays"]]
    return {hour % WEEK for start in starts for hour in range(start, start + _length(entry))}


def _length(entry: ScheduleEntry) -> int:
    length: int = (entry["end_hour"] - entry["start_hour"]) % DAY or DAY
    return length


def utc_offset(name: str, moment: datetime) -> int:
    """Return the hours by which the time zone is ahead of UTC at the moment. Raise InvalidOption."""
    # Known without a time zone database, too.
    if name.upper() == "UTC":
        return 0
    if name in NOT_ZONES:
        raise InvalidOption(_describe_unknown_zone(name))
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidOption(_describe_unknown_zone(name)) from None
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    if offset % timedelta(hours=1):
        raise InvalidOption(
            f"timezone: {name} differs from UTC by {abs(offset) // timedelta(minutes=1)} minutes, and the API takes"
            " only whole hours of UTC. Leave timezone out, and state the hours in UTC."
        )
    return offset // timedelta(hours=1)


def _describe_unknown_zone(name: str) -> str:
    zones = available_timezones()
    if not zones:
        return (
            f"timezone: {name} is not known, since Python finds no time zone database here. Install the package"
            " tzdata of the operating system or of Python where the module runs."
        )
    near = nearest(name, sorted(zones - NOT_ZONES))
    return (
        f"timezone must be a name in the time zone database such as Europe/Berlin; {abbreviate(name)} is not."
        f"{f' Did you mean {near}?' if near else ''}"
    )


def convert_to_utc(entry: ScheduleEntry, offset: int) -> list[dict[str, Any]]:
    """Return the entry with its days and hours in UTC, where the time zone is offset hours ahead of UTC.

    Whole days of the time zone are parts of two days in UTC, and become two entries.
    """
    others = {option: value for option, value in entry.items() if option not in ("weekdays", "start_hour", "end_hour")}
    shift, start = divmod(entry["start_hour"] - offset, DAY)
    days, end = _shift_days(entry["weekdays"], shift), start + _length(entry)
    if end <= DAY:
        windows = [(days, start, end)]
    elif end - DAY != start:
        windows = [(days, start, end - DAY)]
    elif len(days) == len(WEEKDAYS):
        windows = [(days, 0, DAY)]
    else:
        windows = [(days, start, DAY), (_shift_days(days, 1), 0, start)]
    return [
        {**others, "weekdays": weekdays, "start_hour_utc": first, "end_hour_utc": last}
        for weekdays, first, last in windows
    ]


def _shift_days(days: Iterable[str], shift: int) -> list[str]:
    """Return the days, each later by some days, in the order of the week."""
    shifted = {(WEEKDAYS.index(day) + shift) % len(WEEKDAYS) for day in days}
    return [day for number, day in enumerate(WEEKDAYS) if number in shifted]


def to_entries(given: Sequence[ScheduleEntry], zone: str, moment: datetime) -> list[dict[str, Any]]:
    """Return the entries in UTC, as they are in the time zone at the moment. Raise InvalidOption."""
    offset = utc_offset(zone, moment)
    labels = [f"number {number} ({abbreviate(entry['name'])})" for number, entry in enumerate(given, 1)]
    entries = list(map(check_entry, labels, given))
    reject_overlaps(entries, labels)
    converted = [part for entry in entries for part in convert_to_utc(entry, offset)]
    if len(converted) > MAX_ENTRIES:
        in_utc = f", which are {len(converted)} in UTC" if len(converted) > len(entries) else ""
        raise InvalidOption(f"entries has {len(entries)} entries{in_utc}. The API takes at most {MAX_ENTRIES}.")
    return converted
