# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of user-defined functions and their versions, and the storage to which their source is uploaded."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from .clock import format_timestamp
from .functions import BUILD_STEPS, FUNCTION_NAME, UPLOAD_SECONDS, Function, Upload, Version, find_build_error
from .paging import Paging, page_response
from .request_context import RequestContext
from .responses import ApiError, ApiResponse, conflict, empty_response, not_found, ok_response
from .state import Store
from .udf_attachments import find_function, list_attachments_of, start_removal
from .validation import (
    Table,
    array,
    boolean,
    check_fields,
    choice,
    nullable,
    number,
    record,
    text,
    uuid_text,
    validation_error,
)

Fields = dict[str, Any]

UPLOAD_PATH = "/udf-uploads/"
FEATURE, NETWORK_FEATURE = "userDefinedFunctions", "userDefinedFunctionNetwork"
_FUNCTIONS = Paging("udfs", 100, 100, refuses_more=True)
_VERSIONS = Paging("udf-versions", 100, 100, refuses_more=True)
_UNLIMITED = 2**31
# Some of the functions that ClickHouse has.
_RESERVED = ("avg", "count", "if", "length", "lower", "max", "min", "now", "sum", "toString", "upper")
_TEXT = text(0, _UNLIMITED)
_POSITIVE = number(1)
_SOURCE: Table = {"uploadId": uuid_text}
_CONFIGURATION: Table = {
    "runtime": choice("python3.11", "native"),
    "arguments": array(record({"name": text(1, _UNLIMITED, FUNCTION_NAME), "type": _TEXT}, ("name", "type"))),
    "returnType": _TEXT,
    "returnName": nullable(text(1, _UNLIMITED, FUNCTION_NAME)),
    "commandReadTimeout": _POSITIVE,
    "commandWriteTimeout": _POSITIVE,
    "memoryLimitMib": nullable(number(1, 1048576)),
    "sendChunkHeader": boolean,
    "deterministic": boolean,
    "format": _TEXT,
    "sandboxType": choice("basic", "netenable"),
    "type": choice("executable", "executable_pool"),
}
_REQUIRED = ("uploadId", "runtime", "arguments", "returnType", "type")
DEFAULTS: Fields = {
    "returnName": None,
    "commandReadTimeout": 10000,
    "commandWriteTimeout": 10000,
    "maxCommandExecutionTime": 10,
    "memoryLimitMib": None,
    "sendChunkHeader": False,
    "deterministic": False,
    "format": "TabSeparated",
    "sandboxType": "basic",
}
_POOL: dict[str, tuple[Table, Fields]] = {
    "executable": ({"maxCommandExecutionTime": nullable(_POSITIVE)}, {"poolSize": None}),
    "executable_pool": ({"poolSize": _POSITIVE, "maxCommandExecutionTime": _POSITIVE}, {"poolSize": 3}),
}


def create_upload(ctx: RequestContext) -> ApiResponse:
    upload_id, now = str(uuid.uuid4()), ctx.clock.seconds()
    upload = Upload(secrets.token_urlsafe(24), now + UPLOAD_SECONDS)
    ctx.organization.uploads[upload_id] = upload
    query = f"X-Amz-Expires={UPLOAD_SECONDS}&X-Amz-Signature={upload.signature}"
    session = {
        "uploadId": upload_id,
        "uploadUrl": f"http://{ctx.host}{UPLOAD_PATH}{upload_id}?{query}",
        "expiresAt": format_timestamp(ctx.clock.date_at(upload.expires_at)),
    }
    return ok_response(session, 201)


def store_upload(store: Store, upload_id: str, signature: str, content_type: str, content: bytes) -> ApiResponse:
    """Store the source, as the object storage behind an upload URL does."""
    uploads = [organization.uploads.get(upload_id) for organization in store.organizations.values()]
    upload = next(filter(None, uploads), None)
    if upload is None or signature != upload.signature or content_type != "application/zip":
        return storage_error(403, "SignatureDoesNotMatch", "The request signature does not match.")
    if store.clock.seconds() >= upload.expires_at:
        return storage_error(403, "AccessDenied", "Request has expired")
    upload.content = content
    return ApiResponse(media_type="application/xml")


def storage_error(status: int, code: str, message: str) -> ApiResponse:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return ApiResponse(status, xml.encode(), "application/xml")


def list_functions(ctx: RequestContext) -> ApiResponse:
    resources = [function.latest.to_resource(ctx.clock) for function in ctx.organization.functions.values()]
    return page_response(ctx, resources, _FUNCTIONS, "functionName")


def create_function(ctx: RequestContext) -> ApiResponse:
    body, upload = ctx.body, _use_upload(ctx)
    check_fields({"functionName": text(1, 64, FUNCTION_NAME)}, body, ("functionName",))
    name = body["functionName"]
    if name in _RESERVED:
        raise validation_error("body.functionName", "The name is that of a function of ClickHouse", name)
    configuration = _parse_configuration(ctx)
    if name in ctx.organization.functions:
        raise conflict("The function name already exists")
    function = Function(name)
    version = _add_version(ctx, function, configuration, upload)
    ctx.organization.functions[name] = function
    return ok_response(version.to_resource(ctx.clock), 201)


def get_function(ctx: RequestContext) -> ApiResponse:
    return ok_response(find_function(ctx).latest.to_resource(ctx.clock))


def delete_function(ctx: RequestContext) -> ApiResponse:
    function, now = find_function(ctx), ctx.clock.seconds()
    if any(version.status(now) == "building" for version in function.versions.values()):
        raise conflict("A UDF version is still building")
    for service, attachment in list_attachments_of(ctx, function.name):
        start_removal(ctx, attachment)
        attachment.is_deleted = True
        # The name is free at once.
        service.functions[f"{function.name} until {now}"] = service.functions.pop(function.name)
    del ctx.organization.functions[function.name]
    return empty_response()


def list_versions(ctx: RequestContext) -> ApiResponse:
    resources = [version.to_resource(ctx.clock) for version in find_function(ctx).versions.values()]
    return page_response(ctx, resources, _VERSIONS, "version")


def create_version(ctx: RequestContext) -> ApiResponse:
    function, upload = find_function(ctx), _use_upload(ctx)
    version = _add_version(ctx, function, _parse_configuration(ctx), upload)
    return ok_response(version.to_resource(ctx.clock), 201)


def delete_version(ctx: RequestContext) -> ApiResponse:
    function, given = find_function(ctx), ctx.ids["version"]
    if not (given.isascii() and given.isdecimal() and int(given[:18]) > 0):
        raise validation_error("params.version", "The value must be greater than or equal to 1", given)
    version = function.versions.get(int(given[:18]))
    if version is None:
        raise not_found("UDF or version not found")
    attached = [attachment.version for _service, attachment in list_attachments_of(ctx, function.name)]
    if version is function.latest or version in attached or version.status(ctx.clock.seconds()) == "building":
        raise conflict("The UDF version is the latest version, is attached to a service, or is still building")
    del function.versions[version.number]
    return empty_response()


def _use_upload(ctx: RequestContext) -> Upload | None:
    """Return the upload that the request names, which no other request can use any more; None if there is none."""
    upload_id = ctx.body.get("uploadId")
    upload = ctx.organization.uploads.get(upload_id.lower()) if isinstance(upload_id, str) else None
    if upload is None or upload.is_used:
        return None
    upload.is_used = True
    return upload


def _parse_configuration(ctx: RequestContext) -> Fields:
    """Return the configuration in the request, with the defaults for what it leaves out."""
    body = ctx.body
    check_fields({**_SOURCE, **_CONFIGURATION}, body, _REQUIRED)
    table, defaults = _POOL[body["type"]]
    check_fields(table, body)
    if body["type"] == "executable" and body.get("poolSize") is not None:
        raise validation_error("body.poolSize", "An executable UDF has no command pool", body["poolSize"])
    names = {*_CONFIGURATION, *table}
    configuration = {**DEFAULTS, **defaults, **{name: value for name, value in body.items() if name in names}}
    if configuration["sandboxType"] == "netenable":
        _require(ctx, NETWORK_FEATURE)
    _require(ctx, FEATURE)
    if configuration["runtime"] == "native":
        configuration["sandboxType"] = "basic"
    return configuration


def _require(ctx: RequestContext, feature: str) -> None:
    if not ctx.organization.has_feature(feature, ctx.clock.now()):
        raise ApiError(403, "FORBIDDEN: Requested UDF features are not enabled")


def _add_version(ctx: RequestContext, function: Function, configuration: Fields, upload: Upload | None) -> Version:
    if upload is None or upload.content is None or ctx.clock.seconds() >= upload.expires_at:
        raise ApiError(410, "GONE: The source archive is unavailable")
    count = max(function.versions, default=0) + 1
    fields = to_fields(function.name, count, configuration, ctx.clock.timestamp())
    built_at = ctx.clock.seconds() + BUILD_STEPS * ctx.store.config.step
    error = find_build_error(upload.content, configuration["runtime"])
    version = function.versions[count] = Version(fields, upload.content, built_at, error)
    return version


def to_fields(name: str, count: int, configuration: Fields, now: str) -> Fields:
    return {
        "functionName": name,
        "version": count,
        "sandboxVersion": "v1" if configuration["runtime"] == "native" else "v2",
        **configuration,
        "createdAt": now,
    }
