# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_query_endpoint,
    returns,
)

PERMISSIONS = {"service:view": "", "service:view-query-api-endpoints": ""}


def is_endpoint(_env: Environment, value: Any) -> bool:
    return bool(value and value["roles"] == ["sql_console_read_only"] and value["allowed_origins"] == ["*"])


SCENARIOS = [
    Scenario(
        "by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/serviceQueryEndpoint"],
        returns("query_endpoint", is_endpoint),
        setup=add_service_with_query_endpoint,
        subresource="query_endpoint",
        optional_part="query_endpoint",
    ),
    Scenario(
        "by id",
        {"service_id": "{id}"},
        ["GET services/{id}/serviceQueryEndpoint"],
        returns("query_endpoint", is_endpoint),
        setup=add_service_with_query_endpoint,
        subresource="query_endpoint",
        optional_part="query_endpoint",
    ),
]
