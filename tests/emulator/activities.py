# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log of an organization."""

from __future__ import annotations

import uuid
from typing import Any

from .request_context import RequestContext

Fields = dict[str, Any]

_SERVICE = "services/{serviceId}"
_KEY = "keys/{keyId}"
_ROLE = "roles/{roleId}"
_MEMBER = "members/{userId}"

# The activity type of a request by its method and the end of its path.
_TYPES: dict[tuple[str, str], str] = {
    ("POST", "services"): "service_create",
    ("DELETE", _SERVICE): "service_delete",
    ("PATCH", "password"): "service_update_password",
    ("PATCH", "backupConfiguration"): "service_update_backup_configuration",
    ("PATCH", "snapshotConfiguration"): "service_update_snapshot_configuration",
    ("POST", "backupBucket"): "backup_bucket_create",
    ("PATCH", "backupBucket"): "backup_bucket_update",
    ("DELETE", "backupBucket"): "backup_bucket_delete",
    ("POST", "privateEndpoint"): "service_update_private_endpoints",
    ("POST", "serviceQueryEndpoint"): "service_update_query_endpoints",
    ("DELETE", "serviceQueryEndpoint"): "service_update_query_endpoints",
    ("POST", "query-api-endpoints"): "service_update_query_endpoints",
    ("PUT", "query-api-endpoints/{endpointId}"): "service_update_query_endpoints",
    ("DELETE", "query-api-endpoints/{endpointId}"): "service_update_query_endpoints",
    ("POST", "scalingSchedule"): "service_update_autoscaling_schedule",
    ("DELETE", "scalingSchedule"): "service_update_autoscaling_schedule",
    ("PUT", "upgradeWindow"): "service_update_upgrade_window",
    ("DELETE", "upgradeWindow"): "service_delete_upgrade_window",
    ("POST", "keys"): "key_create",
    ("DELETE", _KEY): "key_delete",
    ("POST", "roles"): "role_create",
    ("PATCH", _ROLE): "role_update",
    ("DELETE", _ROLE): "role_delete",
    ("POST", "invitations"): "organization_invite_create",
    ("DELETE", "invitations/{invitationId}"): "organization_invite_delete",
    ("DELETE", _MEMBER): "organization_member_delete",
}
_SCALING = {
    "minReplicaMemoryGb": "service_update_autoscaling_memory",
    "maxReplicaMemoryGb": "service_update_autoscaling_memory",
    "minTotalMemoryGb": "service_update_autoscaling_memory",
    "maxTotalMemoryGb": "service_update_autoscaling_memory",
    "autoscalingMode": "service_update_autoscaling_replicas",
    "numReplicas": "service_update_autoscaling_replicas",
    "minReplicas": "service_update_autoscaling_replicas",
    "maxReplicas": "service_update_autoscaling_replicas",
    "idleScaling": "service_update_autoscaling_idling",
    "idleTimeoutMinutes": "service_update_autoscaling_idling",
}
# For the requests that can change several things: the activity types by the fields of the request.
_FIELD_TYPES: dict[tuple[str, str], dict[str, str]] = {
    ("PATCH", "{organizationId}"): {
        "name": "organization_update_name",
        "privateEndpoints": "organization_update_private_endpoints",
        "enableCoreDumps": "organization_update_core_dumps",
    },
    ("POST", "services"): {"backupId": "service_restore_backup"},
    ("PATCH", _SERVICE): {
        "name": "service_update_name",
        "ipAccessList": "service_update_ip_access_list",
        "releaseChannel": "service_update_release_channel",
        "privateEndpointIds": "service_update_private_endpoints",
        "enableCoreDumps": "service_update_core_dump",
        "endpoints": "service_update_mysql_interface",
        "transparentDataEncryptionKeyId": "service_encryption_key_rotated",
    },
    ("PATCH", _MEMBER): {"assignedRoleIds": "organization_member_update_roles"},
    ("PATCH", "scaling"): _SCALING,
    ("PATCH", "replicaScaling"): _SCALING,
}
_COMMAND_TYPES = {"start": "service_start", "stop": "service_stop", "awake": "service_awaken"}
_KEY_UPDATE_TYPES = {
    "name": "name-changed",
    "state": "state-changed",
    "expireAt": "date-changed",
    "ipAccessList": "ip-access-list-changed",
    "assignedRoleIds": "roles-v2-changed",
}


def record(ctx: RequestContext, method: str, template: str, role_names: dict[str, str]) -> None:
    """Append an activity for each change that the request has made. The names are those of the roles before it."""
    names = {**role_names, **ctx.organization.role_names()}
    for change in _describe_changes(ctx, method, template):
        activity: Fields = {
            "id": str(uuid.uuid4()),
            "createdAt": ctx.clock.timestamp(),
            "actorType": "api",
            "actorId": ctx.key.id,
            "actorDetails": ctx.key.fields["name"],
            "actorIpAddress": ctx.address,
            "userAgent": ctx.user_agent,
            "organizationId": ctx.organization.id,
            "serviceId": ctx.ids.get("serviceId"),
            **change,
        }
        if "targetRoleIds" in change:
            activity["targetRoleNames"] = [names[role_id] for role_id in change["targetRoleIds"]]
        ctx.organization.activities.append({name: value for name, value in activity.items() if value})


def _describe_changes(ctx: RequestContext, method: str, template: str) -> list[Fields]:
    """Return the type of each change, and the fields that only activities of this type have."""
    if template.endswith("/state"):
        return [{"type": _COMMAND_TYPES[ctx.body["command"]]}]
    if (method, template.endswith(f"/{_KEY}")) == ("PATCH", True):
        changes = [update for name, update in _KEY_UPDATE_TYPES.items() if name in ctx.body]
        return [
            {"type": "openapi_key_update", "targetKeyId": ctx.ids["keyId"].lower(), "keyUpdateType": update}
            for update in changes
        ]
    return [{"type": name, **_targets(ctx, name)} for name in _activity_types(ctx, method, template)]


def _activity_types(ctx: RequestContext, method: str, template: str) -> list[str]:
    """Return the types of a request, each of them once."""
    names: list[str] = []
    for (verb, path_end), name in _TYPES.items():
        if verb == method and template.endswith(f"/{path_end}"):
            names.append(name)
    for (verb, path_end), by_field in _FIELD_TYPES.items():
        if verb == method and template.endswith(f"/{path_end}"):
            names += [name for field, name in by_field.items() if field in ctx.body]
    return list(dict.fromkeys(names))


def _targets(ctx: RequestContext, activity_type: str) -> Fields:
    """Return the roles and members that an activity of this type is about."""
    if activity_type.startswith("role_"):
        return {"targetRoleIds": [ctx.ids["roleId"].lower()]}
    if activity_type == "organization_member_update_roles":
        actor = f"user/{ctx.ids['userId'].lower()}"
        roles = ctx.organization.assigned_roles(actor)
        return {"targetRoleIds": [role["roleId"] for role in roles], "targetActorIds": [actor]}
    return {}
