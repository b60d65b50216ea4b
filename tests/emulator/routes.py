# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which request is answered by which function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import Pattern
from typing import Callable

from . import members as people
from . import organizations as organizations
from . import service_subresources as parts
from . import services as services
from . import settings as settings
from .request_context import Call
from .responses import Answer, ApiError, not_found

Handler = Callable[[Call], Answer]

_ORGANIZATION = "/v1/organizations/{organizationId}"
_SERVICE = _ORGANIZATION + "/services/{serviceId}"

TABLE: dict[str, dict[str, Handler]] = {
    "/v1/organizations": {"GET": organizations.list_organizations},
    _ORGANIZATION: {"GET": organizations.get_organization, "PATCH": organizations.update_organization},
    _ORGANIZATION + "/prometheus": {"GET": organizations.get_prometheus},
    _ORGANIZATION + "/privateEndpointConfig": {"GET": organizations.get_private_endpoint_config},
    _ORGANIZATION + "/usageCost": {"GET": organizations.get_usage_cost},
    _ORGANIZATION + "/keys": {"GET": organizations.list_keys, "POST": organizations.create_key},
    _ORGANIZATION + "/keys/{keyId}": {
        "GET": organizations.get_key,
        "PATCH": organizations.update_key,
        "DELETE": organizations.delete_key,
    },
    _ORGANIZATION + "/roles": {"GET": people.list_roles, "POST": people.create_role},
    _ORGANIZATION + "/roles/{roleId}": {
        "GET": people.get_role,
        "PATCH": people.update_role,
        "DELETE": people.delete_role,
    },
    _ORGANIZATION + "/members": {"GET": people.list_members},
    _ORGANIZATION + "/members/{userId}": {
        "GET": people.get_member,
        "PATCH": people.update_member,
        "DELETE": people.delete_member,
    },
    _ORGANIZATION + "/invitations": {"GET": people.list_invitations, "POST": people.create_invitation},
    _ORGANIZATION + "/invitations/{invitationId}": {
        "GET": people.get_invitation,
        "DELETE": people.delete_invitation,
    },
    _ORGANIZATION + "/activities": {"GET": people.list_activities},
    _ORGANIZATION + "/activities/{activityId}": {"GET": people.get_activity},
    _ORGANIZATION + "/quotas": {"GET": people.list_quotas},
    _ORGANIZATION + "/quotas/{quotaCode}": {"GET": people.get_quota},
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
    _SERVICE + "/privateEndpointConfig": {"GET": services.get_private_endpoint_config},
    _SERVICE + "/privateEndpoint": {"POST": services.create_private_endpoint},
    _SERVICE + "/prometheus": {"GET": services.get_prometheus},
    _SERVICE + "/backups": {"GET": parts.list_backups},
    _SERVICE + "/backups/{backupId}": {"GET": parts.get_backup},
    _SERVICE + "/backupConfiguration": {
        "GET": parts.get_backup_configuration,
        "PATCH": parts.update_backup_configuration,
    },
    _SERVICE + "/serviceQueryEndpoint": {
        "GET": parts.get_query_endpoint,
        "POST": parts.set_query_endpoint,
        "DELETE": parts.delete_query_endpoint,
    },
    _SERVICE + "/clickhouseSettings": {"GET": settings.list_settings, "PATCH": settings.update_settings},
    _SERVICE + "/clickhouseSettings/schema": {"GET": settings.get_schema},
    _SERVICE + "/clickhouseSettings/{settingName}": {
        "GET": settings.get_setting,
        "DELETE": settings.delete_setting,
    },
    _SERVICE + "/upgradeWindow": {
        "GET": parts.get_upgrade_window,
        "PUT": parts.set_upgrade_window,
        "DELETE": parts.delete_upgrade_window,
    },
    _SERVICE + "/scalingSchedule": {
        "GET": parts.get_schedule,
        "POST": parts.set_schedule,
        "DELETE": parts.delete_schedule,
    },
}


def _pattern(template: str) -> Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


_PATTERNS: list[tuple[Pattern[str], str]] = [(_pattern(template), template) for template in TABLE]


@dataclass(frozen=True)
class Route:
    """What a request has come to."""

    handler: Handler
    template: str
    ids: dict[str, str]


def find(method: str, path: str) -> Route:
    for pattern, template in _PATTERNS:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        methods = TABLE[template]
        if method not in methods:
            raise ApiError(405, headers={"Allow": ", ".join(methods)})
        return Route(methods[method], template, match.groupdict())
    raise not_found()
