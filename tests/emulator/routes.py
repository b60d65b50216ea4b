# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes: which function handles which request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import Pattern
from typing import Callable

from . import (
    billing,
    discovery,
    keys,
    members,
    notifications,
    organizations,
    private_endpoints,
    profiles,
    role_endpoints,
    service_subresources,
    services,
    settings,
    snapshots,
    udf_attachments,
    udfs,
    usage_cost,
)
from .request_context import RequestContext
from .responses import ApiError, ApiResponse, not_found
from .service_parts import COLLECTIONS, SINGLETONS

Handler = Callable[[RequestContext], ApiResponse]

_ORGANIZATION = "/v1/organizations/{organizationId}"
_SERVICE = _ORGANIZATION + "/services/{serviceId}"
_FUNCTION = _ORGANIZATION + "/udfs/{functionName}"

ROUTES: dict[str, dict[str, Handler]] = {
    "/v1/whoami": {"GET": keys.identify_caller},
    "/v1/organizations": {"GET": organizations.list_organizations},
    _ORGANIZATION: {"GET": organizations.get_organization, "PATCH": organizations.update_organization},
    _ORGANIZATION + "/prometheus": {"GET": organizations.get_prometheus},
    _ORGANIZATION + "/prometheus/discovery": {"GET": discovery.get_targets},
    _ORGANIZATION + "/creditBalances": {"GET": billing.get_credit_balances},
    _ORGANIZATION + "/activeBalances": {"GET": billing.get_active_balances},
    _ORGANIZATION + "/notifications": {"GET": notifications.list_notifications},
    _ORGANIZATION + "/notificationTypes": {"GET": notifications.list_types},
    _ORGANIZATION + "/serviceProfiles": {"GET": profiles.list_profiles},
    _ORGANIZATION + "/privateEndpointConfig": {"GET": organizations.get_private_endpoint_config},
    _ORGANIZATION + "/usageCost": {"GET": usage_cost.get_usage_cost},
    _ORGANIZATION + "/keys": {"GET": keys.list_keys, "POST": keys.create_key},
    _ORGANIZATION + "/keys/{keyId}": {
        "GET": keys.get_key,
        "PATCH": keys.update_key,
        "DELETE": keys.delete_key,
    },
    _ORGANIZATION + "/roles": {"GET": role_endpoints.list_roles, "POST": role_endpoints.create_role},
    _ORGANIZATION + "/roles/{roleId}": {
        "GET": role_endpoints.get_role,
        "PATCH": role_endpoints.update_role,
        "DELETE": role_endpoints.delete_role,
    },
    _ORGANIZATION + "/members": {"GET": members.list_members},
    _ORGANIZATION + "/members/{userId}": {
        "GET": members.get_member,
        "PATCH": members.update_member,
        "DELETE": members.delete_member,
    },
    _ORGANIZATION + "/invitations": {"GET": members.list_invitations, "POST": members.create_invitation},
    _ORGANIZATION + "/invitations/{invitationId}": {
        "GET": members.get_invitation,
        "DELETE": members.delete_invitation,
    },
    _ORGANIZATION + "/activities": {"GET": members.list_activities},
    _ORGANIZATION + "/activities/{activityId}": {"GET": members.get_activity},
    _ORGANIZATION + "/quotas": {"GET": members.list_quotas},
    _ORGANIZATION + "/quotas/{quotaCode}": {"GET": members.get_quota},
    _ORGANIZATION + "/udfUploads/url": {"POST": udfs.create_upload},
    _ORGANIZATION + "/udfs": {"GET": udfs.list_functions, "POST": udfs.create_function},
    _FUNCTION: {"GET": udfs.get_function, "DELETE": udfs.delete_function},
    _FUNCTION + "/versions": {"GET": udfs.list_versions, "POST": udfs.create_version},
    _FUNCTION + "/versions/{version}": {"DELETE": udfs.delete_version},
    _FUNCTION + "/attachments": {"GET": udf_attachments.list_attachments},
    _FUNCTION + "/attachments/{serviceId}": {
        "GET": udf_attachments.get_attachment,
        "PUT": udf_attachments.attach,
        "DELETE": udf_attachments.detach,
    },
    _ORGANIZATION + "/services": {"GET": services.list_services, "POST": services.create_service},
    _SERVICE: {
        "GET": services.get_service,
        "PATCH": services.update_service,
        "DELETE": services.delete_service,
    },
    _SERVICE + "/state": {"PATCH": services.update_state},
    _SERVICE + "/scaling": {"PATCH": services.update_scaling},
    _SERVICE + "/replicaScaling": {"PATCH": services.update_replica_scaling},
    _SERVICE + "/password": {"PATCH": services.update_password},
    _SERVICE + "/privateEndpointConfig": {"GET": private_endpoints.get_private_endpoint_config},
    _SERVICE + "/privateEndpoint": {"POST": private_endpoints.create_private_endpoint},
    _SERVICE + "/prometheus": {"GET": services.get_prometheus},
    _SERVICE + "/backups": {"GET": service_subresources.list_backups},
    _SERVICE + "/backups/{backupId}": {"GET": service_subresources.get_backup},
    _SERVICE + "/snapshots": {"GET": snapshots.list_snapshots},
    _SERVICE + "/snapshots/{snapshotId}": {"GET": snapshots.get_snapshot},
    _SERVICE + "/backupConfiguration": {
        "GET": service_subresources.get_backup_configuration,
        "PATCH": service_subresources.update_backup_configuration,
    },
    _SERVICE + "/serviceQueryEndpoint": {
        "GET": service_subresources.get_query_endpoint,
        "POST": service_subresources.set_query_endpoint,
        "DELETE": service_subresources.delete_query_endpoint,
    },
    _SERVICE + "/clickhouseSettings": {"GET": settings.list_settings, "PATCH": settings.update_settings},
    _SERVICE + "/clickhouseSettings/schema": {"GET": settings.get_schema},
    _SERVICE + "/clickhouseSettings/{settingName}": {
        "GET": settings.get_setting,
        "DELETE": settings.delete_setting,
    },
    _SERVICE + "/upgradeWindow": {
        "GET": service_subresources.get_upgrade_window,
        "PUT": service_subresources.set_upgrade_window,
        "DELETE": service_subresources.delete_upgrade_window,
    },
    _SERVICE + "/scalingSchedule": {
        "GET": service_subresources.get_schedule,
        "POST": service_subresources.set_schedule,
        "DELETE": service_subresources.delete_schedule,
    },
}
for _singleton in SINGLETONS.values():
    ROUTES.update(_singleton.routes(_SERVICE))
for _collection in COLLECTIONS.values():
    ROUTES.update(_collection.routes(_SERVICE))


def _pattern(template: str) -> Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


_PATTERNS: list[tuple[Pattern[str], str]] = [(_pattern(template), template) for template in ROUTES]


@dataclass(frozen=True)
class Route:
    """The handler of a request, its path template and the IDs in its path."""

    handler: Handler
    template: str
    ids: dict[str, str]


def find_route(method: str, path: str) -> Route:
    for pattern, template in _PATTERNS:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        methods = ROUTES[template]
        if method not in methods:
            raise ApiError(405, headers={"Allow": ", ".join(methods)})
        return Route(methods[method], template, match.groupdict())
    raise not_found()
