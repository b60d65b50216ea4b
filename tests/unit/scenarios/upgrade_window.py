# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    add_service_with_upgrade_window,
)

PERMISSIONS = {"service:view": "", "service:manage": "to change something"}


def has_window(env: Environment) -> None:
    window = env.get_service()["upgradeWindow"]
    assert window == {"weekday": 0, "startHourUtc": 6, "duration": 6}, f"the upgrade window is {window}"


def has_no_window(env: Environment) -> None:
    assert env.get_service()["upgradeWindow"] is None, "the service still has an upgrade window"


SCENARIOS = [
    Scenario(
        "change, by name",
        {"name": "analytics", "weekday": "sunday", "start_hour_utc": 6},
        [
            "GET services",
            "GET services/{id}/upgradeWindow",
            "PUT services/{id}/upgradeWindow",
            "GET services/{id}/upgradeWindow",
        ],
        has_window,
        setup=add_service_with_upgrade_window,
    ),
    Scenario(
        "create, by id",
        {"service_id": "{id}", "weekday": "sunday", "start_hour_utc": 6},
        [
            "GET services/{id}/upgradeWindow",
            "GET services/{id}",
            "PUT services/{id}/upgradeWindow",
            "GET services/{id}/upgradeWindow",
        ],
        has_window,
        setup=add_running_service,
    ),
    Scenario(
        "delete, by id",
        {"service_id": "{id}", "state": "absent"},
        [
            "GET services/{id}/upgradeWindow",
            "DELETE services/{id}/upgradeWindow",
            "GET services/{id}/upgradeWindow",
        ],
        has_no_window,
        setup=add_service_with_upgrade_window,
        optional_part="upgrade_window",
    ),
]
