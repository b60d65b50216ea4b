# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoint of the quotas of an organization."""

from __future__ import annotations

from .._json import Resource
from .api import Api
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(f"{ORGANIZATION_PATH}/quotas", "the quotas of the organization", GET=("list", "organization:view"))


def fetch_quotas(api: Api) -> list[Resource]:
    """Return the quotas of the organization (GET quotas)."""
    return api.request_list(f"/organizations/{api.organization}/quotas", key="quotaCode")
