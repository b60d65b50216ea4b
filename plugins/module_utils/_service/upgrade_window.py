# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The upgrade window of a service."""

from __future__ import annotations

from .._client.upgrade_window import UPGRADE_WINDOW_ENDPOINTS
from .._schema.upgrade_window import UPGRADE_WINDOW
from .singleton import Singleton

UPGRADE_WINDOW_PART = Singleton(
    name="upgrade window",
    result="upgrade_window",
    schema=UPGRADE_WINDOW,
    fetch=UPGRADE_WINDOW_ENDPOINTS.fetch,
    send=UPGRADE_WINDOW_ENDPOINTS.send,
    delete=UPGRADE_WINDOW_ENDPOINTS.delete,
    optional=True,
    replaces=True,
    required=("weekday", "start_hour_utc"),
    secondary="It has the upgrade window of the primary service of its data warehouse: change that one.",
)
