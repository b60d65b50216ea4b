# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, Setup

PERMISSIONS = {
    "service:view": "",
    "organization:view": "",
    "service:manage-private-endpoints": "to attach or detach one",
    "service:manage": "to attach one that is registered, or to detach one",
    "organization:manage": "for the states ``registered`` and ``absent``, and to change a description",
}

ENDPOINT = "vpce-0123456789abcdef0"
OTHER = "vpce-0fedcba9876543210"


def add_service_with(*endpoint_ids: str) -> Setup:
    """Return a setup of a service with these private endpoints."""
    return lambda env: env.add_service(ipAccessList=[], privateEndpointIds=list(endpoint_ids))


def has_endpoints(attached: list[str], *registered: tuple[str, str]) -> Callable[[Environment], None]:
    """Return a check that these are attached to every service, and these registered, with their descriptions."""

    def verify(env: Environment) -> None:
        for service in env.services.values():
            assert service["privateEndpointIds"] == attached, f"the service has {service['privateEndpointIds']}"
        entries: Any = env.emulator.request("GET", "")["privateEndpoints"]
        assert [(entry["id"], entry["description"]) for entry in entries] == [*registered], f"registered are {entries}"

    return verify


# Other uses have fewer requests, or the same ones: tests/unit/modules/test_private_endpoint.py covers their faults.
SCENARIOS = [
    Scenario(
        "attach, by name",
        {"private_endpoint_id": ENDPOINT, "name": "analytics", "description": "office"},
        [
            "GET services",
            "GET /v1/organizations/{id}",
            "POST services/{id}/privateEndpoint",
            "GET services/{id}",
            "GET /v1/organizations/{id}",
        ],
        has_endpoints([OTHER, ENDPOINT], (OTHER, ""), (ENDPOINT, "office")),
        setup=add_service_with(OTHER),
    ),
    Scenario(
        "remove, without waiting",
        {"private_endpoint_id": ENDPOINT, "service_id": "{id}", "state": "absent", "wait": False},
        ["GET /v1/organizations/{id}", "GET services", "PATCH services/{id}", "PATCH /v1/organizations/{id}"],
        has_endpoints([OTHER], (OTHER, "")),
        setup=add_service_with(OTHER, ENDPOINT),
    ),
]
