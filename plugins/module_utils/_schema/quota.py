# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The quotas of an organization. All functions are pure."""

from __future__ import annotations

from collections.abc import Iterable

from .._errors import UnexpectedResponse
from .._json import Resource, abbreviate
from .fields import Schema

QUOTA = Schema(options=[], read_only=["quotaCode", "name", "description", "scope", "value", "usage", "adjustable"])
SERVICES_QUOTA = "services-per-organization"


def describe_excess(quotas: Iterable[Resource], new: int, *, deletes: bool) -> str | None:
    """Return why this number of new services exceeds the quota; None if it does not, or if the quota is not known.

    deletes is true if the same task deletes services. Raise UnexpectedResponse for a quota whose limit or usage is not
    an integer.
    """
    quota = next((quota for quota in quotas if quota["quotaCode"] == SERVICES_QUOTA), None)
    if quota is None or quota.get("usage") is None:
        return None
    limit, usage = _integer(quota, "value"), _integer(quota, "usage")
    if usage + new <= limit:
        return None
    advice = "Delete others first"
    if deletes:
        advice = "Delete those that are to be deleted in an earlier task, since they count until they are gone"
    elif quota.get("adjustable"):
        advice += ", or ask ClickHouse support to raise the quota"
    return (
        f"The quota {SERVICES_QUOTA} of the organization is {limit}, of which {usage} in use, and {new} more would be"
        f" created. {advice}."
    )


def _integer(quota: Resource, name: str) -> int:
    """Return a number of the quota. Raise UnexpectedResponse for anything but an integer."""
    value = quota.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnexpectedResponse(
            f"The API returned {abbreviate(value)} for {name} of the quota {SERVICES_QUOTA}; expected an integer."
        )
    return value
