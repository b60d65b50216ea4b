# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduled scaling: entries which hold at some hours of some days."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from . import scaling
from .responses import bad_request
from .validation import Table, array, check_fields, number, record, refuse, text

Fields = dict[str, Any]

_SHOWN_SCALING = (
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


def new_schedule(body: Fields, service: Fields) -> list[Fields]:
    """The entries of a checked request."""
    check_fields(SCHEDULE, body, ("entries",))
    taken: set[tuple[int, int]] = set()
    entries = []
    for index, given in enumerate(body["entries"]):
        hours = _hours(given)
        if given["startHourUtc"] == given["endHourUtc"]:
            raise refuse(f"body.entries[{index}].endHourUtc", "The value must differ from startHourUtc", given["name"])
        if taken & hours:
            raise bad_request(f"Schedule entry '{given['name']}' overlaps with another one")
        taken |= hours
        entries.append(_entry(given, service))
    return entries


def _hours(entry: Fields) -> set[tuple[int, int]]:
    """The hours of the week in which the entry holds; an end before the start is on the next day."""
    start, end = int(entry["startHourUtc"]), int(entry["endHourUtc"])
    length = (end - start) % 24 or 24
    weekdays = [int(day) for day in entry["weekdays"]]
    hours = (start + offset for offset in range(length))
    return {((day + hour // 24) % 7, hour % 24) for hour in hours for day in weekdays}


def _entry(given: Fields, service: Fields) -> Fields:
    wishes = {name: value for name, value in given.items() if name in scaling.REPLICA_SCALING}
    wishes.setdefault("autoscalingMode", "vertical")
    base = {name: service[name] for name in scaling.REPLICA_SCALING}
    after = _as_band(scaling.rescale(base, wishes))
    return {
        "id": str(uuid.uuid4()),
        **{name: given[name] for name in ("name", "weekdays", "startHourUtc", "endHourUtc")},
        **{name: after[name] for name in _SHOWN_SCALING},
    }


def _as_band(fields: Fields) -> Fields:
    """Schedules show a fixed count as a band of equal ends."""
    replicas = fields["numReplicas"]
    return fields if replicas is None else {**fields, "minReplicas": replicas, "maxReplicas": replicas}


def active_entry(entries: list[Fields] | None, now: datetime) -> Fields | None:
    # The API counts days from Sunday.
    moment = ((now.weekday() + 1) % 7, now.hour)
    return next((entry for entry in entries or [] if moment in _hours(entry)), None)


def schedule_view(entries: list[Fields] | None, service: Fields, now: datetime) -> Fields | None:
    if entries is None:
        return None
    active = active_entry(entries, now)
    base = _as_band(service)
    view: Fields = {
        "entries": [{**entry, "isActiveNow": entry is active} for entry in entries],
        "baseConfig": {name: base[name] for name in _SHOWN_SCALING},
    }
    if active is not None:
        view["activeEntryId"] = active["id"]
    return view
