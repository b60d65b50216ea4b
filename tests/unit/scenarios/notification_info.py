# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, returns

PERMISSIONS = {"organization:view": "for ``include_types``"}


def notify(env: Environment) -> None:
    env.emulator.set_notifications({"type": "organization-credits-low"})


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [one["type"] for one in value] == ["organization-credits-low"]


def has_types(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and "organization-credits-low" in [one["name"] for one in value]


SCENARIOS = [
    Scenario(
        "the last hours",
        {"hours": 2, "severities": ["warning", "critical"]},
        ["GET notifications"],
        returns("notifications", is_list),
        setup=notify,
        subresource="notifications",
    ),
    Scenario(
        "types",
        {"hours": 2, "include_types": True},
        ["GET notifications", "GET notificationTypes"],
        returns("notification_types", has_types),
        setup=notify,
        subresource="notification_types",
    ),
]
