# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of a service's backups, upgrade window, scaling schedule and query endpoint."""

from __future__ import annotations

import uuid

from . import backups
from .request_context import RequestContext
from .responses import ApiError, ApiResponse, bad_request, empty_response, not_found, ok_response
from .schedule import parse_schedule, schedule_to_resource
from .state import check_id
from .validation import Table, array, check_fields, choice, choice_of_integers, number, text, validation_error

_QUERY_ENDPOINT: Table = {
    "roles": array(choice("sql_console_read_only", "sql_console_admin")),
    "openApiKeys": array(text()),
    "allowedOrigins": text(0),
}


_UPGRADE_WINDOW: Table = {"weekday": number(0, 6), "startHourUtc": choice_of_integers(0, 6, 12, 18)}


def list_backups(ctx: RequestContext) -> ApiResponse:
    return ok_response(ctx.service.backups)


def get_backup(ctx: RequestContext) -> ApiResponse:
    service, backup_id = ctx.service, ctx.ids["backupId"]
    check_id("backup", backup_id)
    backup = next((backup for backup in service.backups if backup["id"] == backup_id.lower()), None)
    if backup is None:
        raise not_found(backup_id)
    return ok_response(backup)


def get_backup_configuration(ctx: RequestContext) -> ApiResponse:
    # A secondary has the backup configuration of its primary.
    primary = ctx.store.get_primary(ctx.service)
    return ok_response(backups.configuration_to_resource(primary.backup_configuration))


def update_backup_configuration(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    if not service.is_primary:
        raise bad_request("Backups are configured on the primary service of the data warehouse")
    if service.fields["tier"] == "development":
        raise ApiError(403)
    service.backup_configuration = backups.patch_configuration(
        service.backup_configuration, ctx.body, ctx.organization.tier
    )
    return ok_response(backups.configuration_to_resource(service.backup_configuration))


def get_query_endpoint(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    if service.query_endpoint is None:
        raise not_found(service.id)
    return ok_response(service.query_endpoint)


def set_query_endpoint(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    check_fields(_QUERY_ENDPOINT, body, ("roles", "openApiKeys"))
    known = {key.id for key in ctx.organization.keys}
    for key_id in body["openApiKeys"]:
        # This includes keys that have been deleted since, but are still in the list.
        if key_id.lower() not in known:
            raise validation_error("body.openApiKeys", "The key does not exist", key_id)
    service.query_endpoint = {
        "id": (service.query_endpoint or {"id": str(uuid.uuid4())})["id"],
        "openApiKeys": body["openApiKeys"],
        "roles": body["roles"],
        "allowedOrigins": body.get("allowedOrigins", ""),
    }
    return ok_response(service.query_endpoint)


def delete_query_endpoint(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    if service.query_endpoint is None:
        raise not_found(service.id)
    service.query_endpoint = None
    return empty_response()


def get_upgrade_window(ctx: RequestContext) -> ApiResponse:
    # A secondary has the upgrade window of its primary.
    window = ctx.store.get_primary(ctx.service).upgrade_window
    if window is None:
        raise not_found(ctx.service.id)
    return ok_response(window)


def set_upgrade_window(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    ctx.require_feature("scheduledUpgrades")
    _check_is_primary(service.is_primary)
    check_fields(_UPGRADE_WINDOW, body, ("weekday", "startHourUtc"))
    service.upgrade_window = {"weekday": body["weekday"], "startHourUtc": body["startHourUtc"], "duration": 6}
    return ok_response(service.upgrade_window)


def delete_upgrade_window(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    _check_is_primary(service.is_primary)
    if service.upgrade_window is None:
        raise not_found(service.id)
    service.upgrade_window = None
    return empty_response()


def _check_is_primary(is_primary: bool) -> None:
    if not is_primary:
        raise bad_request("cannot set upgrade window on a secondary service")


def get_schedule(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    ctx.require_feature("scheduledAutoscaling")
    resource = schedule_to_resource(service.schedule, service.fields, ctx.clock.now())
    if resource is None:
        raise not_found(service.id)
    return ok_response(resource)


def set_schedule(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    ctx.require_feature("scheduledAutoscaling")
    schedule = parse_schedule(ctx.body)
    if any(entry["autoscalingMode"] == "horizontal" for entry in schedule):
        ctx.require_feature("horizontalAutoscaling")
    service.schedule = schedule
    resource = schedule_to_resource(service.schedule, service.fields, ctx.clock.now())
    return ok_response(resource or {"entries": [], "baseConfig": {}})


def delete_schedule(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    ctx.require_feature("scheduledAutoscaling")
    if not service.schedule:
        raise not_found(service.id)
    service.schedule = []
    return empty_response()
