# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services that tasks of a run in check mode share; test_fast_path.py has the other tests."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from typing import Any, NoReturn

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.service import SERVICE, TAGS
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.planned_services import (
    PlannedServices,
    hide_planned_ids,
)

SERVICE_ID = "00000000-0000-4000-8000-0123456789ab"


def planned(home: str = "https://one", **fields: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    return home, {"id": SERVICE_ID, "name": "new", "state": "running", **fields}, {}


def raise_disk_full(*_arguments: Any, **_keywords: Any) -> NoReturn:
    raise OSError(28, "No space left on device")


def test_forks_share_saved_services() -> None:
    services = PlannedServices()

    def plan(number: int) -> None:
        services.add(*planned(number=number, id=f"{SERVICE_ID}{number}"))
        services.save()

    forks = [multiprocessing.get_context("fork").Process(target=plan, args=(number,)) for number in range(20)]
    for fork in forks:
        fork.start()
    for fork in forks:
        fork.join()
    assert sorted(service["number"] for service in services.load("https://one").values()) == list(range(20))
    assert services.load("https://two") == {}
    assert len(services.load()) == 20
    assert services.only_name() is None


def test_last_entry_of_a_service_counts() -> None:
    services = PlannedServices()
    services.add(*planned())
    services.discard()
    services.save()
    assert services.load("https://one") == {}
    for state in ("running", "stopped"):
        services.add(*planned(state=state))
        services.save()
    assert services.load("https://one")[SERVICE_ID]["state"] == "stopped"
    assert services.only_name() == "new"
    services.add(*planned(state="deleted"))
    services.save()
    assert services.load("https://one") == {}


def test_truncated_line_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    services, write = PlannedServices(), os.write
    services.add(*planned(name="lost"))
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:20]))
    services.save()
    monkeypatch.undo()
    services.add(*planned())
    services.save()
    assert services.load("https://one")[SERVICE_ID]["name"] == "new"


@pytest.mark.parametrize(("module", "function"), [(tempfile, "mkstemp"), (os, "write")])
def test_full_disk_hides_planned_services(monkeypatch: pytest.MonkeyPatch, module: Any, function: str) -> None:
    monkeypatch.setattr(module, function, raise_disk_full)
    services = PlannedServices()
    services.add(*planned())
    services.save()
    monkeypatch.undo()
    assert services.load("https://one") == {}
    services.clear()
    assert services.load("https://one") == {}


def test_planned_resource_has_the_same_result() -> None:
    shown = {
        **SERVICE.to_result({}),
        "name": "new",
        "state": "stopped",
        "tags": {"env": "test", "nothing": ""},
        "ip_access_list": [{"source": "203.0.113.0/24", "description": "office"}],
        "private_endpoint_ids": ["vpce-1"],
        "min_replica_memory_gb": 8,
        "enable_core_dumps": False,
        "deletion_protection": True,
    }
    assert SERVICE.to_result({**SERVICE.to_resource(shown), "endpoints": None}) == shown
    assert TAGS.current(SERVICE.to_resource(shown)) == shown["tags"]


def test_planned_ids_are_hidden() -> None:
    result = {"id": SERVICE_ID, "msg": f"Service 'new' ({SERVICE_ID}) is running.", "list": [1, SERVICE_ID, "other"]}
    hidden = {"id": None, "msg": "Service 'new' (planned) is running.", "list": [1, None, "other"]}
    assert hide_planned_ids(result) == hidden
