# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a resource that consists of SQL, such as a saved query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .fields import Field
from .texts import check_scalars, stored_text

MAX_SQL_LENGTH = 4 * 1024 * 1024


@dataclass(frozen=True)
class SqlField(Field):
    """SQL, which is compared as text. White space at its end is ignored, since a YAML block (|) adds a line break."""

    max_length: int = MAX_SQL_LENGTH

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        return value if value is None else value.rstrip()

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = super().current(resource)
        return value.rstrip() if isinstance(value, str) else value


@dataclass(frozen=True)
class ParametersField(Field):
    """The values of parameters by name, which the API keeps as text."""

    type: str = "dict"

    def desired(self, options: Mapping[str, Any]) -> Any:
        values = super().desired(options)
        if values is None:
            return None
        check_scalars(self.option, values)
        return {str(name): stored_text(value) for name, value in values.items()}
