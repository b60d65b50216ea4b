# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    returns,
)

PERMISSIONS = {"service:view": "to find the service by its name", "service:view-backups": ""}


def is_backup_config(_env: Environment, value: Any) -> bool:
    return isinstance(value, dict) and value.get("backup_period_in_hours") == 24


SCENARIOS = [
    Scenario(
        "schedule, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/backupConfiguration"],
        returns("backup_config", is_backup_config),
        setup=add_running_service,
        subresource="backup_config",
    ),
    Scenario(
        "schedule, by id",
        {"service_id": "{id}"},
        ["GET services/{id}/backupConfiguration"],
        returns("backup_config", is_backup_config),
        setup=add_running_service,
        subresource="backup_config",
    ),
]
