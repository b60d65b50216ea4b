# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_service_and_function,
    add_service_with_function,
    get_initial_id,
)

#: With version, or to wake up an idle service.
FURTHER_REQUESTS = ["GET udfs/echo/versions", "GET services/{id}", "PATCH services/{id}/state"]
PERMISSIONS = {"organization:view": "", "service:view": "", "organization:manage": "to change something"}


def has_attached(version: int | None) -> Callable[[Environment], None]:
    """Return a check that this version, and nothing else, is attached to the service; None means that none is."""

    def verify(env: Environment) -> None:
        (function,) = env.emulator.functions()
        expected = {} if version is None else {get_initial_id(env): version}
        assert function["services"] == expected, f"the versions by service are {function['services']}"

    return verify


SCENARIOS = [
    Scenario(
        "attach, by name",
        {"name": "analytics", "function_name": "echo"},
        [
            "GET services",
            "GET udfs/echo/attachments/{id}",
            "GET udfs/echo",
            "PUT udfs/echo/attachments/{id}",
            "GET udfs/echo/attachments/{id}",
        ],
        has_attached(3),
        setup=add_service_and_function,
    ),
    Scenario(
        "detach, by id",
        {"service_id": "{id}", "function_name": "echo", "confirm_name": "analytics", "state": "absent"},
        [
            "GET udfs/echo/attachments/{id}",
            "GET services/{id}",
            "DELETE udfs/echo/attachments/{id}",
            "GET udfs/echo/attachments/{id}",
        ],
        has_attached(None),
        setup=add_service_with_function,
        optional_part="udf_attachment",
    ),
]
