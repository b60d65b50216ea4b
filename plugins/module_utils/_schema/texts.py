# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Values of any type that the API keeps as text, such as those of tags and of the parameters of queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import InvalidOption
from .._json import abbreviate


def stored_text(value: Any) -> str:
    """Return a value as the API stores it: booleans as in JSON, None as an empty string."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_scalars(option: str, values: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a value that is a list or a dictionary."""
    for key, value in values.items():
        if isinstance(value, (list, dict)):
            raise InvalidOption(
                f"{option}: the value of {abbreviate(key)} must be text, a number, true or false, or nothing;"
                f" {abbreviate(value)} is a {'list' if isinstance(value, list) else 'dictionary'}."
            )
