# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Invite, change and remove the members of an organization."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._client.invitations import INVITATION_ENDPOINTS
from .._client.members import MEMBER_ENDPOINTS
from .._errors import InvalidOption, NotFound
from .._json import Resource, parse_timestamp
from .._module.context import ModuleContext
from .._schema.member import (
    ASSIGNED_ROLES,
    INVITATION,
    MEMBER,
    DesiredRoles,
    RoleReference,
    list_roles,
    list_system_roles,
)
from .._service.collection import Collection, Element
from .._service.names import ADMIN, ROLE_NAMES, NameLookup, accept_planned_role

MEMBERS = Collection(
    name="member",
    plural="members",
    result="member",
    results="members",
    schema=MEMBER,
    endpoints=MEMBER_ENDPOINTS,
    id_option="user_id",
    name_option="email",
    of_service=False,
    listed_in_full=True,
    ignores_case=True,
)
INVITATIONS = Collection(
    name="invitation",
    plural="invitations",
    result="invitation",
    results="invitations",
    schema=INVITATION,
    endpoints=INVITATION_ENDPOINTS,
    id_option="invitation_id",
    name_option="email",
    of_service=False,
    listed_in_full=True,
    ignores_case=True,
)


def ensure_member(ctx: ModuleContext) -> None:
    """Invite someone, or change the roles of a member, or remove both the member and invitations, as options state."""
    email = _require_email(ctx)
    members = MEMBERS.find_all(ctx.api, "", None)
    member = next((one for one in members if MEMBERS.has_name(one, email)), None)
    ctx.set_result(member=member and MEMBER.to_result(member), invitation=None)
    if member is not None:
        _change_member(ctx, member, members)
    # A member may still have an invitation, which is then of no use.
    if member is None or ctx.options["state"] == "absent":
        _change_invitations(ctx, email)


def _require_email(ctx: ModuleContext) -> str:
    """Return the email address in lower case, as the API stores it. Raise InvalidOption."""
    email: str = ctx.options["email"].strip().lower()
    if email.count("@") != 1 or email.startswith("@") or email.endswith("@") or " " in email:
        raise InvalidOption(f"email must be an email address such as alice@example.com; {email!r} is not.")
    return email


def _change_member(ctx: ModuleContext, member: Resource, members: list[Resource]) -> None:
    element = Element(ctx, MEMBERS, "", member)
    if ctx.options["state"] == "absent":
        _check_last_administrator(member, [], members)
        element.delete()
        return
    roles = _resolve_roles(ctx, member)
    desired = {} if roles is None else {ASSIGNED_ROLES.option: roles}
    if roles is not None:
        _check_last_administrator(member, roles.apply(list_roles(member)), members)
    element.create_or_update(desired)


def _resolve_roles(ctx: ModuleContext, current: Mapping[str, Any]) -> DesiredRoles | None:
    """Return the desired roles, with the ID and the name of each if they differ from the current ones."""
    desired: DesiredRoles | None = ASSIGNED_ROLES.desired(ctx.options)
    if desired is None or ASSIGNED_ROLES.diff(current, desired) is None:
        return desired
    lookup = NameLookup(ctx.api, ROLE_NAMES)
    return DesiredRoles(tuple(_resolve_role(ctx, lookup, name) for name, _id in desired.roles), desired.mode)


def _resolve_role(ctx: ModuleContext, lookup: NameLookup, name: str) -> RoleReference:
    """Return the ID and the name of the role; in check mode, the name twice if it may be planned. Raise NotFound."""
    try:
        return lookup.resolve_named(ASSIGNED_ROLES.option, [name])[0]
    except NotFound as error:
        accept_planned_role(ctx, name, error)
        return name, name


def _check_last_administrator(member: Resource, after: list[RoleReference], members: list[Resource]) -> None:
    """Raise InvalidOption if the member is the only one with the system role Admin, and would not have it any more."""
    administrators = [one["id"] for one in members if list_system_roles(one, ADMIN)]
    if administrators != [member["id"]] or {*list_system_roles(member, ADMIN)} & {*after}:
        return
    raise InvalidOption(
        f"{MEMBERS.name_of(member)} is the only member with the role {ADMIN}, and keeps it. Give the role to another"
        " member first."
    )


def _change_invitations(ctx: ModuleContext, email: str) -> None:
    """Invite the email address, unless it has an invitation with the desired roles; remove all others that it has."""
    ctx.add_diff({}, {})
    invitations = INVITATIONS.find_all(ctx.api, "", email)
    roles = None
    if ctx.options["state"] == "present":
        desired = ASSIGNED_ROLES.desired(ctx.options)
        valid = next((one for one in invitations if _is_valid(one, desired)), None)
        if valid is not None:
            ctx.set_result(invitation=INVITATION.to_result(valid))
            return
        roles = _roles_of_invitation(ctx, email, invitations)
    for invitation in invitations:
        Element(ctx, INVITATIONS, "", invitation).delete()
    if roles is not None:
        Element(ctx, INVITATIONS, "", None).create_or_update({"email": email, ASSIGNED_ROLES.option: roles})


def _is_valid(invitation: Resource, desired: DesiredRoles | None) -> bool:
    """Return whether the invitation has not expired, and has the desired roles."""
    expires_at = parse_timestamp(invitation.get("expireAt"))
    has_roles = desired is None or ASSIGNED_ROLES.diff(invitation, desired) is None
    return has_roles and (expires_at is None or expires_at > time.time())


def _roles_of_invitation(ctx: ModuleContext, email: str, invitations: list[Resource]) -> DesiredRoles | None:
    """Return the roles of a new invitation, which may replace others; None if the email address is not to be invited.

    Raise InvalidOption unless the task names all of them: if it is interrupted after the deletion of the other
    invitation, the next run has to know them.
    """
    mode = ctx.options[f"{ASSIGNED_ROLES.option}_mode"]
    if not invitations and mode == "remove":
        return None
    desired = _resolve_roles(ctx, {})
    if desired is None and not invitations:
        raise InvalidOption(
            f"There is neither a member nor an invitation with the email {email}. To invite it, set roles."
        )
    if desired is None or (invitations and mode != "set"):
        raise InvalidOption(
            f"The invitation of {email} has expired or has other roles. An invitation cannot be changed: to replace it,"
            " set roles to all roles, with roles_mode: set."
        )
    return desired
