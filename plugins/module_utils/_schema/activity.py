# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The activities of an organization: which of them the options select. All functions are pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from .._json import Resource, parse_timestamp
from .activity_log import matches, to_query_day
from .fields import Schema
from .period import Period, to_utc

ACTIVITY = Schema(
    options=[],
    read_only=[
        "id",
        "createdAt",
        "type",
        "actorType",
        "actorId",
        "actorDetails",
        "actorIpAddress",
        "userAgent",
        "organizationId",
        "serviceId",
        "targetKeyId",
        "keyUpdateType",
        "targetRoleIds",
        "targetRoleNames",
        "targetActorIds",
        "targetResourceIds",
    ],
)
#: The option for each field, of which it lists the values.
_OPTIONS = {"type": "types", "actorType": "actor_types"}


def to_day_query(period: Period, now: float) -> dict[str, str]:
    """Return the parameters of a query for whole days that include the period."""
    query = {}
    if period.start is not None:
        query["from_date"] = to_query_day(to_utc(period.start))
    if period.end is not None and period.end < now:
        # Whether the last day of a query is included is not documented.
        query["to_date"] = to_query_day(to_utc(period.end) + timedelta(days=1))
    return query


def select_activities(activities: Iterable[Resource], options: Mapping[str, Any], period: Period) -> list[Resource]:
    """Return the activities that the options select, the newest first."""
    wanted = _wanted_values(options)
    in_period = [activity for activity in activities if period.contains(activity.get("createdAt"))]
    by_actor = [activity for activity in in_period if _has_actor(activity, options["actor"])]
    found = [activity for activity in by_actor if matches(activity, wanted)]
    return sorted(found, key=lambda activity: parse_timestamp(activity.get("createdAt")) or 0, reverse=True)


def _wanted_values(options: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the values that the options allow, by the field of an activity; an empty list allows any."""
    wanted = {field: options[option] or [] for field, option in _OPTIONS.items()}
    return {**wanted, "serviceId": [options["service_id"].lower()] if options["service_id"] else []}


def _has_actor(activity: Resource, actor: str | None) -> bool:
    """Return whether the text is the ID of the actor, or a part of what the API says about it, in any case."""
    if actor is None:
        return True
    text = actor.strip().lower()
    return text == str(activity.get("actorId")).lower() or text in str(activity.get("actorDetails")).lower()
