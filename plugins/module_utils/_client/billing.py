# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the usage cost and the credit balances of an organization."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .._json import Resource
from .api import Api
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(
    f"{ORGANIZATION_PATH}/usageCost", "the usage cost of the organization", GET=("read", "organization:view")
)
declare_operations(
    f"{ORGANIZATION_PATH}/creditBalances",
    "the credit balances of the organization",
    GET=("read", "organization:view-billing"),
)


def fetch_usage_cost(api: Api, start: date, end: date, tags: Mapping[str, str | None]) -> Resource:
    """Return the usage cost of up to 31 days (GET usageCost), of services with all the tags. None matches any value."""
    filters = [f"tag:{key}" if value is None else f"tag:{key}={value}" for key, value in tags.items()]
    query = {"from_date": start.isoformat(), "to_date": end.isoformat(), **({"filter": filters} if filters else {})}
    path = f"/organizations/{api.organization}/usageCost"
    return api.request_object("GET", path, query=query, required_keys=("costs",))


def fetch_credit_balances(api: Api) -> Resource:
    """Return the active credit balances, the first to expire first (GET creditBalances)."""
    path = f"/organizations/{api.organization}/creditBalances"
    return api.request_object("GET", path, required_keys=("balances",))
