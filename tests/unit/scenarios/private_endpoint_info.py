# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, returns

PERMISSIONS = {"service:view": "", "organization:view": ""}

ENDPOINT = "vpce-0123456789abcdef0"


def add_service_with_endpoint(env: Environment) -> None:
    env.add_service(ipAccessList=[], privateEndpointIds=[ENDPOINT])


def is_endpoint(env: Environment, value: Any) -> bool:
    user = {"id": env.get_service()["id"], "name": "analytics"}
    return bool([(entry["id"], entry["services"]) for entry in value] == [(ENDPOINT, [user])])


SCENARIOS = [
    Scenario(
        "of a service",
        {"name": "analytics"},
        ["GET services", "GET /v1/organizations/{id}"],
        returns("private_endpoints", is_endpoint),
        setup=add_service_with_endpoint,
    ),
]
