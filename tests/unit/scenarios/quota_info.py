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

PERMISSIONS = {"organization:view": ""}


def has_quota(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(quota["value"], quota["usage"]) for quota in value] == [(20, 1)]


SCENARIOS = [
    Scenario(
        "services",
        {"quota_code": "services-per-organization"},
        ["GET quotas"],
        returns("quotas", has_quota),
        setup=add_running_service,
        subresource="quotas",
    ),
]
