# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    SAVED_QUERY_ID,
    Scenario,
    add_service_with_saved_queries,
    returns,
)

PERMISSIONS = {"service:view": ""}


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item["name"], item["sql"]) for item in value] == [("report", None)]


def is_query(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item["name"], item["sql"]) for item in value] == [("report", "SELECT 1")]


SCENARIOS = [
    Scenario(
        "list, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/saved-queries"],
        returns("saved_queries", is_list),
        setup=add_service_with_saved_queries,
        subresource="saved_queries",
    ),
    Scenario(
        "one, by id",
        {"service_id": "{id}", "query_id": SAVED_QUERY_ID},
        ["GET services/{id}/saved-queries/{id}"],
        returns("saved_queries", is_query),
        setup=add_service_with_saved_queries,
        subresource="saved_queries",
        optional_part="saved_queries",
    ),
]
