# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The configuration of a version of a user-defined function, and the fields of its attachment to a service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._errors import InvalidOption, UnexpectedResponse
from .._json import Resource, abbreviate
from .fields import Field, Schema

_ARGUMENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: The options that only a function with a pool of processes has.
POOL_OPTIONS = ("pool_size", "max_command_execution_time")
#: What a new function has if the task does not say otherwise. The API requires these fields.
NEW_FUNCTION: Mapping[str, Any] = {"runtime": "python3.11", "type": "executable"}
#: What the API has for the fields that a request leaves out, and for those of each type.
_DEFAULTS: Mapping[str, Any] = {
    "returnName": None,
    "commandReadTimeout": 10000,
    "commandWriteTimeout": 10000,
    "memoryLimitMib": None,
    "sendChunkHeader": False,
    "deterministic": False,
    "format": "TabSeparated",
    "sandboxType": "basic",
    "maxCommandExecutionTime": 10,
}
_POOL_SIZES = {"executable": None, "executable_pool": 3}


@dataclass(frozen=True)
class NumberField(Field):
    """A whole number within limits; 0 for maximum means unlimited."""

    type: str = "int"
    minimum: int = 1
    maximum: int = 0

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        if value is not None and (value < self.minimum or 0 < self.maximum < value):
            limit = f" and at most {self.maximum}" if self.maximum else ""
            raise InvalidOption(f"{self.option} must be at least {self.minimum}{limit}; {value} is not.")
        return value


@dataclass(frozen=True)
class MemoryField(NumberField):
    """A limit in MiB; the API has null for the default of the sandbox, for which the option is 0."""

    minimum: int = 0
    maximum: int = 1048576

    def current(self, resource: Mapping[str, Any]) -> Any:
        return resource.get(self.name) or 0

    def to_create(self, desired: Any) -> Any:
        return desired or None


@dataclass(frozen=True)
class NameField(Field):
    """A name that an argument or the result can have."""

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        return None if value is None else _require_name(self.option, value)


@dataclass(frozen=True)
class ArgumentsField(Field):
    """The arguments in their order, each with a name and a type."""

    type: str = "list"
    required_by_post: bool = True
    spec: Mapping[str, Any] = field(
        default_factory=lambda: {
            "elements": "dict",
            "options": {"name": {"type": "str", "required": True}, "type": {"type": "str", "required": True}},
        }
    )

    def desired(self, options: Mapping[str, Any]) -> Any:
        arguments = super().desired(options)
        if arguments is None:
            return None
        names = [_require_name("The name of each argument in arguments", argument["name"]) for argument in arguments]
        for name in names:
            if names.count(name) > 1:
                raise InvalidOption(f"arguments has the name {name!r} twice. Name each argument differently.")
        return [{"name": argument["name"], "type": argument["type"]} for argument in arguments]

    def current(self, resource: Mapping[str, Any]) -> Any:
        arguments = super().current(resource)
        if not isinstance(arguments, list) or not all(isinstance(argument, dict) for argument in arguments):
            return arguments
        return [{"name": argument.get("name"), "type": argument.get("type")} for argument in arguments]

    def checked_current(self, resource: Mapping[str, Any]) -> Any:
        arguments = super().checked_current(resource)
        for argument in arguments or []:
            if not isinstance(argument, dict):
                raise UnexpectedResponse(f"The API returned a malformed entry in {self.name}: {abbreviate(argument)}.")
        return arguments


def _require_name(label: str, name: str) -> str:
    if not _ARGUMENT_NAME.fullmatch(name):
        raise InvalidOption(
            f"{label} must begin with a letter, and consist of letters, digits and underscores; {name!r} does not."
        )
    return name


UDF = Schema(
    options=[
        Field("runtime", spec={"choices": ["python3.11", "native"]}),
        Field("type", spec={"choices": ["executable", "executable_pool"]}),
        ArgumentsField("arguments"),
        Field("return_type"),
        NameField("return_name"),
        NumberField("pool_size"),
        NumberField("max_command_execution_time"),
        NumberField("command_read_timeout"),
        NumberField("command_write_timeout"),
        MemoryField("memory_limit_mib"),
        Field("send_chunk_header", "bool"),
        Field("deterministic", "bool"),
        Field("format"),
        Field("sandbox_type", spec={"choices": ["basic", "netenable"]}),
    ],
    read_only=["functionName", "version", "status", "error", "sandboxVersion", "createdAt", "updatedAt"],
)

UDF_ATTACHMENT = Schema(options=[NumberField("version")], read_only=["functionName", "serviceId", "status"])


def check_udf(values: Mapping[str, Any]) -> None:
    """Raise InvalidOption for values by option that exclude each other."""
    for option in POOL_OPTIONS:
        if option in values and values.get("type") == "executable":
            raise InvalidOption(
                f"{option} is only for a function with a pool of processes: set type: executable_pool, or leave it out."
            )
    if values.get("runtime") == "native" and values.get("sandbox_type") == "netenable":
        raise InvalidOption(
            "sandbox_type: netenable is not for runtime: native, which always has the sandbox basic. Leave it out."
        )


def check_new_version(current: Resource | None, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if the values exclude each other together with those that the function keeps."""
    kept = {"type": (current or NEW_FUNCTION).get("type"), "runtime": (current or NEW_FUNCTION).get("runtime")}
    check_udf({**kept, **desired})


def _keep_configuration(current: Resource) -> dict[str, Any]:
    """Return what the options state of the current version."""
    return {field.name: current[field.name] for field in UDF.options() if field.name in current}


def build_version(current: Resource | None, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a new version: the API inherits nothing from the previous one, so all is repeated."""
    kept = _keep_configuration(current) if current else NEW_FUNCTION
    body = {**kept, **UDF.create_body(desired)}
    if desired.get("memory_limit_mib") == 0:
        body["memoryLimitMib"] = None
    if body["type"] != kept.get("type"):
        # The values of the other type do not apply, and the API has defaults.
        given = UDF.create_body({option: desired[option] for option in POOL_OPTIONS if option in desired})
        body = {name: value for name, value in body.items() if name not in ("poolSize", "maxCommandExecutionTime")}
        body.update(given)
    return body


def predict_version(current: Resource | None, desired: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a new version as the API will return it, without what only the API decides."""
    body = build_version(current, desired)
    decided = dict.fromkeys(("sandboxVersion", "createdAt", "updatedAt"))
    defaults = {**_DEFAULTS, "poolSize": _POOL_SIZES[body["type"]]}
    return {**(current or {}), **defaults, **body, **decided, "functionName": name, "error": None}
