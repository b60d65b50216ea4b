# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How big a service is: memory, replicas and idling."""

from __future__ import annotations

from typing import Any

from .responses import bad_request
from .validation import Table, boolean, choice, number, refuse

Fields = dict[str, Any]

MODE = choice("vertical", "horizontal")
REPLICAS = number(1, 20)
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

# The deprecated totals mean three replicas, however many there are.
REPLICAS_IN_TOTAL = 3

DEFAULTS: Fields = {
    "autoscalingMode": "vertical",
    "minReplicaMemoryGb": 16,
    "maxReplicaMemoryGb": 120,
    "idleScaling": True,
    "idleTimeoutMinutes": 15,
}


def from_totals(body: Fields) -> Fields:
    """The wishes of a body, with its totals turned into memory per replica."""
    wishes = dict(body)
    for name, word in (("min", "minimum"), ("max", "maximum")):
        total = wishes.pop(f"{name}TotalMemoryGb", None)
        if total is None:
            continue
        if f"{name}ReplicaMemoryGb" in wishes:
            raise bad_request(f"{name}TotalMemoryGb cannot be used together with {name}ReplicaMemoryGb")
        if not 24 <= total <= 1068:
            raise bad_request(f"Invalid {word} memory size: {int(total)}")
        wishes[f"{name}ReplicaMemoryGb"] = total // REPLICAS_IN_TOTAL
    return wishes


def rescale(current: Fields, wishes: Fields) -> Fields:
    """The scaling fields after the wishes; those of the other mode are None."""
    band = _band(wishes)
    after = {**current, **{name: wishes[name] for name in REPLICA_SCALING if name in wishes}}
    if after["minReplicaMemoryGb"] > after["maxReplicaMemoryGb"]:
        raise refuse(
            "body.minReplicaMemoryGb", "The value must not be greater than the maximum", after["minReplicaMemoryGb"]
        )
    before, mode = current["autoscalingMode"], after["autoscalingMode"]
    if mode == "horizontal":
        return _horizontal(after, wishes, band, switched=before != mode)
    return _vertical(after, wishes, band, switched=before != mode)


def _band(wishes: Fields) -> bool:
    names = [name for name in ("minReplicas", "maxReplicas") if name in wishes]
    if names and "numReplicas" in wishes:
        raise bad_request("numReplicas is mutually exclusive with minReplicas and maxReplicas")
    if len(names) == 1:
        raise bad_request("minReplicas and maxReplicas must be provided together")
    if names and wishes["minReplicas"] > wishes["maxReplicas"]:
        raise refuse("body.minReplicas", "The value must not be greater than maxReplicas", wishes["minReplicas"])
    return bool(names)


def _horizontal(after: Fields, wishes: Fields, band: bool, switched: bool) -> Fields:
    if "numReplicas" in wishes:
        raise bad_request("numReplicas cannot be used with horizontal autoscaling")
    if switched and not band:
        raise bad_request("minReplicas and maxReplicas are required for horizontal autoscaling")
    if after["minReplicaMemoryGb"] != after["maxReplicaMemoryGb"]:
        raise bad_request("minReplicaMemoryGb and maxReplicaMemoryGb must be equal for horizontal autoscaling")
    return {**after, "numReplicas": None}


def _vertical(after: Fields, wishes: Fields, band: bool, switched: bool) -> Fields:
    if band and wishes["minReplicas"] != wishes["maxReplicas"]:
        raise bad_request("minReplicas and maxReplicas must be equal for vertical autoscaling")
    if switched and not band and "numReplicas" not in wishes:
        raise bad_request("numReplicas is required for vertical autoscaling")
    replicas = wishes["minReplicas"] if band else after["numReplicas"]
    return {**after, "numReplicas": replicas, "minReplicas": None, "maxReplicas": None}


def initial(body: Fields, replicas: int) -> Fields:
    """The scaling of a new service."""
    wishes = from_totals(body)
    current = {**DEFAULTS, "numReplicas": replicas, "minReplicas": None, "maxReplicas": None}
    low, high = wishes.get("minReplicaMemoryGb"), wishes.get("maxReplicaMemoryGb")
    if high is not None and low is None:
        current["minReplicaMemoryGb"] = min(high, current["minReplicaMemoryGb"])
    if low is not None and high is None:
        current["maxReplicaMemoryGb"] = max(low, current["maxReplicaMemoryGb"])
    return rescale(current, wishes)


def view(fields: Fields) -> Fields:
    """The scaling as it is shown: each mode without the fields of the other."""
    horizontal = fields["autoscalingMode"] == "horizontal"
    low, high = fields["minReplicaMemoryGb"], fields["maxReplicaMemoryGb"]
    return {
        "minTotalMemoryGb": _total(low, horizontal),
        "maxTotalMemoryGb": _total(high, horizontal),
        "minReplicaMemoryGb": low,
        "maxReplicaMemoryGb": high,
        "numReplicas": None if horizontal else fields["numReplicas"],
        "minReplicas": fields["minReplicas"] if horizontal else None,
        "maxReplicas": fields["maxReplicas"] if horizontal else None,
        "autoscalingMode": fields["autoscalingMode"],
        "replicaMemoryGb": low if horizontal else None,
        "idleScaling": fields["idleScaling"],
        "idleTimeoutMinutes": fields["idleTimeoutMinutes"],
    }


def _total(memory: int | None, horizontal: bool) -> int | None:
    return None if horizontal or memory is None else memory * REPLICAS_IN_TOTAL


def current_scaling(fields: Fields, active: Fields | None) -> Fields:
    """What holds at this moment: the service's own scaling, or the entry of its schedule which is active."""
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
