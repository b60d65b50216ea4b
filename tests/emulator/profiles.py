# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The custom instance profiles of services."""

from __future__ import annotations

from . import regions
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, not_found, ok_response
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
# The same for any BYOC infrastructure.
BYOC_PROFILES = {"v1-standard-byoc-12": (12, 48), "v1-standard-byoc-29": (29, 116)}


def list_profiles(ctx: RequestContext) -> ApiResponse:
    available = _find_byoc_profiles(ctx) if "byoc_id" in ctx.query else _find_profiles(ctx)
    return ok_response(
        [{"profile": name, "cpuCores": cores, "memoryGi": memory} for name, (cores, memory) in available.items()]
    )


def _find_profiles(ctx: RequestContext) -> dict[str, tuple[int, int]]:
    choice(*regions.ALL_REGIONS)("query.region_id", ctx.required_parameter("region_id"))
    return PROFILES if ctx.organization.tier == "ENTERPRISE" else {}


def _find_byoc_profiles(ctx: RequestContext) -> dict[str, tuple[int, int]]:
    """Return the profiles of an infrastructure, whose region must be that of the request, if that names any."""
    byoc_id = ctx.query["byoc_id"][-1]
    uuid_text("query.byoc_id", byoc_id)
    infrastructures = {one["id"]: one for one in ctx.organization.fields["byocConfig"]}
    if byoc_id not in infrastructures:
        raise not_found(byoc_id)
    region = infrastructures[byoc_id]["regionId"]
    if ctx.query.get("region_id", [region])[-1] != region:
        raise bad_request(f"The region of the BYOC infrastructure is {region}")
    return BYOC_PROFILES
