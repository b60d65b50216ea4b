# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of an organization's roles."""

from __future__ import annotations

import uuid
from typing import Any

from .members import find_or_404
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, conflict, empty_response, ok_response
from .roles import PERMISSIONS
from .validation import Table, array, check_fields, choice, record, text, validation_error

Fields = dict[str, Any]

_POLICY: Table = {
    "allowDeny": choice("ALLOW", "DENY"),
    "permissions": array(choice(*PERMISSIONS), 1),
    "resources": array(text(), 1),
    "tags": record({"grants": array(text()), "roleV2": choice("sql-console-readonly", "sql-console-admin")}),
}
_ROLE: Table = {
    "name": text(),
    "actors": array(text()),
    "policies": array(record(_POLICY, ("allowDeny", "permissions", "resources"))),
}
# The kind of the resources that the permissions of each scope are about.
_RESOURCES = {
    "organization": "organization",
    "service": "instance",
    "database": "instance",
    "postgres-service": "postgres",
}
# Permissions that come with another one.
_IMPLIED = {"control-plane:service:manage": "control-plane:service:delete"}


def list_roles(ctx: RequestContext) -> ApiResponse:
    return ok_response(ctx.organization.roles)


def create_role(ctx: RequestContext) -> ApiResponse:
    body = ctx.body
    _check_role(ctx, body, None, ("name", "actors", "policies"))
    role = ctx.organization.new_role(body["name"], "custom", ctx.clock.timestamp())
    _set_role(role, body)
    ctx.organization.roles.append(role)
    # The audit log takes the ID of the role from here.
    ctx.ids["roleId"] = role["id"]
    return ok_response(role)


def get_role(ctx: RequestContext) -> ApiResponse:
    return ok_response(_requested_role(ctx))


def update_role(ctx: RequestContext) -> ApiResponse:
    role, body = _requested_role(ctx), ctx.body
    if role["type"] == "system":
        if body.keys() & {"name", "policies"}:
            raise bad_request("The name and the policies of a system role cannot be changed")
        if not ctx.organization.has_feature("systemRoleActors", ctx.clock.now()):
            raise bad_request("System roles cannot be updated")
    _check_role(ctx, body, role)
    _set_role(role, body)
    role["updatedAt"] = ctx.clock.timestamp()
    return ok_response(role)


def delete_role(ctx: RequestContext) -> ApiResponse:
    role = _requested_role(ctx)
    if role["type"] == "system":
        raise bad_request("System roles cannot be deleted")
    ctx.organization.roles.remove(role)
    return empty_response()


def _requested_role(ctx: RequestContext) -> Fields:
    return find_or_404(ctx.organization.roles, "role", "id", ctx.ids["roleId"])


def _check_role(ctx: RequestContext, body: Fields, current: Fields | None, required: tuple[str, ...] = ()) -> None:
    """Raise ApiError unless the fields are valid for a new role, or for the current one."""
    check_fields(_ROLE, body, required)
    for role in ctx.organization.roles:
        if role is not current and role["name"] == body.get("name"):
            raise conflict(f"A role with the name '{body['name']}' already exists")
    known = ctx.organization.list_actors()
    for index, actor in enumerate(body.get("actors", [])):
        if actor not in known:
            raise validation_error(f"body.actors[{index}]", "The actor does not exist", actor)
    for index, policy in enumerate(body.get("policies", [])):
        _check_scope(f"body.policies[{index}]", policy)


def _check_scope(path: str, policy: Fields) -> None:
    """Raise ApiError unless the permissions and the resources of a policy are all about one kind of resource."""
    scopes = {permission.split(":")[1] for permission in policy["permissions"]}
    if len(scopes) > 1:
        raise bad_request(f"request {path}.permissions: All permissions of a policy must have the same scope")
    kind = _RESOURCES[scopes.pop()]
    for index, resource in enumerate(policy["resources"]):
        if not resource.startswith(f"{kind}/"):
            raise validation_error(f"{path}.resources[{index}]", f"The resource must be {kind}/<id>", resource)


def _set_role(role: Fields, body: Fields) -> None:
    if "name" in body:
        role["name"] = body["name"]
    if "actors" in body:
        role["actors"] = list(dict.fromkeys(body["actors"]))
    if "policies" in body:
        role["policies"] = [_build_policy(role, policy) for policy in body["policies"]]


def _build_policy(role: Fields, given: Fields) -> Fields:
    """Return a policy with the permissions that come with those that it allows."""
    implied = [_IMPLIED[name] for name in given["permissions"] if name in _IMPLIED and given["allowDeny"] == "ALLOW"]
    permissions = list(dict.fromkeys([*given["permissions"], *implied]))
    ids = {"id": str(uuid.uuid4()), "roleId": role["id"], "tenantId": role["tenantId"]}
    return {**ids, **{name: given[name] for name in _POLICY if name in given}, "permissions": permissions}
