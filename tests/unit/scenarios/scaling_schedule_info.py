# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_schedule,
    returns,
)

PERMISSIONS = {"service:view": ""}


def is_schedule(_env: Environment, value: Any) -> bool:
    entries = value["entries"] if value else []
    return [(entry["name"], entry["weekdays"], entry["num_replicas"]) for entry in entries] == [
        ("night", ["wednesday"], 5)
    ]


SCENARIOS = [
    Scenario(
        "by id",
        {"service_id": "{id}"},
        ["GET services/{id}/scalingSchedule"],
        returns("scaling_schedule", is_schedule),
        setup=add_service_with_schedule,
        subresource="scaling_schedule",
        optional_part="scaling_schedule",
    ),
]
