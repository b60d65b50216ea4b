# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The activities and the notifications of the organization."""

from __future__ import annotations

import time

from .._client.activities import fetch_activities
from .._client.api import require_uuid
from .._client.notifications import fetch_notification_types, fetch_notifications
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.activity import ACTIVITY, select_activities, to_day_query
from .._schema.notification import (
    NOTIFICATION,
    NOTIFICATION_TYPE,
    select_notifications,
    to_notification_query,
)
from .._schema.period import parse_period
from .._service.find import get_subresource, none_if_forbidden


def report_activities(ctx: ModuleContext) -> None:
    """Return the activities that the options select; null, with a warning, if the key may not read them."""
    now = time.time()
    period = parse_period(ctx.options, now)
    if ctx.options["service_id"]:
        require_uuid("service_id", ctx.options["service_id"])

    def read() -> list[Resource]:
        query = to_day_query(period, now)
        return get_subresource("the activities", "", lambda: fetch_activities(ctx.api, query))

    found = none_if_forbidden(ctx, read)
    selected = None if found is None else select_activities(found, ctx.options, period)
    ctx.set_result(activities=selected and [ACTIVITY.to_result(activity) for activity in selected])


def report_notifications(ctx: ModuleContext) -> None:
    """Return the notifications that the options select, and on request all types of them.

    Each is null, with a warning, if the key may not read it.
    """
    period = parse_period(ctx.options, time.time())

    def read() -> list[Resource]:
        query = to_notification_query(ctx.options, period)
        return get_subresource("the notifications", "", lambda: fetch_notifications(ctx.api, query))

    found = none_if_forbidden(ctx, read)
    selected = None if found is None else select_notifications(found, ctx.options, period)
    ctx.set_result(
        notifications=selected and [NOTIFICATION.to_result(notification) for notification in selected],
        notification_types=_read_types(ctx) if ctx.options["include_types"] else None,
    )


def _read_types(ctx: ModuleContext) -> list[Resource] | None:
    """Return the types of notifications; null, with a warning, if the key may not read them."""

    def read() -> list[Resource]:
        return get_subresource("the types of notifications", "", lambda: fetch_notification_types(ctx.api))

    types = none_if_forbidden(ctx, read)
    return types and [NOTIFICATION_TYPE.to_result(one) for one in types]
