# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Values from JSON: checks and conversions for numbers, timestamps, and names of fields."""

from __future__ import annotations

import functools
import math
import re
import reprlib
import sys
from datetime import datetime
from typing import Any, Callable

#: A resource as the API returns it, with the API's field names.
Resource = dict[str, Any]

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:[Zz]|([+-]\d\d):?(\d\d))?", re.ASCII)


def is_finite_number(value: object) -> bool:
    """Return whether the value is a number other than a boolean, infinity or NaN, in the range of a float."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def parse_timestamp(timestamp: object) -> float | None:
    """Return an ISO 8601 timestamp as whole seconds since 1970; None for anything else. The default zone is UTC."""
    match = _TIMESTAMP.fullmatch(timestamp.strip()) if isinstance(timestamp, str) else None
    if match is None:
        return None
    date, time, hours, minutes = match.groups(default="")
    zone = f"{hours}:{minutes}" if hours else "+00:00"
    try:
        # The oldest Python understands this form only.
        return datetime.fromisoformat(f"{date}T{time}{zone}").timestamp()
    except (ValueError, OverflowError):
        return None


def identity(name: str) -> str:
    """Return the name unchanged."""
    return name


def to_json_safe(value: Any, rename: Callable[[str], str] = identity) -> Any:
    """Return the value with renamed keys, and with text in place of the numbers that strict JSON lacks.

    A value that is nested too deeply for Python is abbreviated.
    """
    try:
        return _to_json_safe(value, rename)
    except RecursionError:
        return abbreviate(value)


def _to_json_safe(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(str(key)): _to_json_safe(item, rename) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_json_safe(item, rename) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def abbreviate(value: object) -> str:
    """Return the value as text of at most 80 characters, for a message."""
    text = "null" if value is None else _SHORT.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _make_repr() -> reprlib.Repr:
    """Return a repr() that reads only the beginning of large or deep values."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = brief.maxlong = 60
    return brief


_SHORT = _make_repr()


@functools.cache
def to_camel_case(name: str) -> str:
    """Convert ip_access_list to ipAccessList."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


@functools.lru_cache(maxsize=1000)
def to_snake_case(name: str) -> str:
    """Convert ipAccessList to ip_access_list."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
