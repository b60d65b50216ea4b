# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
)

PERMISSIONS = {
    "service:view": "to find the service by its name",
    "service:view-snapshots": "",
    "service:manage-snapshots": "to change something",
}


def has_snapshot_config(**expected: Any) -> Callable[[Environment], None]:
    """Return a check that this is the snapshot configuration of the service."""

    def verify(env: Environment) -> None:
        config = env.get_service()["parts"].get("snapshotConfiguration")
        assert config == expected, f"the snapshot configuration is {config}"

    return verify


SCENARIOS = [
    Scenario(
        "enable, by name",
        {"name": "analytics", "enabled": True, "gap": 30, "time_frame": 1440},
        [
            "GET services",
            "GET services/{id}/snapshotConfiguration",
            "PATCH services/{id}/snapshotConfiguration",
            "GET services/{id}/snapshotConfiguration",
        ],
        has_snapshot_config(enabled=True, gap=30, timeFrame=1440),
        setup=add_running_service,
    ),
]
