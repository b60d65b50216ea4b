# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of the people of an organization: members, invitations, roles, and what was done."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from .clock import iso, parse_iso
from .request_context import Call
from .responses import Answer, bad_request, done, not_found, success
from .state import check_id
from .validation import Table, array, check_fields, choice, record, refuse, text

Fields = dict[str, Any]

_LEGACY_ROLE = choice("admin", "developer")
_MEMBER: Table = {"role": _LEGACY_ROLE, "assignedRoleIds": array(text())}
_INVITATION: Table = {"email": text(3, 320, r"[^@\s]+@[^@\s]+"), **_MEMBER}
_POLICY: Table = {
    "allowDeny": choice("ALLOW", "DENY"),
    "permissions": array(text()),
    "resources": array(text()),
    "tags": record({"grants": array(text()), "roleV2": choice("sql-console-readonly", "sql-console-admin")}),
}
_ROLE: Table = {
    "name": text(),
    "actors": array(text()),
    "policies": array(record(_POLICY, ("allowDeny", "permissions", "resources"))),
}
_INVITATION_TIME = timedelta(days=7)
_QUOTAS: dict[str, tuple[str, str, int]] = {
    "services-per-organization": ("Services per organization", "organization", 20),
    "postgres-services-per-organization": ("Postgres services per organization", "organization", 5),
    "replicas-per-warehouse": ("Replicas per warehouse", "warehouse", 20),
}


def _find(things: list[Fields], kind: str, field: str, value: str) -> Fields:
    check_id(kind, value)
    found = next((thing for thing in things if thing[field] == value.lower()), None)
    if found is None:
        raise not_found(value)
    return found


def _assigned(call: Call, role_ids: list[str]) -> list[Fields]:
    roles = {role["id"]: role for role in call.organization.roles}
    for role_id in role_ids:
        if role_id not in roles:
            raise refuse("body.assignedRoleIds", "The role does not exist", role_id)
    return [
        {"roleId": role_id, "roleName": roles[role_id]["name"], "roleType": roles[role_id]["type"]}
        for role_id in role_ids
    ]


def list_members(call: Call) -> Answer:
    return success(call.organization.members)


def _member(call: Call) -> Fields:
    return _find(call.organization.members, "user", "userId", call.ids["userId"])


def get_member(call: Call) -> Answer:
    return success(_member(call))


def update_member(call: Call) -> Answer:
    member, body = _member(call), call.body
    check_fields(_MEMBER, body)
    if "role" in body:
        raise bad_request("Organization has migrated to Custom Roles. Use 'assignedRoleIds' instead of 'role'.")
    if "assignedRoleIds" in body:
        member["assignedRoles"] = _assigned(call, body["assignedRoleIds"])
    return success(member)


def delete_member(call: Call) -> Answer:
    call.organization.members.remove(_member(call))
    return done()


def list_invitations(call: Call) -> Answer:
    return success(call.organization.invitations)


def create_invitation(call: Call) -> Answer:
    body = call.body
    check_fields(_INVITATION, body, ("email",))
    now = call.clock.now()
    invitation = {
        "role": body.get("role", "developer"),
        "id": str(uuid.uuid4()),
        "email": body["email"].lower(),
        "createdAt": iso(now),
        "expireAt": iso(now + _INVITATION_TIME),
        "assignedRoles": _assigned(call, body.get("assignedRoleIds", [])),
    }
    call.organization.invitations.append(invitation)
    return success(invitation)


def _invitation(call: Call) -> Fields:
    return _find(call.organization.invitations, "invitation", "id", call.ids["invitationId"])


def get_invitation(call: Call) -> Answer:
    return success(_invitation(call))


def delete_invitation(call: Call) -> Answer:
    call.organization.invitations.remove(_invitation(call))
    return done()


def list_roles(call: Call) -> Answer:
    return success(call.organization.roles)


def create_role(call: Call) -> Answer:
    body = call.body
    check_fields(_ROLE, body, ("name", "actors", "policies"))
    role = call.organization.new_role(body["name"], "custom", call.clock.timestamp())
    _set_role(call, role, body)
    call.organization.roles.append(role)
    return success(role)


def _role(call: Call) -> Fields:
    return _find(call.organization.roles, "role", "id", call.ids["roleId"])


def get_role(call: Call) -> Answer:
    return success(_role(call))


def update_role(call: Call) -> Answer:
    role, body = _custom_role(call), call.body
    check_fields(_ROLE, body)
    _set_role(call, role, body)
    role["updatedAt"] = call.clock.timestamp()
    return success(role)


def delete_role(call: Call) -> Answer:
    call.organization.roles.remove(_custom_role(call))
    return done()


def _custom_role(call: Call) -> Fields:
    role = _role(call)
    if role["type"] == "system":
        raise bad_request("System roles cannot be changed")
    return role


def _set_role(call: Call, role: Fields, body: Fields) -> None:
    role.update({name: body[name] for name in ("name", "actors") if name in body})
    if "policies" in body:
        policies = [{name: policy[name] for name in _POLICY if name in policy} for policy in body["policies"]]
        about = {"roleId": role["id"], "tenantId": role["tenantId"]}
        role["policies"] = [{"id": str(uuid.uuid4()), **about, **policy} for policy in policies]


def list_activities(call: Call) -> Answer:
    first, last = _moment(call, "from_date"), _moment(call, "to_date")
    return success(
        [
            one
            for one in reversed(call.organization.activities)
            if not (first and parse_iso(one["createdAt"]) < first) and not (last and parse_iso(one["createdAt"]) > last)
        ]
    )


def _moment(call: Call, name: str) -> datetime | None:
    """Return the moment of a query parameter, if it is there. A date alone is the whole day."""
    text = call.query.get(name, [""])[-1]
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
    time_of_day = {"from_date": "T00:00:00Z", "to_date": "T23:59:59Z"}[name] if is_date else ""
    try:
        return parse_iso(f"{text}{time_of_day}") if text else None
    except ValueError:
        raise refuse(f"query.{name}", "The value must be a date, or a date and time", text) from None


def get_activity(call: Call) -> Answer:
    activity_id = call.ids["activityId"]
    if len(activity_id) < 20:
        raise bad_request(f"length is too small: {len(activity_id)} < 20")
    found = next((one for one in call.organization.activities if one["id"] == activity_id), None)
    if found is None:
        raise not_found(activity_id)
    return success(found)


def _quota(call: Call, code: str) -> Fields:
    name, scope, value = _QUOTAS[code]
    quota = {"quotaCode": code, "name": name, "description": f"{name}.", "scope": scope, "value": value}
    if code == "services-per-organization":
        quota["usage"] = len(call.store.services(call.organization.id))
    return {**quota, "adjustable": True}


def list_quotas(call: Call) -> Answer:
    return success([_quota(call, code) for code in _QUOTAS])


def get_quota(call: Call) -> Answer:
    code = call.ids["quotaCode"]
    if code not in _QUOTAS:
        raise not_found(code)
    return success(_quota(call, code))
