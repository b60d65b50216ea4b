# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import BACKUP_ID, Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_snapshots,
    returns,
)

PERMISSIONS = {"service:view": "to find the service by its name", "service:view-snapshots": ""}


def is_snapshot(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [item.get("id") for item in value] == [BACKUP_ID]


SCENARIOS = [
    Scenario(
        "snapshots, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/snapshots"],
        returns("snapshots", is_snapshot),
        setup=add_service_with_snapshots,
        subresource="snapshots",
    ),
    Scenario(
        "one snapshot, by id",
        {"service_id": "{id}", "snapshot_id": BACKUP_ID},
        ["GET services/{id}/snapshots/{id}"],
        returns("snapshots", is_snapshot),
        setup=add_service_with_snapshots,
        subresource="snapshots",
    ),
]
