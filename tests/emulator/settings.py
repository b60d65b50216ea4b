# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of a service's ClickHouse settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .request_context import RequestContext
from .responses import ApiResponse, bad_request, empty_response, not_found, ok_response
from .validation import choice_of_integers, number, text, validation_error

Fields = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """A setting that can be changed, as the schema describes it. Empty attributes are not in the schema."""

    type: str
    description: str
    example: str
    enum: tuple[int, ...] = ()
    warning: str = ""
    deprecation_notice: str = ""

    def check(self, path: str, value: Any) -> None:
        """Raise ApiError unless the value has the type of the setting and, if it is an enumeration, is one of it."""
        integers = choice_of_integers(*self.enum) if self.enum else number(0)
        check = text(0) if self.type == "string" else integers
        check(path, value)

    def to_resource(self, name: str) -> Fields:
        resource = {
            "name": name,
            "type": self.type,
            "description": self.description,
            "enum": list(self.enum),
            "warning": self.warning,
            "deprecationNotice": self.deprecation_notice,
            "example": self.example,
        }
        return {key: value for key, value in resource.items() if value}


_RESTART = "Changing this setting restarts the servers of the service."
SETTINGS: dict[str, Setting] = {
    "compatibility": Setting(
        "string",
        "Behave as this version of ClickHouse.",
        "25.8",
        warning="Another version can change the results of queries. Test it first.",
    ),
    "max_query_size": Setting("integer", "The maximum size of the text of a query in bytes.", "262144"),
    "max_threads": Setting("integer", "The maximum number of threads of a query.", "8"),
    "max_block_size": Setting("integer", "The maximum number of rows of a block.", "65409"),
    "max_execution_time": Setting("integer", "The maximum time of a query in seconds.", "60"),
    "max_result_rows": Setting("integer", "The maximum number of rows of a result.", "1000000"),
    "async_insert": Setting("integer", "Whether inserts are collected and written later.", "1", enum=(0, 1)),
    "keep_alive_timeout": Setting(
        "integer", "The time after which an unused connection is closed, in seconds.", "30", warning=_RESTART
    ),
    "shared_merge_tree_disable_merges_and_mutations_assignment": Setting(
        "integer",
        "Whether the service assigns no merges and mutations.",
        "1",
        enum=(0, 1),
        warning=_RESTART,
        deprecation_notice="A later version of the platform may ignore this setting.",
    ),
}


def _stored_settings(ctx: RequestContext) -> Fields:
    """Return the settings of the service in the request, which the handlers change."""
    service = ctx.service
    ctx.require_feature("clickhouseSettings")
    return service.settings


def list_settings(ctx: RequestContext) -> ApiResponse:
    return ok_response({"settings": [{"name": name, "value": value} for name, value in _stored_settings(ctx).items()]})


def get_schema(ctx: RequestContext) -> ApiResponse:
    _stored_settings(ctx)
    return ok_response({"settings": [setting.to_resource(name) for name, setting in SETTINGS.items()]})


def update_settings(ctx: RequestContext) -> ApiResponse:
    settings, requested = _stored_settings(ctx), ctx.body.get("settings")
    if not isinstance(requested, dict) or not requested:
        raise bad_request("settings must be a non-empty object")
    for name, value in requested.items():
        path = f"body.settings.{name}"
        if name not in SETTINGS:
            raise validation_error(path, "The setting cannot be changed", value)
        SETTINGS[name].check(path, value)
    settings.update(requested)
    warnings = [{"name": name, "message": SETTINGS[name].warning} for name in requested if SETTINGS[name].warning]
    return ok_response({"settings": requested, "warnings": warnings})


def get_setting(ctx: RequestContext) -> ApiResponse:
    name, values = ctx.ids["settingName"], _stored_settings(ctx)
    if name not in values:
        raise not_found(name)
    return ok_response({"name": name, "value": values[name]})


def delete_setting(ctx: RequestContext) -> ApiResponse:
    # Without such a setting, the request has nothing to do.
    _stored_settings(ctx).pop(ctx.ids["settingName"], None)
    return empty_response()
