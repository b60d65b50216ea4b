# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ClickHouse settings of a service.

They are a map whose names only the API knows, not a record. So no Schema can list their fields: SettingsSchema has a
field for each setting that a task names. All else about it is that of any other Schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import InvalidOption
from .._json import Resource, abbreviate, to_json_safe
from .._texts import is_identifier, nearest
from .fields import Change, Field, Schema

#: Settings that ClickHouse Cloud sets itself. With settings_mode set, they are only changed if a task names them.
PLATFORM_SETTINGS = frozenset({"compatibility"})
#: The types of settings whose values are integers in the API; those of a boolean are 0 and 1.
INTEGER_TYPES = ("integer", "boolean")

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_BOOLEANS = {"true": "1", "false": "0"}


def to_canonical(value: Any) -> str | None:
    """Return the value as a text that is the same for equal values: 8, 8.0 and "8", or true, "true", 1 and "1".

    The API returns a string or an integer, which need not be the type of the declared value.
    """
    if value is None:
        return None
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    text = _BOOLEANS.get(text.lower(), text)
    return str(int(text)) if _INTEGER.fullmatch(text) else text


def _require_declarable(name: str, value: Any) -> None:
    """Raise InvalidOption unless a setting with this name can have this value, or null."""
    if not is_identifier(name):
        raise InvalidOption(
            f"settings: {abbreviate(name)} cannot be the name of a setting, which consists of letters, digits and"
            " underscores."
        )
    if isinstance(value, float):
        raise InvalidOption(
            f"settings: {name} must be a string or an integer; {value} is neither. Quote it, since YAML reads 25.10 as"
            " the number 25.1, or use the filter int."
        )
    if value is not None and not isinstance(value, (str, int)):
        raise InvalidOption(
            f"settings: {name} must be a string, an integer, a boolean or null; {abbreviate(value)} is not."
        )


@dataclass(frozen=True)
class SettingField(Field):
    """A setting that a task names. The desired value None means its default, which it has if it is not set."""

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = resource.get(self.option)
        is_text = isinstance(before, str) and isinstance(desired, str)
        is_same = before == desired if is_text else to_canonical(before) == to_canonical(desired)
        return None if is_same else Change(self, before, desired, desired)


class SettingsSchema(Schema):
    """The options settings and settings_mode, and the settings named. A resource is a map of names to values."""

    def desired(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that the task names; None stands for a default. Raise InvalidOption."""
        settings: dict[str, Any] = options["settings"]
        for name, value in settings.items():
            _require_declarable(name, value)
        return settings

    def diff(self, resource: Mapping[str, Any], desired: Mapping[str, Any]) -> list[Change]:
        changes = (SettingField(name, api=name).diff(resource, value) for name, value in desired.items())
        return [change for change in changes if change]

    def predict(self, resource: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
        return self.to_result({**resource, **{change.field.option: change.after for change in changes}})

    def to_result(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that are set. Their names are those of ClickHouse, and so they are not converted."""
        return {name: to_json_safe(value) for name, value in resource.items() if value is not None}

    def to_resource(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the response of the API for this result, which is a list of settings."""
        return {"settings": [{"name": name, "value": value} for name, value in result.items()]}


SETTINGS = SettingsSchema(
    options=[
        Field("settings", "dict", spec={"required": True}),
        Field("settings_mode", spec={"choices": ["set", "add"], "default": "add"}),
    ]
)

#: The description of a setting that can be changed.
DEFINITION = Schema(
    options=[], read_only=["name", "type", "description", "enum", "warning", "deprecationNotice", "example"]
)


def with_resets(current: Resource, declared: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """Return the desired settings; with settings_mode set, also those to reset, since the task does not name them."""
    others = current.keys() - PLATFORM_SETTINGS if mode == "set" else ()
    return {**{name: None for name in sorted(others) if is_identifier(name)}, **declared}


def needs_definitions(current: Resource, desired: Mapping[str, Any], declared: Mapping[str, Any]) -> bool:
    """Return whether the descriptions of the settings decide if there is a change, or how to make it.

    A declared setting that is not set may not exist. "007" and 7 are the same for an integer, but not for a string.
    """
    is_ambiguous = any(
        isinstance(current.get(name), str) and str(value) != current[name] for name, value in declared.items()
    )
    return is_ambiguous or bool(declared.keys() - current.keys() or SETTINGS.diff(current, desired))


def to_api_values(
    current: Resource, desired: Mapping[str, Any], declared: Mapping[str, Any], definitions: Mapping[str, Resource]
) -> dict[str, Any]:
    """Return the desired settings as the API takes them, without those to reset that cannot be changed.

    Without definitions, nothing is checked. Raise InvalidOption for a declared setting that cannot be changed, or to a
    value that it cannot have.
    """

    def convert(name: str, value: Any) -> Any:
        return _to_setting_value(name, value, definitions.get(name, {}), current.get(name))

    if not definitions:
        return {name: convert(name, value) for name, value in desired.items()}
    unknown = [_describe_unknown_setting(name, definitions) for name in declared if name not in definitions]
    if unknown:
        raise InvalidOption(
            f"settings: {' '.join(unknown)} To list the settings that can be changed, use the module"
            " service_settings_info with schema: true."
        )
    return {name: convert(name, value) for name, value in desired.items() if name in definitions}


def _describe_unknown_setting(name: str, definitions: Iterable[str]) -> str:
    similar = nearest(name, definitions)
    # It is an identifier, so that nothing in it needs the quotes.
    shown = abbreviate(name).strip("'")
    return f"{shown} is not a setting that can be changed.{f' Did you mean {similar}?' if similar else ''}"


def _to_setting_value(name: str, value: Any, definition: Resource, current: Any) -> Any:
    """Return the value as the API takes it, by the description of the setting. Raise InvalidOption."""
    setting_type, choices = definition.get("type"), definition.get("enum")
    if value is None:
        return None
    if isinstance(choices, list) and choices:
        return _to_choice(name, value, choices)
    if setting_type in INTEGER_TYPES:
        return _to_integer(name, value)
    if setting_type == "string":
        return _to_string(name, value)
    # The type is not known: what may be the same stays. In ClickHouse, booleans are 0 and 1.
    if to_canonical(value) == to_canonical(current):
        return current
    return int(value) if isinstance(value, bool) else value


def _to_choice(name: str, value: Any, choices: list[Any]) -> Any:
    for choice in choices:
        if to_canonical(choice) == to_canonical(value):
            return choice
    allowed = " or ".join(map(abbreviate, choices))
    raise InvalidOption(f"settings: {name} must be {allowed}; {abbreviate(value)} is not.")


def _to_integer(name: str, value: Any) -> int:
    text = to_canonical(value) or ""
    if not _INTEGER.fullmatch(text):
        raise InvalidOption(f"settings: {name} must be an integer; {abbreviate(value)} is not.")
    return int(text)


def _to_string(name: str, value: Any) -> str:
    if isinstance(value, bool):
        raise InvalidOption(
            f"settings: {name} must be a string; {value} is a boolean. Quote it, since YAML reads yes, no, on and off"
            " as booleans."
        )
    return str(value)
