# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the scaling schedule of a service."""

from __future__ import annotations

from .features import FEATURES, describe_beta
from .operations import SERVICE_PATH, declare_operations
from .part import PartEndpoints

declare_operations(
    f"{SERVICE_PATH}/scalingSchedule",
    "the scaling schedule of service {service}",
    GET=("read", "service:view"),
    POST=("set", "service:manage-scaling-config"),
    DELETE=("delete", "service:manage-scaling-config"),
)
FEATURES["scalingSchedule"] = describe_beta("scheduled scaling")
FEATURES["POST scalingSchedule"] = (
    f"{FEATURES['scalingSchedule']}. An entry with autoscaling_mode: horizontal also requires horizontal autoscaling"
)

SCHEDULE_ENDPOINTS = PartEndpoints("scalingSchedule", keys=("entries", "baseConfig"), method="POST")
