# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of what hangs on a service: backups, windows, schedules and the query endpoint."""

from __future__ import annotations

import uuid

from . import backups
from .request_context import Call
from .responses import Answer, ApiError, bad_request, done, not_found, success
from .schedule import new_schedule, schedule_view
from .state import check_id
from .validation import Check, Table, array, check_fields, choice, number, refuse, text

_QUERY_ENDPOINT: Table = {
    "roles": array(choice("sql_console_read_only", "sql_console_admin")),
    "openApiKeys": array(text()),
    "allowedOrigins": text(0),
}


def _start_hour(path: str, value: object) -> None:
    number(0, 18)(path, value)
    if value not in (0, 6, 12, 18):
        raise refuse(path, "The value must be one of: 0, 6, 12, 18", value)


_START: Check = _start_hour
_UPGRADE_WINDOW: Table = {"weekday": number(0, 6), "startHourUtc": _START}


def list_backups(call: Call) -> Answer:
    return success(call.service.backups)


def get_backup(call: Call) -> Answer:
    service, backup_id = call.service, call.ids["backupId"]
    check_id("backup", backup_id)
    found = next((one for one in service.backups if one["id"] == backup_id.lower()), None)
    if found is None:
        raise not_found(backup_id)
    return success(found)


def get_backup_configuration(call: Call) -> Answer:
    # Backups are those of the warehouse, so a secondary shows what its primary has.
    primary = call.store.primary(call.service)
    return success(backups.configuration_view(primary.get_backup_configuration))


def update_backup_configuration(call: Call) -> Answer:
    service = call.service
    if not service.is_primary:
        raise bad_request("Backups are configured on the primary service of the data warehouse")
    if service.fields["tier"] == "development":
        raise ApiError(403)
    service.get_backup_configuration = backups.configure(
        service.get_backup_configuration, call.body, call.organization.tier
    )
    return success(backups.configuration_view(service.get_backup_configuration))


def get_query_endpoint(call: Call) -> Answer:
    service = call.service
    if service.query_endpoint is None:
        raise not_found(service.id)
    return success(service.query_endpoint)


def set_query_endpoint(call: Call) -> Answer:
    service, body = call.service, call.body
    check_fields(_QUERY_ENDPOINT, body)
    service.query_endpoint = {
        "id": (service.query_endpoint or {"id": str(uuid.uuid4())})["id"],
        "openApiKeys": body.get("openApiKeys", []),
        "roles": body.get("roles", []),
        "allowedOrigins": body.get("allowedOrigins", ""),
    }
    return success(service.query_endpoint)


def delete_query_endpoint(call: Call) -> Answer:
    service = call.service
    if service.query_endpoint is None:
        raise not_found(service.id)
    service.query_endpoint = None
    return done()


def get_upgrade_window(call: Call) -> Answer:
    # A secondary is upgraded with its primary.
    window = call.store.primary(call.service).upgrade_window
    if window is None:
        raise not_found(call.service.id)
    return success(window)


def set_upgrade_window(call: Call) -> Answer:
    service, body = call.service, call.body
    _check_entitled(call)
    _refuse_secondary(service.is_primary)
    check_fields(_UPGRADE_WINDOW, body, ("weekday", "startHourUtc"))
    service.upgrade_window = {"weekday": body["weekday"], "startHourUtc": body["startHourUtc"], "duration": 6}
    return success(service.upgrade_window)


def delete_upgrade_window(call: Call) -> Answer:
    service = call.service
    _refuse_secondary(service.is_primary)
    if service.upgrade_window is None:
        raise not_found(service.id)
    service.upgrade_window = None
    return done()


def _refuse_secondary(is_primary: bool) -> None:
    if not is_primary:
        raise bad_request("cannot set upgrade window on a secondary service")


def _check_entitled(call: Call) -> None:
    """Windows and schedules are not part of every contract."""
    if call.organization.tier == "BASIC":
        raise ApiError(403)


def get_schedule(call: Call) -> Answer:
    service = call.service
    view = schedule_view(service.schedule, service.fields, call.clock.now())
    if view is None:
        raise not_found(service.id)
    return success(view)


def set_schedule(call: Call) -> Answer:
    service = call.service
    _check_entitled(call)
    service.schedule = new_schedule(call.body, service.fields)
    return get_schedule(call)


def delete_schedule(call: Call) -> Answer:
    service = call.service
    if service.schedule is None:
        raise not_found(service.id)
    service.schedule = None
    return done()
