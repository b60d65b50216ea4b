# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions that each module needs: in the guide, and in the error when an API key lacks one."""

from __future__ import annotations

import itertools
import json
import re
import runpy
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.operations import Request
from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.contract.coverage import OTHER_HOSTS, find_operation
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.cases import ScenarioRunner
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import (
    BACKUP_ID,
    Environment,
    to_pattern,
)
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import (
    MODULES,
    load_permissions,
    load_requests,
    load_scenarios,
)

Run = Callable[..., dict[str, Any]]

ROOT = Path(__file__).resolve().parents[2]
PLACE = {"provider": "aws", "region": "us-east-1", "ip_access_list": []}
BODY = {"provider": "aws", "region": "us-east-1", "ipAccessList": []}
ENDPOINT = "vpce-00000000000000001"
#: The path of a request that needs no permission, after /v1. A key sees the notifications of what it can access.
UNRESTRICTED = re.compile(r"/whoami|/organizations/[^/]+/notifications")
#: Changes of a service.
CHANGES: list[dict[str, Any]] = [
    {"tags": {"a": "b"}},
    {"ip_access_list": [{"source": "198.51.100.7"}]},
    {"private_endpoint_ids": [ENDPOINT]},
    {"num_replicas": 5},
    {"max_total_memory_gb": 96},
    {"state": "absent", "force": True, "require_backup_within_hours": 24},
]
#: Options that change all parts of a service, and that delete those that can be deleted.
PARTS: list[dict[str, Any]] = [
    {
        "backup_config": {"backup_period_in_hours": 12},
        "snapshot_config": {"enabled": True, "gap": 30, "time_frame": 1440},
        "upgrade_window": {"weekday": "sunday", "start_hour_utc": 6},
        "scaling_schedule": {
            "entries": [{"name": "day", "weekdays": ["sunday"], "start_hour": 8, "end_hour": 9, "num_replicas": 4}]
        },
        "query_endpoint": {"api_keys": ["reports"], "roles": ["sql_console_admin"]},
        "clickhouse_settings": {"settings": {"max_threads": 8, "compatibility": None}},
    },
    {part: {"state": "absent"} for part in ("upgrade_window", "scaling_schedule", "query_endpoint")},
]
#: Options of a new service.
CREATIONS: list[dict[str, Any]] = [
    {**PLACE, "password": "a long password"},
    {**PLACE, "backup_id": BACKUP_ID},
    {**PLACE, "private_endpoint_ids": [ENDPOINT]},
    {**PLACE, "profile": "v1-highmem-xs"},
    {"restore_from": {"name": "analytics"}},
]
#: More tasks of the modules whose scenarios do not send every request that needs a permission.
MORE_OPTIONS: dict[str, list[dict[str, Any]]] = {
    "fleet": [
        *({"services": [{"name": "analytics", **change}]} for change in CHANGES),
        *({"services": [{"name": "new", **creation}]} for creation in CREATIONS),
        *({"services": [{"name": "analytics", **parts}]} for parts in PARTS),
        {"services": [{"name": "analytics", "state": "stopped"}]},
    ],
    "service": [
        *({"service_id": "{id}", **change} for change in [*CHANGES, *PARTS]),
        *({"name": "new", "check_quota": True, **creation} for creation in CREATIONS),
    ],
}


def add_service_with_parts(env: Environment) -> None:
    """Add a service that has parts, and that a private endpoint can be connected to."""
    service_id = env.add_service(**BODY)
    env.emulator.set_service(service_id, availablePrivateEndpointIds=[ENDPOINT])
    path = f"services/{service_id}"
    if "reports" not in [key["name"] for key in env.emulator.request("GET", "keys")]:
        env.emulator.request("POST", "keys", {"name": "reports"})
    endpoint = {"openApiKeys": [], "roles": ["sql_console_read_only"]}
    env.emulator.request("POST", f"{path}/serviceQueryEndpoint", endpoint)
    env.emulator.request("PUT", f"{path}/upgradeWindow", {"weekday": 3, "startHourUtc": 0})
    entry = {"name": "night", "weekdays": [0], "startHourUtc": 0, "endHourUtc": 6, "minReplicas": 2, "maxReplicas": 2}
    env.emulator.request("POST", f"{path}/scalingSchedule", {"entries": [entry]})


def scenarios(module: str) -> list[Scenario]:
    """Return scenarios of a module that together send every request that it can send, with organization_id set."""
    more = (
        Scenario(f"more {number}", options, [], lambda env: None, setup=add_service_with_parts, module=module)
        for number, options in enumerate(MORE_OPTIONS.get(module, ()))
    )
    return [*more] or [scenario for scenario in load_scenarios(module) if not scenario.unset_variable]


@pytest.fixture
def perform(
    emulator: Emulator, run: Run, fast_clock: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a scenario, perhaps with a fault, and returns the result."""
    numbers = itertools.count()

    def _perform(scenario: Scenario, **fault: Any) -> dict[str, Any]:
        runner = ScenarioRunner(emulator, run, tmp_path, monkeypatch)
        env = runner.set_up(scenario, next(numbers))
        if fault:
            emulator.fault(**fault)
        runner.run_module(scenario, env)
        return env.results[0]

    return _perform


def requests(emulator: Emulator) -> list[Request]:
    """Return the requests to the API, each kind once."""
    sent = {
        f"{request['method']} {request['path']} {sorted(request['body'] or {})}": request
        for request in emulator.journal()
        if request["path"].startswith("/v1/")
    }
    return [Request(item["method"], item["path"].removeprefix("/v1"), item["body"]) for item in sent.values()]


@pytest.mark.parametrize("module", MODULES)
def test_module_needs_the_permissions_of_its_scenarios(
    emulator: Emulator, perform: Callable[..., dict[str, Any]], module: str
) -> None:
    needed: set[str] = set()
    sent: set[str] = set()
    for scenario in scenarios(module):
        result = perform(scenario)
        assert "failed" not in result, result["msg"]
        needed.update(name.removeprefix("control-plane:") for item in requests(emulator) for name in item.permissions)
        sent.update(find_operation(load(), item.line) for item in requests(emulator))
    place = f"tests/unit/scenarios/{module}.py"
    stated = load_permissions(module).keys()
    assert needed == stated, f"PERMISSIONS in {place} must be those of {sorted(needed)}"
    listed = {find_operation(load(), line) for lines in load_requests(module) for line in {*lines} - OTHER_HOSTS}
    assert sent <= listed, f"add {sorted(sent - listed)} to FURTHER_REQUESTS in {place}"
    if module in MORE_OPTIONS:
        further = {find_operation(load(), line) for line in load_requests(module)[-1]}
        assert further <= sent, f"remove {sorted(further - sent)} from FURTHER_REQUESTS in {place}"


@pytest.mark.parametrize(
    "scenario",
    [scenario for module in MODULES for scenario in scenarios(module)],
    ids=lambda scenario: f"{scenario.module}: {scenario.name}",
)
def test_error_names_the_permissions_of_a_request(
    emulator: Emulator, perform: Callable[..., dict[str, Any]], scenario: Scenario
) -> None:
    perform(scenario)
    for request in requests(emulator):
        path = to_pattern(request.line.split(" ")[1])
        result = perform(scenario, method=request.method, path=path, status=403, times=99)
        said = json.dumps([result.get("msg"), result.get("warnings")])
        assert request.permissions or UNRESTRICTED.fullmatch(request.path), (
            f"declare {request.line} in a file of _client"
        )
        for permission in request.permissions:
            assert permission in said, (request.line, said)


def test_tables_of_modules_are_up_to_date() -> None:
    for path, text in runpy.run_path(str(ROOT / "tests/tools/tables.py"))["draw_all"]().items():
        assert path.read_text() == text, f"{path.name} is out of date: run make tables"
