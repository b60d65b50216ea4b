# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduled scaling: entries that apply at certain hours of certain weekdays."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from . import scaling
from .responses import bad_request
from .validation import Table, array, check_fields, number, record, text, validation_error

Fields = dict[str, Any]

_SCALING_FIELDS = (
    "autoscalingMode",
    "minReplicaMemoryGb",
    "maxReplicaMemoryGb",
    "minReplicas",
    "maxReplicas",
    "idleScaling",
    "idleTimeoutMinutes",
)
ENTRY: Table = {
    "name": text(),
    "weekdays": array(number(0, 6), 1),
    "startHourUtc": number(0, 23),
    "endHourUtc": number(1, 24),
    **scaling.REPLICA_SCALING,
    # The limits of the service apply only when the entry becomes active.
    **dict.fromkeys(("numReplicas", "minReplicas", "maxReplicas"), number(1)),
}
_REQUIRED = ("name", "weekdays", "startHourUtc", "endHourUtc")
SCHEDULE: Table = {"entries": array(record(ENTRY, _REQUIRED), 0, 10)}


def parse_schedule(body: Fields) -> list[Fields]:
    """Validate a request body and return its schedule entries."""
    check_fields(SCHEDULE, body, ("entries",))
    covered: set[tuple[int, int]] = set()
    entries = []
    for index, entry in enumerate(body["entries"]):
        hours = _covered_hours(entry)
        if entry["startHourUtc"] == entry["endHourUtc"]:
            raise validation_error(
                f"body.entries[{index}].endHourUtc", "The value must differ from startHourUtc", entry["name"]
            )
        if covered & hours:
            raise bad_request(f"Schedule entry '{entry['name']}' overlaps with another one")
        covered |= hours
        entries.append(_build_entry(entry))
    return entries


def _covered_hours(entry: Fields) -> set[tuple[int, int]]:
    """Return the (weekday, hour) pairs of an entry; an end before the start is on the next day."""
    start, end = int(entry["startHourUtc"]), int(entry["endHourUtc"])
    length = (end - start) % 24 or 24
    weekdays = [int(day) for day in entry["weekdays"]]
    hours = (start + offset for offset in range(length))
    return {((day + hour // 24) % 7, hour % 24) for hour in hours for day in weekdays}


def _build_entry(entry: Fields) -> Fields:
    """Return a schedule entry with the fields of the request. All others are those of the service at any time."""
    mode = entry.get("autoscalingMode", "vertical")
    has_range = scaling.check_replica_range(entry)
    if mode == "horizontal" and not has_range:
        raise bad_request(f"minReplicas and maxReplicas are required in the horizontal entry '{entry['name']}'")
    if mode == "vertical" and has_range and entry["minReplicas"] != entry["maxReplicas"]:
        raise bad_request("minReplicas and maxReplicas must be equal for vertical autoscaling")
    _check_memory(entry, mode)
    scaled = _with_replica_range({"numReplicas": None, **entry, "autoscalingMode": mode})
    return {
        "id": str(uuid.uuid4()),
        **{name: entry[name] for name in _REQUIRED},
        **{name: scaled[name] for name in _SCALING_FIELDS if name in scaled},
    }


def _check_memory(entry: Fields, mode: str) -> None:
    minimum, maximum = entry.get("minReplicaMemoryGb"), entry.get("maxReplicaMemoryGb")
    if (minimum is None) != (maximum is None):
        raise bad_request("minReplicaMemoryGb and maxReplicaMemoryGb must be provided together")
    if mode == "horizontal" and (minimum is None or minimum != maximum):
        raise bad_request("minReplicaMemoryGb and maxReplicaMemoryGb must be equal for horizontal autoscaling")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise bad_request("minReplicaMemoryGb must not be greater than maxReplicaMemoryGb")


def _with_replica_range(fields: Fields) -> Fields:
    """Return the fields with a fixed number of replicas as a range, as schedules have it."""
    replicas = fields["numReplicas"]
    return fields if replicas is None else {**fields, "minReplicas": replicas, "maxReplicas": replicas}


def find_active_entry(entries: list[Fields], now: datetime) -> Fields | None:
    # The API counts days from Sunday.
    moment = ((now.weekday() + 1) % 7, now.hour)
    return next((entry for entry in entries if moment in _covered_hours(entry)), None)


def schedule_to_resource(entries: list[Fields], service: Fields, now: datetime) -> Fields | None:
    """Return the schedule as an API resource; None without any entry."""
    if not entries:
        return None
    active = find_active_entry(entries, now)
    base = _with_replica_range(service)
    # The memory of a service with horizontal autoscaling is fixed.
    absent = [name for name in _SCALING_FIELDS if "Memory" in name and service["autoscalingMode"] == "horizontal"]
    resource: Fields = {
        "entries": [{**entry, "isActiveNow": entry is active} for entry in entries],
        "baseConfig": {name: base[name] for name in _SCALING_FIELDS if name not in absent},
    }
    if active is not None:
        resource["activeEntryId"] = active["id"]
    return resource
