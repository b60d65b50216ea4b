# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Declare existing services with the options of the module fleet, such that it has nothing to change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Callable

from .._json import Resource
from .._module.context import ModuleContext
from .._schema.fields import Schema
from .._schema.ip_access_list import IP_ACCESS_LIST
from .._schema.scaling import TOTALS
from .._schema.service import SERVICE, tag_filters
from .._schema.service_settings import PLATFORM_SETTINGS
from .part_reader import PartReader, contained_schedule
from .parts import PARTS
from .power_state import COMMAND_STATES
from .service import Service
from .singleton import LatestPart

#: The part that a service itself contains.
CONTAINED_PART = "scaling_schedule"


def declare_fleet(ctx: ModuleContext) -> None:
    """Return a declaration of each service with the tags that the options name, and what it does not contain."""
    listed = ctx.api.list_services(tag_filters(ctx.options["tags"] or {}))
    existing = (service for service in map(Service, listed) if not service.is_deleted)
    # The order of the API depends on when the services were created.
    services = sorted(existing, key=lambda service: (service.name, service.id))
    reader = PartReader(ctx.api, "{} is not declared".format, ctx.warn, ctx.progress.show)
    parts = _read_parts(reader, services, ctx.options["parts"])
    ctx.set_result(
        organization_id=ctx.api.organization,
        services=declare_services(services, parts),
        existing_services=[
            {
                "id": service.id,
                "name": service.name,
                "comments": _describe_gaps(service, reader.refused.get(service.id, [])),
            }
            for service in services
        ],
    )


def _read_parts(
    reader: PartReader, services: Sequence[Service], options: Collection[str]
) -> dict[str, dict[str, LatestPart]]:
    """Return the parts that these options declare, by the ID of the service and the option.

    Only the primary service of a data warehouse can declare a part that all its services share.
    """
    singletons = {option: nested.singleton for option, nested in PARTS.items() if option in options}
    owners = {
        option: [service for service in services if not (singleton.secondary and service.is_secondary)]
        for option, singleton in singletons.items()
    }
    with_schedule = owners.pop(CONTAINED_PART, [])
    parts = reader.read(singletons, owners)
    for service in with_schedule:
        parts.setdefault(service.id, {})[CONTAINED_PART] = contained_schedule(service)
    return parts


def _describe_gaps(service: Service, refused: Iterable[str]) -> list[str]:
    """Return sentences about what a declaration of the service does not contain."""
    unknown = ", ".join(sorted(SERVICE.unknown_fields(service)))
    return [
        *(f"{option} is not declared, since the API key may not read it." for option in refused),
        *([f"Fields of the API that cannot be declared: {unknown}."] if unknown else []),
    ]


def declare_services(
    services: Iterable[Service], parts: Mapping[str, Mapping[str, LatestPart]]
) -> list[dict[str, Any]]:
    """Return a declaration of each service, with the options in the order of their documentation.

    parts holds the parts of each service as the API returns them, by the ID of the service and the option. Raise
    UnexpectedResponse for a value of another type than that of its field.
    """
    service_list = list(services)
    names = Counter(service.name for service in service_list)
    return [
        {
            **({"service_id": service.id} if names[service.name] > 1 else {}),
            "name": service.name,
            **({"state": "stopped"} if service.state in COMMAND_STATES["stop"] else {}),
            **_declare_fields(service),
            **_declare_parts(parts.get(service.id, {})),
        }
        for service in service_list
    ]


def _declare_fields(service: Service) -> dict[str, Any]:
    """Return the options that apply to the service, with their current values."""
    values = SERVICE.declaration(service)
    SERVICE.checked_current(service, values)
    values[IP_ACCESS_LIST.option] = [_without_empty(entry) for entry in values[IP_ACCESS_LIST.option]]
    create_only, moot = SERVICE.create_only(values), _moot_options(service, values)
    return {
        option: value
        for option, value in values.items()
        # A flag that only creation sets is off if it is not declared.
        if value is not None and option not in moot and not (option in create_only and value is False)
    }


def _moot_options(service: Service, values: Mapping[str, Any]) -> set[str]:
    """Return the options that do not apply to the service, or that follow from others."""
    moot = {"name", *TOTALS}
    moot |= {"num_replicas"} if values["autoscaling_mode"] == "horizontal" else {"min_replicas", "max_replicas"}
    if values["idle_scaling"] is False:
        moot.add("idle_timeout_minutes")
    if not service.is_secondary:
        # It would make a new service a secondary one.
        moot.add("data_warehouse_id")
    return moot


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _declare_record(schema: Schema, part: Resource) -> dict[str, Any]:
    return _without_empty(schema.declaration(part))


def _declare_schedule(schema: Schema, schedule: Resource) -> dict[str, Any]:
    """Return the entries, whose hours are those of the default time zone, UTC."""
    return {"entries": [_declare_entry(entry) for entry in schema.declaration(schedule)["entries"]]}


def _declare_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    options = {"start_hour_utc": "start_hour", "end_hour_utc": "end_hour"}
    return {options.get(name, name): value for name, value in entry.items()}


def _declare_settings(schema: Schema, settings: Resource) -> dict[str, Any]:
    """Return the settings that are set, except those that ClickHouse Cloud sets itself; {} if there are none."""
    declared = {name: value for name, value in schema.to_result(settings).items() if name not in PLATFORM_SETTINGS}
    return {"settings": declared, "settings_mode": "set"} if declared else {}


#: The functions that declare a part, if it is not simply a record.
_DECLARE: Mapping[str, Callable[[Schema, Resource], dict[str, Any]]] = {
    CONTAINED_PART: _declare_schedule,
    "clickhouse_settings": _declare_settings,
}


def _declare_parts(parts: Mapping[str, LatestPart]) -> dict[str, Any]:
    """Return the nested options of the parts that the service has."""
    declared = {
        option: _DECLARE.get(option, _declare_record)(nested.singleton.schema, parts[option] or {})
        for option, nested in PARTS.items()
        if parts.get(option)
    }
    return {option: value for option, value in declared.items() if value}
