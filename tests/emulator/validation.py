# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of request bodies, as values to build tables from."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from re import Pattern
from typing import Any, Callable

from .responses import ApiError, bad_request, whole

Check = Callable[[str, Any], None]
Table = Mapping[str, Check]

_MISSING = object()
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "number"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def describe(value: Any) -> str:
    """The value as the API ends its messages with it: <string:ap-1>, <number:32>."""
    if value is _MISSING:
        return "<undefined:undefined>"
    if value is None:
        return "<null:null>"
    kind = next(name for type_, name in _TYPES if isinstance(value, type_))
    return f"<{kind}:{value if isinstance(value, str) else json.dumps(whole(value))}>"


def refuse(path: str, message: str, value: Any = _MISSING) -> ApiError:
    return bad_request(f"request {path}: {message} {describe(value)}")


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def is_uuid(value: Any) -> bool:
    return _uuid(value) is not None


def is_uuid4(value: Any) -> bool:
    parsed = _uuid(value)
    return parsed is not None and parsed.version == 4


def text(minimum: int = 1, maximum: int = 10_000, pattern: str | None = None) -> Check:
    expression: Pattern[str] | None = re.compile(pattern) if pattern else None

    def check(path: str, value: Any) -> None:
        if not isinstance(value, str):
            raise refuse(path, "The value must be a string", value)
        if len(value) < minimum:
            raise refuse(path, f"length is too small: {len(value)} < {minimum}", value)
        if len(value) > maximum:
            raise refuse(path, f"length is too big: {len(value)} > {maximum}", value)
        if expression is not None and not expression.fullmatch(value):
            raise refuse(path, f"The value must match {expression.pattern}", value)

    return check


def choice(*values: str) -> Check:
    def check(path: str, value: Any) -> None:
        if value not in values:
            raise refuse(path, f"The value must be one of: {', '.join(values)}", value)

    return check


def boolean(path: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise refuse(path, "The value must be a boolean", value)


def uuid4(path: str, value: Any) -> None:
    if not is_uuid4(value):
        raise refuse(path, "The value must be a UUID", value)


def number(minimum: int | None = None, maximum: int | None = None, multiple: int = 1) -> Check:
    """A whole number; 8.0 is one too."""

    def check(path: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise refuse(path, "The value must be a number", value)
        if value % multiple:
            message = "an integer" if multiple == 1 else f"a multiple of {multiple}"
            raise refuse(path, f"The value must be {message}", value)
        if minimum is not None and value < minimum:
            raise refuse(path, f"The value must be greater than or equal to {minimum}", value)
        if maximum is not None and value > maximum:
            raise refuse(path, f"The value must be less than or equal to {maximum}", value)

    return check


def array(item: Check, minimum: int = 0, maximum: int = 10_000) -> Check:
    def check(path: str, value: Any) -> None:
        if not isinstance(value, list):
            raise refuse(path, "The value must be an array", value)
        if not minimum <= len(value) <= maximum:
            raise refuse(path, f"The array must have {minimum} to {maximum} elements", value)
        for index, element in enumerate(value):
            item(f"{path}[{index}]", element)

    return check


def record(table: Table, required: Iterable[str] = ()) -> Check:
    names = tuple(required)

    def check(path: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise refuse(path, "The value must be an object", value)
        check_fields(table, value, names, path)

    return check


def check_fields(table: Table, body: dict[str, Any], required: Iterable[str] = (), path: str = "body") -> None:
    """Check the fields that the table knows. The API takes no notice of others."""
    for name in required:
        if name not in body:
            raise refuse(f"{path}.{name}", "The value is required")
    for name, check in table.items():
        if name in body:
            check(f"{path}.{name}", body[name])


def nullable(inner: Check) -> Check:
    def check(path: str, value: Any) -> None:
        if value is not None:
            inner(path, value)

    return check


def network(path: str, value: Any) -> None:
    text(1)(path, value)
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise refuse(path, "The value must be an IP address or a CIDR", value) from None


def additions_and_removals(item: Check, maximum: int = 10_000) -> Check:
    """The form of every list in a PATCH."""
    return record({"add": array(item, 0, maximum), "remove": array(item, 0, maximum)})
