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

PERMISSIONS = {"service:view": "to find the service by its name", "service:view-private-endpoints": ""}


def is_private_endpoint_config(_env: Environment, value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("endpoint_service_id"))


SCENARIOS = [
    Scenario(
        "endpoints, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/privateEndpointConfig"],
        returns("private_endpoint_config", is_private_endpoint_config),
        setup=add_running_service,
        subresource="private_endpoint_config",
    ),
    Scenario(
        "endpoints, by id",
        {"service_id": "{id}"},
        ["GET services/{id}/privateEndpointConfig"],
        returns("private_endpoint_config", is_private_endpoint_config),
        setup=add_running_service,
        subresource="private_endpoint_config",
    ),
]
