# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log of an organization."""

from __future__ import annotations

import uuid
from typing import Any

from .request_context import RequestContext

_SERVICE = "services/{serviceId}"

# The activity type of a request by its method and path suffix. Other requests are not logged.
_TYPES: dict[tuple[str, str], str] = {
    ("PATCH", "{organizationId}"): "organization_update_name",
    ("POST", "services"): "service_create",
    ("DELETE", _SERVICE): "service_delete",
    ("PATCH", "scaling"): "service_update_autoscaling_memory",
    ("PATCH", "replicaScaling"): "service_update_autoscaling_memory",
    ("PATCH", "password"): "service_update_password",
    ("PATCH", "backupConfiguration"): "service_update_backup_configuration",
    ("POST", "privateEndpoint"): "service_update_private_endpoints",
    ("POST", "keys"): "key_create",
    ("PATCH", "keys/{keyId}"): "openapi_key_update",
    ("DELETE", "keys/{keyId}"): "key_delete",
    ("POST", "invitations"): "organization_invite_create",
    ("DELETE", "invitations/{invitationId}"): "organization_invite_delete",
    ("PATCH", "members/{userId}"): "organization_member_update_roles",
    ("DELETE", "members/{userId}"): "organization_member_delete",
}
_FIELD_TYPES = {
    "name": "service_update_name",
    "ipAccessList": "service_update_ip_access_list",
    "releaseChannel": "service_update_release_channel",
    "privateEndpointIds": "service_update_private_endpoints",
    "enableCoreDumps": "service_update_core_dump",
}
_COMMAND_TYPES = {"start": "service_start", "stop": "service_stop", "awake": "service_awaken"}


def record(ctx: RequestContext, method: str, template: str) -> None:
    """Append an activity for each change that the request has made."""
    for activity_type in _activity_types(ctx, method, template):
        activity: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "createdAt": ctx.clock.timestamp(),
            "type": activity_type,
            "actorType": "api",
            "actorId": ctx.key.id,
            "actorDetails": ctx.key.fields["name"],
            "actorIpAddress": "127.0.0.1",
            "organizationId": ctx.organization.id,
        }
        if "serviceId" in ctx.ids:
            activity["serviceId"] = ctx.ids["serviceId"]
        ctx.organization.activities.append(activity)


def _activity_types(ctx: RequestContext, method: str, template: str) -> list[str]:
    if template.endswith("/state"):
        return [_COMMAND_TYPES[ctx.body["command"]]]
    if (method, template.endswith(_SERVICE)) == ("PATCH", True):
        return [activity_type for name, activity_type in _FIELD_TYPES.items() if name in ctx.body]
    return [
        activity_type
        for (verb, path_suffix), activity_type in _TYPES.items()
        if verb == method and template.endswith(f"/{path_suffix}")
    ]
