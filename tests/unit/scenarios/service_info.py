# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    get_initial_id,
    returns,
)

PERMISSIONS = {"service:view": ""}


def is_service(env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item.get("id"), item.get("name")) for item in value] == [
        (get_initial_id(env), "analytics")
    ]


SCENARIOS = [
    Scenario(
        "all services",
        {},
        ["GET /v1/organizations", "GET services"],
        returns("services", is_service),
        setup=add_running_service,
        subresource="services",
        unset_variable="CLICKHOUSE_ORG_ID",
    ),
    Scenario(
        "one service, by id",
        {"service_id": "{id}"},
        ["GET services/{id}"],
        returns("services", is_service),
        setup=add_running_service,
        subresource="services",
    ),
]
