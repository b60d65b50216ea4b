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
}
SCHEDULE: Table = {
    "entries": array(record(ENTRY, ("name", "weekdays", "startHourUtc", "endHourUtc")), 1, 10),
}


def parse_schedule(body: Fields, service: Fields) -> list[Fields]:
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
        entries.append(_build_entry(entry, service))
    return entries


def _covered_hours(entry: Fields) -> set[tuple[int, int]]:
    """Return the (weekday, hour) pairs of an entry; an end before the start is on the next day."""
    start, end = int(entry["startHourUtc"]), int(entry["endHourUtc"])
    length = (end - start) % 24 or 24
    weekdays = [int(day) for day in entry["weekdays"]]
    hours = (start + offset for offset in range(length))
    return {((day + hour // 24) % 7, hour % 24) for hour in hours for day in weekdays}


def _build_entry(entry: Fields, service: Fields) -> Fields:
    changes = {name: value for name, value in entry.items() if name in scaling.REPLICA_SCALING}
    changes.setdefault("autoscalingMode", "vertical")
    base = {name: service[name] for name in scaling.REPLICA_SCALING}
    scaled = _with_replica_range(scaling.rescale(base, changes))
    return {
        "id": str(uuid.uuid4()),
        **{name: entry[name] for name in ("name", "weekdays", "startHourUtc", "endHourUtc")},
        **{name: scaled[name] for name in _SCALING_FIELDS},
    }


def _with_replica_range(fields: Fields) -> Fields:
    """Return the fields with a fixed number of replicas as a range, as schedules have it."""
    replicas = fields["numReplicas"]
    return fields if replicas is None else {**fields, "minReplicas": replicas, "maxReplicas": replicas}


def find_active_entry(entries: list[Fields] | None, now: datetime) -> Fields | None:
    # The API counts days from Sunday.
    moment = ((now.weekday() + 1) % 7, now.hour)
    return next((entry for entry in entries or [] if moment in _covered_hours(entry)), None)


def schedule_to_resource(entries: list[Fields] | None, service: Fields, now: datetime) -> Fields | None:
    if entries is None:
        return None
    active = find_active_entry(entries, now)
    base = _with_replica_range(service)
    resource: Fields = {
        "entries": [{**entry, "isActiveNow": entry is active} for entry in entries],
        "baseConfig": {name: base[name] for name in _SCALING_FIELDS},
    }
    if active is not None:
        resource["activeEntryId"] = active["id"]
    return resource
