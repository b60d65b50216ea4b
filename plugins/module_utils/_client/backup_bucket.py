# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the backup bucket of a service: the bucket of the organization to which its backups go. A beta."""

from __future__ import annotations

from .features import FEATURES, describe_beta
from .operations import SERVICE_PATH, declare_operations
from .part import PartEndpoints

declare_operations(
    f"{SERVICE_PATH}/backupBucket",
    "the backup bucket of service {service}",
    GET=("read", "service:view-backups"),
    POST=("create", "service:manage-backups"),
    PATCH=("change", "service:manage-backups"),
    DELETE=("delete", "service:manage-backups"),
)
FEATURES["backupBucket"] = describe_beta("backups in your own bucket")

_KEYS = ("bucketProvider", "bucketPath", "containerName")
#: For a bucket to be created.
NEW_BACKUP_BUCKET_ENDPOINTS = PartEndpoints("backupBucket", keys=_KEYS, method="POST")
#: For one that exists. The API requires the credentials in each change.
BACKUP_BUCKET_ENDPOINTS = PartEndpoints("backupBucket", keys=_KEYS)
