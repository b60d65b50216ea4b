# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An organization, its keys and its people."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]

# The same people are in every organization.
PEOPLE = {
    "6f1c2a3b-4d5e-4f60-8172-839405a6b7c8": "Owner",
    "7a2d3b4c-5e6f-4071-9283-94a5b6c7d8e9": "Colleague",
}


@dataclass
class Key:
    """An API key. Its id for HTTP is not the id of its resource."""

    key_id: str
    secret: str | None
    fields: Fields
    roles: list[str] = field(default_factory=lambda: ["admin"])
    # The permissions that a test has taken from it.
    forbidden: frozenset[str] = frozenset()

    def view(self) -> Fields:
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

    def new_role(self, name: str, kind: str, now: str) -> Fields:
        tenant = f"organization/{self.id}"
        return {
            "id": str(uuid.uuid4()),
            "tenantId": tenant,
            "ownerId": tenant,
            "name": name,
            "type": kind,
            "actors": [],
            "policies": [],
            "createdAt": now,
            "updatedAt": now,
        }

    def ensure_password_known(self) -> None:
        """Give a new organization the roles and the people that every one has here."""
        now = str(self.fields["createdAt"])
        for name in ("Admin", "Developer"):
            self.roles.append(self.new_role(name, "system", now))
        for (user_id, name), role in zip(PEOPLE.items(), self.roles):
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
