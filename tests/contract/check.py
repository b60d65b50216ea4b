# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check requests and responses by the contract."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema

from .contract import Contract, Node, load
from .openapi import openapi

#: How many elements of a list are checked: the rest of a long one is of the same kind.
MAX_ELEMENTS = 25


class Checker:
    """Checks requests and responses of operations, which are named "METHOD /path/{parameter}"."""

    def __init__(self, contract: Contract | None = None) -> None:
        self._description = openapi(contract or load(), strict=True)
        self._validator = functools.cache(self._new_validator)

    def check_response(self, line: str, status: int, media_type: str, value: Any) -> list[str]:
        """Return what is wrong with a response, whose value is text if the media type is not JSON."""
        operation = self._operation(line)
        if operation is None:
            return []
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"{line}: the contract has no response {status}"]
        content = response["content"]
        kind = media_type.partition(";")[0]
        if kind not in content:
            return [f"{line}: a response {status} is {' or '.join(content)}, not {kind}"]
        return self._check(line, f"response {status}", ("responses", str(status), "content", kind, "schema"), value)

    def check_request(self, line: str, query: Mapping[str, Sequence[str]], body: Any) -> list[str]:
        """Return what is wrong with a request that should be accepted. The body is None if there is none."""
        operation = self._operation(line)
        if operation is None:
            return []
        parameters = {entry["name"]: entry for entry in operation["parameters"] if entry["in"] == "query"}
        problems = [f"{line}: there is no parameter {name}" for name in query if name not in parameters]
        problems += [
            f"{line}: the parameter {name} is required"
            for name, entry in parameters.items()
            if entry.get("required") and name not in query
        ]
        if body is None:
            return problems
        if "requestBody" not in operation:
            return [*problems, f"{line}: a request has no body"]
        return problems + self._check(line, "request", ("requestBody", "content", "application/json", "schema"), body)

    def check_value(self, name: str, value: Any) -> list[str]:
        """Return what is wrong with a value that should be of the schema of this name."""
        return _problems(self._validator(None, ("components", "schemas", name)), name, value)

    def _operation(self, line: str) -> Node | None:
        method, path = line.split(" ")
        found: Node | None = self._description["paths"].get(path, {}).get(method.lower())
        return found

    def _check(self, line: str, what: str, keys: tuple[str, ...], value: Any) -> list[str]:
        return _problems(self._validator(line, keys), f"{line}: {what}", value)

    def _new_validator(self, line: str | None, keys: tuple[str, ...]) -> Any:
        """Return a validator of a schema, which the keys lead to from the operation or else from the description."""
        schema: Any = self._description if line is None else self._operation(line)
        for key in keys:
            schema = schema[key]
        return jsonschema.Draft202012Validator(
            {**schema, "components": self._description["components"]}, format_checker=jsonschema.FormatChecker()
        )


def _problems(validator: Any, what: str, value: Any) -> list[str]:
    return [f"{what}: {error.json_path}: {error.message}" for error in validator.iter_errors(_shorten(value))]


def _shorten(value: Any) -> Any:
    """Return the value with the first elements of its list of results only."""
    if isinstance(value, dict) and isinstance(value.get("result"), list):
        return {**value, "result": value["result"][:MAX_ELEMENTS]}
    return value
