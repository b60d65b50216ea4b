# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The scaling schedule of a service. Each service has its own schedule, also a secondary one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._client.scaling_schedule import delete_schedule, fetch_schedule, send_schedule
from .._errors import InvalidOption
from .._schema.scaling_schedule import SCALING_SCHEDULE
from .singleton import STATE_SPEC, Part, Singleton

#: The options for the scaling schedule.
SCALING_SCHEDULE_SPEC = {**STATE_SPEC, **SCALING_SCHEDULE.argument_spec()}

SCALING_SCHEDULE_PART = Singleton(
    name="scaling schedule",
    result="scaling_schedule",
    schema=SCALING_SCHEDULE,
    fetch=fetch_schedule,
    send=send_schedule,
    delete=delete_schedule,
    optional=True,
    replaces=True,
)


def check_schedule_options(options: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a schedule that no service can have."""
    if options["state"] == "present" and not SCALING_SCHEDULE.desired(options):
        raise InvalidOption("state: present needs entries. To have no scaling schedule, set state: absent.")


def ensure_schedule(part: Part) -> None:
    """Create, replace or delete the schedule, as the options state; in check mode, predict it."""
    options = part.ctx.options
    desired = SCALING_SCHEDULE.desired(options) if options["state"] == "present" else {}
    if desired.get("entries"):
        part.create_or_update(desired)
    else:
        part.delete()
