# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the replica aware routing of a service, which is a beta."""

from __future__ import annotations

from .features import FEATURES, describe_beta
from .operations import SERVICE_PATH, declare_operations
from .part import PartEndpoints

declare_operations(
    f"{SERVICE_PATH}/replicaAwareRouting",
    "the replica aware routing of service {service}",
    GET=("read", "service:view"),
    PATCH=("change", "service:manage"),
)
FEATURES["replicaAwareRouting"] = describe_beta("replica aware routing")

ROUTING_ENDPOINTS = PartEndpoints("replicaAwareRouting", keys=("httpEnabled", "nativeEnabled"))
