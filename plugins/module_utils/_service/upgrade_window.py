# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The upgrade window of a service."""

from __future__ import annotations

from .._client.upgrade_window import delete_upgrade_window, fetch_upgrade_window, send_upgrade_window
from .._errors import ApiError
from .._schema.upgrade_window import UPGRADE_WINDOW
from .singleton import Singleton


def upgrade_window_advice(error: ApiError) -> str | None:
    """Return the next step after a refusal; None if the usual one applies. The API may not give the reason."""
    if error.is_forbidden and (error.request_line or "").startswith("PUT"):
        return (
            "Use an API key with the permission control-plane:service:manage, in an organization with scheduled"
            " upgrades, a feature of the tiers Scale and Enterprise"
        )
    return None


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
    advise=upgrade_window_advice,
)
