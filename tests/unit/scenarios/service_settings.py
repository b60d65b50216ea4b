# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, add_service_with_settings

PERMISSIONS = {"service:view": "", "service:manage": "to change something"}


def has_settings(**expected: Any) -> Callable[[Environment], None]:
    """Return a check that these settings are set, beside that of the platform, and no other."""

    def verify(env: Environment) -> None:
        settings = env.get_service()["clickhouseSettings"]
        others = {name: value for name, value in settings.items() if name != "compatibility"}
        assert others == expected, f"the settings are {settings}"

    return verify


SCENARIOS = [
    Scenario(
        "change and reset, by name",
        {"name": "analytics", "settings": {"async_insert": True, "max_threads": None}},
        [
            "GET services",
            "GET services/{id}/clickhouseSettings",
            "GET services/{id}/clickhouseSettings/schema",
            "PATCH services/{id}/clickhouseSettings",
            "DELETE services/{id}/clickhouseSettings/max_threads",
            "GET services/{id}/clickhouseSettings",
        ],
        has_settings(async_insert=1, max_query_size=1000),
        setup=add_service_with_settings,
    ),
]
