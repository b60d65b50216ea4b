# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Predict, for check mode, the fields that follow from changed options. Services here have the names of options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The state that follows each transitional one.
FINAL_STATES = {"provisioning": "running", "starting": "running", "awaking": "running", "stopping": "stopped"}

#: The fields that only the creation of a service determines.
KNOWN_AFTER_CREATION = (
    "id",
    "endpoints",
    "clickhouse_version",
    "created_at",
    "iam_role",
    "is_primary",
    "data_warehouse_id",
    "current_scaling",
)

#: The port of the MySQL endpoint, and the prefix of its user name.
MYSQL_PORT = 3306
MYSQL_USER_PREFIX = "mysql4"

#: The options that current_scaling shows under "effective_" and the same name, in either mode.
EFFECTIVE_OPTIONS = (
    "autoscaling_mode",
    "min_replica_memory_gb",
    "max_replica_memory_gb",
    "idle_scaling",
    "idle_timeout_minutes",
)


def predict_state(state: str, *, wait: bool) -> str:
    """Return the state in which a task leaves a service, depending on whether it waits for the end of transitions."""
    return FINAL_STATES.get(state, state) if wait else state


def predict_new(service: Mapping[str, Any], *, wait: bool) -> dict[str, Any]:
    """Return the results service and unknown, the names of the unknown fields, of a service to be created."""
    unknown = [name for name in KNOWN_AFTER_CREATION if service.get(name) is None]
    return {"service": {**service, "state": predict_state("provisioning", wait=wait)}, "unknown": unknown}


def predict_current_scaling(service: Mapping[str, Any]) -> Any:
    """Return the current scaling that follows from the options of the service."""
    current = service.get("current_scaling")
    if not isinstance(current, dict):
        return current
    horizontal = service["autoscaling_mode"] == "horizontal"
    base = {
        **{name: service[name] for name in EFFECTIVE_OPTIONS},
        "min_replicas": service["min_replicas"] if horizontal else service["num_replicas"],
        "max_replicas": service["max_replicas"] if horizontal else service["num_replicas"],
    }
    # The active entry of a schedule takes precedence.
    scheduled = _active_entry(service).keys()
    effective = {
        f"effective_{name}": value for name, value in base.items() if value is not None and name not in scheduled
    }
    return {**current, **effective}


def _active_entry(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the active entry of the scaling schedule, {} if there is none."""
    schedule, active = service.get("scaling_schedule"), service["current_scaling"].get("active_entry_id")
    entries = schedule.get("entries") if isinstance(schedule, dict) else None
    named = [entry for entry in entries or [] if isinstance(entry, dict) and entry.get("id") == active]
    return named[0] if active and named else {}


def predict_endpoints(service: Mapping[str, Any]) -> Any:
    """Return the endpoints that follow from the option mysql_endpoint."""
    endpoints = service.get("endpoints")
    if not isinstance(endpoints, list):
        return endpoints
    others = [item for item in endpoints if not (isinstance(item, dict) and item.get("protocol") == "mysql")]
    hosts = [item["host"] for item in others if isinstance(item, dict) and isinstance(item.get("host"), str)]
    if not service["mysql_endpoint"] or not hosts:
        return others
    user = f"{MYSQL_USER_PREFIX}{hosts[0].split('.')[0]}"
    return [*others, {"protocol": "mysql", "host": hosts[0], "port": MYSQL_PORT, "username": user}]
