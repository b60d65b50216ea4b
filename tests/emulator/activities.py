# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of what was changed."""

from __future__ import annotations

import uuid
from typing import Any

from .request_context import Call

_SERVICE = "services/{serviceId}"

# What a change is called in the log, by its method and the end of its path. Other changes are not in the log.
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
_FIELDS = {
    "name": "service_update_name",
    "ipAccessList": "service_update_ip_access_list",
    "releaseChannel": "service_update_release_channel",
    "privateEndpointIds": "service_update_private_endpoints",
    "enableCoreDumps": "service_update_core_dump",
}
_COMMANDS = {"start": "service_start", "stop": "service_stop", "awake": "service_awaken"}


def record(call: Call, method: str, template: str) -> None:
    """Write what has been changed into the log."""
    for kind in _kinds(call, method, template):
        activity: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "createdAt": call.clock.timestamp(),
            "type": kind,
            "actorType": "api",
            "actorId": call.key.fields["id"],
            "actorDetails": call.key.fields["name"],
            "actorIpAddress": "127.0.0.1",
            "organizationId": call.organization.id,
        }
        if "serviceId" in call.ids:
            activity["serviceId"] = call.ids["serviceId"]
        call.organization.activities.append(activity)


def _kinds(call: Call, method: str, template: str) -> list[str]:
    if template.endswith("/state"):
        return [_COMMANDS[call.body["command"]]]
    if (method, template.endswith(_SERVICE)) == ("PATCH", True):
        return [kind for name, kind in _FIELDS.items() if name in call.body]
    return [kind for (verb, end), kind in _TYPES.items() if verb == method and template.endswith(f"/{end}")]
