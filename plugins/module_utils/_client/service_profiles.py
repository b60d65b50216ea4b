# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoint of the profiles that services can have."""

from __future__ import annotations

from .._json import Resource
from .api import Api, require_uuid
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(
    f"{ORGANIZATION_PATH}/serviceProfiles", "the profiles of services", GET=("list", "organization:view")
)


def fetch_service_profiles(api: Api, region: str | None, byoc_id: str | None = None) -> list[Resource]:
    """Return the profiles of a region, or of a BYOC infrastructure (GET serviceProfiles)."""
    query = {"region_id": region, "byoc_id": byoc_id and require_uuid("byoc_id", byoc_id)}
    parameters = {name: value for name, value in query.items() if value}
    return api.request_list(f"/organizations/{api.organization}/serviceProfiles", parameters, key="profile")
