# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The notifications of an organization: which of them the options select. All functions are pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._json import Resource
from .fields import Schema
from .period import Period, to_utc

NOTIFICATION = Schema(
    options=[],
    read_only=[
        "id",
        "createdAt",
        "type",
        "severity",
        "resourceType",
        "resourceId",
        "resourceName",
        "title",
        "description",
    ],
)
NOTIFICATION_TYPE = Schema(
    options=[],
    read_only=[
        "name",
        "title",
        "description",
        "category",
        "severity",
        "resourceType",
        "isConfigurable",
        "isAvailable",
    ],
)
#: The options with several values, and the field and query parameter of each.
_LISTS = {"types": "type", "severities": "severity"}


def to_notification_query(options: Mapping[str, Any], period: Period) -> dict[str, str]:
    """Return the parameters of the query. The API filters by one value of each field."""
    query = {name: options[name] for name in ("resource_type", "resource_id") if options[name]}
    for option, field in _LISTS.items():
        if options[option] and len(options[option]) == 1:
            query[field] = options[option][0]
    # One second more, whose fractions may be in the period.
    limits = {"from_date": period.start, "to_date": None if period.end is None else period.end + 1}
    for name, seconds in limits.items():
        if seconds is not None:
            query[name] = to_utc(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")
    return query


def select_notifications(
    notifications: Iterable[Resource], options: Mapping[str, Any], period: Period
) -> list[Resource]:
    """Return the notifications of the types, the severities and the period."""
    wanted = {field: options[option] for option, field in _LISTS.items() if options[option]}
    in_period = [one for one in notifications if period.contains(one.get("createdAt"))]
    return [one for one in in_period if all(one.get(field) in values for field, values in wanted.items())]
