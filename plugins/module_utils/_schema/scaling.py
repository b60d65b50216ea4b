# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The scaling of a service: its fields, and which of them the API takes only together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import is_finite_number
from .fields import Field, Schema

#: The options of service_scaling. Total memory has a separate endpoint, which the API calls deprecated.
SCALING = Schema(
    options=[
        Field("min_total_memory_gb", "int", patch_path="/scaling", minimum=24, multiple_of=12),
        Field("max_total_memory_gb", "int", patch_path="/scaling", minimum=24, multiple_of=12),
        Field("autoscaling_mode", patch_path="/replicaScaling"),
        Field("min_replica_memory_gb", "int", patch_path="/replicaScaling", minimum=8, multiple_of=4),
        Field("max_replica_memory_gb", "int", patch_path="/replicaScaling", minimum=8, multiple_of=4),
        Field("num_replicas", "int", patch_path="/replicaScaling", minimum=1),
        Field("min_replicas", "int", patch_path="/replicaScaling", minimum=1),
        Field("max_replicas", "int", patch_path="/replicaScaling", minimum=1),
        Field("idle_scaling", "bool", patch_path="/replicaScaling"),
        Field("idle_timeout_minutes", "int", patch_path="/replicaScaling", minimum=5),
    ],
    ranges=[
        ("min_total_memory_gb", "max_total_memory_gb"),
        ("min_replica_memory_gb", "max_replica_memory_gb"),
        ("min_replicas", "max_replicas"),
    ],
)
#: Options of the deprecated endpoint /scaling, and all fields that it takes.
TOTALS = frozenset({"min_total_memory_gb", "max_total_memory_gb"})
TAKEN_WITH_TOTALS = frozenset(
    {"minTotalMemoryGb", "maxTotalMemoryGb", "numReplicas", "idleScaling", "idleTimeoutMinutes"}
)
SCALING_OPTIONS = frozenset(field.option for field in SCALING.options())
#: Pairs of options that set the same thing in two ways.
SCALING_MUTUALLY_EXCLUSIVE = [
    (total, replica)
    for total in ("min_total_memory_gb", "max_total_memory_gb")
    for replica in ("min_replica_memory_gb", "max_replica_memory_gb")
] + [("num_replicas", "min_replicas"), ("num_replicas", "max_replicas")]

_REPLICA_RANGE = ("minReplicas", "maxReplicas")


def drop_moot_idle_timeout(service: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the desired values without an idle timeout that has no effect, since idling is off."""
    idles = desired.get("idle_scaling", service.get("idleScaling"))
    return {
        option: value for option, value in desired.items() if option != "idle_timeout_minutes" or idles is not False
    }


def with_derived_fields(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the service with the fields that follow from others: total memory, and the ends of the replica range."""
    memory: dict[str, Any] = {
        "minTotalMemoryGb": service.get("minReplicaMemoryGb"),
        "maxTotalMemoryGb": service.get("maxReplicaMemoryGb"),
    }
    totals = {name: 3 * value for name, value in memory.items() if is_finite_number(value)}
    # A fixed number of replicas is the same as a range with equal ends.
    replicas = dict.fromkeys(_REPLICA_RANGE, service.get("numReplicas"))
    return {**totals, **replicas, **{name: value for name, value in service.items() if value is not None}}


def scaling_request(
    service: Mapping[str, Any], scaling: Mapping[str, Any], desired: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the path and the body of the one request that makes these changes, {} for none.

    A task that sets total memory uses the endpoint for it, unless something changes that only the other one takes.
    """
    if not scaling:
        return {}
    body = _with_coupled_fields(service, scaling, desired)
    if not desired.keys().isdisjoint(TOTALS) and body.keys() <= TAKEN_WITH_TOTALS:
        return {"/scaling": body}
    per_replica = {
        name.replace("Total", "Replica"): value // 3 if "Total" in name else value for name, value in body.items()
    }
    return {"/replicaScaling": per_replica}


def _with_coupled_fields(
    service: Mapping[str, Any], scaling: Mapping[str, Any], desired: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the changed fields with those that the API takes only together with them."""
    body = dict(scaling)
    if "autoscalingMode" in body:
        # The API changes the mode only together with all settings of the new one, the unchanged ones included.
        settings = drop_moot_idle_timeout(service, desired)
        for field in SCALING.options():
            if field.option in settings:
                body.setdefault(field.name, settings[field.option])
    if any(name in body for name in _REPLICA_RANGE):
        current = with_derived_fields(service)
        for name in _REPLICA_RANGE:
            if is_finite_number(current.get(name)):
                body.setdefault(name, current[name])
    return body


def sync_scaling_fields(result: dict[str, Any], changed: set[str]) -> dict[str, Any]:
    """Return the predicted result of a service, in which the unchanged scaling fields agree with the changed ones."""
    if changed.isdisjoint(SCALING_OPTIONS):
        return result
    for bound in ("min", "max"):
        total, replica = f"{bound}_total_memory_gb", f"{bound}_replica_memory_gb"
        if total in changed:
            result[replica] = result[total] // 3
        elif is_finite_number(result[replica]):
            result[total] = 3 * result[replica]
    if result["autoscaling_mode"] == "horizontal":
        fixed = {"num_replicas": None, "min_total_memory_gb": None, "max_total_memory_gb": None}
        return {**result, **fixed, "replica_memory_gb": result["min_replica_memory_gb"]}
    minimum, number = result["min_replicas"], result["num_replicas"]
    if "num_replicas" not in changed and minimum is not None and minimum == result["max_replicas"]:
        number = minimum
    return {**result, "num_replicas": number, "min_replicas": None, "max_replicas": None, "replica_memory_gb": None}
