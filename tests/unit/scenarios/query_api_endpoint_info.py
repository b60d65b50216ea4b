# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    SAVED_QUERY_ID,
    Scenario,
    add_service_with_query_api_endpoint,
    returns,
)

PERMISSIONS = {"service:view": "", "service:view-query-api-endpoints": ""}


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item["name"], item["sql"]) for item in value] == [("report", None)]


def is_endpoint(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item["name"], item["sql"]) for item in value] == [("report", "SELECT 1")]


SCENARIOS = [
    Scenario(
        "list, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/query-api-endpoints"],
        returns("query_api_endpoints", is_list),
        setup=add_service_with_query_api_endpoint,
        subresource="query_api_endpoints",
    ),
    Scenario(
        "one, by id",
        {"service_id": "{id}", "endpoint_id": SAVED_QUERY_ID},
        ["GET services/{id}/query-api-endpoints/{id}"],
        returns("query_api_endpoints", is_endpoint),
        setup=add_service_with_query_api_endpoint,
        subresource="query_api_endpoints",
        optional_part="query_api_endpoints",
    ),
]
