# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoint of the API keys of an organization."""

from __future__ import annotations

from .._json import Resource
from .api import Api
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(
    f"{ORGANIZATION_PATH}/keys", "the API keys of the organization", GET=("list", "organization:view-api-keys")
)


def fetch_api_keys(api: Api) -> list[Resource]:
    """Return all API keys of the organization, without their secrets (GET keys)."""
    return api.request_list(f"/organizations/{api.organization}/keys")
