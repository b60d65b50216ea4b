# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_schedule,
)

PERMISSIONS = {"service:view": "", "service:manage-scaling-config": "to change something"}

#: In Tokyo, whose clocks never change, the day begins at 15:00 UTC of the day before.
OFFICE_HOURS: dict[str, Any] = {
    "timezone": "Asia/Tokyo",
    "entries": [
        {
            "name": "office hours",
            "weekdays": ["monday", "tuesday"],
            "start_hour": 8,
            "end_hour": 18,
            "min_replica_memory_gb": 64,
            "max_replica_memory_gb": 120,
        }
    ],
}


def has_office_hours(env: Environment) -> None:
    schedule = env.get_service().get("scalingSchedule") or {}
    hours = [
        (entry["weekdays"], entry["startHourUtc"], entry["endHourUtc"], entry["minReplicaMemoryGb"])
        for entry in schedule.get("entries", [])
    ]
    assert hours == [([0, 1], 23, 9, 64)], f"the schedule is {schedule}"


def has_no_schedule(env: Environment) -> None:
    assert env.get_service().get("scalingSchedule") is None, "the service still has a schedule"


SCENARIOS = [
    Scenario(
        "change, by name",
        {"name": "analytics", **OFFICE_HOURS},
        [
            "GET services",
            "GET services/{id}/scalingSchedule",
            "POST services/{id}/scalingSchedule",
            "GET services/{id}/scalingSchedule",
        ],
        has_office_hours,
        setup=add_service_with_schedule,
    ),
    Scenario(
        "delete, by id",
        {"service_id": "{id}", "state": "absent"},
        [
            "GET services/{id}/scalingSchedule",
            "DELETE services/{id}/scalingSchedule",
            "GET services/{id}/scalingSchedule",
        ],
        has_no_schedule,
        setup=add_service_with_schedule,
        optional_part="scaling_schedule",
    ),
]
