# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, add_role, returns

PERMISSIONS = {"organization:manage": ""}


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and {"Admin", "reporting"} <= {role["name"] for role in value}


def is_role(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [role["name"] for role in value] == ["reporting"]


SCENARIOS = [
    Scenario("list", {}, ["GET roles"], returns("roles", is_list), setup=add_role, subresource="roles"),
    Scenario(
        "one, by ID",
        {"role_id": "{role}"},
        ["GET roles/{id}"],
        returns("roles", is_role),
        setup=add_role,
        subresource="roles",
        optional_part="roles",
    ),
]
