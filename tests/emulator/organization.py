# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An organization with its keys and members."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .functions import Function, Upload
from .roles import SYSTEM_ROLES, allows, build_system_policies

Fields = dict[str, Any]

# The members of every organization, by user ID.
MEMBERS = {
    "6f1c2a3b-4d5e-4f60-8172-839405a6b7c8": "Owner",
    "7a2d3b4c-5e6f-4071-9283-94a5b6c7d8e9": "Colleague",
}
_MEMBER_ROLES = ("Admin", "Member")


def hash_text(text: str) -> str:
    """Return the SHA-256 hash as the API has it: in Base64."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@dataclass
class Key:
    """An API key. `key_id` is its user name in HTTP authentication, not the ID of its resource."""

    key_id: str
    secret: str
    fields: Fields
    # Whether `key_id` and `secret` are the hashes of them, since the API was given only these.
    is_hashed: bool = False
    # The permissions that a test has removed.
    forbidden: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    @property
    def actor(self) -> str:
        """Return the key as the roles name it."""
        return f"apiKey/{self.id}"

    def has_credentials(self, key_id: str, secret: str) -> bool:
        given = (hash_text(key_id), hash_text(secret)) if self.is_hashed else (key_id, secret)
        return given == (self.key_id, self.secret)

    def admits(self, address: str) -> bool:
        """Return whether the IP access list of the key includes the address of a client. An empty list admits none."""
        client = ipaddress.ip_address(address)
        networks = [ipaddress.ip_network(entry["source"], strict=False) for entry in self.fields["ipAccessList"]]
        return any(client in network for network in networks)


# The features that are not enabled for every organization, with the tiers in which they are by default.
FEATURES: dict[str, tuple[str, ...]] = {
    "snapshots": ("ENTERPRISE",),
    "replicaAwareRouting": ("ENTERPRISE",),
    "clickhouseSettings": ("ENTERPRISE",),
    "horizontalAutoscaling": ("ENTERPRISE",),
    "scheduledAutoscaling": ("SCALE", "ENTERPRISE", "legacy"),
    "scheduledUpgrades": ("SCALE", "ENTERPRISE", "legacy"),
    "userDefinedFunctions": ("SCALE", "ENTERPRISE", "legacy"),
    "userDefinedFunctionNetwork": ("ENTERPRISE",),
    "organizationMetrics": ("BASIC", "SCALE", "ENTERPRISE", "legacy"),
    # The vendor's Terraform provider changes the actors of system roles, which the specification says is impossible.
    "systemRoleActors": ("BASIC", "SCALE", "ENTERPRISE", "legacy"),
}
# Until then, every organization has the metrics of all services in one response.
_END_OF_ORGANIZATION_METRICS = datetime(2027, 1, 1, tzinfo=timezone.utc)


@dataclass
class Organization:
    fields: Fields
    tier: str = "ENTERPRISE"
    keys: list[Key] = field(default_factory=list)
    roles: list[Fields] = field(default_factory=list)
    members: list[Fields] = field(default_factory=list)
    invitations: list[Fields] = field(default_factory=list)
    activities: list[Fields] = field(default_factory=list)
    # The usage cost records that a test has set.
    usage_cost: list[Fields] = field(default_factory=list)
    # The credit balances and notifications that a test has set.
    balances: list[Fields] = field(default_factory=list)
    notifications: list[Fields] = field(default_factory=list)
    # The limits of quotas that a test has set, by their codes.
    quotas: dict[str, int] = field(default_factory=dict)
    # The user-defined functions by name, and the uploads of their source by ID.
    functions: dict[str, Function] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    # The features that a test has enabled or disabled.
    features: dict[str, bool] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    def has_feature(self, name: str, now: datetime) -> bool:
        has_ended = name == "organizationMetrics" and now >= _END_OF_ORGANIZATION_METRICS
        return self.features.get(name, self.tier in FEATURES[name] and not has_ended)

    def to_resource(self, now: datetime) -> Fields:
        return {**self.fields, "capabilities": {"snapshots": self.has_feature("snapshots", now)}}

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

    def system_role_ids(self, names: tuple[str, ...]) -> list[str]:
        return [str(role["id"]) for role in self.roles if role["type"] == "system" and role["name"] in names]

    def role_names(self) -> dict[str, str]:
        """Return the names of the roles by their ID."""
        return {str(role["id"]): str(role["name"]) for role in self.roles}

    def assigned_roles(self, actor: str) -> list[Fields]:
        """Return the roles of an actor, which is "user/<ID>" or "apiKey/<ID>"."""
        return self.describe_roles([role["id"] for role in self.roles if actor in role["actors"]])

    def list_actors(self) -> set[str]:
        """Return all members and keys, as the roles name them."""
        return {f"user/{member['userId']}" for member in self.members} | {key.actor for key in self.keys}

    def describe_roles(self, role_ids: list[str]) -> list[Fields]:
        """Return the roles with these IDs, without those that no longer exist, as members and keys show them."""
        return [
            {"roleId": role["id"], "roleName": role["name"], "roleType": role["type"]}
            for role in self.roles
            if role["id"] in role_ids
        ]

    def assign_roles(self, actor: str, role_ids: list[str]) -> None:
        """Make these the only roles of an actor."""
        for role in self.roles:
            is_member = actor in role["actors"]
            if is_member and role["id"] not in role_ids:
                role["actors"] = [other for other in role["actors"] if other != actor]
            elif not is_member and role["id"] in role_ids:
                role["actors"] = [*role["actors"], actor]

    def allows(self, actor: str, permission: str, resource: str) -> bool:
        """Return whether the roles of an actor allow an action on a resource."""
        return allows([role for role in self.roles if actor in role["actors"]], permission, resource)

    def add_default_roles_and_members(self) -> None:
        """Add the system roles and the members that every organization has."""
        now = str(self.fields["createdAt"])
        for name in SYSTEM_ROLES:
            role = self.new_role(name, "system", now)
            role["policies"] = build_system_policies(name, role["id"], self.id)
            self.roles.append(role)
        for (user_id, name), role_name in zip(MEMBERS.items(), _MEMBER_ROLES):
            self.members.append(
                {
                    "userId": user_id,
                    "name": name,
                    "email": f"{name.lower()}@example.com",
                    "role": "admin" if role_name == "Admin" else "developer",
                    "joinedAt": now,
                }
            )
            self.assign_roles(f"user/{user_id}", self.system_role_ids((role_name,)))
