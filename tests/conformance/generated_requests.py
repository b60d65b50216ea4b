# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send requests that schemathesis generates from the contract to the emulator, and check its responses.

Each operation gets valid requests with the IDs of resources that exist, and invalid ones. No response may be a server
error, or differ from the contract, and enough requests must be accepted.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ..contract.contract import Contract, load
from ..contract.openapi import openapi
from ..emulator.client import Emulator
from ..emulator.routes import ROUTES
from .world import World

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: How many requests each operation gets.
VALID, INVALID = 60, 40
#: How many of the valid ones must be accepted at least.
ACCEPTED = 20

#: The longest description of a fault.
MAX_TEXT = 700

schemathesis.openapi.format("boolean", strategies.sampled_from(["true", "false"]))


@dataclass
class Outcome:
    """What came of the requests of an operation."""

    statuses: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    #: How many of the valid requests were accepted.
    accepted: int = 0


def run() -> list[str]:
    """Print how many requests each operation has accepted. Return the faults."""
    contract = load()
    lines = [line for line in contract.operations if _has_route(*line.split(" "))]
    faults = [] if _notices_a_fault(contract) else ["A response without a required field was not noticed"]
    with Emulator(0) as emulator:
        for line in lines:
            outcome = _send_all(emulator, contract, line)
            faults += [f"{line}: {fault}: {example}" for fault, example in outcome.faults.items()]
            if outcome.accepted < ACCEPTED:
                reasons = "; ".join(f"{count} x {text}" for text, count in outcome.refusals.most_common(5))
                faults.append(f"{line}: only {outcome.accepted} of {VALID} requests were accepted: {reasons}")
    missing = sorted(contract.operations.keys() - set(lines))
    print(f"{len(lines)} operations; not in the emulator: {', '.join(missing) or 'none'}")
    return faults


def _has_route(method: str, path: str) -> bool:
    return method in ROUTES.get(path, {})


def _notices_a_fault(contract: Contract) -> bool:
    """Return whether a response that lacks a field of the contract is a fault, so that the absence of faults counts."""
    line = "GET /v1/organizations/{organizationId}"
    response = {"properties": {"result": {"$ref": "Organization"}, "unknown": {"type": "string"}}}
    operation = {**contract.operations[line], "responses": {200: response}}
    altered = dataclasses.replace(contract, operations={line: operation})
    with Emulator(0) as emulator:
        return any("unknown" in fault for fault in _send_all(emulator, altered, line, quiet=True).faults)


def _send_all(emulator: Emulator, contract: Contract, line: str, *, quiet: bool = False) -> Outcome:
    method, path = line.split(" ")
    description = openapi(dataclasses.replace(contract, operations={line: contract.operations[line]}), strict=True)
    operation = schemathesis.openapi.from_dict(_without_authentication(description))[path][method]
    outcome, world = Outcome(), World(emulator, line)
    # Nothing can differ in requests without parameters and body, and none of them is invalid.
    varies = bool(description["paths"][path][method.lower()]["parameters"]) or "body" in contract.operations[line]
    if varies:
        _send(operation, GenerationMode.POSITIVE, VALID, outcome, world)
    else:
        for _number in range(VALID):
            _send_one(operation.Case(), outcome, world)
    outcome.accepted = sum(count for status, count in outcome.statuses.items() if status < 300)
    if varies:
        _send(operation, GenerationMode.NEGATIVE, INVALID, outcome, world)
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(outcome.statuses.items()))
    if not quiet:
        print(f"{line}: {outcome.accepted} accepted; {statuses}", flush=True)
    return outcome


def _without_authentication(description: Any) -> Any:
    """Return a description without the keys of requests, which would be invalid in most of them."""
    for item in description["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
    return description


def _send(operation: Any, mode: GenerationMode, count: int, outcome: Outcome, world: World) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            world.fit(case)
        else:
            world.aim(case)
        _send_one(case, outcome, world)

    send()


def _send_one(case: Any, outcome: Outcome, world: World) -> None:
    response = case.call(base_url=world.base_url, session=world.session)
    outcome.statuses[response.status_code] += 1
    if response.status_code >= 400:
        outcome.refusals[response.json()["error"]] += 1
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        example = f"{case.method} {case.formatted_path} {case.query or ''} {_to_text(case.body)}"
        for failure in group.exceptions:
            outcome.faults.setdefault(f"{failure.title}: {failure.message}"[:MAX_TEXT], example[:MAX_TEXT])


def _to_text(body: Any) -> str:
    return json.dumps(body) if isinstance(body, (dict, list)) else str(body)
