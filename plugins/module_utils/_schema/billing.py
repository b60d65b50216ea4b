# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The usage cost and the credit balances of an organization: periods, records and totals. All functions are pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from .._errors import InvalidOption, UnexpectedResponse
from .._json import Resource, abbreviate, is_finite_number, to_json_safe, to_snake_case
from .fields import Schema

#: The last day of a request, in days after its first one.
MAX_DAYS_LATER = timedelta(days=30)
#: The API has at most this many decimal places.
DECIMAL_PLACES = 6

COST = Schema(
    options=[],
    read_only=[
        "date",
        "serviceId",
        "dataWarehouseId",
        "entityType",
        "entityId",
        "entityName",
        "metrics",
        "totalCHC",
        "locked",
    ],
)
BALANCE = Schema(
    options=[],
    read_only=["id", "type", "remainingCredits", "totalAmount", "amountSpent", "startDate", "expirationDate"],
)


def parse_day(option: str, text: str) -> date:
    """Return the date of an option. Raise InvalidOption for anything but a date such as 2026-10-31."""
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidOption(f"{option} must be a date such as 2026-10-31; {text!r} is not.") from None


def split_period(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each request for a period. Raise InvalidOption if it has no day."""
    if end < start:
        raise InvalidOption(f"to_date ({end}) must not be before from_date ({start}).")
    while start <= end:
        last = min(start + MAX_DAYS_LATER, end)
        yield start, last
        start = last + timedelta(days=1)


def list_records(response: Resource, name: str) -> list[Resource]:
    """Return the records in a list of the response. Raise UnexpectedResponse for anything else."""
    records = response.get(name)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UnexpectedResponse(f"The API returned {abbreviate(records)} for {name}; expected a list of objects.")
    return records


def cost_of(record: Resource) -> float:
    """Return the cost in a record. Raise UnexpectedResponse for anything but a number."""
    cost = record.get("totalCHC")
    if not is_finite_number(cost):
        raise UnexpectedResponse(f"The API returned {abbreviate(cost)} for totalCHC; expected a number.")
    return float(str(cost))


def add_up(records: Iterable[Resource]) -> float:
    """Return the sum of the costs, rounded as the API does."""
    return round(math.fsum(map(cost_of, records)), DECIMAL_PLACES)


def group_costs(records: Iterable[Resource], key: Callable[[Resource], Hashable]) -> dict[Hashable, list[Resource]]:
    """Return the records by their key, in the order of the first record of each."""
    groups: dict[Hashable, list[Resource]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def by_day(records: Iterable[Resource]) -> list[dict[str, Any]]:
    """Return the cost of each day, in the order of the days; null stands for records without a date."""
    days = group_costs(records, lambda record: record.get("date") and str(record["date"]))
    return [{"date": day, "total_chc": add_up(found)} for day, found in sorted(days.items(), key=str)]


def by_service(records: Iterable[Resource]) -> list[dict[str, Any]]:
    """Return the cost of each service, and of each data warehouse apart from its services, the highest first."""
    groups = group_costs(records, lambda record: (record.get("serviceId"), record.get("dataWarehouseId")))
    costs = [
        {
            "service_id": found[0].get("serviceId"),
            "data_warehouse_id": found[0].get("dataWarehouseId"),
            "name": _name_of(found),
            "total_chc": add_up(found),
        }
        for found in groups.values()
    ]
    return sorted(costs, key=lambda cost: -float(cost["total_chc"]))


def _name_of(records: list[Resource]) -> Any:
    """Return the name of the service or data warehouse, and not that of one of its ClickPipes."""
    own = [record for record in records if record.get("entityType") != "clickpipe"]
    return (own or records)[-1].get("entityName")


def by_tag(records: Iterable[Resource], services: Iterable[Resource], key: str) -> list[dict[str, Any]]:
    """Return the cost of each value of a tag, the highest first; null stands for services without it.

    The cost of a data warehouse apart from its services belongs to the value of its primary service.
    """
    values: dict[Hashable, Any] = {}
    for service in services:
        value = next((tag.get("value") for tag in service.get("tags") or () if tag.get("key") == key), None)
        values[service.get("id")] = value
        if service.get("isPrimary") and service.get("dataWarehouseId"):
            values[service.get("dataWarehouseId")] = value
    groups = group_costs(records, lambda record: values.get(record.get("serviceId") or record.get("dataWarehouseId")))
    costs = [{"value": value, "total_chc": add_up(found)} for value, found in groups.items()]
    return sorted(costs, key=lambda cost: -float(str(cost["total_chc"])))


def to_cost(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as modules do."""
    return COST.to_result(record)


def to_balances(response: Resource) -> dict[str, Any]:
    """Return the credit balances as modules do."""
    balances = [BALANCE.to_result(balance) for balance in list_records(response, "balances")]
    others = {name: value for name, value in response.items() if name not in ("balances", "totalRemainingCredits")}
    known = {"total_remaining_credits": response.get("totalRemainingCredits"), "balances": balances}
    return {**to_json_safe(others, to_snake_case), **known}
