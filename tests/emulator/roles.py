# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system roles, and what the policies of a role allow."""

from __future__ import annotations

import uuid
from typing import Any

Fields = dict[str, Any]

ORGANIZATION_PERMISSIONS = tuple(
    f"control-plane:organization:{name}"
    for name in (
        "view",
        "manage",
        "view-activities",
        "view-billing",
        "manage-billing",
        "view-api-keys",
        "create-api-keys",
        "update-api-keys",
        "delete-api-keys",
        "create-service",
    )
)
SERVICE_PERMISSIONS = tuple(
    f"control-plane:service:{name}"
    for name in (
        "view",
        "manage",
        "delete",
        "view-backups",
        "manage-backups",
        "view-snapshots",
        "manage-snapshots",
        "manage-ip-access-list",
        "manage-generative-ai",
        "view-query-api-endpoints",
        "manage-query-api-endpoints",
        "view-private-endpoints",
        "manage-private-endpoints",
        "manage-clickpipes",
        "view-scaling-config",
        "manage-scaling-config",
        "manage-clickstack-api",
    )
)
#: All permissions that a custom role can have. The emulator has no operations for those of Postgres.
PERMISSIONS = (
    *ORGANIZATION_PERMISSIONS,
    *SERVICE_PERMISSIONS,
    *(f"control-plane:postgres-service:{name}" for name in ("view", "manage", "delete")),
    # The tags of the policy say which user of the databases of a service the SQL console is.
    "sql-console:database:access",
)
_VIEW_SERVICE = tuple(name for name in SERVICE_PERMISSIONS if ":view" in name)
_VIEW_ORGANIZATION = tuple(name for name in ORGANIZATION_PERMISSIONS if ":view" in name)

#: The permissions of each system role, in the order of the API's list.
SYSTEM_ROLES: dict[str, tuple[str, ...]] = {
    "Admin": (*ORGANIZATION_PERMISSIONS, *SERVICE_PERMISSIONS),
    "Billing": (
        "control-plane:organization:view",
        "control-plane:organization:view-billing",
        "control-plane:organization:manage-billing",
    ),
    "Org API reader": _VIEW_ORGANIZATION,
    "Member": (),
    "Service API reader": _VIEW_SERVICE,
    "Service API admin": SERVICE_PERMISSIONS,
    "Basic service API reader": ("control-plane:service:view-query-api-endpoints",),
}
#: The system roles that replace each deprecated role of a key.
REPLACEMENTS: dict[str, tuple[str, ...]] = {
    "admin": ("Admin",),
    "developer": ("Org API reader", "Service API reader"),
    "query_endpoints": ("Basic service API reader",),
}


def build_system_policies(name: str, role_id: str, organization_id: str) -> list[Fields]:
    """Return the policies of a system role: one for the organization and one for all services, unless it is empty."""
    scopes = ((f"organization/{organization_id}", ORGANIZATION_PERMISSIONS), ("instance/*", SERVICE_PERMISSIONS))
    granted = [(resource, [item for item in SYSTEM_ROLES[name] if item in scope]) for resource, scope in scopes]
    ids = {"roleId": role_id, "tenantId": f"organization/{organization_id}"}
    return [
        {"id": str(uuid.uuid4()), **ids, "allowDeny": "ALLOW", "permissions": names, "resources": [resource]}
        for resource, names in granted
        if names
    ]


def allows(roles: list[Fields], permission: str, resource: str) -> bool:
    """Return whether the roles allow an action on a resource, such as "instance/<ID>". A policy that denies it wins."""
    effects = {
        policy["allowDeny"]
        for role in roles
        for policy in role["policies"]
        if permission in policy["permissions"] and any(_covers(pattern, resource) for pattern in policy["resources"])
    }
    return effects == {"ALLOW"}


def _covers(pattern: str, resource: str) -> bool:
    kind, _slash, name = pattern.partition("/")
    return pattern.lower() == resource.lower() or (name == "*" and resource.startswith(f"{kind}/"))
