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

PERMISSIONS = {"organization:view": "", "service:view": "to group the cost by a tag"}


def add_cost(env: Environment) -> None:
    service_id = add_running_service(env)
    env.emulator.set_usage_cost(
        *({"serviceId": service_id, "date": day, "totalCHC": 1.5} for day in ("2026-09-30", "2026-10-01", "2026-10-31"))
    )


def is_cost(_env: Environment, value: Any) -> bool:
    return isinstance(value, dict) and value["total_chc"] == 3.0


SCENARIOS = [
    Scenario(
        "a month",
        {"from_date": "2026-10-01", "to_date": "2026-10-31"},
        ["GET usageCost"],
        returns("usage_cost", is_cost),
        setup=add_cost,
        subresource="usage_cost",
    ),
    Scenario(
        "two requests, by tag",
        {"from_date": "2026-10-01", "to_date": "2026-11-01", "group_by_tag": "team"},
        ["GET usageCost", "GET usageCost", "GET services"],
        returns("usage_cost", is_cost),
        setup=add_cost,
        subresource="usage_cost",
    ),
]
