# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of the query endpoint of a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import InvalidOption
from .fields import Change, Field, Schema, SetField, require_str

ENDPOINT_ROLES = ("sql_console_read_only", "sql_console_admin")


@dataclass(frozen=True)
class TextSetField(Field):
    """An unordered list of texts, which is sent as a whole."""

    type: str = "list"

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        return None if value is None else list(dict.fromkeys(value))

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = resource.get(self.name)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else value

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        return None if set(before or ()) == set(desired) else Change(self, before, desired, self.to_create(desired))


class RolesField(TextSetField):
    """The roles of the endpoint, of which the API requires at least one."""

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        if value == []:
            raise InvalidOption(
                f"{self.option} is empty. Name {' or '.join(ENDPOINT_ROLES)}, or delete it with state: absent."
            )
        return value


def _split_origins(text: str) -> list[str]:
    """Return the origins in a text of the API."""
    return [origin.strip() for origin in text.split(",") if origin.strip()]


class OriginsField(TextSetField):
    """The origins, which are one text in the API, separated by commas. An element may hold several, as the API does."""

    @property
    def response_type(self) -> str:
        return "str"

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        return None if value is None else list(dict.fromkeys(_split_origins(",".join(value))))

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = resource.get(self.name)
        return _split_origins(value) if isinstance(value, str) else value

    def to_create(self, desired: Any) -> Any:
        return ",".join(desired)


#: As an option, it may also hold names of keys.
API_KEYS_FIELD = SetField(
    "api_keys",
    api="openApiKeys",
    required_by_post=True,
    mode="api_keys_mode",
    spec={"elements": "str", "no_log": False},
    identity=require_str,
)

QUERY_ENDPOINT = Schema(
    options=[
        API_KEYS_FIELD,
        RolesField("roles", spec={"elements": "str", "choices": list(ENDPOINT_ROLES)}),
        OriginsField("allowed_origins", spec={"elements": "str"}),
    ],
    read_only=["id"],
    initial={"allowedOrigins": ""},
)
