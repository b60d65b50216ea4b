# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation that the collection knows is sent in a scenario, and every function that sends one is used."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.operations import (
    COMMANDS,
    OPERATIONS,
    to_template,
)
from ansible_collections.clickhouse.cloud.tests.contract.coverage import QUERY_HOST_REQUEST
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import SCENARIO_FILES, load_scenarios

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
CLIENT = PLUGINS / "module_utils/_client"
STATE = "PATCH services/{id}/state"


def to_request_line(method: str, path: str) -> str:
    """Return an operation as scenarios state it."""
    path = path.replace("{}", "{id}")
    prefix = "/organizations/{id}/"
    return f"{method} {path.removeprefix(prefix) if path.startswith(prefix) else f'/v1{path}'}"


def test_every_operation_is_sent_in_a_scenario() -> None:
    scenarios = [scenario for module in SCENARIO_FILES for scenario in load_scenarios(module)]
    sent = {to_template(request).replace("{}", "{id}") for scenario in scenarios for request in scenario.requests}
    known = {to_request_line(*operation) for operation in OPERATIONS} | {STATE}
    missing = sorted(known - sent)
    assert not missing, f"add a scenario to tests/unit/scenarios that sends {', '.join(missing)}"
    unknown = sorted(sent - known - {QUERY_HOST_REQUEST})
    assert not unknown, f"add {', '.join(unknown)} to OPERATIONS in plugins/module_utils/_client/operations.py"


def test_every_command_is_sent_in_a_scenario() -> None:
    states = {scenario.options["state"] for scenario in load_scenarios("service_state")}
    assert len(states) == len(COMMANDS)


def endpoint_functions() -> set[str]:
    """Return the methods of Api, and the functions of the client that take an Api."""
    package = Api.__module__.rpartition(".")[0]
    modules = [importlib.import_module(f"{package}.{path.stem}") for path in CLIENT.glob("[!_]*.py")]
    functions = [function for module in modules for _name, function in inspect.getmembers(module, inspect.isfunction)]
    methods = {name for name, value in vars(Api).items() if inspect.isfunction(value) and not name.startswith("_")}
    return methods | {
        function.__name__ for function in functions if next(iter(inspect.signature(function).parameters), "") == "api"
    }


def used_names(path: Path) -> set[str]:
    """Return the names that the file uses, and not only defines or imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in nodes if isinstance(node, ast.Name)}


def test_every_endpoint_function_is_used() -> None:
    used = {name for path in PLUGINS.rglob("*.py") for name in used_names(path)}
    unused = sorted(endpoint_functions() - used)
    assert not unused, f"nothing uses {', '.join(unused)}"
