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


def has_profiles(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and {"profile": "v1-highmem-xs", "cpu_cores": 2, "memory_gi": 16} in value


SCENARIOS = [
    Scenario(
        "of a region",
        {"region": "us-east-1"},
        ["GET serviceProfiles"],
        returns("service_profiles", has_profiles),
        setup=add_running_service,
        subresource="service_profiles",
    ),
]
