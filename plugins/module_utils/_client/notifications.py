# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the notifications of an organization."""

from __future__ import annotations

from collections.abc import Mapping

from .._json import Resource
from .api import Api
from .operations import ORGANIZATION_PATH, declare_operations

#: The largest page of the list.
MAX_NOTIFICATIONS = 250

declare_operations(f"{ORGANIZATION_PATH}/notifications", "the notifications of the organization", GET=("list",))
declare_operations(
    f"{ORGANIZATION_PATH}/notificationTypes",
    "the types of notifications of the organization",
    GET=("list", "organization:view"),
)


def fetch_notifications(api: Api, query: Mapping[str, str]) -> list[Resource]:
    """Return the notifications that the query selects, from all pages (GET notifications)."""
    path = f"/organizations/{api.organization}/notifications"
    return api.request_list(path, {"limit": MAX_NOTIFICATIONS, **query})


def fetch_notification_types(api: Api) -> list[Resource]:
    """Return the types of notifications that the organization can receive (GET notificationTypes)."""
    # Many other resources have a name, too.
    return api.request_list(f"/organizations/{api.organization}/notificationTypes", key="title")
