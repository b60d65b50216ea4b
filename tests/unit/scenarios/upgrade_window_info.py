# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_upgrade_window,
    returns,
)

PERMISSIONS = {"service:view": ""}


def is_window(_env: Environment, value: Any) -> bool:
    return bool(value == {"weekday": "wednesday", "start_hour_utc": 12, "duration": 6})


SCENARIOS = [
    Scenario(
        "by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/upgradeWindow"],
        returns("upgrade_window", is_window),
        setup=add_service_with_upgrade_window,
        subresource="upgrade_window",
        optional_part="upgrade_window",
    ),
    Scenario(
        "by id",
        {"service_id": "{id}"},
        ["GET services/{id}/upgradeWindow"],
        returns("upgrade_window", is_window),
        setup=add_service_with_upgrade_window,
        subresource="upgrade_window",
        optional_part="upgrade_window",
    ),
]
