# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    ECHO_SOURCE,
    Scenario,
    add_function,
    add_function_with_versions,
    add_nothing,
)

PERMISSIONS = {"organization:view": "", "organization:manage": "to change something"}

NEW: Mapping[str, Any] = {
    "function_name": "echo",
    "source": ECHO_SOURCE,
    "arguments": [{"name": "input", "type": "String"}],
    "return_type": "String",
}


def has_function(**expected: Any) -> Callable[[Environment], None]:
    """Return a check that there is one function, whose latest version is ready and has these fields."""

    def verify(env: Environment) -> None:
        functions = env.emulator.functions()
        assert [function["functionName"] for function in functions] == ["echo"], f"the functions are {functions}"
        latest = functions[0]["versions"][-1]
        assert latest["status"] == "ready", f"the latest version is {latest['status']}"
        assert {name: latest[name] for name in expected} == expected, f"the latest version is {latest}"

    return verify


def has_versions(*numbers: int) -> Callable[[Environment], None]:
    """Return a check that the function has these versions; without any, that there is no function."""

    def verify(env: Environment) -> None:
        functions = env.emulator.functions()
        found = [version["version"] for function in functions for version in function["versions"]]
        assert found == [*numbers], f"the versions are {found}"

    return verify


SCENARIOS = [
    Scenario(
        "create",
        NEW,
        [
            "GET udfs/echo",
            "GET /v1/organizations/{id}",
            "POST udfUploads/url",
            "PUT /udf-uploads/{id}",
            "POST udfs",
            "GET udfs/echo",
        ],
        has_function(type="executable", version=1),
        setup=add_nothing,
    ),
    Scenario(
        "new version",
        {"function_name": "echo", "source": ECHO_SOURCE, "type": "executable_pool", "pool_size": 2},
        [
            "GET udfs/echo",
            "POST udfUploads/url",
            "PUT /udf-uploads/{id}",
            "POST udfs/echo/versions",
            "GET udfs/echo",
        ],
        has_function(type="executable_pool", poolSize=2),
        setup=add_function,
    ),
    Scenario(
        "delete",
        {"function_name": "echo", "confirm_name": "echo", "state": "absent"},
        ["GET udfs/echo", "GET udfs/echo/attachments", "DELETE udfs/echo", "GET udfs/echo"],
        has_versions(),
        setup=add_function,
        optional_part="udf",
    ),
    Scenario(
        "delete a version",
        {"function_name": "echo", "version": 2, "state": "absent"},
        ["GET udfs/echo", "GET udfs/echo/versions", "GET udfs/echo/attachments", "DELETE udfs/echo/versions/2"],
        has_versions(1, 3),
        setup=add_function_with_versions,
        optional_part="udf",
    ),
]
