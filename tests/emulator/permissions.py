# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Permissions that a test can remove from a key."""

from __future__ import annotations

from typing import Any, NamedTuple

from .request_context import RequestContext
from .responses import ApiError


class Rule(NamedTuple):
    """Requests with this method, this path suffix and, unless it is None, this field in the body."""

    method: str
    path_suffix: str
    field: str | None = None

    def matches(self, method: str, template: str, ctx: RequestContext) -> bool:
        if method != self.method or not template.endswith(f"/{self.path_suffix}"):
            return False
        return self.field is None or self.field in ctx.body


_SERVICE = "services/{serviceId}"
_KEY = "keys/{keyId}"
_FUNCTION = "udfs/{functionName}"
_ATTACHMENT = f"{_FUNCTION}/attachments/{{serviceId}}"
_SETTING = "clickhouseSettings/{settingName}"
_SAVED_QUERY = "saved-queries/{queryId}"
_QUERY_API_ENDPOINT = "query-api-endpoints/{endpointId}"

# The requests that need a permission. Permissions have the names of the API where these are known.
RULES: dict[str, tuple[Rule, ...]] = {
    "view-organization": (
        Rule("GET", "organizations"),
        Rule("GET", "{organizationId}"),
        Rule("GET", "notificationTypes"),
        Rule("GET", "serviceProfiles"),
        Rule("GET", "udfs"),
        Rule("GET", _FUNCTION),
        Rule("GET", f"{_FUNCTION}/versions"),
        Rule("GET", f"{_FUNCTION}/attachments"),
        Rule("GET", _ATTACHMENT),
    ),
    "manage-organization": (
        Rule("PATCH", "{organizationId}"),
        Rule("POST", "udfUploads/url"),
        Rule("POST", "udfs"),
        Rule("DELETE", _FUNCTION),
        Rule("POST", f"{_FUNCTION}/versions"),
        Rule("DELETE", f"{_FUNCTION}/versions/{{version}}"),
        Rule("PUT", _ATTACHMENT),
        Rule("DELETE", _ATTACHMENT),
    ),
    "view-billing": (Rule("GET", "creditBalances"), Rule("GET", "activeBalances")),
    "view-services": (
        Rule("GET", "services"),
        Rule("GET", _SERVICE),
        Rule("GET", "replicaAwareRouting"),
        Rule("GET", "upgradeWindow"),
        Rule("GET", "clickhouseSettings"),
        Rule("GET", "clickhouseSettings/schema"),
        Rule("GET", _SETTING),
        Rule("GET", "saved-queries"),
        Rule("GET", _SAVED_QUERY),
    ),
    "create-service": (Rule("POST", "services"),),
    "update-service": (
        Rule("PATCH", _SERVICE),
        Rule("PATCH", "replicaAwareRouting"),
        Rule("PUT", "upgradeWindow"),
        Rule("DELETE", "upgradeWindow"),
        Rule("PATCH", "clickhouseSettings"),
        Rule("DELETE", _SETTING),
        Rule("POST", "saved-queries"),
        Rule("PUT", _SAVED_QUERY),
        Rule("DELETE", _SAVED_QUERY),
    ),
    "delete-service": (
        Rule("DELETE", _SERVICE),
        Rule("POST", "services", "deletionProtection"),
        Rule("PATCH", _SERVICE, "deletionProtection"),
    ),
    "manage-state": (Rule("PATCH", "state"),),
    "manage-password": (Rule("PATCH", "password"),),
    "manage-ip-access-list": (Rule("PATCH", _SERVICE, "ipAccessList"),),
    "view-scaling-config": (Rule("GET", "scalingSchedule"),),
    "manage-scaling-config": (
        Rule("PATCH", "scaling"),
        Rule("PATCH", "replicaScaling"),
        Rule("POST", "scalingSchedule"),
        Rule("DELETE", "scalingSchedule"),
    ),
    "view-backups": (
        Rule("GET", "backups"),
        Rule("GET", "backups/{backupId}"),
        Rule("GET", "backupConfiguration"),
        Rule("GET", "backupBucket"),
    ),
    "manage-backups": (
        Rule("PATCH", "backupConfiguration"),
        Rule("POST", "services", "backupId"),
        Rule("POST", "backupBucket"),
        Rule("PATCH", "backupBucket"),
        Rule("DELETE", "backupBucket"),
    ),
    "view-snapshots": (
        Rule("GET", "snapshots"),
        Rule("GET", "snapshots/{snapshotId}"),
        Rule("GET", "snapshotConfiguration"),
    ),
    "manage-snapshots": (Rule("PATCH", "snapshotConfiguration"),),
    "view-private-endpoints": (Rule("GET", "privateEndpointConfig"),),
    "manage-private-endpoints": (
        Rule("POST", "privateEndpoint"),
        Rule("POST", "services", "privateEndpointIds"),
        Rule("PATCH", _SERVICE, "privateEndpointIds"),
    ),
    "view-query-api-endpoints": (
        Rule("GET", "serviceQueryEndpoint"),
        Rule("GET", "query-api-endpoints"),
        Rule("GET", _QUERY_API_ENDPOINT),
    ),
    "manage-query-api-endpoints": (
        Rule("POST", "serviceQueryEndpoint"),
        Rule("DELETE", "serviceQueryEndpoint"),
        Rule("POST", "query-api-endpoints"),
        Rule("PUT", _QUERY_API_ENDPOINT),
        Rule("DELETE", _QUERY_API_ENDPOINT),
    ),
    "view-metrics": (Rule("GET", "prometheus"),),
    "view-api-keys": (Rule("GET", "keys"), Rule("GET", _KEY)),
    "create-api-keys": (Rule("POST", "keys"),),
    "update-api-keys": (Rule("PATCH", _KEY),),
    "delete-api-keys": (Rule("DELETE", _KEY),),
}


def check(ctx: RequestContext, method: str, template: str) -> None:
    """Raise ApiError with status 403 if the key lacks the permission for a request."""
    for name in ctx.key.forbidden:
        if any(rule.matches(method, template, ctx) for rule in RULES[name]):
            raise ApiError(403)


def parse(names: Any) -> frozenset[str]:
    """Return the permissions to remove from a key. Raise ValueError if there is an unknown one."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("'forbidden' must be a list of permissions.")
    for name in names:
        if name not in RULES:
            raise ValueError(f"Unknown permission '{name}'. The permissions are {', '.join(RULES)}.")
    return frozenset(names)
