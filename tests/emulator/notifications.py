# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The notifications of an organization, which a test sets."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from .authorization import has_permission
from .clock import Clock, format_timestamp, parse_timestamp
from .paging import Paging, page_response
from .request_context import RequestContext
from .responses import ApiResponse, ok_response
from .validation import Table, choice, moment, record, text, uuid_text

Fields = dict[str, Any]


class NotificationType(NamedTuple):
    """What is reported, and the permission that it takes to see it."""

    title: str
    category: str
    severity: str
    resource_type: str
    permission: str
    is_configurable: bool = True
    # The feature without which an organization never receives it.
    feature: str | None = None


# The names and titles are the emulator's, as no public source has those of the API.
TYPES: dict[str, NotificationType] = {
    "service-backup-failed": NotificationType("Backup failed", "service", "warning", "service", "service:view-backups"),
    "service-snapshot-failed": NotificationType(
        "Snapshot failed", "service", "warning", "service", "service:view-snapshots", feature="snapshots"
    ),
    "service-upgraded": NotificationType("Service upgraded", "service", "info", "service", "service:view"),
    "service-degraded": NotificationType(
        "Service degraded", "service", "critical", "service", "service:view", is_configurable=False
    ),
    "organization-credits-low": NotificationType(
        "Credits are running low", "billing", "warning", "organization", "organization:view-billing"
    ),
}
_SEVERITIES = ("info", "warning", "critical")
_RESOURCE_TYPES = ("service", "organization", "clickpipe", "postgres")
_RETENTION = timedelta(days=180)
_PAGING = Paging("notifications", 100, 250, has_total=False)
_NOTIFICATION: Table = {
    "id": uuid_text,
    "type": text(),
    "severity": choice(*_SEVERITIES),
    "resourceType": choice(*_RESOURCE_TYPES),
    "resourceId": text(),
    "resourceName": text(),
    "createdAt": moment,
    "title": text(0),
    "description": text(0),
}
# The field that each query parameter filters by.
_FILTERS = {"severity": "severity", "type": "type", "resource_id": "resourceId", "resource_type": "resourceType"}


def list_types(ctx: RequestContext) -> ApiResponse:
    return ok_response(
        [
            {
                "name": name,
                "title": kind.title,
                "category": kind.category,
                "severity": kind.severity,
                "resourceType": kind.resource_type,
                "isConfigurable": kind.is_configurable,
                "isAvailable": has_permission(ctx, kind.permission),
            }
            for name, kind in TYPES.items()
            if kind.feature is None or ctx.organization.has_feature(kind.feature, ctx.clock.now())
        ]
    )


def list_notifications(ctx: RequestContext) -> ApiResponse:
    wanted = {_FILTERS[name]: values[-1] for name, values in ctx.query.items() if name in _FILTERS}
    for name, values in (("severity", _SEVERITIES), ("resource_type", _RESOURCE_TYPES)):
        if name in ctx.query:
            choice(*values)(f"query.{name}", ctx.query[name][-1])
    start, end = _parse_moment(ctx, "from_date"), _parse_moment(ctx, "to_date")
    earliest = ctx.clock.now() - _RETENTION

    def matches(notification: Fields) -> bool:
        created = parse_timestamp(notification["createdAt"])
        in_period = created >= max(earliest, start or earliest) and (end is None or created <= end)
        return in_period and all(notification[name] == value for name, value in wanted.items())

    found = [one for one in ctx.organization.notifications if matches(one) and _is_visible(ctx, one)]
    found.sort(key=lambda one: parse_timestamp(one["createdAt"]), reverse=True)
    return page_response(ctx, found, _PAGING)


def _is_visible(ctx: RequestContext, notification: Fields) -> bool:
    """Return whether the key can access the resource that the notification is about."""
    if notification["resourceType"] == "organization":
        return has_permission(ctx, "organization:view")
    return has_permission(ctx, "service:view", notification["resourceId"])


def _parse_moment(ctx: RequestContext, name: str) -> datetime | None:
    values = ctx.query.get(name)
    if not values:
        return None
    moment(f"query.{name}", values[-1])
    return parse_timestamp(values[-1])


def build_notification(clock: Clock, organization_id: str, given: Any) -> Fields:
    """Return the notification that a test describes, with the values of its type and the current time as defaults."""
    record(_NOTIFICATION, ("type",))("notification", given)
    unknown = given.keys() - _NOTIFICATION.keys()
    if unknown:
        raise ValueError(f"Unknown key '{min(unknown)}': a notification has {', '.join(_NOTIFICATION)}.")
    kind = TYPES.get(given["type"], NotificationType(given["type"], "service", "info", "organization", ""))
    notification = {
        "id": str(uuid.uuid4()),
        "severity": kind.severity,
        "resourceType": kind.resource_type,
        "resourceId": organization_id,
        "createdAt": format_timestamp(clock.now()),
        "title": kind.title,
        "description": f"{kind.title}.",
        **given,
    }
    return {name: notification[name] for name in _NOTIFICATION if name in notification}
