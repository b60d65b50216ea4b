# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a backup, the options that select backups, and their age. A snapshot has the same fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._errors import InvalidOption
from .._json import Resource, parse_timestamp
from .fields import Schema

SECONDS_PER_HOUR = 3600

BACKUP = Schema(
    options=[],
    read_only=[
        "id",
        "status",
        "serviceId",
        "startedAt",
        "finishedAt",
        "sizeInBytes",
        "durationInSeconds",
        "type",
        "backupName",
        "bucket",
    ],
)

#: The options that select both backups and snapshots. Each adds the choices of status.
SELECTION_SPEC: Mapping[str, Mapping[str, Any]] = {
    "newest": {"type": "bool", "default": False},
    "max_age_hours": {"type": "float"},
    "min_age_hours": {"type": "float"},
}


def backup_age(backup: Resource, now: float) -> int | None:
    """Return the seconds since the backup was finished, or else started; None when the API returns neither."""
    since = parse_timestamp(backup.get("finishedAt") or backup.get("startedAt"))
    # The clock of this machine may be a little behind.
    return None if since is None else max(0, int(now - since))


def backup_to_result(backup: Resource, now: float) -> dict[str, Any]:
    """Return the backup in terms of the options, with its age."""
    return {**BACKUP.to_result(backup), "age_in_seconds": backup_age(backup, now)}


def sort_backups(backups: Iterable[Resource]) -> list[Resource]:
    """Return the backups, the newest first."""
    return sorted(backups, key=lambda backup: parse_timestamp(backup.get("startedAt")) or 0, reverse=True)


def select_backups(backups: Iterable[Resource], options: Mapping[str, Any], now: float) -> list[Resource]:
    """Return the backups that match the options, in their order; with newest, at most one."""
    selected = [backup for backup in backups if _matches(backup, options, now)]
    return selected[:1] if options["newest"] else selected


def _matches(backup: Resource, options: Mapping[str, Any], now: float) -> bool:
    statuses = options["status"]
    if statuses is None and options["newest"]:
        statuses = ["done"]
    if statuses is not None and backup.get("status") not in statuses:
        return False
    # Snapshots have no such option.
    has_type = options.get("type") in (None, backup.get("type"))
    return has_type and _matches_age(backup_age(backup, now), options["min_age_hours"], options["max_age_hours"])


def _matches_age(seconds: int | None, minimum: float | None, maximum: float | None) -> bool:
    """Return whether the age is in the range of hours. An unknown age only matches a range without limits."""
    if minimum is None and maximum is None:
        return True
    if seconds is None:
        return False
    hours = seconds / SECONDS_PER_HOUR
    return (minimum or 0) <= hours and (maximum is None or hours <= maximum)


def check_ages(options: Mapping[str, Any]) -> None:
    """Raise InvalidOption for an age below 0, and for a range without any age."""
    minimum, maximum = options["min_age_hours"], options["max_age_hours"]
    for option, hours in (("min_age_hours", minimum), ("max_age_hours", maximum)):
        # Written this way, it also rejects NaN.
        if hours is not None and not hours >= 0:
            raise InvalidOption(f"{option} must be 0 or more hours; {hours:g} is not.")
    if None not in (minimum, maximum) and minimum > maximum:
        raise InvalidOption(f"min_age_hours ({minimum:g}) must not be greater than max_age_hours ({maximum:g}).")
