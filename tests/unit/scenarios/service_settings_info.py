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


def is_schema(env: Environment, value: Any) -> bool:
    settings = env.results[-1]["settings"]
    # A key that may not read the settings gets a warning, and null.
    return "max_threads" in [entry["name"] for entry in value or ()] and (not settings or settings["max_threads"] == 4)


SCENARIOS = [
    Scenario(
        "schema, by id",
        {"service_id": "{id}", "schema": True},
        ["GET services/{id}/clickhouseSettings", "GET services/{id}/clickhouseSettings/schema"],
        returns("schema", is_schema),
        setup=add_service_with_settings,
        subresource="schema",
    ),
]
