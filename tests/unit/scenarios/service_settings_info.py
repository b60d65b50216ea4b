# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_with_settings,
    returns,
)

PERMISSIONS = {"service:view": ""}


def are_settings(_env: Environment, value: Any) -> bool:
    return bool(value and value["max_threads"] == 4)


def is_schema(_env: Environment, value: Any) -> bool:
    return "max_threads" in [setting["name"] for setting in value or ()]


SCENARIOS = [
    Scenario(
        "by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/clickhouseSettings"],
        returns("settings", are_settings),
        setup=add_service_with_settings,
        subresource="settings",
    ),
    Scenario(
        "schema, by id",
        {"service_id": "{id}", "schema": True},
        ["GET services/{id}/clickhouseSettings", "GET services/{id}/clickhouseSettings/schema"],
        returns("schema", is_schema),
        setup=add_service_with_settings,
        subresource="schema",
    ),
]
