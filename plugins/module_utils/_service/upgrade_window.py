# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The upgrade window of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._client.upgrade_window import delete_upgrade_window, fetch_upgrade_window, send_upgrade_window
from .._errors import InvalidOption
from .._schema.upgrade_window import UPGRADE_WINDOW
from .singleton import STATE_SPEC, Part, Singleton

#: The options for the upgrade window.
UPGRADE_WINDOW_SPEC = {**STATE_SPEC, **UPGRADE_WINDOW.argument_spec()}

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


def check_upgrade_window_options(options: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a window without a day or an hour."""
    if options["state"] == "present" and len(UPGRADE_WINDOW.desired(options)) < 2:
        raise InvalidOption(
            "state: present needs weekday and start_hour_utc. To have no upgrade window, set state: absent."
        )


def ensure_upgrade_window(part: Part) -> None:
    """Create, change or delete the upgrade window, as the options state; in check mode, predict it."""
    if part.ctx.options["state"] == "absent":
        part.delete()
    else:
        part.create_or_update(UPGRADE_WINDOW.desired(part.ctx.options))
