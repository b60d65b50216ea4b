# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a test of a module as a separate process would run it, or on the fast path."""

from __future__ import annotations

import http.server
import importlib
import ssl
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.planned_services import PlannedServices
from ansible_collections.clickhouse.cloud.plugins.plugin_utils import _fast_path
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import (
    BATCHES,
    Run,
    clear_known_secrets,
    collect_result,
    run_module,
    with_short_waits,
)
from ansible_collections.clickhouse.cloud.tests.unit.modules.login_endpoint import LoginEndpoint
from ansible_collections.clickhouse.cloud.tests.unit.virtual_time import VirtualTime


def run_in_worker(module: str, check: bool, options: dict[str, Any]) -> dict[str, Any]:
    """Run a module on the fast path, by its action plugin, as a worker of Ansible does."""
    loader, context, task = DataLoader(), PlayContext(), Task()
    task.action, task.args, task.check_mode, task.diff = f"clickhouse.cloud.{module}", options, check, True
    plugin = importlib.import_module(f"ansible_collections.clickhouse.cloud.plugins.action.{module}")
    clear_known_secrets()
    # Every task runs in a separate process, which only the items of a loop share.
    _fast_path._clients.clear()
    action = plugin.ActionModule(
        task=task,
        connection=connection_loader.get("local", context, None),
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader, variables={}),
        shared_loader_obj=None,
    )
    return collect_result(lambda: action.run(task_vars={}))


@pytest.fixture(params=[run_module, run_in_worker], ids=["module", "fast path"])
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a module as Ansible would and returns its result."""
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")
    # Each test is a run of Ansible.
    monkeypatch.setattr(_fast_path, "_planned", PlannedServices())

    def _run(module: str, check: bool = False, **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = request.param(module, check, with_short_waits(module, options))
        return result

    return _run


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out one path of each test, by turns, if both are selected. "make test-all" and "make coverage" run both.

    The module is the same on both paths; test_fast_path.py compares their results.
    """
    if BATCHES > 1:
        return
    by_path: dict[str, dict[object, list[pytest.Item]]] = {}
    for item in items:
        path = item.callspec.params.get("run") if hasattr(item, "callspec") else None
        if path in (run_module, run_in_worker):
            by_path.setdefault(item.nodeid.partition("[")[0], {}).setdefault(path, []).append(item)
    left_out: set[pytest.Item] = set()
    for name, paths in by_path.items():
        cases = list(zip(paths.get(run_module, []), paths.get(run_in_worker, [])))
        left_out.update(pair[number % 2] for number, pair in enumerate(cases, zlib.crc32(name.encode())))
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


@pytest.fixture
def virtual_time(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    """Advance the time only while the module sleeps."""
    return VirtualTime(emulator, monkeypatch)


@pytest.fixture
def login_endpoint(service: dict[str, Any], emulator: Emulator, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Give the service an endpoint that accepts logins, and return the options of a task that logs in there."""
    service_id = service["id"]
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    LoginEndpoint.password_hash = staticmethod(lambda: str(emulator.raw_service(service_id)["passwordHash"]))
    LoginEndpoint.response, LoginEndpoint.content, LoginEndpoint.requested_paths = None, b"1\n", []
    with http.server.HTTPServer(("127.0.0.1", 0), LoginEndpoint) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        endpoint = {"protocol": "https", "host": "127.0.0.1", "port": server.server_port, "username": "default"}
        emulator.set_service(service_id, endpoints=[endpoint])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield {
            "name": "analytics",
            "password": "correct horse",
            "update_password": "on_login_failure",
            "login_ca_path": str(tmp_path / "authority.pem"),
        }
        server.shutdown()
        thread.join()


@pytest.fixture
def https_endpoint(service: dict[str, Any], emulator: Emulator, tmp_path: Path) -> dict[str, Any]:
    """Open the HTTPS endpoint of the service, and return the options of a task that logs in there."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    certificate = str(tmp_path / "certificate.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    emulator.open_https(service["id"], certificate)
    return {
        "name": "analytics",
        "password": "correct horse",
        "update_password": "on_login_failure",
        "login_ca_path": str(tmp_path / "authority.pem"),
    }
