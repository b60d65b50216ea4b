# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_snapshots,
    returns,
)

PERMISSIONS = {"service:view": "to find the service by its name", "service:view-snapshots": ""}


def is_snapshot_config(_env: Environment, value: Any) -> bool:
    return bool(value == {"enabled": True, "gap": 60, "time_frame": 2880})


SCENARIOS = [
    Scenario(
        "snapshots, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/snapshotConfiguration"],
        returns("snapshot_config", is_snapshot_config),
        setup=add_service_with_snapshots,
        subresource="snapshot_config",
    ),
]
