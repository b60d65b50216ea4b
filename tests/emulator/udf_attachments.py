# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of the attachments of user-defined functions to services."""

from __future__ import annotations

from typing import Any

from .functions import ATTACHMENT_STEPS, FUNCTION_NAME, Attachment, Function, Version
from .paging import Paging, page_response
from .request_context import RequestContext
from .responses import ApiError, ApiResponse, bad_request, conflict, empty_response, not_found, ok_response
from .service import Service
from .validation import check_fields, number, text

Fields = dict[str, Any]

#: How many functions can be attached to a service.
MAX_ATTACHMENTS = 100
_ATTACHMENTS = Paging("udf-attachments", 100, 100, refuses_more=True)


def list_attachments(ctx: RequestContext) -> ApiResponse:
    function = find_function(ctx)
    attachments = [
        to_resource(ctx, service, function.name) for service, _found in list_attachments_of(ctx, function.name)
    ]
    return page_response(ctx, attachments, _ATTACHMENTS, "serviceId")


def get_attachment(ctx: RequestContext) -> ApiResponse:
    function = find_function(ctx)
    service = ctx.service
    if function.name not in service.attached_functions():
        raise not_found("UDF not found or not attached to this service")
    return ok_response(to_resource(ctx, service, function.name))


def attach(ctx: RequestContext) -> ApiResponse:
    function = find_function(ctx)
    service, body, now = ctx.service, ctx.body, ctx.clock.seconds()
    check_fields({"version": number(1)}, body)
    version = _find_version(function, body.get("version"), now)
    if service.fields["tier"] == "development":
        raise bad_request("The service does not support UDFs")
    current = service.attached_functions().get(function.name)
    if current is not None and current.version is version and not current.is_changing(now):
        return ok_response(to_resource(ctx, service, function.name))
    _require_running(service)
    if version.status(now) != "ready" or (current is not None and current.is_changing(now)):
        raise conflict("The requested version is not ready or another attachment transition is in progress")
    if current is None and len(service.attached_functions()) >= MAX_ATTACHMENTS:
        raise ApiError(422, "UNPROCESSABLE_ENTITY: Service UDF attachment limit exceeded")
    previous = None if current is None else current.version
    service.functions[function.name] = Attachment(version, _end_of_change(ctx), previous)
    return ok_response(to_resource(ctx, service, function.name))


def detach(ctx: RequestContext) -> ApiResponse:
    function = find_function(ctx)
    attachment = ctx.service.attached_functions().get(function.name)
    if attachment is None:
        raise not_found("UDF not found")
    if attachment.is_changing(ctx.clock.seconds()):
        raise conflict("An attachment transition is already in progress")
    start_removal(ctx, attachment)
    return empty_response()


def start_removal(ctx: RequestContext, attachment: Attachment) -> None:
    attachment.is_detaching = True
    attachment.until = _end_of_change(ctx)


def list_attachments_of(ctx: RequestContext, name: str) -> list[tuple[Service, Attachment]]:
    """Return the attachments of a function, with their services."""
    services = ctx.store.list_services(ctx.organization.id)
    found = ((service, service.attached_functions().get(name)) for service in services)
    return [(service, attachment) for service, attachment in found if attachment is not None]


def to_resource(ctx: RequestContext, service: Service, name: str) -> Fields:
    attachment = service.functions[name]
    return {
        "functionName": name,
        "serviceId": service.id,
        "status": attachment.status(ctx.clock.seconds(), service.lifecycle.state),
        "version": attachment.version.number,
    }


def find_function(ctx: RequestContext) -> Function:
    """Return the function in the path."""
    name = ctx.ids["functionName"]
    text(1, 2**31, FUNCTION_NAME)("params.functionName", name)
    function = ctx.organization.functions.get(name)
    if function is None:
        raise not_found("UDF not found")
    return function


def _end_of_change(ctx: RequestContext) -> float:
    return ctx.clock.seconds() + ATTACHMENT_STEPS * ctx.store.config.step


def _find_version(function: Function, requested: int | None, now: float) -> Version:
    version = function.find_ready(now) if requested is None else function.versions.get(int(requested))
    if version is None and requested is None:
        raise conflict("The requested version is not ready or another attachment transition is in progress")
    if version is None:
        raise not_found("UDF, version, or service not found")
    return version


def _require_running(service: Service) -> None:
    """Raise ApiError unless the service runs."""
    state = service.lifecycle.state
    if state == "running":
        return
    code = {"idle": "SERVICE_IDLE", "stopped": "SERVICE_STOPPED"}.get(state, "SERVICE_NOT_RUNNING")
    more = {"code": code, "serviceState": state, "canWake": state == "idle"}
    raise ApiError(424, "FAILED_DEPENDENCY: The service must be running before the UDF can be attached", more=more)
