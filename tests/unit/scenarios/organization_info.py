# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    returns,
)

PERMISSIONS = {"organization:view": "", "organization:manage": "for the roles of the key"}


def is_organization(env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [item.get("id") for item in value] == [env.emulator.organization_id]


def is_admin(env: Environment, value: Any) -> bool:
    if "status 403" in str(env.results[-1].get("warnings")):
        return value is None or value["roles"] is None
    return isinstance(value, dict) and value["roles"] == ["Admin"]


SCENARIOS = [
    Scenario(
        "organizations",
        {},
        ["GET /v1/organizations"],
        returns("organizations", is_organization),
        setup=add_running_service,
        subresource="organizations",
    ),
    Scenario(
        "caller",
        {"caller": True},
        ["GET /v1/organizations", "GET /v1/whoami", "GET roles"],
        returns("caller", is_admin),
        setup=add_running_service,
        subresource="organizations",
    ),
]
