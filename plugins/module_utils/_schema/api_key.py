# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of an API key of the organization."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from .._errors import InvalidOption, UnexpectedResponse
from .._json import abbreviate, parse_timestamp
from .fields import Change, Field, Schema
from .ip_access_list import IpAccessList

#: The expiry of a key that does not expire, for which the API has null.
NEVER = "never"

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class AssignedRole(NamedTuple):
    """A role of the organization, as a key refers to it."""

    role_id: str
    role_name: str
    role_type: str

    def is_named(self, name_or_id: str) -> bool:
        """Return whether the option names this role, by its name or ID."""
        return name_or_id == self.role_name or name_or_id.lower() == self.role_id.lower()


def format_expiry(seconds: float) -> str:
    """Return a time in seconds since 1970 as the API takes it."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class EnabledField(Field):
    """A switch that the API has as one of two states."""

    @property
    def response_type(self) -> str:
        return "str"

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = resource.get(self.name)
        return value == "enabled" if value in ("enabled", "disabled") else value

    def to_create(self, desired: Any) -> Any:
        return "enabled" if desired else "disabled"

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        return None if before == desired else Change(self, before, desired, self.to_create(desired))


class ExpiryField(Field):
    """A point in time, or never. Times are compared to the second, in whatever zone they are written."""

    def desired(self, options: Mapping[str, Any]) -> Any:
        text = options.get(self.option)
        if text is None or text.strip().lower() == NEVER:
            return text and NEVER
        seconds = parse_timestamp(f"{text.strip()}T00:00:00Z" if _DATE.fullmatch(text.strip()) else text)
        if seconds is None:
            raise InvalidOption(
                f"{self.option} must be a date such as 2027-03-31, a date with a time such as 2027-03-31T18:00:00Z, or"
                f" {NEVER}; {text!r} is not."
            )
        return format_expiry(seconds)

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = resource.get(self.name)
        if value in (None, ""):
            return NEVER
        seconds = parse_timestamp(value)
        return value if seconds is None else format_expiry(seconds)

    def to_create(self, desired: Any) -> Any:
        return None if desired == NEVER else desired

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        return None if before == desired else Change(self, before, desired, self.to_create(desired))


class KeyRolesField(Field):
    """The roles of a key, unordered. The option has their names or IDs; desired values are AssignedRoles."""

    def current(self, resource: Mapping[str, Any]) -> Any:
        return [role.role_name for role in assigned_roles(resource)]

    def checked_current(self, resource: Mapping[str, Any]) -> Any:
        value = resource.get("assignedRoles")
        if value is not None and len(assigned_roles(resource)) != (len(value) if isinstance(value, list) else -1):
            raise UnexpectedResponse(
                f"The API returned {abbreviate(value)} for assignedRoles; expected a list of objects with roleId."
            )
        return self.current(resource)

    def to_create(self, desired: Any) -> Any:
        return [role.role_id for role in desired]

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        if {role.role_id for role in assigned_roles(resource)} == {role.role_id for role in desired}:
            return None
        return Change(self, before, [role.role_name for role in desired], self.to_create(desired))


def assigned_roles(key: Mapping[str, Any]) -> list[AssignedRole]:
    """Return the roles of a key, without malformed ones."""
    values = key.get("assignedRoles")
    roles = [role for role in values if isinstance(role, dict)] if isinstance(values, list) else []
    return [
        AssignedRole(role["roleId"].lower(), str(role.get("roleName")), str(role.get("roleType")))
        for role in roles
        if isinstance(role.get("roleId"), str)
    ]


def pick_roles(roles: Iterable[AssignedRole], names: Iterable[str]) -> list[AssignedRole] | None:
    """Return the roles if the names or IDs are those of all of them, and of no others; otherwise None."""
    listed, wanted = list(roles), list(names)
    is_complete = all(any(role.is_named(name) for role in listed) for name in wanted)
    is_exact = all(any(role.is_named(name) for name in wanted) for role in listed)
    return listed if is_complete and is_exact else None


API_KEY = Schema(
    options=[
        Field("key_id", api="id", result="id", patch_path=None, in_create=False, spec={"no_log": False}),
        Field("name"),
        EnabledField("enabled", "bool", api="state"),
        KeyRolesField("roles", "list", api="assignedRoleIds", spec={"elements": "str"}),
        IpAccessList("ip_access_list", is_whole=True),
        ExpiryField("expire_at"),
    ],
    read_only=["assignedRoles", "keySuffix", "createdAt", "usedAt"],
)
