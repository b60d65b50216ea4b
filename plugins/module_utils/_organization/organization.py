# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The organization itself, and what the API key of a task may do in it."""

from __future__ import annotations

from typing import Any

from .._client.caller import fetch_caller
from .._client.organization import fetch_organization, patch_organization
from .._client.roles import ROLE_ENDPOINTS
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.organization import CALLER, ORGANIZATION
from .._schema.role import POLICIES, list_actors
from .._service.find import get_subresource, none_if_forbidden
from .._service.singleton import Part, Singleton

ORGANIZATION_PART = Singleton(
    name="organization",
    result="organization",
    schema=ORGANIZATION,
    fetch=lambda api, _service_id, retry: fetch_organization(api, retry=retry),
    send=lambda api, _service_id, body: patch_organization(api, body),
)


def find_organization(ctx: ModuleContext) -> Part:
    """Return the organization, to be changed."""
    return Part(ctx, ORGANIZATION_PART, "", fetch_organization(ctx.api))


def describe_caller(ctx: ModuleContext) -> dict[str, Any] | None:
    """Return who the API key is, with its roles and policies; null, with a warning, for what it may not read."""
    caller = none_if_forbidden(ctx, lambda: fetch_caller(ctx.api))
    if caller is None:
        return None
    roles = none_if_forbidden(
        ctx, lambda: get_subresource("the roles", "", lambda: ROLE_ENDPOINTS.fetch_all(ctx.api, ""))
    )
    return {**CALLER.to_result(caller), **_describe_roles(roles, f"apiKey/{str(caller.get('keyId')).lower()}")}


def _describe_roles(roles: list[Resource] | None, actor: str) -> dict[str, Any]:
    """Return the names and the policies of those roles that the actor has; null if the roles are not known."""
    if roles is None:
        return {"roles": None, "policies": None}
    own = [role for role in roles if actor in list_actors(role)]
    return {
        "roles": [role.get("name") for role in own],
        "policies": [policy for role in own for policy in POLICIES.current(role) or ()],
    }
