# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, add_nothing

PERMISSIONS = {"organization:view": "", "organization:manage": "to change something"}


def has_settings(env: Environment) -> None:
    organization = env.emulator.request("GET", "")
    found = (organization["name"], organization["enableCoreDumps"])
    assert found == ("Example Ltd.", False), f"the settings are {found}"


SCENARIOS = [
    Scenario(
        "change",
        {"name": "Example Ltd.", "enable_core_dumps": False},
        ["GET /v1/organizations/{id}", "PATCH /v1/organizations/{id}", "GET /v1/organizations/{id}"],
        has_settings,
        setup=add_nothing,
    ),
]
