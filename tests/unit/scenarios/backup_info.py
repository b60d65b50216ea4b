# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import BACKUP_ID, Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    returns,
)

PERMISSIONS = {"service:view": "to find the service by its name", "service:view-backups": ""}


def is_backup(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [item.get("id") for item in value] == [BACKUP_ID]


SCENARIOS = [
    Scenario(
        "backups, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/backups"],
        returns("backups", is_backup),
        setup=add_running_service,
        subresource="backups",
    ),
    Scenario(
        "one backup, by id",
        {"service_id": "{id}", "backup_id": BACKUP_ID},
        ["GET services/{id}/backups/{id}"],
        returns("backups", is_backup),
        setup=add_running_service,
        subresource="backups",
    ),
]
