# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    returns,
)

PERMISSIONS = {"organization:view-activities": ""}


def is_creation(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [activity["type"] for activity in value] == ["service_create"]


SCENARIOS = [
    Scenario(
        "the last hours",
        {"hours": 2, "types": ["service_create"]},
        ["GET activities"],
        returns("activities", is_creation),
        setup=add_running_service,
        subresource="activities",
    ),
]
