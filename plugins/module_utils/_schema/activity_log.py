# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The selection of activities, for the module activity_info and for the event source activities.

The event source loads this file by its path, outside of any package, so it imports nothing from the collection.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any


def to_query_day(time: datetime) -> str:
    """Return the day in UTC, without the time, which the API may refuse in a query."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%d")


def matches(activity: Mapping[str, Any], wanted: Mapping[str, Collection[Any]]) -> bool:
    """Return whether each of these fields has one of the wanted values; a field without any may have every value."""
    return all(not values or activity.get(field) in values for field, values in wanted.items())
