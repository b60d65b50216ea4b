# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of the upgrade window of a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .fields import Field, Schema

#: The API numbers them from 0.
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


@dataclass(frozen=True)
class WeekdayField(Field):
    """A day of the week, which is a number in the API."""

    @property
    def response_type(self) -> str:
        return "int"

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = super().current(resource)
        return WEEKDAYS[int(value)] if value in range(len(WEEKDAYS)) else value

    def to_create(self, desired: Any) -> Any:
        return WEEKDAYS.index(desired)


UPGRADE_WINDOW = Schema(
    options=[
        WeekdayField("weekday", spec={"choices": list(WEEKDAYS)}),
        Field("start_hour_utc", "int", spec={"choices": [0, 6, 12, 18]}),
    ],
    read_only=["duration"],
)
