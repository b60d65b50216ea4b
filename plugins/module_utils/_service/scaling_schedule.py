# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The scaling schedule of a service. Each service has its own schedule, also a secondary one."""

from __future__ import annotations

from .._client.scaling_schedule import SCHEDULE_ENDPOINTS
from .._schema.scaling_schedule import SCALING_SCHEDULE
from .singleton import Part, Singleton

SCALING_SCHEDULE_PART = Singleton(
    name="scaling schedule",
    result="scaling_schedule",
    schema=SCALING_SCHEDULE,
    fetch=SCHEDULE_ENDPOINTS.fetch,
    send=SCHEDULE_ENDPOINTS.send,
    delete=SCHEDULE_ENDPOINTS.delete,
    optional=True,
    replaces=True,
    required=("entries",),
)


def ensure_schedule(part: Part) -> None:
    """Create, replace or delete the schedule, as the options state; in check mode, predict it."""
    options = part.ctx.options
    desired = SCALING_SCHEDULE.desired(options) if options["state"] == "present" else {}
    if desired.get("entries"):
        part.create_or_update(desired)
    else:
        part.delete()
