# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: services, organizations, and the output of ansible-inventory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible

List = Callable[..., dict[str, Any]]

BODY = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}


@pytest.fixture
def create(emulator: Emulator) -> Callable[..., str]:
    """Create a running service and return its ID."""

    def _create(name: str, **fields: Any) -> str:
        service_id: str = emulator.create(**{**BODY, "name": name}, **fields)["service"]["id"]
        emulator.set_service(service_id, state="running")
        emulator.clear_journal()
        return service_id

    return _create


@pytest.fixture
def inventory(tmp_path: Path) -> List:
    """Run ansible-inventory --list with these options. Return the inventory, or check the error or the warning."""

    def _inventory(
        *flags: str, fails: str = "", warns: str = "", file: str = "my.clickhouse_cloud.yml", **options: Any
    ) -> Any:
        path = tmp_path / file
        path.write_text(json.dumps({"plugin": "clickhouse.cloud.services", **options}))
        environment = {**os.environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}
        ended = run_ansible("inventory", "-i", str(path), *(flags or ("--list", "--export")), env=environment)
        assert (ended.returncode != 0) == bool(fails), ended.stderr
        # ansible-core before 2.19 breaks lines at spaces and hyphens.
        assert "".join((fails or warns).split()) in "".join(ended.stderr.split())
        if fails:
            return ended.stderr
        return ended.stdout if flags else json.loads(ended.stdout)

    return _inventory


@pytest.fixture
def others(emulator: Emulator) -> list[dict[str, Any]]:
    """Two more organizations, each with one service of the same name."""
    added = [emulator.add_organization(api_key=f"key {name}", api_secret=f"{name}-secret-4711") for name in ("a", "b")]
    for item in added:
        url = f"{emulator.api_url}/organizations/{item['organization_id']}/services"
        body = {**BODY, "name": "analytics"}
        requests.post(url, json=body, auth=(item["api_key"], item["api_secret"]), timeout=100).raise_for_status()
    emulator.clear_journal()
    return added
