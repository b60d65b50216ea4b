# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    has_backup_config,
)

PERMISSIONS = {
    "service:view": "to find the service by its name",
    "service:view-backups": "",
    "service:manage-backups": "to change something",
}

SCENARIOS = [
    Scenario(
        "backups, by name",
        {"name": "analytics", "backup_period_in_hours": 12},
        [
            "GET services",
            "GET services/{id}/backupConfiguration",
            "PATCH services/{id}/backupConfiguration",
            "GET services/{id}/backupConfiguration",
        ],
        has_backup_config(backupPeriodInHours=12),
        setup=add_running_service,
    ),
    Scenario(
        "backups, by id",
        {"service_id": "{id}", "backup_start_time": "02:00", "backup_retention_period_in_hours": 48},
        [
            "GET services/{id}/backupConfiguration",
            "PATCH services/{id}/backupConfiguration",
            "GET services/{id}/backupConfiguration",
        ],
        has_backup_config(backupStartTime="02:00", backupRetentionPeriodInHours=48),
        setup=add_running_service,
    ),
]
