# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import OWNER, Scenario, add_nothing, returns

PERMISSIONS = {"organization:view": ""}


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [one["email"] for one in value] == ["owner@example.com", "colleague@example.com"]


def is_one(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [one["email"] for one in value] == ["owner@example.com"]


SCENARIOS = [
    Scenario("list", {}, ["GET members"], returns("members", is_list), setup=add_nothing, subresource="members"),
    Scenario(
        "one, by ID",
        {"user_id": OWNER},
        ["GET members/{id}"],
        returns("members", is_one),
        setup=add_nothing,
        subresource="members",
        optional_part="members",
    ),
]
