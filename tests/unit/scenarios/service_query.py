# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_that_runs_sql,
    returns,
)

PERMISSIONS = {"service:view": "with ``name``, or ``wake: false``"}


def is_one(_env: Environment, rows: Any) -> bool:
    return bool(rows == [{"1": 1}])


def is_one_or_nothing(_env: Environment, rows: Any) -> bool:
    """Return whether these are the rows of the statement, or those of an empty response, as most writes have."""
    return rows in ([{"1": 1}], [])


#: The emulator knows the result of this statement without running it.
SCENARIOS = [
    Scenario(
        "write, by name",
        {"name": "analytics", "sql": "SELECT 1", "readonly": False},
        ["GET services", "POST /service/{id}/run"],
        returns("rows", is_one_or_nothing),
        setup=add_service_that_runs_sql,
    ),
    Scenario(
        "read, by id",
        {"service_id": "{id}", "sql": "SELECT 1"},
        ["POST /service/{id}/run"],
        returns("rows", is_one),
        setup=add_service_that_runs_sql,
    ),
]
