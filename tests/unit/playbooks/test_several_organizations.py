# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles for several organizations, each with its own API key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import pytest
import requests
from ansible.errors import AnsibleFilterError

from ansible_collections.clickhouse.cloud.plugins.filter.organizations import ONLY, organizations
from ansible_collections.clickhouse.cloud.plugins.filter.with_organization import with_organization
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play

Make = Callable[..., dict[str, Any]]
Access = list[dict[str, str]]

#: Runs of roles by a play whose key is not that of the environment.
BOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/clickhouse.cloud.all:
      api_key: unknown
      api_secret: unknown
      organization_id: 00000000-0000-4000-8000-000000000000
      rate_limit: 0
  tasks:
    - ansible.builtin.include_role:
        name: "clickhouse.cloud.{{ run_role }}"
      loop: "{{ run_roles }}"
      loop_control:
        loop_var: run_role
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run playbooks in an empty directory."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def access(emulator: Emulator, fleet: Make) -> Access:
    """Return the connection options of two organizations, each with a service of the tag env=test."""
    fleet("analytics", {"env": "test"})
    own = {
        "organization_id": emulator.organization_id,
        "api_key": emulator.api_key,
        "api_secret": emulator.api_secret,
    }
    other = emulator.add_organization(name="Other")
    created = requests.post(
        f"{emulator.api_url}/organizations/{other['organization_id']}/services",
        json={
            "name": "reports",
            "provider": "aws",
            "region": "eu-central-1",
            "ipAccessList": [{"source": "203.0.113.7"}],
            "tags": [{"key": "env", "value": "test"}],
        },
        auth=(other["api_key"], other["api_secret"]),
        timeout=60,
    ).json()["result"]["service"]
    emulator.set_service(created["id"], state="running")
    emulator.clear_journal()
    return [{"name": "production", **own}, other]


def run_roles(play: Play, here: Path, roles: list[str], *arguments: str, **variables: Any) -> Any:
    (here / "book.yml").write_text(BOOK)
    (here / "vars.json").write_text(json.dumps({"run_roles": roles, **variables}))
    return play("audit", "-e", f"@{here / 'vars.json'}", *arguments, book=str(here / "book.yml"))


def requests_by_organization(emulator: Emulator) -> dict[str, list[str]]:
    """Return the requests in the journal, without the IDs of services, by the ID of the organization."""
    found: dict[str, list[str]] = {}
    for entry in emulator.journal():
        organization, _slash, path = entry["path"].removeprefix("/v1/organizations/").partition("/")
        found.setdefault(organization, []).append(f"{entry['method']} {path}")
    return found


def test_reports_contain_all_organizations(play: Play, emulator: Emulator, here: Path, access: Access) -> None:
    """Each organization is read with its own key, and no key is shown, not even with -vvv."""
    options = {"audit_report": "audit.html", "prometheus_targets_file": "targets.json"}
    names = ["audit", "backup_check", "prometheus_targets"]
    done = run_roles(play, here, names, "-vvv", clickhouse_organizations=access, **options)
    assert done.code == 0, done.output
    other = access[1]["organization_id"]
    assert f'"ORGANIZATION  {" " * 24}SERVICE    PLACE' in done.output
    assert f'"{other}  reports    aws eu-central-1' in done.output
    assert f'"production  {" " * 26}analytics' in done.output
    targets = json.loads((here / "targets.json").read_text())
    assert {target["labels"]["clickhouse_discovery_service_name"] for target in targets} == {"analytics", "reports"}
    for entry in access:
        assert entry["api_key"] not in done.output
        assert entry["api_secret"] not in done.output
    sent = requests_by_organization(emulator)
    # The report names each organization.
    assert len(sent.pop("")) == 2
    assert sorted(sent) == sorted(entry["organization_id"] for entry in access)
    assert all(len(lines) == 5 for lines in sent.values()), sent


def test_one_organization_does_not_stop_another(play: Play, emulator: Emulator, here: Path, access: Access) -> None:
    """Services of the other organizations are stopped, also if one key is no longer valid."""
    options = {
        "start_stop_state": "stopped",
        "start_stop_tags": {"env": "test"},
        "start_stop_wait_interval": 0.1,
        "start_stop_wait_timeout": 100,
    }
    planned = run_roles(play, here, ["start_stop"], "--check", clickhouse_organizations=access, **options)
    assert planned.code == 0, planned.output
    assert "production: Would be stopped: analytics" in planned.output
    assert f"{access[1]['organization_id']}: Would be stopped: reports" in planned.output
    broken = [{**access[0], "api_secret": "other"}, access[1]]
    ended = run_roles(play, here, ["start_stop"], clickhouse_organizations=broken, **options)
    assert ended.code != 0
    assert f"{access[1]['organization_id']}: Now stopped: reports" in ended.output
    assert "The services of production could not be listed, so none of them was stopped." in ended.output
    assert {service["name"]: service["state"] for service in emulator.raw_services()} == {
        "analytics": "running",
        "reports": "stopped",
    }


ENTRY = {"organization_id": "0b0c0d0e", "api_key": "k", "api_secret": "s"}


def test_options_by_name() -> None:
    assert organizations([]) == {ONLY: {}}
    assert organizations([ENTRY, {**ENTRY, "name": "staging"}]) == {"0b0c0d0e": ENTRY, "staging": ENTRY}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("secret", "clickhouse_organizations must be a list"),
        (
            ["secret"],
            "clickhouse_organizations, number 1, must be a dictionary with the keys organization_id, api_key,",
        ),
        ([ENTRY, {**ENTRY, "secret": "secret"}], "number 2, must be a dictionary"),
        ([{"api_key": "secret", "api_secret": " "}], "number 1, has no organization_id and no api_secret. Set"),
        ([ENTRY, ENTRY], "several entries are named '0b0c0d0e'"),
    ],
)
def test_invalid_organizations_are_rejected(entries: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message) as caught:
        organizations(entries)
    assert "secret" not in str(caught.value).replace("api_secret", "")


def test_elements_have_their_organization() -> None:
    def result(name: str, **values: Any) -> Mapping[str, Any]:
        return {"ansible_loop_var": "item", "item": name, **values}

    results = [result("a", services=[{"id": 1}]), result("b", failed=True), result("c", services=None)]
    assert with_organization(results, "services") == [{"id": 1, "organization": "a"}]
    with pytest.raises(AnsibleFilterError, match="the input must be the results of a loop"):
        with_organization({"services": []}, "services")
