# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    add_service_with_query_endpoint,
)

PERMISSIONS = {
    "service:view": "",
    "service:view-query-api-endpoints": "",
    "service:manage-query-api-endpoints": "to change something",
    "organization:view-api-keys": "for names, and to change a part",
}


def has_endpoint(env: Environment, *names: str) -> None:
    endpoint = env.get_service()["queryEndpoint"]
    keys = {key["id"]: key["name"] for key in env.emulator.request("GET", "keys")}
    expected = {"roles": ["sql_console_read_only"], "names": sorted(names)}
    actual = {"roles": endpoint["roles"], "names": sorted(keys[key_id] for key_id in endpoint["openApiKeys"])}
    assert actual == expected, f"the query endpoint is {actual}"


def has_no_endpoint(env: Environment) -> None:
    assert env.get_service()["queryEndpoint"] is None, "the service still has a query endpoint"


SCENARIOS = [
    Scenario(
        "create, by name",
        {"name": "analytics", "api_keys": ["First key"], "roles": ["sql_console_read_only"]},
        [
            "GET services",
            "GET services/{id}/serviceQueryEndpoint",
            "GET keys",
            "POST services/{id}/serviceQueryEndpoint",
            "GET services/{id}/serviceQueryEndpoint",
        ],
        lambda env: has_endpoint(env, "First key"),
        setup=add_running_service,
    ),
    Scenario(
        "add a key, by id",
        {"service_id": "{id}", "api_keys": ["First key"], "api_keys_mode": "add"},
        [
            "GET services/{id}/serviceQueryEndpoint",
            "GET keys",
            "POST services/{id}/serviceQueryEndpoint",
            "GET services/{id}/serviceQueryEndpoint",
        ],
        lambda env: has_endpoint(env, "First key", "reports"),
        setup=add_service_with_query_endpoint,
    ),
    Scenario(
        "delete, by id",
        {"service_id": "{id}", "confirm_name": "analytics", "state": "absent"},
        [
            "GET services/{id}/serviceQueryEndpoint",
            "GET services/{id}",
            "DELETE services/{id}/serviceQueryEndpoint",
            "GET services/{id}/serviceQueryEndpoint",
        ],
        has_no_endpoint,
        setup=add_service_with_query_endpoint,
        optional_part="query_endpoint",
    ),
]
