# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the upgrade window of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .features import FEATURES
from .operations import SERVICE_PATH, declare_operations
from .retry import Retry

declare_operations(
    f"{SERVICE_PATH}/upgradeWindow",
    "the upgrade window of service {service}",
    GET=("read", "service:view"),
    PUT=("set", "service:manage"),
    DELETE=("delete", "service:manage"),
)
FEATURES["PUT upgradeWindow"] = (
    "the organization does not have scheduled upgrades, which the tiers Scale and Enterprise have"
)

#: An upgrade window has at least one of these fields.
UPGRADE_WINDOW_KEYS = ("weekday", "startHourUtc")


def _path(api: Api, service_id: str) -> str:
    return api.service_path(service_id) + "/upgradeWindow"


def fetch_upgrade_window(api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the upgrade window (GET upgradeWindow). Without one, the status is 404."""
    return api.request_object("GET", _path(api, service_id), retry=retry, required_keys=UPGRADE_WINDOW_KEYS)


def send_upgrade_window(api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
    """Create the upgrade window, or replace it, and return it (PUT upgradeWindow)."""
    return api.request_object("PUT", _path(api, service_id), body, required_keys=UPGRADE_WINDOW_KEYS)


def delete_upgrade_window(api: Api, service_id: str) -> None:
    """Delete the upgrade window (DELETE upgradeWindow)."""
    api.call("DELETE", _path(api, service_id))
