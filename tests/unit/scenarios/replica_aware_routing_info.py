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

PERMISSIONS = {"service:view": ""}


def is_routing(_env: Environment, value: Any) -> bool:
    return bool(value == {"http_enabled": False, "native_enabled": False})


SCENARIOS = [
    Scenario(
        "by id",
        {"service_id": "{id}"},
        ["GET services/{id}/replicaAwareRouting"],
        returns("replica_aware_routing", is_routing),
        setup=add_running_service,
        subresource="replica_aware_routing",
    ),
]
