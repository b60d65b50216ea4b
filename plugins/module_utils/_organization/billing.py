# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The usage cost and the credit balances of the organization."""

from __future__ import annotations

import functools
from datetime import date, datetime, timezone
from typing import Any

from .._client.billing import fetch_credit_balances, fetch_usage_cost
from .._json import Resource
from .._module.context import ModuleContext
from .._schema import billing
from .._schema.service import tag_filters
from .._service.find import get_subresource, none_if_forbidden


def report_usage_cost(ctx: ModuleContext) -> None:
    """Return the usage cost of the period in the options; null, with a warning, if the key may not read it."""
    start = billing.parse_day("from_date", ctx.options["from_date"])
    end = billing.parse_day("to_date", ctx.options["to_date"] or datetime.now(timezone.utc).date().isoformat())
    # Raise InvalidOption before any request.
    periods = list(billing.split_period(start, end))
    ctx.set_result(usage_cost=none_if_forbidden(ctx, lambda: _read_usage_cost(ctx, periods)))


def _read_usage_cost(ctx: ModuleContext, periods: list[tuple[date, date]]) -> dict[str, Any]:
    """Return the costs of the periods, and their sums."""
    tags = tag_filters(ctx.options["tags"] or {})
    records: list[Resource] = []
    for start, end in periods:
        fetch = functools.partial(fetch_usage_cost, ctx.api, start, end, tags)
        records += billing.list_records(get_subresource("the usage cost", "", fetch), "costs")
    key = ctx.options["group_by_tag"]
    return {
        "from_date": periods[0][0].isoformat(),
        "to_date": periods[-1][1].isoformat(),
        "total_chc": billing.add_up(records),
        "by_day": billing.by_day(records),
        "by_service": billing.by_service(records),
        "by_tag": _group_by_tag(ctx, records, key) if key else None,
        "costs": [billing.to_cost(record) for record in records],
    }


def _group_by_tag(ctx: ModuleContext, records: list[Resource], key: str) -> list[dict[str, Any]] | None:
    """Return the cost of each value of the tag; null, with a warning, if the key may not list the services."""
    services = none_if_forbidden(ctx, lambda: get_subresource("the services", "", ctx.api.cached_services))
    return None if services is None else billing.by_tag(records, services, key)


def report_credit_balances(ctx: ModuleContext) -> None:
    """Return the credit balances; null, with a warning, if the key may not read them."""

    def read() -> dict[str, Any]:
        return billing.to_balances(get_subresource("the credit balances", "", lambda: fetch_credit_balances(ctx.api)))

    ctx.set_result(credit_balance=none_if_forbidden(ctx, read))
