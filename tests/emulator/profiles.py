# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The custom instance profiles of services."""

from __future__ import annotations

from . import regions
from .request_context import RequestContext
from .responses import ApiResponse, not_found, ok_response
from .validation import choice, uuid_text

# The vCPUs and the memory in GiB of a replica, by profile. Only the names are those of the API.
PROFILES: dict[str, tuple[int, int]] = {
    "v1-default": (4, 16),
    "v1-highmem-xs": (2, 16),
    "v1-highmem-s": (4, 32),
    "v1-highmem-m": (8, 64),
    "v1-highmem-l": (16, 128),
    "v1-highmem-xl": (32, 256),
}


def list_profiles(ctx: RequestContext) -> ApiResponse:
    if "byoc_id" in ctx.query:
        byoc_id = ctx.query["byoc_id"][-1]
        uuid_text("query.byoc_id", byoc_id)
        # No organization of the emulator has such an infrastructure.
        raise not_found(byoc_id)
    choice(*regions.ALL_REGIONS)("query.region_id", ctx.required_parameter("region_id"))
    available = PROFILES if ctx.organization.tier == "ENTERPRISE" else {}
    return ok_response(
        [{"profile": name, "cpuCores": cores, "memoryGi": memory} for name, (cores, memory) in available.items()]
    )
