# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, tags and responses that have a special meaning to Ansible."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible

List = Callable[..., dict[str, Any]]
Services = list[dict[str, Any]]

#: The names of services, and of their hosts; {id} stands for the beginning of the ID.
NAMES = {
    "plain": "plain",
    "My Service": "My_Service",
    "größe": "größe",
    "e\u0301te\u0301": "été",
    "c\u0338": "c_",
    "東京_Ελλάδα-٣.b+c@d": "東京_Ελλάδα-٣.b+c@d",
    "x" * 255: "x" * 255,
    'it\'s "quoted"': "it_s__quoted_",
    "\U0001f600!": "__",
    "100 %s %(name)s": "100__s___name_s",
    "back\\slash": "back_slash",
    "a;b|c$d`e`": "a_b_c_d_e_",
    "": "_{id}",
    ".": "._{id}",
    "..": ".._{id}",
    "all": "all_{id}",
    "ungrouped": "ungrouped_{id}",
    "localhost": "localhost_{id}",
    "127.0.0.1": "127.0.0.1_{id}",
    "::1": "__1",
    "2001:db8::1": "2001_db8__1",
    "10.0.0.1:22": "10.0.0.1_22",
    "db:8443": "db_8443",
    "[::1]:80": "___1__80",
    "web[1:3]": "web_1_3_",
    "web[a:c].example": "web_a_c_.example",
    "a,b": "a_b",
    "{{ 1 + 1 }}": "___1_+_1___",
    "{% raw %}": "___raw___",
    "{# note #}": "___note___",
    "#jinja2: x": "_jinja2__x",
    "lookup('pipe', 'id') == ''": "lookup__pipe____id________",
    "not false": "not_false",
    "new\nline": "new_line",
    "tab\there": "tab_here",
    "nul\0": "nul_",
    "next\x85line": "next_line",
    "line\u2028end": "line_end",
    "\u202eevil": "_evil",
    "right\u200f": "right_",
    "zero\u200bwidth": "zero_width",
    "soft\u00adhyphen": "soft_hyphen",
    "half\ud800": "half_",
    " blanks ": "_blanks_",
    "\u00a0hard\u3000blank": "_hard_blank",
    "*": "_",
    "we?": "we_",
    "!not": "_not",
    "&and": "_and",
    "~.*": "_._",
    "@/etc/passwd": "__etc_passwd",
    "--version": "_-version",
    "../group_vars/all": ".._group_vars_all",
    "<script>alert(1)</script>": "_script_alert_1___script_",
    "y" * 256: "y" * 215 + "_{id}",
}


def service(number: int, **fields: Any) -> dict[str, Any]:
    """Return a service with few attributes."""
    return {"id": f"{number:08x}-0000-4000-8000-000000000000", "name": f"s{number}", "state": "running", **fields}


@pytest.fixture
def serve(emulator: Emulator) -> Callable[[Services], None]:
    """Let the API list these services."""

    def _serve(services: Services) -> None:
        # Escaped, since surrogates cannot be sent otherwise.
        emulator.fault(path="/services$", method="GET", body=json.dumps({"result": services}), times=99)

    return _serve


@pytest.fixture
def inventory(tmp_path: Path) -> List:
    """Run ansible-inventory with an inventory file with these options, and return its output."""

    def _inventory(flags: tuple[str, ...] = ("--list", "--export"), fails: str = "", **options: Any) -> Any:
        path = tmp_path / "my.clickhouse_cloud.yml"
        path.write_text(json.dumps({"plugin": "clickhouse.cloud.services", **options}))
        ended = ansible("inventory", "-i", str(path), *flags)
        assert (ended.returncode != 0) == bool(fails), ended.stderr
        assert "Traceback" not in ended.stderr
        if fails:
            # ansible-core before 2.19 breaks lines at spaces and hyphens.
            assert "".join(fails.split()) in "".join(ended.stderr.split())
            return ended.stderr
        return json.loads(ended.stdout) if "--list" in flags else ended.stdout

    return _inventory


def ansible(program: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        # An inventory that fails is an error, and no inventory is not.
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": str("-i" in arguments),
        # As in a modern terminal; Python would otherwise use the encoding of the locale.
        "PYTHONUTF8": "1",
        **more,
    }
    return run_ansible(program, *arguments, env=environment)


def printed(text: str) -> str:
    """Return the text as it is printed, without surrogates."""
    return text.encode(errors="replace").decode()


def exported(text: str) -> Any:
    """Return how a string is exported."""
    return text if re.fullmatch(r"[\w.:/@+,-]*", text) else {"__ansible_unsafe": printed(text)}


def test_service_with_any_name_is_a_host(serve: Any, inventory: List) -> None:
    services = [service(number, name=name, tags=[{"key": name, "value": name}]) for number, name in enumerate(NAMES)]
    serve(services)
    found = inventory()
    variables = found["_meta"]["hostvars"]
    expected = {host.format(id=one["id"][:8]): one for one, host in zip(services, NAMES.values())}
    assert variables.keys() == expected.keys()
    assert sorted(found["ungrouped"]["hosts"]) == sorted(expected)
    for host, one in expected.items():
        assert variables[host]["clickhouse_cloud_id"] == one["id"]
        assert variables[host]["clickhouse_cloud_name"] == exported(one["name"])
        assert variables[host]["clickhouse_cloud_tags"] == {printed(one["name"]): exported(one["name"])}


def test_host_is_shown_by_its_name(serve: Any, inventory: List) -> None:
    serve([service(number, name=name) for number, name in enumerate(["plain", "!plain", "*", "a,b", "{{ 1 + 1 }}"])])
    for host, number in (("plain", 0), ("_plain", 1), ("_", 2), ("a_b", 3)):
        shown = json.loads(inventory(("--host", host)))
        assert shown["clickhouse_cloud_id"] == service(number)["id"]


def test_ambiguous_names_get_the_id_appended(serve: Any, inventory: List) -> None:
    same = [service(number, name="db") for number in (1, 2)]
    # Two others have the names of the first two with an ID appended.
    others = [
        service(3, name="db_00000001"),
        service(4, name=f"db_{same[0]['id']}"),
        service(5, name="db\u200b"),
        service(6, name="db "),
    ]
    serve([*same, *others, same[0]])
    variables = inventory()["_meta"]["hostvars"]
    assert len(variables) == 6
    assert {item["clickhouse_cloud_id"] for item in variables.values()} == {entry["id"] for entry in [*same, *others]}
    assert variables["db_00000002"]["clickhouse_cloud_id"] == same[1]["id"]
    assert variables["db__00000005"]["clickhouse_cloud_id"] == others[2]["id"]
    assert variables["db__00000006"]["clickhouse_cloud_id"] == others[3]["id"]


#: The value of a tag, and the group that it makes.
GROUPS = {
    "prod": "tag_prod",
    "": "tag_",
    "a b-c.d": "tag_a_b_c_d",
    "{{ 1 + 1 }}": "tag____1___1___",
    "new\nline\0": "tag_new_line_",
    "\u202e<script>/../*": "tag___script______",
    "größe": "tag_größe",
    "\ud800": "tag__",
    "1,2:3!&~@": "tag_1_2_3____",
}


@pytest.mark.parametrize("transform", ["always", "never", "ignore", "silently"])
def test_groups_have_safe_names_with_any_setting(
    serve: Any, inventory: List, monkeypatch: pytest.MonkeyPatch, transform: str
) -> None:
    monkeypatch.setenv("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", transform)
    serve([service(number, tags=[{"key": "env", "value": value}]) for number, value in enumerate(GROUPS)])
    found = inventory(keyed_groups=[{"key": "clickhouse_cloud_tags.values() | list", "prefix": "tag"}])
    for number, group in enumerate(GROUPS.values()):
        assert f"s{number}" in found[group]["hosts"]
    groups = found.keys() - {"_meta"}
    assert groups == {"all", *GROUPS.values()}
    assert all(re.fullmatch(r"\w+", group) for group in groups)


def test_groups_from_keys_of_tags_have_safe_names(serve: Any, inventory: List) -> None:
    serve([service(number, tags=[{"key": key, "value": 7}, {"key": "x"}]) for number, key in enumerate(GROUPS)])
    found = inventory(keyed_groups=[{"key": "clickhouse_cloud_tags", "prefix": "tag"}])
    assert found.keys() - {"_meta", "all"} == {*(f"{group}_7" for group in GROUPS.values()), "tag_x_"}


@pytest.mark.parametrize("value", ["all", "ungrouped", "localhost", "", "s0", "s0_00000000", "y" * 300])
def test_tag_creates_no_group_with_a_reserved_name(serve: Any, inventory: List, value: str) -> None:
    serve([service(0, tags=[{"key": "k", "value": value}]), service(1)])
    found = inventory(
        keyed_groups=[{"key": "clickhouse_cloud_tags.values() | list", "prefix": "", "separator": ""}],
        leading_separator=False,
    )
    hosts = found["_meta"]["hostvars"]
    assert {host["clickhouse_cloud_id"] for host in hosts.values()} == {service(number)["id"] for number in (0, 1)}
    assert not hosts.keys() & found.keys()
    assert "localhost" not in found
    assert all(0 < len(name) <= 255 for name in {*hosts, *found})


def test_long_values_with_different_ends_create_different_groups(serve: Any, inventory: List) -> None:
    serve([service(number, tags=[{"key": "k", "value": "y" * 600 + str(number)}]) for number in (0, 1)])
    found = inventory(keyed_groups=[{"key": "clickhouse_cloud_tags.k", "prefix": "tag"}])
    groups = {name: group["hosts"] for name, group in found.items() if name.startswith("tag_")}
    assert sorted(groups.values()) == [["s0"], ["s1"]]
    assert all(len(name) <= 255 for name in groups)


def test_host_does_not_have_the_name_of_its_group(serve: Any, inventory: List) -> None:
    serve([service(0), service(1)])
    found = inventory(keyed_groups=[{"key": "inventory_hostname", "prefix": "", "separator": ""}])
    hosts = found["_meta"]["hostvars"]
    assert {host["clickhouse_cloud_id"] for host in hosts.values()} == {service(0)["id"], service(1)["id"]}
    assert not hosts.keys() & found.keys()


ODD: dict[str, Any] = {
    "nothing but an id": {"name": None, "state": None},
    "numbers": {"name": 7, "state": 7, "region": 7, "tags": 7, "endpoints": 7, "ipAccessList": 7},
    "texts": {"state": "?", "tags": "odd", "endpoints": "https", "ipAccessList": "0.0.0.0/0", "numReplicas": "3"},
    "lists": {"name": ["x"], "state": ["running"], "tags": [None, 1, [], {}, {"key": None}], "endpoints": [[], None]},
    "objects": {"name": {"a": "b"}, "state": {}, "tags": {"a": "b"}, "endpoints": {"https": {"host": "h"}}},
    "protocols": {
        "endpoints": [{"protocol": one, "host": "h"} for one in (7, [], {}, None, "", "a b", "{{ 1 }}", "é")]
    },
    "values of tags": {"tags": [{"key": str(value), "value": value} for value in (7, True, None, [], {}, 1.5)]},
    "unknown fields": {"no-such name": 1, "{{ 1 }}": 2, "": 3, "ID": "x", "ip access list": 4, "élan": 5},
    "infinite": {"numReplicas": float("inf"), "minReplicaMemoryGb": float("nan")},
}


@pytest.mark.parametrize("fields", ODD.values(), ids=ODD)
def test_malformed_service_is_a_host_with_variables(serve: Any, inventory: List, fields: dict[str, Any]) -> None:
    serve([service(0, **fields), service(1)])
    # A key without text creates no group; the documentation of keyed_groups recommends the filter string.
    found = inventory(
        compose={"copy": "clickhouse_cloud_tags", "where": "clickhouse_cloud_https_host | default('nowhere')"},
        keyed_groups=[
            {"key": "clickhouse_cloud_state | string", "prefix": "state"},
            {"key": "clickhouse_cloud_tags", "prefix": "tag"},
        ],
    )
    hosts = found["_meta"]["hostvars"]
    assert len(hosts) == 2
    (odd,) = (one for name, one in hosts.items() if name != "s1")
    assert odd["clickhouse_cloud_id"] == service(0)["id"]
    assert isinstance(odd["clickhouse_cloud_tags"], dict)
    assert isinstance(odd["clickhouse_cloud_ip_access_list"], list)
    assert odd["clickhouse_cloud_running"] is (fields.get("state", "running") == "running")
    names = odd.keys() - {"copy", "where"}
    assert all(re.fullmatch(r"clickhouse_cloud_\w*", name, re.ASCII) for name in names)
    assert all(re.fullmatch(r"\w+", name) for name in found)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("identity", [None, 7, "", "x", ["x"], "../../keys", "{{ 1 }}"])
def test_service_without_an_id_fails_the_inventory(serve: Any, inventory: List, identity: Any) -> None:
    serve([{**service(0), "id": identity}, service(1)])
    inventory(fails="No inventory was parsed")


@pytest.mark.parametrize("depth", [100, 400, 50_000])
def test_response_of_any_depth_is_listed_or_an_error(emulator: Emulator, inventory: List, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    body = json.dumps({"result": [service(0, unknown="DEEP")]}).replace('"DEEP"', deep)
    emulator.fault(path="/services$", method="GET", body=body, times=9)
    if depth > 200:
        inventory(fails="No inventory was parsed")
        return
    found = inventory(compose={"copy": "clickhouse_cloud_unknown"})["_meta"]["hostvars"]["s0"]
    assert found["copy"] == found["clickhouse_cloud_unknown"]
    assert json.dumps(found["clickhouse_cloud_unknown"]) == deep


@pytest.mark.parametrize("content", ["[7]", "{}", "null", '"x"', '[{"id": 7}]', "[[]]", '[{"name": "x"}]'])
def test_foreign_content_of_the_cache_is_replaced(serve: Any, inventory: List, tmp_path: Path, content: str) -> None:
    serve([service(0)])
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = inventory(**cache)
    (file,) = (tmp_path / "cache").iterdir()
    whole = json.loads(file.read_text())
    value = json.loads(content)
    # ansible-core 2.19 and newer wrap the content of the cache.
    file.write_text(json.dumps({**whole, "__payload__": content} if "__payload__" in whole else value))
    assert inventory(**cache) == first


def test_ten_thousand_services(serve: Any, inventory: List) -> None:
    serve([service(number, tags=[{"key": "n", "value": str(number % 7)}]) for number in range(10_000)])
    found = inventory(keyed_groups=[{"key": "clickhouse_cloud_tags.n", "prefix": "n"}])
    assert len(found["_meta"]["hostvars"]) == 10_000
    assert len(found["n_3"]["hosts"]) == 1429


#: The Python that has what the modules need, and not the first one that Ansible finds.
INTERPRETER = json.dumps({"ansible_python_interpreter": sys.executable})
PLAYBOOK = """
- hosts: all
  gather_facts: false
  connection: local
  tasks:
    - name: Save the variables
      ansible.builtin.copy:
        content: "{{ [clickhouse_cloud_name, clickhouse_cloud_tags, inventory_hostname] | to_json }}"
        dest: "{{ directory }}/{{ clickhouse_cloud_id }}"
"""


def test_play_does_not_change_names_and_tags(serve: Any, emulator: Emulator, tmp_path: Path) -> None:
    texts = ["{{ 1 + 1 }}", "{% if true %}x{% endif %}", "{{ lookup('pipe', 'touch pwned') }}"]
    texts += ['it\'s "x"', "a\nb", "\u202e"]
    serve([service(number, name=text, tags=[{"key": text, "value": text}]) for number, text in enumerate(texts)])
    path = tmp_path / "my.clickhouse_cloud.yml"
    path.write_text(json.dumps({"plugin": "clickhouse.cloud.services"}))
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    (tmp_path / "saved").mkdir()
    arguments = ("-i", str(path), "-e", INTERPRETER, "-e", f"directory={tmp_path}/saved", str(tmp_path / "play.yml"))
    ended = ansible("playbook", *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for number, text in enumerate(texts):
        name, tags, host = json.loads((tmp_path / "saved" / service(number)["id"]).read_text())
        assert name == text
        assert tags == {text: text}
        assert "{" not in host
    assert not (tmp_path / "pwned").exists()
    assert not Path("pwned").exists()


TASKS = """
- hosts: localhost
  gather_facts: false
  vars:
    names: !unsafe %s
  tasks:
    - name: Create
      clickhouse.cloud.service:
        name: "{{ item }}"
        provider: aws
        region: us-east-1
        ip_access_list: [{source: 10.0.0.1, description: "{{ item }}"}]
        password: Secret-123456
        wait_interval: 0.1
      loop: "{{ names }}"
      register: created
    - name: Find
      clickhouse.cloud.service_info:
        name: "{{ item }}"
      loop: "{{ names }}"
      register: found
    - name: Create again
      clickhouse.cloud.service:
        name: "{{ item }}"
        ip_access_list: [{source: 10.0.0.1, description: "{{ item }}"}]
      loop: "{{ names }}"
      register: again
      failed_when: again is changed or again is failed
    - name: Save the result
      ansible.builtin.copy:
        content: "{{ found.results | map(attribute='services') | list | to_json }}"
        dest: "{{ directory }}/found"
"""


def test_play_creates_and_finds_services_with_any_name(emulator: Emulator, tmp_path: Path) -> None:
    names = ["{{ 1 + 1 }}", "{% raw %}", 'it\'s "quoted"', "\U0001f600\u200f", "x" * 50, "%s\\n", "<b>"]
    (tmp_path / "play.yml").write_text(TASKS % json.dumps(names, ensure_ascii=False))
    ended = ansible("playbook", "-e", INTERPRETER, "-e", f"directory={tmp_path}", str(tmp_path / "play.yml"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads((tmp_path / "found").read_text())
    assert [one["name"] for (one,) in found] == names
    assert sorted(service["name"] for service in emulator.services()) == sorted(names)
    assert all(one["ip_access_list"] == [{"source": "10.0.0.1", "description": one["name"]}] for (one,) in found)
