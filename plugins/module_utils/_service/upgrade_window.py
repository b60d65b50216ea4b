# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The upgrade window of a service."""

from __future__ import annotations

from .._client.upgrade_window import delete_upgrade_window, fetch_upgrade_window, send_upgrade_window
from .._schema.upgrade_window import UPGRADE_WINDOW
from .singleton import Singleton

UPGRADE_WINDOW_PART = Singleton(
    name="upgrade window",
    result="upgrade_window",
    schema=UPGRADE_WINDOW,
    fetch=fetch_upgrade_window,
    send=send_upgrade_window,
    delete=delete_upgrade_window,
    optional=True,
    replaces=True,
    secondary="It has the upgrade window of the primary service of its data warehouse: change that one.",
)
