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
    add_service_with_saved_queries,
)

PERMISSIONS = {"service:view": "", "service:manage": "to change something"}


def has_queries(*expected: Mapping[str, Any]) -> Callable[[Environment], None]:
    """Return a check that the service has these saved queries, and no others."""

    def verify(env: Environment) -> None:
        queries = env.get_service()["collections"].get("saved-queries", [])
        found = [{name: value for name, value in query.items() if name != "id"} for query in queries]
        assert found == [*expected], f"the saved queries are {found}"

    return verify


SCENARIOS = [
    Scenario(
        "create, by names",
        {"name": "analytics", "query_name": "report", "sql": "SELECT 1", "database": "default"},
        [
            "GET services",
            "GET services/{id}/saved-queries",
            "POST services/{id}/saved-queries",
            "GET services/{id}/saved-queries/{id}",
        ],
        has_queries({**SAVED_QUERY, "parameters": {}}),
        setup=add_running_service,
    ),
    Scenario(
        "change, by ID of the service",
        {"service_id": "{id}", "query_name": "report", "sql": "SELECT 2"},
        [
            "GET services/{id}/saved-queries",
            "GET services/{id}/saved-queries/{id}",
            "PUT services/{id}/saved-queries/{id}",
            "GET services/{id}/saved-queries/{id}",
        ],
        has_queries({**SAVED_QUERY, "sql": "SELECT 2"}),
        setup=add_service_with_saved_queries,
    ),
    Scenario(
        "delete, by IDs",
        {"service_id": "{id}", "query_id": SAVED_QUERY_ID, "confirm_name": "report", "state": "absent"},
        [
            "GET services/{id}/saved-queries/{id}",
            "DELETE services/{id}/saved-queries/{id}",
            "GET services/{id}/saved-queries/{id}",
        ],
        has_queries(),
        setup=add_service_with_saved_queries,
        optional_part="saved_query",
    ),
]
