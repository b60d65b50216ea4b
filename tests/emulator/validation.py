# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of request bodies, which can be combined into tables."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from re import Pattern
from typing import Any, Callable

from .clock import parse_timestamp
from .responses import ApiError, bad_request, normalize_numbers

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
    """Return the value as it appears in the API's messages: <string:ap-1>, <number:32>."""
    if value is _MISSING:
        return "<undefined:undefined>"
    if value is None:
        return "<null:null>"
    kind = next(name for type_, name in _TYPES if isinstance(value, type_))
    return f"<{kind}:{value if isinstance(value, str) else json.dumps(normalize_numbers(value))}>"


def validation_error(path: str, message: str, value: Any = _MISSING) -> ApiError:
    return bad_request(f"request {path}: {message} {describe(value)}")


def _parse_uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def is_uuid(value: Any) -> bool:
    return _parse_uuid(value) is not None


def is_uuid4(value: Any) -> bool:
    parsed = _parse_uuid(value)
    return parsed is not None and parsed.version == 4


def text(minimum: int = 1, maximum: int = 10_000, pattern: str | None = None) -> Check:
    expression: Pattern[str] | None = re.compile(pattern) if pattern else None

    def check(path: str, value: Any) -> None:
        if not isinstance(value, str):
            raise validation_error(path, "The value must be a string", value)
        if len(value) < minimum:
            raise validation_error(path, f"length is too small: {len(value)} < {minimum}", value)
        if len(value) > maximum:
            raise validation_error(path, f"length is too big: {len(value)} > {maximum}", value)
        if expression is not None and not expression.fullmatch(value):
            raise validation_error(path, f"The value must match {expression.pattern}", value)

    return check


def choice(*values: str) -> Check:
    def check(path: str, value: Any) -> None:
        if value not in values:
            raise validation_error(path, f"The value must be one of: {', '.join(values)}", value)

    return check


def boolean(path: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise validation_error(path, "The value must be a boolean", value)


def day(path: str, value: Any) -> None:
    """Check a date without a time."""
    try:
        # Newer versions of Python accept other formats as well.
        is_date = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_date = False
    if not is_date:
        raise validation_error(path, "The value must be a date", value)


def moment(path: str, value: Any) -> None:
    """Check a date with a time and a time zone."""
    text(1, 40)(path, value)
    try:
        parse_timestamp(value)
    except ValueError:
        raise validation_error(path, "The value must be a date and time", value) from None


def amount(path: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise validation_error(path, "The value must be a number", value)


def uuid_text(path: str, value: Any) -> None:
    if not is_uuid(value):
        raise validation_error(path, "The value must be a UUID", value)


def uuid4(path: str, value: Any) -> None:
    if not is_uuid4(value):
        raise validation_error(path, "The value must be a UUID", value)


def number(minimum: int | None = None, maximum: int | None = None, multiple: int = 1) -> Check:
    """Return a check for integers, which include 8.0."""

    def check(path: str, value: Any) -> None:
        amount(path, value)
        if value % multiple:
            message = "an integer" if multiple == 1 else f"a multiple of {multiple}"
            raise validation_error(path, f"The value must be {message}", value)
        if minimum is not None and value < minimum:
            raise validation_error(path, f"The value must be greater than or equal to {minimum}", value)
        if maximum is not None and value > maximum:
            raise validation_error(path, f"The value must be less than or equal to {maximum}", value)

    return check


def choice_of_integers(*values: int) -> Check:
    def check(path: str, value: Any) -> None:
        number()(path, value)
        if value not in values:
            raise validation_error(path, f"The value must be one of: {', '.join(map(str, values))}", value)

    return check


def array(item: Check, minimum: int = 0, maximum: int = 10_000) -> Check:
    def check(path: str, value: Any) -> None:
        if not isinstance(value, list):
            raise validation_error(path, "The value must be an array", value)
        if not minimum <= len(value) <= maximum:
            raise validation_error(path, f"The array must have {minimum} to {maximum} elements", value)
        for index, element in enumerate(value):
            item(f"{path}[{index}]", element)

    return check


def record(table: Table, required: Iterable[str] = ()) -> Check:
    names = tuple(required)

    def check(path: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise validation_error(path, "The value must be an object", value)
        check_fields(table, value, names, path)

    return check


def check_fields(table: Table, body: dict[str, Any], required: Iterable[str] = (), path: str = "body") -> None:
    """Check the fields that are in the table. Like the API, ignore others."""
    for name in required:
        if name not in body:
            raise validation_error(f"{path}.{name}", "The value is required")
    for name, check in table.items():
        if name in body:
            check(f"{path}.{name}", body[name])


def mapping(item: Check) -> Check:
    """Return a check for an object with any keys whose values are alike."""

    def check(path: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise validation_error(path, "The value must be an object", value)
        for name, element in value.items():
            item(f"{path}.{name}", element)

    return check


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
        raise validation_error(path, "The value must be an IP address or a CIDR", value) from None


def list_patch(item: Check, maximum: int = 10_000) -> Check:
    """Return a check for list changes in a PATCH."""
    return record({"add": array(item, 0, maximum), "remove": array(item, 0, maximum)})
