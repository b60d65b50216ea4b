# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the roles of an organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .collection import CollectionEndpoints
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(f"{ORGANIZATION_PATH}/roles", "the roles of the organization", GET=("list", "organization:manage"))
declare_operations(f"{ORGANIZATION_PATH}/roles", "the role {name}", POST=("create", "organization:manage"))
declare_operations(
    f"{ORGANIZATION_PATH}/roles/{{}}",
    "the role {element}",
    GET=("read", "organization:manage"),
    PATCH=("change", "organization:manage"),
    DELETE=("delete", "organization:manage"),
)


class RoleEndpoints(CollectionEndpoints):
    """The endpoints of the roles."""

    def create(self, api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
        """Create a role, and return it (POST roles), which requires all fields."""
        return super().create(api, service_id, {"actors": [], "policies": [], **body})


ROLE_ENDPOINTS = RoleEndpoints("roles", id_option="role_id", replaces=False)
