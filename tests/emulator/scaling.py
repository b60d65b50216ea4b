# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scaling of a service: memory, replicas and idling."""

from __future__ import annotations

from typing import Any

from .responses import bad_request
from .validation import Table, boolean, choice, number, validation_error

Fields = dict[str, Any]

MODE = choice("vertical", "horizontal")
MAX_REPLICAS = 50
REPLICAS = number(1, MAX_REPLICAS)
MEMORY = number(8, 356, 4)
IDLING: Table = {"idleScaling": boolean, "idleTimeoutMinutes": number(5)}

REPLICA_SCALING: Table = {
    "minReplicaMemoryGb": MEMORY,
    "maxReplicaMemoryGb": MEMORY,
    "autoscalingMode": MODE,
    "numReplicas": REPLICAS,
    "minReplicas": REPLICAS,
    "maxReplicas": REPLICAS,
    **IDLING,
}
TOTAL_SCALING: Table = {
    "minTotalMemoryGb": number(multiple=12),
    "maxTotalMemoryGb": number(multiple=12),
    "numReplicas": REPLICAS,
    **IDLING,
}

# The deprecated total memory is always that of three replicas.
REPLICAS_IN_TOTAL = 3

DEFAULTS: Fields = {
    "autoscalingMode": "vertical",
    "minReplicaMemoryGb": 16,
    "maxReplicaMemoryGb": 120,
    "idleScaling": True,
    "idleTimeoutMinutes": 15,
}


def convert_totals(body: Fields) -> Fields:
    """Return the request body with total memory converted to memory per replica."""
    changes = dict(body)
    for name, word in (("min", "minimum"), ("max", "maximum")):
        total = changes.pop(f"{name}TotalMemoryGb", None)
        if total is None:
            continue
        if f"{name}ReplicaMemoryGb" in changes:
            raise bad_request(f"{name}TotalMemoryGb cannot be used together with {name}ReplicaMemoryGb")
        if not 24 <= total <= 1068:
            raise bad_request(f"Invalid {word} memory size: {int(total)}")
        changes[f"{name}ReplicaMemoryGb"] = total // REPLICAS_IN_TOTAL
    return changes


def rescale(current: Fields, changes: Fields) -> Fields:
    """Return the scaling fields after the changes; fields of the other autoscaling mode are None."""
    has_range = check_replica_range(changes)
    after = {**current, **{name: changes[name] for name in REPLICA_SCALING if name in changes}}
    if after["minReplicaMemoryGb"] > after["maxReplicaMemoryGb"]:
        raise validation_error(
            "body.minReplicaMemoryGb", "The value must not be greater than the maximum", after["minReplicaMemoryGb"]
        )
    before, mode = current["autoscalingMode"], after["autoscalingMode"]
    if mode == "horizontal":
        return _apply_horizontal(after, changes, has_range, switched=before != mode)
    return _apply_vertical(after, changes, has_range, switched=before != mode)


def check_replica_range(changes: Fields) -> bool:
    """Raise ApiError unless the number of replicas is clear. Return whether it is a range."""
    names = [name for name in ("minReplicas", "maxReplicas") if name in changes]
    if names and "numReplicas" in changes:
        raise bad_request("numReplicas is mutually exclusive with minReplicas and maxReplicas")
    if len(names) == 1:
        raise bad_request("minReplicas and maxReplicas must be provided together")
    if names and changes["minReplicas"] > changes["maxReplicas"]:
        raise validation_error(
            "body.minReplicas", "The value must not be greater than maxReplicas", changes["minReplicas"]
        )
    return bool(names)


def _apply_horizontal(after: Fields, changes: Fields, has_range: bool, switched: bool) -> Fields:
    if "numReplicas" in changes:
        raise bad_request("numReplicas cannot be used with horizontal autoscaling")
    if switched and not has_range:
        raise bad_request("minReplicas and maxReplicas are required for horizontal autoscaling")
    if after["minReplicaMemoryGb"] != after["maxReplicaMemoryGb"]:
        raise bad_request("minReplicaMemoryGb and maxReplicaMemoryGb must be equal for horizontal autoscaling")
    return {**after, "numReplicas": None}


def _apply_vertical(after: Fields, changes: Fields, has_range: bool, switched: bool) -> Fields:
    if has_range and changes["minReplicas"] != changes["maxReplicas"]:
        raise bad_request("minReplicas and maxReplicas must be equal for vertical autoscaling")
    if switched and not has_range and "numReplicas" not in changes:
        raise bad_request("numReplicas is required for vertical autoscaling")
    replicas = changes["minReplicas"] if has_range else after["numReplicas"]
    return {**after, "numReplicas": replicas, "minReplicas": None, "maxReplicas": None}


def build_initial(body: Fields, replicas: int) -> Fields:
    """Return the scaling fields of a new service."""
    changes = convert_totals(body)
    current = {**DEFAULTS, "numReplicas": replicas, "minReplicas": None, "maxReplicas": None}
    minimum, maximum = changes.get("minReplicaMemoryGb"), changes.get("maxReplicaMemoryGb")
    if maximum is not None and minimum is None:
        current["minReplicaMemoryGb"] = min(maximum, current["minReplicaMemoryGb"])
    if minimum is not None and maximum is None:
        current["maxReplicaMemoryGb"] = max(minimum, current["maxReplicaMemoryGb"])
    return rescale(current, changes)


def to_resource(fields: Fields) -> Fields:
    """Return the scaling as API fields; fields of the other autoscaling mode are None."""
    horizontal = fields["autoscalingMode"] == "horizontal"
    minimum, maximum = fields["minReplicaMemoryGb"], fields["maxReplicaMemoryGb"]
    return {
        "minTotalMemoryGb": _to_total(minimum, horizontal),
        "maxTotalMemoryGb": _to_total(maximum, horizontal),
        "minReplicaMemoryGb": minimum,
        "maxReplicaMemoryGb": maximum,
        "numReplicas": None if horizontal else fields["numReplicas"],
        "minReplicas": fields["minReplicas"] if horizontal else None,
        "maxReplicas": fields["maxReplicas"] if horizontal else None,
        "autoscalingMode": fields["autoscalingMode"],
        "replicaMemoryGb": minimum if horizontal else None,
        "idleScaling": fields["idleScaling"],
        "idleTimeoutMinutes": fields["idleTimeoutMinutes"],
    }


def _to_total(memory: int | None, horizontal: bool) -> int | None:
    return None if horizontal or memory is None else memory * REPLICAS_IN_TOTAL


def build_current_scaling(fields: Fields, active: Fields | None) -> Fields:
    """Return the current scaling: that of the service, overridden by the active entry of its schedule."""
    replicas = fields["numReplicas"]
    horizontal = fields["autoscalingMode"] == "horizontal"
    base = {**fields}
    if not horizontal:
        base.update(minReplicas=replicas, maxReplicas=replicas)
    base.update({name: value for name, value in (active or {}).items() if name in REPLICA_SCALING})
    return {
        "effectiveAutoscalingMode": base["autoscalingMode"],
        "effectiveMinReplicaMemoryGb": base["minReplicaMemoryGb"],
        "effectiveMaxReplicaMemoryGb": base["maxReplicaMemoryGb"],
        "effectiveMinReplicas": base["minReplicas"],
        "effectiveMaxReplicas": base["maxReplicas"],
        "effectiveIdleScaling": base["idleScaling"],
        "effectiveIdleTimeoutMinutes": base["idleTimeoutMinutes"],
        "activeEntryId": (active or {}).get("id"),
    }
