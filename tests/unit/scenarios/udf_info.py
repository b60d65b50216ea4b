# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, add_function, returns

PERMISSIONS = {"organization:view": ""}


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item["function_name"], item["versions"]) for item in value] == [("echo", None)]


def has_details(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [
        ([version["version"] for version in item["versions"]], item["attachments"]) for item in value
    ] == [([1], [])]


SCENARIOS = [
    Scenario(
        "list",
        {},
        ["GET udfs"],
        returns("udfs", is_list),
        setup=add_function,
        subresource="udfs",
    ),
    Scenario(
        "one",
        {"function_name": "echo"},
        ["GET udfs/echo", "GET udfs/echo/versions", "GET udfs/echo/attachments"],
        returns("udfs", has_details),
        setup=add_function,
        subresource="udfs",
        optional_part="udfs",
    ),
]
