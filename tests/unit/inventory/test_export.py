# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of ansible-inventory --list --export, which AWX reads, is the same on each ansible-core."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

List = Callable[..., Any]

#: Tags that look like values of other types, or like code.
TAGS = {
    "braces": "{{ 1 + 1 }}",
    "header": "#jinja2: variable_start_string:'[['\n[[ 1 + 1 ]]",
    "expression": "not false",
    "name": "größe_1.x:/@+-,",
    "brace": "}",
    "number": "007",
    "true": "True",
    "none": "None",
    "list": "[1, 2]",
    "text": 'it\'s "quoted", größe\n',
    "empty": "",
    "yes": "yes",
}
SERVICES = [
    {
        "id": "11111111-1111-4111-8111-111111111111",
        "name": "analytics",
        "state": "running",
        "region": "eu-central-1",
        "numReplicas": 3,
        "minReplicaMemoryGb": 16.0,
        "idleScaling": False,
        "endpoints": [
            {"protocol": "https", "host": "a.example.com", "port": 8443, "username": None},
            {"protocol": "nativesecure", "host": "a.example.com", "port": 9440, "username": None},
        ],
        "tags": [{"key": key, "value": value} for key, value in TAGS.items()],
    },
    {"id": "22222222-2222-4222-8222-222222222222", "name": "a,{{ b }}:1[2]", "state": "idle", "region": "us-east-1"},
    {"id": "33333333-3333-4333-8333-333333333333", "name": "state_idle", "state": "stopped", "region": "007"},
]
OPTIONS: dict[str, Any] = {
    "strict": True,
    "compose": {
        "a_number": "(clickhouse_cloud_num_replicas or 0) * 2",
        "a_float": "clickhouse_cloud_min_replica_memory_gb | default(8.0, true) / 3",
        "a_bool": "clickhouse_cloud_running",
        "a_comparison": "clickhouse_cloud_state == 'running'",
        "nothing": "clickhouse_cloud_no_such_thing | default(none)",
        "a_list": "clickhouse_cloud_endpoints | map(attribute='port') | list",
        "a_dict": "{'name': clickhouse_cloud_name, 'tags': clickhouse_cloud_tags, 'n': 1}",
        "values": "clickhouse_cloud_tags.values()",
        # Some versions convert views of a dictionary to sets, which have no order.
        "items": "clickhouse_cloud_tags.items()",
        "names": "{'of_tags': clickhouse_cloud_tags.keys()}",
        "a_backslash": r"clickhouse_cloud_name | regex_replace('^(.).*$', '\\1\n')",
        "keys": "clickhouse_cloud_tags | map('upper')",
        "a_tuple": "(1, 2)",
        "a_text": "'state is ' ~ clickhouse_cloud_state",
        "a_number_as_text": "'042'",
        "ansible_connection": "'local'",
        **{f"tag_{key}": f"clickhouse_cloud_tags.{key} | default('')" for key in TAGS},
    },
    "groups": {"awake": "clickhouse_cloud_running", "number": "clickhouse_cloud_tags.number is defined"},
    "keyed_groups": [
        {"key": "clickhouse_cloud_state", "prefix": "state"},
        {"key": "clickhouse_cloud_region", "prefix": "region"},
        {"key": "clickhouse_cloud_tags", "prefix": "tag"},
    ],
}
#: The expected output on each ansible-core. Change it only for an intended difference.
EXPECTED = Path(__file__).with_name("export.json")


@pytest.fixture
def exported(emulator: Emulator, inventory: List) -> str:
    emulator.fault(path="/services$", method="GET", body=json.dumps({"result": SERVICES}))
    printed: str = inventory("--list", "--export", **OPTIONS)
    return printed


def test_export_is_the_same_on_each_ansible_core(exported: str) -> None:
    found = json.loads(exported)
    # ansible-core 2.19 and newer add this.
    found["_meta"].pop("profile", None)
    text = json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True)
    assert text + "\n" == EXPECTED.read_text(encoding="utf-8")


def test_enabled_variable_of_awx_selects_running_services(exported: str) -> None:
    """AWX compares the exported value of enabled_var with enabled_value."""
    hosts = json.loads(exported)["_meta"]["hostvars"]
    enabled = {name: variables["clickhouse_cloud_state"] == "running" for name, variables in hosts.items()}
    assert len(enabled) == len(SERVICES)
    assert [name for name, is_enabled in enabled.items() if is_enabled] == ["analytics"]


@pytest.mark.parametrize("expression", ["'a' if false", "{'a': ['a' if false]}"])
def test_if_without_else_is_an_error_only_when_strict(inventory: List, emulator: Emulator, expression: str) -> None:
    emulator.fault(path="/services$", method="GET", body=json.dumps({"result": SERVICES[:1]}), times=2)
    listed = inventory(compose={"x": expression})
    assert "x" not in listed["_meta"]["hostvars"]["analytics"]
    inventory(compose={"x": expression}, strict=True, fails="Could not set x for host analytics")


@pytest.mark.parametrize(
    "condition", [r"clickhouse_cloud_name is match('\\w+$')", r"clickhouse_cloud_name is match('\w+$')"]
)
def test_filter_matches_the_same_hosts_on_each_ansible_core(
    inventory: List, emulator: Emulator, condition: str
) -> None:
    emulator.fault(path="/services$", method="GET", body=json.dumps({"result": SERVICES}))
    assert inventory(filters=[condition])["_meta"]["hostvars"].keys() == {"analytics", "state_idle"}


def test_export_has_plain_values_for_other_programs(exported: str) -> None:
    """AWX reads states, IDs and names as strings, not as dictionaries."""
    found = json.loads(exported)
    groups = {name: group for name, group in found.items() if name != "_meta"}
    hosts = found["_meta"]["hostvars"]
    names = [*hosts, *(name for group in groups.values() for kind in group.values() for name in kind)]
    assert all(isinstance(name, str) and re.fullmatch(r"[\w.@+-]+", name) for name in [*names, *groups])
    for variables in hosts.values():
        assert isinstance(variables["clickhouse_cloud_state"], str)
        assert isinstance(variables["clickhouse_cloud_running"], bool)
        assert isinstance(variables["clickhouse_cloud_id"], str)
    assert len(hosts) == len(SERVICES)
    wrapped = [host["__ansible_unsafe"] for host in dictionaries(hosts) if "__ansible_unsafe" in host]
    assert wrapped
    assert not any(re.fullmatch(r"[\w.:/@+,-]*", text) for text in wrapped)
    assert exported.count("{{ 1 + 1 }}") == exported.count('"__ansible_unsafe": "{{ 1 + 1 }}"')


def dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    """All dictionaries in the value, however deep."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from dictionaries(item)
