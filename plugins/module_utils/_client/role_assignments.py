# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoint of the roles of an actor: a member or an API key."""

from __future__ import annotations

from collections.abc import Collection

from .api import Api, require_uuid
from .operations import ORGANIZATION_PATH, declare_operations

#: The path of each kind of actors.
ACTOR_PATHS = {"user": "members", "apiKey": "keys"}

declare_operations(
    f"{ORGANIZATION_PATH}/members/{{}}", "the roles of the member {element}", PATCH=("change", "organization:manage")
)
declare_operations(
    f"{ORGANIZATION_PATH}/keys/{{}}", "the API key {element}", PATCH=("change", "organization:view-api-keys")
)


def assign_roles(api: Api, actor: str, role_ids: Collection[str]) -> None:
    """Make these the roles of an actor, "user/ID" or "apiKey/ID" (PATCH member, PATCH key)."""
    kind, actor_id = actor.split("/")
    path = f"/organizations/{api.organization}/{ACTOR_PATHS[kind]}/{require_uuid('actors', actor_id)}"
    api.call("PATCH", path, {"assignedRoleIds": sorted(role_ids)})
