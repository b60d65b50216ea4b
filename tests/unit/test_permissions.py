# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions that each module needs: in the guide, and in the error when an API key lacks one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.operations import Request
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import assert_lists_every_module

Run = Callable[..., dict[str, Any]]

GUIDE = Path(__file__).resolve().parents[2] / "docs/docsite/rst/guide_authentication.rst"
BACKUP = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
PLACE = {"provider": "aws", "region": "us-east-1", "ip_access_list": []}
BODY = {"provider": "aws", "region": "us-east-1", "ipAccessList": []}
ENDPOINT = "vpce-00000000000000001"
#: What can be asked of a service that exists; "{id}" is its ID.
CHANGES: list[dict[str, Any]] = [
    {"tags": {"a": "b"}},
    {"ip_access_list": [{"source": "198.51.100.7"}]},
    {"private_endpoint_ids": [ENDPOINT]},
    {"num_replicas": 5},
    {"max_total_memory_gb": 96},
    {"state": "absent", "force": True, "require_backup_within_hours": 24},
]
#: What can be asked of a new one.
CREATIONS: list[dict[str, Any]] = [
    {**PLACE, "password": "a long password"},
    {**PLACE, "backup_id": BACKUP},
    {**PLACE, "private_endpoint_ids": [ENDPOINT]},
    {"restore_from": {"name": "analytics"}},
]
#: For each module, tasks that together send every request that it can send.
TASKS: dict[str, list[dict[str, Any]]] = {
    "backup_config": [{"name": "analytics", "backup_period_in_hours": 12}],
    "backup_config_info": [{"name": "analytics"}],
    "backup_info": [{"name": "analytics"}, {"service_id": "{id}", "backup_id": BACKUP}],
    "fleet": [
        *({"services": [{"service_id": "{id}", **change}]} for change in CHANGES),
        *({"services": [{"name": "new", **creation}]} for creation in CREATIONS),
        {"services": [{"name": "analytics", "backup_period_in_hours": 12, "state": "stopped"}]},
    ],
    "organization_info": [{}],
    "private_endpoint_config_info": [{"name": "analytics"}],
    "service": [
        *({"service_id": "{id}", **change} for change in CHANGES),
        *({"name": "new", **creation} for creation in CREATIONS),
    ],
    "service_info": [{}, {"service_id": "{id}"}],
    "service_metrics_info": [{"name": "analytics"}],
    "service_password": [{"name": "analytics"}],
    "service_scaling": [{"name": "analytics", "num_replicas": 5}, {"name": "analytics", "max_total_memory_gb": 96}],
    "service_state": [{"name": "analytics", "state": "stopped"}, {"name": "idle", "state": "awake"}],
}
CASES = [(module, task) for module, tasks in TASKS.items() for task in tasks]


def perform(emulator: Emulator, run: Run, module: str, task: dict[str, Any], **fault: Any) -> dict[str, Any]:
    """Run a task where there is one service that runs and one that is idle, perhaps with a fault."""
    emulator.reset()
    ids = [str(emulator.create(name=name, **BODY)["service"]["id"]) for name in ("analytics", "idle")]
    emulator.set_service(ids[0], state="running", backups=[{"id": BACKUP}], availablePrivateEndpointIds=[ENDPOINT])
    emulator.set_service(ids[1], state="idle")
    emulator.clear_journal()
    if fault:
        emulator.fault(**fault)
    return run(module, **json.loads(json.dumps(task).replace("{id}", ids[0])))


def requests(emulator: Emulator) -> list[Request]:
    """Return the requests, each kind once."""
    sent = {
        f"{request['method']} {request['path']} {sorted(request['body'] or {})}": request
        for request in emulator.journal()
    }
    return [Request(item["method"], item["path"].removeprefix("/v1"), item["body"]) for item in sent.values()]


def documented() -> dict[str, set[str]]:
    """Return the permissions in the table of the guide, by module."""
    table = GUIDE.read_text().split("Which permissions a key needs\n")[1].split("\nGenerated passwords\n")[0]
    rows = re.findall(r"\* - ``(\w+)``\n +- (.+?)(?=\n +\* -|\n\n|\Z)", table, re.DOTALL)
    return {module: set(re.findall(r"``((?:organization|service):[a-z-]+)``", text)) for module, text in rows}


def test_every_module_has_a_task() -> None:
    assert_lists_every_module(TASKS, "TASKS in tests/unit/test_permissions.py")


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("module", TASKS)
def test_guide_lists_the_permissions_of_a_module(emulator: Emulator, run: Run, module: str) -> None:
    needed: set[str] = set()
    for task in TASKS[module]:
        result = perform(emulator, run, module, task)
        assert "failed" not in result, result["msg"]
        needed.update(name for request in requests(emulator) for name in request.permissions)
    assert {f"control-plane:{name}" for name in documented().get(module, set())} == needed


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("module", "task"), CASES)
def test_error_names_the_permissions_of_a_request(
    emulator: Emulator, run: Run, module: str, task: dict[str, Any]
) -> None:
    perform(emulator, run, module, task)
    for request in requests(emulator):
        place = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[^/]+", request.line.split(" ")[1])
        result = perform(emulator, run, module, task, method=request.method, path=f"{place}$", status=403, times=99)
        said = json.dumps([result.get("msg"), result.get("warnings")])
        assert request.permissions, request.line
        for permission in request.permissions:
            assert permission in said, (request.line, said)


def test_table_of_the_guide_lists_only_modules() -> None:
    assert_lists_every_module(documented(), "the table of permissions in guide_authentication.rst")
