# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, add_running_service

PERMISSIONS = {"service:view": "", "service:manage": "to change something"}


def is_enabled_for_http(env: Environment) -> None:
    routing = env.get_service()["parts"].get("replicaAwareRouting")
    assert routing == {"httpEnabled": True, "nativeEnabled": False}, f"the routing is {routing}"


SCENARIOS = [
    Scenario(
        "enable, by name",
        {"name": "analytics", "http_enabled": True},
        [
            "GET services",
            "GET services/{id}/replicaAwareRouting",
            "PATCH services/{id}/replicaAwareRouting",
            "GET services/{id}/replicaAwareRouting",
        ],
        is_enabled_for_http,
        setup=add_running_service,
    ),
]
