# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    BACKUP_BUCKET,
    Scenario,
    add_service_with_backup_bucket,
    returns,
)

PERMISSIONS = {"service:view": "", "service:view-backups": ""}


def is_bucket(_env: Environment, value: Any) -> bool:
    return isinstance(value, dict) and (value["bucket_provider"], value["bucket_path"]) == (
        "aws",
        BACKUP_BUCKET["bucketPath"],
    )


SCENARIOS = [
    Scenario(
        "by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/backupBucket"],
        returns("backup_bucket", is_bucket),
        setup=add_service_with_backup_bucket,
        subresource="backup_bucket",
        optional_part="backup_bucket",
    ),
    Scenario(
        "by id",
        {"service_id": "{id}"},
        ["GET services/{id}/backupBucket"],
        returns("backup_bucket", is_bucket),
        setup=add_service_with_backup_bucket,
        subresource="backup_bucket",
        optional_part="backup_bucket",
    ),
]
