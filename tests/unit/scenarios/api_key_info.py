# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, add_api_key, returns

PERMISSIONS = {"organization:view-api-keys": ""}


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [key["name"] for key in value] == ["First key", "reports"]


def is_key(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [key["name"] for key in value] == ["reports"]


SCENARIOS = [
    Scenario(
        "list",
        {},
        ["GET keys"],
        returns("api_keys", is_list),
        setup=add_api_key,
        subresource="api_keys",
    ),
    Scenario(
        "one, by ID",
        {"key_id": "{key_id}"},
        ["GET keys/{id}"],
        returns("api_keys", is_key),
        setup=add_api_key,
        subresource="api_keys",
        optional_part="api_keys",
    ),
]
