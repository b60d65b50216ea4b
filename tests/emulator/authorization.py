# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions that each request needs. The roles of the key have to allow all of them."""

from __future__ import annotations

from .request_context import RequestContext
from .responses import ApiError
from .service import Service

_ORGANIZATION = "/v1/organizations/{organizationId}"
_SERVICE = _ORGANIZATION + "/services/{serviceId}"
_FUNCTION = _ORGANIZATION + "/udfs/{functionName}"

# By method and path: the permissions, without "control-plane:".
REQUIRED: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", _ORGANIZATION): ("organization:view",),
    ("PATCH", _ORGANIZATION): ("organization:manage",),
    ("GET", _ORGANIZATION + "/privateEndpointConfig"): ("organization:view",),
    ("GET", _ORGANIZATION + "/usageCost"): ("organization:view",),
    ("GET", _ORGANIZATION + "/keys"): ("organization:view-api-keys",),
    ("POST", _ORGANIZATION + "/keys"): ("organization:create-api-keys",),
    ("GET", _ORGANIZATION + "/keys/{keyId}"): ("organization:view-api-keys",),
    ("PATCH", _ORGANIZATION + "/keys/{keyId}"): ("organization:view-api-keys", "organization:update-api-keys"),
    ("DELETE", _ORGANIZATION + "/keys/{keyId}"): ("organization:view-api-keys", "organization:delete-api-keys"),
    ("GET", _ORGANIZATION + "/roles"): ("organization:manage",),
    ("POST", _ORGANIZATION + "/roles"): ("organization:manage",),
    ("GET", _ORGANIZATION + "/roles/{roleId}"): ("organization:manage",),
    ("PATCH", _ORGANIZATION + "/roles/{roleId}"): ("organization:manage",),
    ("DELETE", _ORGANIZATION + "/roles/{roleId}"): ("organization:manage",),
    ("GET", _ORGANIZATION + "/members"): ("organization:view",),
    ("GET", _ORGANIZATION + "/members/{userId}"): ("organization:view",),
    ("PATCH", _ORGANIZATION + "/members/{userId}"): ("organization:manage",),
    ("DELETE", _ORGANIZATION + "/members/{userId}"): ("organization:manage",),
    ("GET", _ORGANIZATION + "/invitations"): ("organization:view",),
    ("POST", _ORGANIZATION + "/invitations"): ("organization:manage",),
    ("GET", _ORGANIZATION + "/invitations/{invitationId}"): ("organization:view",),
    ("DELETE", _ORGANIZATION + "/invitations/{invitationId}"): ("organization:manage",),
    ("GET", _ORGANIZATION + "/activities"): ("organization:view-activities",),
    ("GET", _ORGANIZATION + "/activities/{activityId}"): ("organization:view-activities",),
    ("GET", _ORGANIZATION + "/quotas"): ("organization:view",),
    ("GET", _ORGANIZATION + "/quotas/{quotaCode}"): ("organization:view",),
    ("POST", _ORGANIZATION + "/udfUploads/url"): ("organization:manage",),
    ("GET", _ORGANIZATION + "/udfs"): ("organization:view",),
    ("POST", _ORGANIZATION + "/udfs"): ("organization:manage",),
    ("GET", _FUNCTION): ("organization:view",),
    ("DELETE", _FUNCTION): ("organization:manage",),
    ("GET", _FUNCTION + "/versions"): ("organization:view",),
    ("POST", _FUNCTION + "/versions"): ("organization:manage",),
    ("DELETE", _FUNCTION + "/versions/{version}"): ("organization:manage",),
    ("GET", _FUNCTION + "/attachments"): ("organization:view",),
    ("GET", _FUNCTION + "/attachments/{serviceId}"): ("organization:view",),
    ("PUT", _FUNCTION + "/attachments/{serviceId}"): ("organization:manage",),
    ("DELETE", _FUNCTION + "/attachments/{serviceId}"): ("organization:manage",),
    ("GET", _ORGANIZATION + "/serviceProfiles"): ("organization:view",),
    ("GET", _ORGANIZATION + "/notificationTypes"): ("organization:view",),
    ("GET", _ORGANIZATION + "/activeBalances"): ("organization:view-billing",),
    ("GET", _ORGANIZATION + "/creditBalances"): ("organization:view-billing",),
    ("POST", _ORGANIZATION + "/services"): ("organization:create-service", "service:manage"),
    ("GET", _SERVICE): ("service:view",),
    ("PATCH", _SERVICE): ("service:manage",),
    ("DELETE", _SERVICE): ("service:delete",),
    ("PATCH", _SERVICE + "/state"): ("service:manage",),
    ("PATCH", _SERVICE + "/scaling"): ("service:manage-scaling-config",),
    ("PATCH", _SERVICE + "/replicaScaling"): ("service:manage-scaling-config",),
    ("PATCH", _SERVICE + "/password"): ("service:manage",),
    ("GET", _SERVICE + "/privateEndpointConfig"): ("service:view-private-endpoints",),
    ("POST", _SERVICE + "/privateEndpoint"): ("service:manage-private-endpoints",),
    ("GET", _SERVICE + "/prometheus"): ("service:view",),
    ("GET", _SERVICE + "/backups"): ("service:view-backups",),
    ("GET", _SERVICE + "/backups/{backupId}"): ("service:view-backups",),
    ("GET", _SERVICE + "/backupConfiguration"): ("service:view-backups",),
    ("PATCH", _SERVICE + "/backupConfiguration"): ("service:manage-backups",),
    ("GET", _SERVICE + "/backupBucket"): ("service:view-backups",),
    ("POST", _SERVICE + "/backupBucket"): ("service:manage-backups",),
    ("PATCH", _SERVICE + "/backupBucket"): ("service:manage-backups",),
    ("DELETE", _SERVICE + "/backupBucket"): ("service:manage-backups",),
    ("GET", _SERVICE + "/snapshots"): ("service:view-snapshots",),
    ("GET", _SERVICE + "/snapshots/{snapshotId}"): ("service:view-snapshots",),
    ("GET", _SERVICE + "/snapshotConfiguration"): ("service:view-snapshots",),
    ("PATCH", _SERVICE + "/snapshotConfiguration"): ("service:manage-snapshots",),
    ("GET", _SERVICE + "/replicaAwareRouting"): ("service:view",),
    ("PATCH", _SERVICE + "/replicaAwareRouting"): ("service:manage",),
    ("GET", _SERVICE + "/query-api-endpoints"): ("service:view-query-api-endpoints",),
    ("POST", _SERVICE + "/query-api-endpoints"): ("service:manage-query-api-endpoints",),
    ("GET", _SERVICE + "/query-api-endpoints/{endpointId}"): ("service:view-query-api-endpoints",),
    ("PUT", _SERVICE + "/query-api-endpoints/{endpointId}"): ("service:manage-query-api-endpoints",),
    ("DELETE", _SERVICE + "/query-api-endpoints/{endpointId}"): ("service:manage-query-api-endpoints",),
    ("GET", _SERVICE + "/saved-queries"): ("service:view",),
    ("POST", _SERVICE + "/saved-queries"): ("service:manage",),
    ("GET", _SERVICE + "/saved-queries/{queryId}"): ("service:view",),
    ("PUT", _SERVICE + "/saved-queries/{queryId}"): ("service:manage",),
    ("DELETE", _SERVICE + "/saved-queries/{queryId}"): ("service:manage",),
    ("GET", _SERVICE + "/serviceQueryEndpoint"): ("service:view-query-api-endpoints",),
    ("POST", _SERVICE + "/serviceQueryEndpoint"): ("service:manage-query-api-endpoints",),
    ("DELETE", _SERVICE + "/serviceQueryEndpoint"): ("service:manage-query-api-endpoints",),
    ("GET", _SERVICE + "/clickhouseSettings"): ("service:view",),
    ("PATCH", _SERVICE + "/clickhouseSettings"): ("service:manage",),
    ("GET", _SERVICE + "/clickhouseSettings/schema"): ("service:view",),
    ("GET", _SERVICE + "/clickhouseSettings/{settingName}"): ("service:view",),
    ("DELETE", _SERVICE + "/clickhouseSettings/{settingName}"): ("service:manage",),
    ("GET", _SERVICE + "/upgradeWindow"): ("service:view",),
    ("PUT", _SERVICE + "/upgradeWindow"): ("service:manage",),
    ("DELETE", _SERVICE + "/upgradeWindow"): ("service:manage",),
    ("GET", _SERVICE + "/scalingSchedule"): ("service:view",),
    ("POST", _SERVICE + "/scalingSchedule"): ("service:manage-scaling-config",),
    ("DELETE", _SERVICE + "/scalingSchedule"): ("service:manage-scaling-config",),
}
# The requests that need no permission.
UNRESTRICTED: frozenset[tuple[str, str]] = frozenset(
    ("GET", path)
    for path in (
        "/v1/whoami",
        "/v1/organizations",
        _ORGANIZATION + "/prometheus",
        _ORGANIZATION + "/prometheus/discovery",
        _ORGANIZATION + "/notifications",
        _ORGANIZATION + "/services",
    )
)
# By method, path and field of the body: a further permission that the request needs with this field.
REQUIRED_WITH_FIELD: dict[tuple[str, str, str], str] = {
    ("POST", _ORGANIZATION + "/services", "deletionProtection"): "service:delete",
    ("POST", _ORGANIZATION + "/services", "privateEndpointIds"): "service:manage-private-endpoints",
    ("PATCH", _SERVICE, "ipAccessList"): "service:manage-ip-access-list",
    ("PATCH", _SERVICE, "privateEndpointIds"): "service:manage-private-endpoints",
    ("PATCH", _SERVICE, "deletionProtection"): "service:delete",
}


def check(ctx: RequestContext, method: str, template: str) -> None:
    """Raise ApiError with status 403 unless the roles of the key allow the request."""
    required = [*REQUIRED.get((method, template), ())]
    for (with_method, path, name), permission in REQUIRED_WITH_FIELD.items():
        if (with_method, path) == (method, template) and name in ctx.body:
            required.append(permission)
    for permission in required:
        require(ctx, permission, ctx.ids.get("serviceId", "*"))


def require(ctx: RequestContext, permission: str, service_id: str = "*") -> None:
    """Raise ApiError with status 403 unless the key has a permission, such as "service:view"; "*" is all services."""
    if not has_permission(ctx, permission, service_id):
        raise ApiError(403)


def has_permission(ctx: RequestContext, permission: str, service_id: str = "*") -> bool:
    """Return whether the roles of the key include a permission, for the organization or for a service."""
    is_service = permission.startswith("service:")
    resource = f"instance/{service_id}" if is_service else f"organization/{ctx.organization.id}"
    return ctx.organization.allows(ctx.key.actor, f"control-plane:{permission}", resource)


def list_visible_services(ctx: RequestContext) -> list[Service]:
    """Return the services of the organization that the key may view."""
    services = ctx.store.list_services(ctx.organization.id)
    return [service for service in services if has_permission(ctx, "service:view", service.id)]
