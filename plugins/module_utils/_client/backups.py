# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the backups of a service, and of its backup configuration."""

from __future__ import annotations

from .._json import Resource
from .api import Api, require_uuid
from .features import FEATURES
from .operations import SERVICE_PATH, declare_operations
from .part import PartEndpoints

declare_operations(f"{SERVICE_PATH}/backups", "the backups of service {service}", GET=("list", "service:view-backups"))
declare_operations(
    f"{SERVICE_PATH}/backups/{{}}", "a backup of service {service}", GET=("read", "service:view-backups")
)
declare_operations(
    f"{SERVICE_PATH}/backupConfiguration",
    "the backup configuration of service {service}",
    GET=("read", "service:view-backups"),
    PATCH=("change", "service:manage-backups"),
)
FEATURES["PATCH backupConfiguration"] = (
    "backups can be configured in the tiers Scale and Enterprise, but not in the tier Basic"
)

BACKUP_CONFIG_ENDPOINTS = PartEndpoints(
    "backupConfiguration", keys=("backupPeriodInHours", "backupRetentionPeriodInHours", "backupStartTime")
)


def fetch_backups(api: Api, service_id: str) -> list[Resource]:
    """Return the backups, in the order of the API (GET backups)."""
    return api.request_list(api.service_path(service_id) + "/backups")


def fetch_backup(api: Api, service_id: str, backup_id: str) -> Resource:
    """Return the backup (GET backup)."""
    path = f"{api.service_path(service_id)}/backups/{require_uuid('backup_id', backup_id)}"
    return api.request_object("GET", path, expected_id=backup_id)
