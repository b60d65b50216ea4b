# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of an organization's members, invitations, activities and quotas."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from .clock import Clock, format_timestamp, parse_timestamp
from .organization import Organization
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, empty_response, not_found, ok_response
from .state import check_id
from .validation import Table, array, check_fields, choice, moment, number, record, text, validation_error

Fields = dict[str, Any]

_LEGACY_ROLE = choice("admin", "developer")
_MEMBER: Table = {"role": _LEGACY_ROLE, "assignedRoleIds": array(text())}
_INVITATION: Table = {"email": text(3, 320, r"[^@\s]+@[^@\s]+"), **_MEMBER}
_PLANTED_INVITATION: Table = {"email": text(), "roles": array(text()), "expireAt": moment}
_INVITATION_TIME = timedelta(days=7)
_QUOTAS: dict[str, tuple[str, str, int]] = {
    "services-per-organization": ("Services per organization", "organization", 20),
    "postgres-services-per-organization": ("Postgres services per organization", "organization", 5),
    "replicas-per-warehouse": ("Replicas per warehouse", "warehouse", 50),
    "api-keys-per-organization": ("API keys per organization", "organization", 100),
}


def find_or_404(resources: list[Fields], kind: str, field: str, value: str) -> Fields:
    """Return the resource whose field has this ID. Raise ApiError if there is none."""
    check_id(kind, value)
    resource = next((thing for thing in resources if thing[field] == value.lower()), None)
    if resource is None:
        raise not_found(value)
    return resource


def _check_roles(ctx: RequestContext, body: Fields) -> list[str]:
    """Return the IDs of the roles in a request. Raise ApiError if there is no such role."""
    known = ctx.organization.role_names()
    for role_id in body.get("assignedRoleIds", []):
        if role_id.lower() not in known:
            raise validation_error("body.assignedRoleIds", "The role does not exist", role_id)
    return [role_id.lower() for role_id in body.get("assignedRoleIds", [])]


def _member_to_resource(ctx: RequestContext, member: Fields) -> Fields:
    return {**member, "assignedRoles": ctx.organization.assigned_roles(f"user/{member['userId']}")}


def list_members(ctx: RequestContext) -> ApiResponse:
    return ok_response([_member_to_resource(ctx, member) for member in ctx.organization.members])


def _requested_member(ctx: RequestContext) -> Fields:
    return find_or_404(ctx.organization.members, "user", "userId", ctx.ids["userId"])


def get_member(ctx: RequestContext) -> ApiResponse:
    return ok_response(_member_to_resource(ctx, _requested_member(ctx)))


def update_member(ctx: RequestContext) -> ApiResponse:
    member, body = _requested_member(ctx), ctx.body
    check_fields(_MEMBER, body)
    if "role" in body:
        raise bad_request("Organization has migrated to Custom Roles. Use 'assignedRoleIds' instead of 'role'.")
    if "assignedRoleIds" in body:
        ctx.organization.assign_roles(f"user/{member['userId']}", _check_roles(ctx, body))
    return ok_response(_member_to_resource(ctx, member))


def delete_member(ctx: RequestContext) -> ApiResponse:
    member = _requested_member(ctx)
    ctx.organization.assign_roles(f"user/{member['userId']}", [])
    ctx.organization.members.remove(member)
    return empty_response()


def list_invitations(ctx: RequestContext) -> ApiResponse:
    return ok_response([_invitation_to_resource(ctx, invitation) for invitation in ctx.organization.invitations])


def _invitation_to_resource(ctx: RequestContext, invitation: Fields) -> Fields:
    # A role that has been deleted since is missing.
    roles = ctx.organization.describe_roles(invitation["assignedRoleIds"])
    return {**{name: value for name, value in invitation.items() if name != "assignedRoleIds"}, "assignedRoles": roles}


def build_invitation(clock: Clock, organization: Organization, given: Any) -> Fields:
    """Return the invitation that a test describes: an email, the names of roles, and perhaps when it expires."""
    record(_PLANTED_INVITATION, ("email",))("invitation", given)
    unknown = given.keys() - _PLANTED_INVITATION.keys()
    if unknown:
        raise ValueError(f"Unknown key '{min(unknown)}': an invitation has {', '.join(_PLANTED_INVITATION)}.")
    now = clock.now()
    return {
        "role": "developer",
        "id": str(uuid.uuid4()),
        "email": given["email"],
        "createdAt": format_timestamp(now),
        "expireAt": given.get("expireAt", format_timestamp(now + _INVITATION_TIME)),
        "assignedRoleIds": organization.system_role_ids(tuple(given.get("roles", ()))),
    }


def create_invitation(ctx: RequestContext) -> ApiResponse:
    body = ctx.body
    check_fields(_INVITATION, body, ("email",))
    now = ctx.clock.now()
    invitation = {
        "role": body.get("role", "developer"),
        "id": str(uuid.uuid4()),
        "email": body["email"].lower(),
        "createdAt": format_timestamp(now),
        "expireAt": format_timestamp(now + _INVITATION_TIME),
        "assignedRoleIds": _check_roles(ctx, body),
    }
    ctx.organization.invitations.append(invitation)
    return ok_response(_invitation_to_resource(ctx, invitation))


def _requested_invitation(ctx: RequestContext) -> Fields:
    return find_or_404(ctx.organization.invitations, "invitation", "id", ctx.ids["invitationId"])


def get_invitation(ctx: RequestContext) -> ApiResponse:
    return ok_response(_invitation_to_resource(ctx, _requested_invitation(ctx)))


def delete_invitation(ctx: RequestContext) -> ApiResponse:
    ctx.organization.invitations.remove(_requested_invitation(ctx))
    return empty_response()


def list_activities(ctx: RequestContext) -> ApiResponse:
    start, end = _parse_date_parameter(ctx, "from_date"), _parse_date_parameter(ctx, "to_date")
    return ok_response(
        [
            activity
            for activity in reversed(ctx.organization.activities)
            if not (start and parse_timestamp(activity["createdAt"]) < start)
            and not (end and parse_timestamp(activity["createdAt"]) > end)
        ]
    )


def _parse_date_parameter(ctx: RequestContext, name: str) -> datetime | None:
    """Return the date and time of an optional query parameter. A date stands for the whole day."""
    text = ctx.query.get(name, [""])[-1]
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
    time_of_day = {"from_date": "T00:00:00Z", "to_date": "T23:59:59Z"}[name] if is_date else ""
    try:
        return parse_timestamp(f"{text}{time_of_day}") if text else None
    except ValueError:
        raise validation_error(f"query.{name}", "The value must be a date, or a date and time", text) from None


def get_activity(ctx: RequestContext) -> ApiResponse:
    activity_id = ctx.ids["activityId"]
    if len(activity_id) < 20:
        raise bad_request(f"length is too small: {len(activity_id)} < 20")
    resource = next((activity for activity in ctx.organization.activities if activity["id"] == activity_id), None)
    if resource is None:
        raise not_found(activity_id)
    return ok_response(resource)


def _build_quota(ctx: RequestContext, code: str) -> Fields:
    name, scope, default = _QUOTAS[code]
    value = ctx.organization.quotas.get(code, default)
    quota = {"quotaCode": code, "name": name, "description": f"{name}.", "scope": scope, "value": value}
    if code == "services-per-organization":
        quota["usage"] = len(ctx.store.list_services(ctx.organization.id))
    if code == "api-keys-per-organization":
        quota["usage"] = len(ctx.organization.keys)
    return {**quota, "adjustable": True}


def list_quotas(ctx: RequestContext) -> ApiResponse:
    return ok_response([_build_quota(ctx, code) for code in _QUOTAS])


def check_quotas(given: Any) -> dict[str, int]:
    """Return the limits of quotas that a test sets, by their codes."""
    record(dict.fromkeys(_QUOTAS, number(0, 1_000_000)))("quotas", given)
    unknown = given.keys() - _QUOTAS.keys()
    if unknown:
        raise ValueError(f"Unknown key '{min(unknown)}': the quotas are {', '.join(_QUOTAS)}.")
    limits: dict[str, int] = given
    return limits


def get_quota(ctx: RequestContext) -> ApiResponse:
    code = ctx.ids["quotaCode"]
    if code not in _QUOTAS:
        raise not_found(code)
    return ok_response(_build_quota(ctx, code))
