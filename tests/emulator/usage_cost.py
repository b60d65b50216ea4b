# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The usage cost of an organization, of which a test sets the records."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from .request_context import RequestContext
from .responses import ApiResponse, bad_request, ok_response
from .services import parse_tag_filter
from .state import Store
from .validation import Table, amount, boolean, choice, day, nullable, record, text, uuid_text

Fields = dict[str, Any]

_MAX_DAYS_LATER = timedelta(days=30)
METRICS = (
    "storageCHC",
    "backupCHC",
    "computeCHC",
    "dataTransferCHC",
    "initialLoadCHC",
    "publicDataTransferCHC",
    "interRegionTier1DataTransferCHC",
    "interRegionTier2DataTransferCHC",
    "interRegionTier3DataTransferCHC",
    "interRegionTier4DataTransferCHC",
)
_RECORD: Table = {
    "date": day,
    "serviceId": nullable(uuid_text),
    "dataWarehouseId": uuid_text,
    "entityType": choice("datawarehouse", "service", "clickpipe"),
    "entityId": uuid_text,
    "entityName": text(0),
    "metrics": record(dict.fromkeys(METRICS, amount)),
    "totalCHC": amount,
    "locked": boolean,
}


def get_usage_cost(ctx: RequestContext) -> ApiResponse:
    start, end = _parse_date_parameter(ctx, "from_date"), _parse_date_parameter(ctx, "to_date")
    if not start <= end <= start + _MAX_DAYS_LATER:
        raise bad_request("to_date must be from_date, or up to 30 days later")
    filters = [parse_tag_filter(value) for value in ctx.query.get("filter", [])]
    services = ctx.store.list_services(ctx.organization.id)
    matching = {service.id for service in services if all(matches(service) for matches in filters)}
    costs = [
        cost
        for cost in ctx.organization.usage_cost
        if start.isoformat() <= cost["date"] <= end.isoformat() and (not filters or cost["serviceId"] in matching)
    ]
    return ok_response({"grandTotalCHC": round(sum(cost["totalCHC"] for cost in costs), 6), "costs": costs})


def _parse_date_parameter(ctx: RequestContext, name: str) -> date:
    value = ctx.required_parameter(name)
    day(f"query.{name}", value)
    return date.fromisoformat(value)


def build_record(store: Store, given: Any) -> Fields:
    """Return the usage cost record that a test describes: a date, a service or a data warehouse, and what it costs."""
    record(_RECORD, ("date",))("record", given)
    unknown = given.keys() - _RECORD.keys()
    if unknown:
        raise ValueError(f"Unknown key '{min(unknown)}': a record has {', '.join(_RECORD)}.")
    if not given.get("serviceId"):
        return _add_entity(given, {"serviceId": None, "entityType": "datawarehouse"}, "dataWarehouseId")
    service = store.get_service(given["serviceId"])
    defaults = {"dataWarehouseId": service.warehouse, "entityType": "service", "entityName": service.fields["name"]}
    return _add_entity(given, defaults, "serviceId")


def _add_entity(given: Fields, defaults: Fields, entity: str) -> Fields:
    """Return a record with all fields, of which the entity that this field names is the default."""
    if entity not in given:
        raise ValueError("A record needs a 'serviceId' or a 'dataWarehouseId'.")
    metrics = given.get("metrics", {})
    common = {"entityId": given[entity], "entityName": "", "metrics": metrics, "totalCHC": sum(metrics.values())}
    resource = {**common, "locked": False, **defaults, **given}
    return {name: resource[name] for name in _RECORD}
