# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of a service's ClickHouse settings."""

from __future__ import annotations

import json
from typing import Any

from .request_context import Call, parse_json
from .responses import Answer, done, not_found, success
from .validation import check_fields, refuse, text

# Type, default and meaning of the settings that can be changed.
SETTINGS: dict[str, tuple[str, str, str]] = {
    "compatibility": ("String", "", "Behave as this version of ClickHouse."),
    "max_threads": ("UInt64", "8", "The maximum number of threads of a query."),
    "max_block_size": ("UInt64", "65409", "The maximum number of rows of a block."),
    "max_execution_time": ("UInt64", "0", "The maximum time of a query in seconds."),
    "max_result_rows": ("UInt64", "0", "The maximum number of rows of a result."),
}


def list_settings(call: Call) -> Answer:
    values = _values(call)
    return success({"settings": [{"name": name, "value": value} for name, value in values.items()]})


def get_schema(call: Call) -> Answer:
    _values(call)
    entries = [
        {"name": name, "type": kind, "description": meaning} for name, (kind, _default, meaning) in SETTINGS.items()
    ]
    return success({"settings": entries})


def update_settings(call: Call) -> Answer:
    service, body = call.service, call.body
    check_fields({"settings": text()}, body, ("settings",))
    wanted = _wanted(body["settings"])
    service.settings.update(wanted)
    return success({"settings": json.dumps(wanted, separators=(",", ":")), "warnings": []})


def get_setting(call: Call) -> Answer:
    name, values = call.ids["settingName"], _values(call)
    if name not in values:
        raise not_found(name)
    return success({"name": name, "value": values[name]})


def delete_setting(call: Call) -> Answer:
    name = call.ids["settingName"]
    if call.service.settings.pop(name, None) is None:
        raise not_found(name)
    return done()


def _values(call: Call) -> dict[str, str]:
    return {**{name: default for name, (_kind, default, _meaning) in SETTINGS.items()}, **call.service.settings}


def _wanted(encoded: str) -> dict[str, str]:
    """The settings of a request, which are JSON inside of its JSON."""
    try:
        wanted = parse_json(encoded.encode(errors="replace"))
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise refuse("body.settings", "The value must be a JSON object", encoded)
    for name, value in wanted.items():
        kind = SETTINGS[name][0] if name in SETTINGS else None
        if kind is None or isinstance(value, (dict, list, type(None))):
            raise refuse(f"body.settings.{name}", "The setting is unknown or its value is no scalar", value)
        if kind == "UInt64" and not _text_of(value).isdecimal():
            raise refuse(f"body.settings.{name}", "The value must be a UInt64", value)
    return {name: _text_of(value) for name, value in wanted.items()}


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
