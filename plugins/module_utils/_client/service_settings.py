# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the ClickHouse settings of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import InvalidOption, UnexpectedResponse
from .._json import Resource, abbreviate
from .._texts import is_identifier
from .api import Api
from .features import FEATURES, describe_beta
from .operations import SERVICE_PATH, declare_operations
from .retry import Retry

declare_operations(
    f"{SERVICE_PATH}/clickhouseSettings",
    "the ClickHouse settings of service {service}",
    GET=("read", "service:view"),
    PATCH=("change", "service:manage"),
)
declare_operations(
    f"{SERVICE_PATH}/clickhouseSettings/schema",
    "which ClickHouse settings of service {service} can be changed",
    GET=("read", "service:view"),
)
declare_operations(
    f"{SERVICE_PATH}/clickhouseSettings/{{}}",
    "the ClickHouse setting {element} of service {service}",
    DELETE=("reset", "service:manage"),
)
FEATURES["clickhouseSettings"] = describe_beta("ClickHouse settings in the API")


def _settings_path(api: Api, service_id: str) -> str:
    return api.service_path(service_id) + "/clickhouseSettings"


def _by_name(api: Api, path: str, retry: Retry = Retry.ALWAYS) -> dict[str, Resource]:
    """Return the objects that GET lists as settings, by name. Raise UnexpectedResponse for anything else."""
    listed = api.request_object("GET", path, retry=retry, required_keys=("settings",))["settings"]
    if not isinstance(listed, list):
        raise UnexpectedResponse(f"The API returned {abbreviate(listed)} for settings; expected a list. Try again.")
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise UnexpectedResponse(f"The API returned a malformed entry in settings: {abbreviate(entry)}. Try again.")
    return {entry["name"]: entry for entry in listed}


def fetch_settings(api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the values of the settings that are set, by name (GET clickhouseSettings)."""
    settings = _by_name(api, _settings_path(api, service_id), retry)
    return {name: entry.get("value") for name, entry in settings.items()}


def fetch_definitions(api: Api, service_id: str) -> dict[str, Resource]:
    """Return the descriptions of all settings that can be changed, by name (GET clickhouseSettings/schema)."""
    return _by_name(api, _settings_path(api, service_id) + "/schema")


def send_settings(api: Api, service_id: str, settings: Mapping[str, Any]) -> list[Any]:
    """Set these settings, and return the warnings of the API (PATCH clickhouseSettings)."""
    response = api.request_object(
        "PATCH", _settings_path(api, service_id), {"settings": settings}, required_keys=("settings",)
    )
    warnings = response.get("warnings")
    return warnings if isinstance(warnings, list) else []


def reset_setting(api: Api, service_id: str, name: str) -> None:
    """Reset the setting to its default, which it may have already (DELETE clickhouseSettings/{settingName}).

    Raise InvalidOption for a name that would be the path of something else.
    """
    if not is_identifier(name):
        raise InvalidOption(f"{abbreviate(name)} cannot be the name of a setting.")
    api.call("DELETE", f"{_settings_path(api, service_id)}/{name}")
