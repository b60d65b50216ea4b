# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare a response with what a step expects of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: What an expected text in angle brackets stands for, as a regular expression of the whole text.
PATTERNS = {
    "<text>": r"(?s).+",
    "<uuid>": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "<date>": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z",
}
#: A field that the response does not have, or has as null.
ABSENT = "<absent>"


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """Return the value with each ``{name}`` in its texts replaced, also in keys. An unknown name stays as it is."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], match[0]), value)
    if isinstance(value, dict):
        return {fill(key, names): fill(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [fill(entry, names) for entry in value]
    return value


def find_value(response: Any, path: str) -> str:
    """Return the value at a path such as ``result.0.id``, as text."""
    for part in path.split("."):
        response = response[int(part) if isinstance(response, list) else part]
    return str(response)


def find_differences(expected: Any, actual: Any, where: str = "response") -> list[str]:
    """Return a sentence for each difference. Fields that the expectation does not name may have any value."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            line
            for key, value in expected.items()
            for line in find_differences(value, actual.get(key), f"{where}.{key}")
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            line
            for index, (wanted, found) in enumerate(zip(expected, actual))
            for line in find_differences(wanted, found, f"{where}[{index}]")
        ]
    return [] if _is_equal(expected, actual) else [f"{where}: expected {expected!r}, got {actual!r}"]


def _is_equal(expected: Any, actual: Any) -> bool:
    if expected == ABSENT:
        return actual is None
    if isinstance(expected, str) and expected in PATTERNS:
        return isinstance(actual, str) and re.fullmatch(PATTERNS[expected], actual) is not None
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)
