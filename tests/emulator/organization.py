# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An organization with its keys and members."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]

# The members of every organization, by user ID.
MEMBERS = {
    "6f1c2a3b-4d5e-4f60-8172-839405a6b7c8": "Owner",
    "7a2d3b4c-5e6f-4071-9283-94a5b6c7d8e9": "Colleague",
}


@dataclass
class Key:
    """An API key. `key_id` is its user name in HTTP authentication, not the ID of its resource."""

    key_id: str
    secret: str | None
    fields: Fields
    roles: list[str] = field(default_factory=lambda: ["admin"])
    # The permissions that a test has removed.
    forbidden: frozenset[str] = frozenset()

    def to_resource(self) -> Fields:
        return dict(self.fields)


@dataclass
class Organization:
    fields: Fields
    tier: str = "ENTERPRISE"
    keys: list[Key] = field(default_factory=list)
    roles: list[Fields] = field(default_factory=list)
    members: list[Fields] = field(default_factory=list)
    invitations: list[Fields] = field(default_factory=list)
    activities: list[Fields] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    def new_role(self, name: str, role_type: str, now: str) -> Fields:
        tenant = f"organization/{self.id}"
        return {
            "id": str(uuid.uuid4()),
            "tenantId": tenant,
            "ownerId": tenant,
            "name": name,
            "type": role_type,
            "actors": [],
            "policies": [],
            "createdAt": now,
            "updatedAt": now,
        }

    def add_default_roles_and_members(self) -> None:
        """Add the system roles and the members that every organization has."""
        now = str(self.fields["createdAt"])
        for name in ("Admin", "Developer"):
            self.roles.append(self.new_role(name, "system", now))
        for (user_id, name), role in zip(MEMBERS.items(), self.roles):
            self.members.append(
                {
                    "userId": user_id,
                    "name": name,
                    "email": f"{name.lower()}@example.com",
                    "role": str(role["name"]).lower(),
                    "joinedAt": now,
                    "assignedRoles": [{"roleId": role["id"], "roleName": role["name"], "roleType": "system"}],
                }
            )
