# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    SAVED_QUERY,
    SAVED_QUERY_ID,
    Scenario,
    add_running_service,
    add_service_with_query_api_endpoint,
    get_key_id,
)

PERMISSIONS = {
    "service:view": "",
    "service:view-query-api-endpoints": "",
    "service:manage-query-api-endpoints": "to change something",
    "organization:view-api-keys": "for names, and to change a part",
}


def has_endpoints(*expected: Mapping[str, Any]) -> Callable[[Environment], None]:
    """Return a check that the service has these Query API endpoints, for the first key, and no others."""

    def verify(env: Environment) -> None:
        added = {"apiKeyIds": [get_key_id(env)], "allowedOrigins": [], "ownerType": "queryApiEndpoint"}
        endpoints = env.get_service()["collections"].get("query-api-endpoints", [])
        found = [{name: value for name, value in item.items() if name not in ("id", "url")} for item in endpoints]
        assert found == [{**added, **endpoint} for endpoint in expected], f"the endpoints are {found}"

    return verify


SCENARIOS = [
    Scenario(
        "create, by names",
        {
            "name": "analytics",
            "endpoint_name": "report",
            "sql": "SELECT 1",
            "database": "default",
            "api_keys": ["First key"],
            "roles": ["reader"],
        },
        [
            "GET services",
            "GET services/{id}/query-api-endpoints",
            "GET keys",
            "POST services/{id}/query-api-endpoints",
            "GET services/{id}/query-api-endpoints/{id}",
        ],
        has_endpoints({**SAVED_QUERY, "parameters": {}, "roles": ["reader"]}),
        setup=add_running_service,
    ),
    Scenario(
        "change, by ID of the service",
        {"service_id": "{id}", "endpoint_name": "report", "sql": "SELECT 2", "api_keys": ["First key"]},
        [
            "GET services/{id}/query-api-endpoints",
            "GET services/{id}/query-api-endpoints/{id}",
            "GET keys",
            "PUT services/{id}/query-api-endpoints/{id}",
            "GET services/{id}/query-api-endpoints/{id}",
        ],
        has_endpoints({**SAVED_QUERY, "sql": "SELECT 2", "roles": ["reader"]}),
        setup=add_service_with_query_api_endpoint,
    ),
    Scenario(
        "delete, by IDs",
        {"service_id": "{id}", "endpoint_id": SAVED_QUERY_ID, "confirm_name": "report", "state": "absent"},
        [
            "GET services/{id}/query-api-endpoints/{id}",
            "DELETE services/{id}/query-api-endpoints/{id}",
            "GET services/{id}/query-api-endpoints/{id}",
        ],
        has_endpoints(),
        setup=add_service_with_query_api_endpoint,
        optional_part="query_api_endpoint",
    ),
]
