# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a member of an organization and of an invitation to it, of which the roles are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .fields import MODES, Change, Field, Schema

#: The ID and the name of a role. Before the roles of the organization are read, both are the value of the option.
RoleReference = tuple[str, str]


@dataclass(frozen=True)
class DesiredRoles:
    """The roles that a task names, and how to apply them: one of MODES."""

    roles: tuple[RoleReference, ...]
    mode: str

    def apply(self, assigned: list[RoleReference]) -> list[RoleReference]:
        """Return the roles that someone with these roles has once the desired ones are applied."""
        named = [role for role in assigned if self._is_named(role)]
        if self.mode == "remove":
            return [role for role in assigned if role not in named]
        return [*(named if self.mode == "set" else assigned), *self._list_missing(assigned)]

    def _is_named(self, role: RoleReference) -> bool:
        return any(_is_same(desired, role) for desired in self.roles)

    def _list_missing(self, assigned: list[RoleReference]) -> list[RoleReference]:
        return [desired for desired in self.roles if not any(_is_same(desired, role) for role in assigned)]


def _is_same(desired: RoleReference, role: RoleReference) -> bool:
    """Return whether the desired role is this one: by its ID, or before that is known, by the value of the option."""
    return desired[0].lower() == role[0].lower() or desired[0] == role[1]


@dataclass(frozen=True)
class AssignedRolesField(Field):
    """The roles of a member or of an invitation, by their names. Requests have their IDs."""

    type: str = "list"

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        mode = {"type": "str", "choices": list(MODES), "default": MODES[0]}
        return {**super().argument_spec(), f"{self.option}_mode": mode}

    def desired(self, options: Mapping[str, Any]) -> Any:
        names = options.get(self.option)
        if names is None:
            return None
        return DesiredRoles(tuple((name, name) for name in dict.fromkeys(names)), options[f"{self.option}_mode"])

    def current(self, resource: Mapping[str, Any]) -> Any:
        roles = resource.get(self.name)
        return _names(list_roles(resource)) if isinstance(roles, list) else roles

    def to_create(self, desired: Any) -> Any:
        return [role_id for role_id, _name in desired.apply([])]

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        assigned = list_roles(resource)
        after = desired.apply(assigned)
        if {*after} == {*assigned}:
            return None
        return Change(self, before, _names(after), [role_id for role_id, _name in after])


def list_roles(resource: Mapping[str, Any]) -> list[RoleReference]:
    """Return the ID and the name of each role of a member or of an invitation."""
    return [(str(role.get("roleId")), str(role.get("roleName"))) for role in _entries(resource)]


def list_system_roles(resource: Mapping[str, Any], name: str) -> list[RoleReference]:
    """Return the system role of this name if the member has it. A custom role may have the same name."""
    roles = zip(_entries(resource), list_roles(resource))
    return [role for entry, role in roles if role[1] == name and entry.get("roleType") == "system"]


def _entries(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the assigned roles, without malformed ones."""
    roles = resource.get(ASSIGNED_ROLES.name)
    return [role for role in roles if isinstance(role, dict)] if isinstance(roles, list) else []


def _names(roles: Iterable[RoleReference]) -> list[str]:
    return sorted(name for _role_id, name in roles)


ASSIGNED_ROLES = AssignedRolesField("roles", api="assignedRoles", spec={"elements": "str"})

MEMBER = Schema(
    options=[
        Field("user_id", api="id", result="id", patch_path=None, in_create=False),
        Field("email"),
        ASSIGNED_ROLES,
    ],
    read_only=["name", "joinedAt", "role"],
)

INVITATION = Schema(
    options=[
        Field("invitation_id", api="id", result="id", patch_path=None, in_create=False),
        Field("email"),
        ASSIGNED_ROLES,
    ],
    read_only=["createdAt", "expireAt", "role"],
)
