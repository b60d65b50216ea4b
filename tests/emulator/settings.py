# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of a service's ClickHouse settings."""

from __future__ import annotations

import json
from typing import Any

from .request_context import RequestContext, parse_json
from .responses import ApiResponse, empty_response, not_found, ok_response
from .validation import check_fields, text, validation_error

# Type, default and description of the settings that can be changed.
SETTINGS: dict[str, tuple[str, str, str]] = {
    "compatibility": ("String", "", "Behave as this version of ClickHouse."),
    "max_threads": ("UInt64", "8", "The maximum number of threads of a query."),
    "max_block_size": ("UInt64", "65409", "The maximum number of rows of a block."),
    "max_execution_time": ("UInt64", "0", "The maximum time of a query in seconds."),
    "max_result_rows": ("UInt64", "0", "The maximum number of rows of a result."),
}


def list_settings(ctx: RequestContext) -> ApiResponse:
    values = _effective_values(ctx)
    return ok_response({"settings": [{"name": name, "value": value} for name, value in values.items()]})


def get_schema(ctx: RequestContext) -> ApiResponse:
    _effective_values(ctx)
    entries = [
        {"name": name, "type": kind, "description": description}
        for name, (kind, _default, description) in SETTINGS.items()
    ]
    return ok_response({"settings": entries})


def update_settings(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    check_fields({"settings": text()}, body, ("settings",))
    requested = _parse_settings(body["settings"])
    service.settings.update(requested)
    return ok_response({"settings": json.dumps(requested, separators=(",", ":")), "warnings": []})


def get_setting(ctx: RequestContext) -> ApiResponse:
    name, values = ctx.ids["settingName"], _effective_values(ctx)
    if name not in values:
        raise not_found(name)
    return ok_response({"name": name, "value": values[name]})


def delete_setting(ctx: RequestContext) -> ApiResponse:
    name = ctx.ids["settingName"]
    if ctx.service.settings.pop(name, None) is None:
        raise not_found(name)
    return empty_response()


def _effective_values(ctx: RequestContext) -> dict[str, str]:
    return {**{name: default for name, (_kind, default, _meaning) in SETTINGS.items()}, **ctx.service.settings}


def _parse_settings(encoded: str) -> dict[str, str]:
    """Return the settings of a request, which are JSON in a string."""
    try:
        requested = parse_json(encoded.encode(errors="replace"))
    except ValueError:
        requested = None
    if not isinstance(requested, dict):
        raise validation_error("body.settings", "The value must be a JSON object", encoded)
    for name, value in requested.items():
        kind = SETTINGS[name][0] if name in SETTINGS else None
        if kind is None or isinstance(value, (dict, list, type(None))):
            raise validation_error(
                f"body.settings.{name}", "The setting is unknown or its value is not a scalar", value
            )
        if kind == "UInt64" and not _to_text(value).isdecimal():
            raise validation_error(f"body.settings.{name}", "The value must be a UInt64", value)
    return {name: _to_text(value) for name, value in requested.items()}


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
