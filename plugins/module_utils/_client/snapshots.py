# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the snapshots of a service, and of its snapshot configuration. All of them are a beta."""

from __future__ import annotations

from .._json import Resource
from .api import Api, require_uuid
from .features import FEATURES, describe_beta
from .operations import SERVICE_PATH, declare_operations
from .part import PartEndpoints

declare_operations(
    f"{SERVICE_PATH}/snapshots", "the snapshots of service {service}", GET=("list", "service:view-snapshots")
)
declare_operations(
    f"{SERVICE_PATH}/snapshots/{{}}", "a snapshot of service {service}", GET=("read", "service:view-snapshots")
)
declare_operations(
    f"{SERVICE_PATH}/snapshotConfiguration",
    "the snapshot configuration of service {service}",
    GET=("read", "service:view-snapshots"),
    PATCH=("change", "service:manage-snapshots"),
)
FEATURES["snapshots"] = FEATURES["snapshotConfiguration"] = describe_beta("snapshots")

SNAPSHOT_CONFIG_ENDPOINTS = PartEndpoints("snapshotConfiguration", keys=("enabled", "gap", "timeFrame"))


def fetch_snapshots(api: Api, service_id: str) -> list[Resource]:
    """Return the snapshots, in the order of the API, with all pages (GET snapshots)."""
    return api.request_list(api.service_path(service_id) + "/snapshots")


def fetch_snapshot(api: Api, service_id: str, snapshot_id: str) -> Resource:
    """Return the snapshot (GET snapshot)."""
    path = f"{api.service_path(service_id)}/snapshots/{require_uuid('snapshot_id', snapshot_id)}"
    return api.request_object("GET", path, expected_id=snapshot_id)
