# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    BACKUP_BUCKET,
    Scenario,
    add_running_service,
    add_service_with_backup_bucket,
)

PERMISSIONS = {
    "service:view": "",
    "service:view-backups": "",
    "service:manage-backups": "to change something",
}
AWS = {
    "bucket_provider": "aws",
    "bucket_path": BACKUP_BUCKET["bucketPath"],
    "iam_role_arn": BACKUP_BUCKET["iamRoleArn"],
}


def has_bucket(env: Environment, **changed: str) -> None:
    bucket = env.get_service()["parts"].get("backupBucket", {})
    expected = {**BACKUP_BUCKET, **changed}
    assert {name: value for name, value in bucket.items() if name != "id"} == expected, f"the bucket is {bucket}"


def has_no_bucket(env: Environment) -> None:
    assert "backupBucket" not in env.get_service()["parts"], "the service still has a backup bucket"


SCENARIOS = [
    Scenario(
        "create, by name",
        {"name": "analytics", **AWS},
        [
            "GET services",
            "GET services/{id}/backupBucket",
            "POST services/{id}/backupBucket",
            "GET services/{id}/backupBucket",
        ],
        has_bucket,
        setup=add_running_service,
    ),
    Scenario(
        "change, by id",
        {"service_id": "{id}", **AWS, "iam_role_external_id": "clickhouse"},
        [
            "GET services/{id}/backupBucket",
            "PATCH services/{id}/backupBucket",
            "GET services/{id}/backupBucket",
        ],
        lambda env: has_bucket(env, iamRoleExternalId="clickhouse"),
        setup=add_service_with_backup_bucket,
    ),
    Scenario(
        "delete, by id",
        {"service_id": "{id}", "state": "absent", "confirm_name": BACKUP_BUCKET["bucketPath"]},
        [
            "GET services/{id}/backupBucket",
            "GET services/{id}/backups",
            "DELETE services/{id}/backupBucket",
            "GET services/{id}/backupBucket",
        ],
        has_no_bucket,
        setup=add_service_with_backup_bucket,
        optional_part="backup_bucket",
    ),
]
