# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the upgrade window of a service."""

from __future__ import annotations

from .features import FEATURES
from .operations import SERVICE_PATH, declare_operations
from .part import PartEndpoints

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

UPGRADE_WINDOW_ENDPOINTS = PartEndpoints("upgradeWindow", keys=("weekday", "startHourUtc"), method="PUT")
