# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The export of existing services, and the files that it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.clickhouse.cloud.plugins.filter.to_fleet_yaml import to_fleet_yaml
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play

Make = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

#: A description that is a template, which would create the file marker.
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'touch marker') }}"
#: A play that uses what was exported, in one file or in several.
APPLY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_vars: "{{ item }}"
      loop: "{{ query('ansible.builtin.fileglob', pattern) | sort }}"
      register: files
    - clickhouse.cloud.fleet:
        services: "{{ files.results | map(attribute='ansible_facts.clickhouse_services') | flatten }}"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run playbooks in an empty directory."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def apply(play: Play, here: Path, pattern: str) -> Any:
    (here / "apply.yml").write_text(APPLY)
    return play("export", "-e", json.dumps({"pattern": str(here / pattern)}), book=str(here / "apply.yml"))


def test_exported_file_declares_what_exists(
    play: Play, fleet: Make, emulator: Emulator, sent: Sent, here: Path
) -> None:
    fleet("reports", {"env": "test"}, ipAccessList=[{"source": "203.0.113.7", "description": HOSTILE}])
    fleet("analytics", {"env": "production"}, state="stopped")
    sent()
    done = play("export", "--diff", export_file="services.yml")
    assert (done.code, done.changed) == (0, 1), done.output
    assert "2 services in" in done.output
    assert [request for request in sent() if not request.startswith("GET")] == []
    written = (here / "services.yml").read_text()
    assert written.startswith(f"---\n# Services of the ClickHouse Cloud organization {emulator.organization_id},")
    names = [line.strip() for line in written.splitlines() if line.startswith("  - ")]
    assert names == ["- name: analytics", "- name: reports"]
    assert "description: !unsafe '{{ lookup(" in written

    again = play("export", export_file="services.yml")
    assert (again.code, again.changed) == (0, 0), again.output
    sent()
    applied = apply(play, here, "services.yml")
    assert (applied.code, applied.changed) == (0, 0), applied.output
    assert [request for request in sent() if not request.startswith("GET")] == []
    assert not (here / "marker").exists()


def test_export_in_check_mode_writes_nothing(play: Play, fleet: Make, here: Path) -> None:
    fleet("analytics")
    planned = play("export", "--check", export_file="services.yml")
    assert (planned.code, planned.changed) == (0, 1), planned.output
    assert list(here.iterdir()) == []


def test_one_file_for_each_service(play: Play, fleet: Make, sent: Sent, here: Path) -> None:
    names = ["analytics", "a/../b c", "Über", "double", "Double", "...", ".hidden"]
    ids = {name: fleet(name)["id"] for name in names}
    (here / "files").mkdir()
    sent()
    done = play("export", export_directory="files", export_parts="none")
    assert (done.code, done.changed) == (0, 1), done.output
    assert sent() == ["GET services"]
    assert sorted(path.name for path in (here / "files").iterdir()) == sorted(
        [
            "analytics.yml",
            "a-..-b-c.yml",
            "ber.yml",
            "hidden.yml",
            f"service-{ids['...'][:8]}.yml",
            f"double-{ids['double'][:8]}.yml",
            f"Double-{ids['Double'][:8]}.yml",
        ]
    )
    applied = apply(play, here, "files/*.yml")
    assert (applied.code, applied.changed) == (0, 0), applied.output


def test_tags_and_parts_select_what_is_exported(play: Play, fleet: Make, here: Path) -> None:
    fleet("analytics", {"env": "production"})
    fleet("reports", {"env": "test"})
    options = {"export_file": "services.yml", "export_tags": "env=test", "export_parts": "backup_config"}
    done = play("export", **options)
    assert done.code == 0, done.output
    (service,) = yaml.safe_load((here / "services.yml").read_text())["clickhouse_services"]
    assert service["name"] == "reports"
    assert service["backup_config"] == {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 24}
    assert "snapshot_config" not in service


@pytest.mark.parametrize("variables", [{}, {"export_file": "a", "export_directory": "b"}])
def test_one_destination_is_required(play: Play, sent: Sent, here: Path, variables: dict[str, str]) -> None:
    ended = play("export", **variables)
    assert ended.code != 0
    assert "Set one of export_file" in ended.output
    assert sent() == []


def test_yaml_is_what_a_person_would_write() -> None:
    services = [
        {"name": "analytics", "ip_access_list": [{"source": "203.0.113.0/24", "description": "yes"}], "tags": {}},
        {"name": "{% raw %}", "tags": {"on": "0"}, "idle_scaling": False},
    ]
    existing_services = [
        {"id": "1", "name": "analytics", "comments": []},
        {"id": "2", "name": "x", "comments": ["a\nb", "c"]},
    ]
    assert (
        to_fleet_yaml(services, existing_services)
        == """\
clickhouse_services:
  - name: analytics
    ip_access_list:
      - source: 203.0.113.0/24
        description: 'yes'
    tags: {}

  # a\\nb
  # c
  - name: !unsafe '{% raw %}'
    tags:
      'on': '0'
    idle_scaling: false
"""
    )
    assert to_fleet_yaml([]) == "clickhouse_services: []\n"


class _Loader(yaml.SafeLoader):
    """Reads text with the tag !unsafe."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    texts=st.lists(
        st.text(
            st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x85\u2028\u2029\ufeff\uffff\n\r\t '\"{{#:")
        ),
        min_size=4,
        max_size=4,
    )
)
@example(texts=["a\x85b", "a\u2028 {{ b }}", "\x85 a", "a\u2029"])
def test_yaml_contains_the_same_text(texts: list[str]) -> None:
    name, key, value, comment = texts
    service = {"name": name, "tags": {key: value}, "ip_access_list": [{"description": value}]}
    written = to_fleet_yaml([service, service], [{"comments": [comment]}, {"comments": []}])
    assert yaml.load(written, _Loader) == {"clickhouse_services": [service, service]}


@pytest.mark.parametrize(
    ("services", "existing_services", "message"),
    [
        ("analytics", [], "the input must be a result of clickhouse.cloud.fleet_info, a list of dictionaries"),
        ([{}], [1], "existing_services must be a result"),
        ([{}], [{}, {}], "existing_services has 2 elements, and the input 1"),
    ],
)
def test_other_values_are_rejected(services: Any, existing_services: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        to_fleet_yaml(services, existing_services)
