# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    has_fields,
)

PERMISSIONS = {"service:view": "", "service:manage-scaling-config": "to change something"}

SCENARIOS = [
    Scenario(
        "scale, by name",
        {"name": "analytics", "num_replicas": 2},
        ["GET services", "PATCH services/{id}/replicaScaling", "GET services/{id}"],
        has_fields(numReplicas=2),
        setup=add_running_service,
    ),
    Scenario(
        "scale, by id",
        {"service_id": "{id}", "num_replicas": 2, "max_total_memory_gb": 96},
        ["GET services/{id}", "PATCH services/{id}/scaling", "GET services/{id}"],
        has_fields(numReplicas=2, maxTotalMemoryGb=96),
        setup=add_running_service,
    ),
]
