# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation that the collection knows is sent in a scenario, and every function that sends one is used."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.operations import (
    COMMANDS,
    OPERATIONS,
    to_template,
)
from ansible_collections.clickhouse.cloud.tests.contract.coverage import OTHER_HOSTS
from ansible_collections.clickhouse.cloud.tests.unit.client_files import CLIENT, import_client
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import (
    MODULES,
    SCENARIO_FILES,
    load_requests,
    load_scenarios,
)

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
COLLECTION = "ansible_collections.clickhouse.cloud"
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
    unknown = sorted(sent - known - OTHER_HOSTS)
    assert not unknown, f"declare {', '.join(unknown)} in a file of plugins/module_utils/_client"


def test_payload_of_a_module_has_the_operations_that_it_sends() -> None:
    """In the process of these tests, other modules have imported them as well."""
    code = f"""
import importlib, json, sys
operations = {{}}
for module in sys.argv[1:]:
    for name in [name for name in sys.modules if name.startswith("{COLLECTION}.plugins.module")]:
        del sys.modules[name]
    importlib.import_module("{COLLECTION}.plugins.modules." + module)
    table = sys.modules.get("{CLIENT}.operations")
    operations[module] = [] if table is None else sorted(table.OPERATIONS)
json.dump(operations, sys.stdout)
"""
    command = [sys.executable, "-c", code, *MODULES]
    imported = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for module in MODULES:
        known = {to_request_line(*operation) for operation in imported[module]} | {STATE} | OTHER_HOSTS
        sent = {to_template(line).replace("{}", "{id}") for lines in load_requests(module) for line in lines}
        missing = sorted(sent - known)
        assert not missing, f"{module}: declare {', '.join(missing)} in the file with the function that sends it"


def test_every_command_is_sent_in_a_scenario() -> None:
    states = {scenario.options["state"] for scenario in load_scenarios("service_state")}
    assert len(states) == len(COMMANDS)


def endpoint_functions() -> set[str]:
    """Return the methods of Api, and the functions of the client that take an Api."""
    members = [member for module in import_client() for member in inspect.getmembers(module, inspect.isfunction)]
    methods = {name for name, value in vars(Api).items() if inspect.isfunction(value) and not name.startswith("_")}
    return methods | {
        name for name, function in members if next(iter(inspect.signature(function).parameters), "") == "api"
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
