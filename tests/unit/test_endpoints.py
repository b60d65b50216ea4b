# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module uses every endpoint of the API client, and every module uses an endpoint."""

from __future__ import annotations

import importlib
import inspect
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import api as api_module
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import assert_lists_every_module

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

BACKUP = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"

CLIENT = Path(api_module.__file__).parent

#: The methods of Api, and the functions that take one, each with the request that it sends and with what reaches it;
#: {one} is the path of the service.
ENDPOINTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("list_organizations", "GET /v1/organizations", "organization_info", {}),
    ("list_services", "GET services", "service_info", {}),
    ("cached_services", "GET services", "service", {"service_id": "{id}", "name": "renamed"}),
    ("get_service", "GET {one}", "service_info", {"service_id": "{id}"}),
    ("get_service_or_none", "GET {one}", "service_info", {"service_id": "{id}"}),
    (
        "create_service",
        "POST services",
        "service",
        {"name": "new", "provider": "aws", "region": "us-east-1", "ip_access_list": [], "wait": False},
    ),
    ("patch_service", "PATCH {one}", "service", {"service_id": "{id}", "name": "renamed"}),
    ("patch_service", "PATCH {one}", "fleet", {"services": [{"name": "analytics", "tags": {"team": "data"}}]}),
    ("delete_service", "DELETE {one}", "service", {"service_id": "{id}", "state": "absent", "force": True}),
    (
        "fetch_private_endpoint_config",
        "GET {one}/privateEndpointConfig",
        "private_endpoint_config_info",
        {"service_id": "{id}"},
    ),
    ("patch_service", "PATCH {one}/state", "service_state", {"service_id": "{id}", "state": "stopped"}),
    ("patch_service", "PATCH {one}/scaling", "service_scaling", {"service_id": "{id}", "max_total_memory_gb": 96}),
    ("patch_service", "PATCH {one}/replicaScaling", "service_scaling", {"service_id": "{id}", "num_replicas": 5}),
    ("send_password", "PATCH {one}/password", "service_password", {"service_id": "{id}"}),
    ("fetch_metrics", "GET {one}/prometheus", "service_metrics_info", {"service_id": "{id}"}),
    ("fetch_backups", "GET {one}/backups", "backup_info", {"service_id": "{id}"}),
    ("fetch_backup", f"GET {{one}}/backups/{BACKUP}", "backup_info", {"service_id": "{id}", "backup_id": BACKUP}),
    ("fetch_backup_config", "GET {one}/backupConfiguration", "backup_config_info", {"service_id": "{id}"}),
    (
        "send_backup_config",
        "PATCH {one}/backupConfiguration",
        "backup_config",
        {"service_id": "{id}", "backup_period_in_hours": 12},
    ),
]


def test_every_module_uses_an_endpoint() -> None:
    assert_lists_every_module(
        (module for _method, _line, module, _options in ENDPOINTS), "ENDPOINTS in tests/unit/test_endpoints.py"
    )


#: Methods that are about no endpoint.
WITHOUT_ENDPOINT = {
    "add_plan",
    "call",
    "discard_lists",
    "request_list",
    "request_object",
    "request_text",
    "service_path",
}


def endpoint_functions() -> set[str]:
    """Return the public functions of the client that take an Api."""
    modules = [importlib.import_module(f"{api_module.__package__}.{path.stem}") for path in CLIENT.glob("[!_]*.py")]
    functions = [function for module in modules for _name, function in inspect.getmembers(module, inspect.isfunction)]
    return {one.__name__ for one in functions if next(iter(inspect.signature(one).parameters), "") == "api"}


def test_every_method_of_the_api_is_used() -> None:
    methods = {name for name, value in vars(Api).items() if inspect.isfunction(value) and not name.startswith("_")}
    endpoints = (methods | endpoint_functions()) - WITHOUT_ENDPOINT
    missing = sorted(endpoints - {method for method, *_rest in ENDPOINTS})
    assert not missing, f"add {', '.join(missing)} to ENDPOINTS in tests/unit/test_endpoints.py"


@pytest.fixture
def called() -> Iterator[set[str]]:
    """Return the names of the functions of the client that are called during the test."""
    names: set[str] = set()

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and Path(frame.f_code.co_filename).parent == CLIENT:
            names.add(frame.f_code.co_name)

    sys.setprofile(profile)
    threading.setprofile(profile)
    yield names
    sys.setprofile(None)
    threading.setprofile(None)


@pytest.mark.parametrize(("method", "request_line", "module", "options"), ENDPOINTS)
def test_method_sends_its_requests(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    called: set[str],
    method: str,
    request_line: str,
    module: str,
    options: dict[str, Any],
) -> None:
    emulator.set_service(service["id"], backups=[{"id": BACKUP}])
    known = {name: service["id"] if value == "{id}" else value for name, value in options.items()}
    assert "failed" not in run(module, **known)
    assert method in called
    assert request_line.format(one=f"services/{service['id']}") in sent()
