# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the organization itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .operations import ORGANIZATION_PATH, declare_operations
from .retry import Retry

declare_operations(ORGANIZATION_PATH, "the organization", GET=("read", "organization:view"))
declare_operations(ORGANIZATION_PATH, "{fields} of the organization", PATCH=("change", "organization:manage"))


def fetch_organization(api: Api, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the organization (GET organization)."""
    organization = api.organization
    return api.request_object("GET", f"/organizations/{organization}", retry=retry, expected_id=organization)


def patch_organization(api: Api, body: Mapping[str, Any]) -> Resource:
    """Change the organization, and return it (PATCH organization).

    After a lost response, the request is not repeated, since it may add entries to a list.
    """
    organization = api.organization
    path = f"/organizations/{organization}"
    return api.request_object("PATCH", path, body, retry=Retry.IF_SAFE, expected_id=organization)
