# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_schedule,
    returns,
)

PERMISSIONS = {
    "service:view": "",
    "service:view-backups": "with O(parts) that contains V(backup_config)",
    "service:view-snapshots": "with O(parts) that contains V(snapshot_config)",
    "service:view-query-api-endpoints": "with O(parts) that contains V(query_endpoint)",
}


def is_declared(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item["name"], "scaling_schedule" in item) for item in value] == [
        ("analytics", True)
    ]


SCENARIOS = [
    Scenario(
        "all parts",
        {},
        [
            "GET services",
            "GET services/{id}/backupConfiguration",
            "GET services/{id}/snapshotConfiguration",
            "GET services/{id}/upgradeWindow",
            "GET services/{id}/serviceQueryEndpoint",
            "GET services/{id}/clickhouseSettings",
        ],
        returns("services", is_declared),
        setup=add_service_with_schedule,
    ),
]
