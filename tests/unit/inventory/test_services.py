# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.process import Emulator

Sent = Callable[[], list[str]]
List = Callable[..., dict[str, Any]]

BODY = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}


@pytest.fixture
def create(emulator: Emulator) -> Callable[..., str]:
    """Create a running service and give its id."""

    def _create(name: str, **fields: Any) -> str:
        service_id: str = emulator.create(**{**BODY, "name": name}, **fields)["service"]["id"]
        emulator.set_service(service_id, state="running")
        emulator.clear_journal()
        return service_id

    return _create


@pytest.fixture
def inventory(tmp_path: Path) -> List:
    """What ansible-inventory --list says of a file with these options."""

    def _inventory(
        *flags: str, fails: str = "", warns: bool = False, file: str = "my.clickhouse_cloud.yml", **options: Any
    ) -> Any:
        path = tmp_path / file
        path.write_text(json.dumps({"plugin": "clickhouse.cloud.services", **options}))
        environment = {**os.environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true", "ANSIBLE_HOME": str(tmp_path)}
        command = [sys.executable, "-m", "ansible.cli.inventory", "-i", str(path), *(flags or ("--list", "--export"))]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode != 0) == bool(fails), ended.stderr
        if fails:
            # ansible-core before 2.19 breaks lines at spaces and hyphens.
            assert "".join(fails.split()) in "".join(ended.stderr.split())
            return ended.stderr
        if warns:
            return ended.stderr
        return ended.stdout if flags else json.loads(ended.stdout)

    return _inventory


def flush(directory: Path) -> None:
    """Read the inventory past its cache. ansible-inventory has this flag only since ansible-core 2.19."""
    playbook = directory / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "all"}]))
    inventory = directory / "my.clickhouse_cloud.yml"
    flags = ["--inventory", str(inventory), "--flush-cache", "--list-hosts"]
    command = [sys.executable, "-m", "ansible.cli.playbook", *flags, str(playbook)]
    subprocess.run(command, capture_output=True, timeout=60, check=True)


def test_services_are_hosts_with_all_that_is_known_of_them(
    create: Callable[..., str], inventory: List, sent: Sent, emulator: Emulator
) -> None:
    service_id = create(
        "analytics", tags=[{"key": "env", "value": "prod"}], endpoints=[{"protocol": "mysql", "enabled": True}]
    )
    listed = inventory()
    variables = listed["_meta"]["hostvars"]["analytics"]
    (service,) = emulator.services()
    hosts = {endpoint["protocol"]: endpoint["host"] for endpoint in service["endpoints"]}
    assert variables["clickhouse_cloud_id"] == service_id
    assert variables["clickhouse_cloud_tags"] == {"env": "prod"}
    assert variables["clickhouse_cloud_running"] is True
    assert variables["clickhouse_cloud_https_host"] == hosts["https"]
    assert variables["clickhouse_cloud_https_port"] == 8443
    assert variables["clickhouse_cloud_nativesecure_port"] == 9440
    assert variables["clickhouse_cloud_mysql_port"] == 3306
    assert all(name.startswith("clickhouse_cloud_") for name in variables)
    assert listed["ungrouped"]["hosts"] == ["analytics"]
    assert sent()[:1] == ["GET services"]


def test_the_organization_costs_one_request(create: Callable[..., str], inventory: List, sent: Sent) -> None:
    for number in range(5):
        create(f"service {number}")
    assert len(inventory()["_meta"]["hostvars"]) == 5
    assert sent() == ["GET services"]


def test_an_organization_without_services_is_an_empty_inventory(emulator: Emulator, inventory: List) -> None:
    assert inventory()["_meta"]["hostvars"] == {}


def test_a_service_that_is_being_deleted_is_left_out(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    emulator.set_service(create("going"), state="terminating")
    create("staying")
    assert list(inventory()["_meta"]["hostvars"]) == ["staying"]


def test_hosts_are_composed_and_grouped(create: Callable[..., str], inventory: List) -> None:
    create("analytics", tags=[{"key": "env", "value": "prod"}])
    listed = inventory(
        strict=True,
        compose={"ansible_host": "clickhouse_cloud_https_host", "ansible_connection": "'local'"},
        groups={"awake": "clickhouse_cloud_running"},
        keyed_groups=[
            {"key": "clickhouse_cloud_state", "prefix": "state"},
            {"key": "clickhouse_cloud_tags", "prefix": "tag"},
        ],
    )
    variables = listed["_meta"]["hostvars"]["analytics"]
    assert variables["ansible_host"] == variables["clickhouse_cloud_https_host"]
    assert variables["ansible_connection"] == "local"
    assert {"awake", "state_running", "tag_env_prod"} <= set(listed["all"]["children"])
    assert listed["tag_env_prod"]["hosts"] == ["analytics"]


def test_an_expression_that_fails_is_told_when_strict(create: Callable[..., str], inventory: List) -> None:
    create("analytics")
    broken = {"compose": {"x": "no_such_variable.y"}}
    assert "x" not in inventory(**broken)["_meta"]["hostvars"]["analytics"]
    inventory(strict=True, fails="no_such_variable", **broken)


def test_services_are_filtered_by_tags_at_the_api(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    create("analytics", tags=[{"key": "env", "value": "prod"}])
    create("reports")
    assert list(inventory(tags={"env": "prod"})["_meta"]["hostvars"]) == ["analytics"]
    assert emulator.journal()[0]["query"] == {"filter": ["tag:env=prod"]}


def test_hosts_are_filtered_by_conditions_after_the_cache(
    create: Callable[..., str], inventory: List, sent: Sent, tmp_path: Path
) -> None:
    create("analytics", tags=[{"key": "env", "value": "prod"}])
    create("reports")
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    wanted = ["clickhouse_cloud_running", "clickhouse_cloud_tags.env | default('') == 'prod'"]
    assert list(inventory(filters=wanted, **cache)["_meta"]["hostvars"]) == ["analytics"]
    others = ["clickhouse_cloud_tags.env is undefined"]
    assert list(inventory(filters=others, **cache)["_meta"]["hostvars"]) == ["reports"]
    assert sent() == ["GET services"]


@pytest.mark.parametrize(
    ("condition", "why"),
    [("clickhouse_cloud_tags.env == 'prod'", "env"), ("clickhouse_cloud_name", "it gives 'reports'"), ("1 +", "")],
)
@pytest.mark.parametrize("strict", [True, False])
def test_no_host_vanishes_for_a_filter_that_cannot_be_told(
    create: Callable[..., str], inventory: List, condition: str, why: str, strict: bool
) -> None:
    create("reports")
    said = inventory(filters=[condition], strict=strict, fails="cannot be told for 'reports'")
    assert condition in said
    assert why in said


def test_endpoints_are_hosts_to_log_in_to(
    create: Callable[..., str], emulator: Emulator, inventory: List, sent: Sent
) -> None:
    service_id = create("analytics", endpoints=[{"protocol": "mysql", "enabled": True}])
    sent()
    hosts = inventory(hosts="endpoint")["_meta"]["hostvars"]
    assert sent() == ["GET services"]
    assert set(hosts) == {"analytics_https", "analytics_nativesecure", "analytics_mysql"}
    (service,) = emulator.services()
    for endpoint in service["endpoints"]:
        variables = hosts[f"analytics_{endpoint['protocol']}"]
        told = {name: variables[f"clickhouse_cloud_endpoint_{name}"] for name in ("protocol", "host", "port")}
        assert told == {name: endpoint[name] for name in told}
        assert variables["ansible_host"] == endpoint["host"]
        assert variables["ansible_port"] == endpoint["port"]
        assert variables["clickhouse_cloud_endpoint_username"] == endpoint["username"]
        assert variables["clickhouse_cloud_endpoint_secure"] is (endpoint["protocol"] != "mysql")
        assert variables["clickhouse_cloud_id"] == service_id
        assert variables["clickhouse_cloud_running"] is True


def test_endpoints_keep_their_names_apart(create: Callable[..., str], emulator: Emulator, inventory: List) -> None:
    first, second, third = create("db"), create("db"), create("odd")
    odd = [{"protocol": "a:b", "host": "h"}, {"protocol": "a;b", "host": "i"}, {"protocol": 7}, "x"]
    emulator.set_service(third, endpoints=odd)
    hosts = inventory(hosts="endpoint", filters=["clickhouse_cloud_endpoint_protocol != 'nativesecure'"])
    assert set(hosts["_meta"]["hostvars"]) == {f"db_https_{first[:8]}", f"db_https_{second[:8]}", "odd_a;b"}
    # The API need not tell the user.
    assert hosts["_meta"]["hostvars"]["odd_a;b"]["clickhouse_cloud_endpoint_username"] == "default"


def test_what_is_exported_is_the_same_with_every_ansible(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    tags = [{"key": "env", "value": "prod"}, {"key": "note", "value": "{{ 1 + 1 }}"}]
    service_id = create("analytics")
    emulator.set_service(
        service_id, tags=tags, clickhouseVersion="25.8", createdAt="2026-01-31T08:15:30Z", weight=1.5, more=None
    )
    listed = inventory(
        strict=True,
        compose={
            "text": "clickhouse_cloud_name ~ '!'",
            "number": "clickhouse_cloud_max_replica_memory_gb",
            "truth": "clickhouse_cloud_running",
            "nothing": "clickhouse_cloud_byoc_id",
            "listed": "clickhouse_cloud_tags | list",
            "mapped": "{'region': clickhouse_cloud_region}",
            "copy": "clickhouse_cloud_tags",
            "looks_like_a_number": "clickhouse_cloud_clickhouse_version",
        },
        groups={"up": "clickhouse_cloud_running"},
        keyed_groups=[{"key": "clickhouse_cloud_state", "prefix": "state"}],
    )
    variables = listed["_meta"]["hostvars"]["analytics"]
    unsafe = {"__ansible_unsafe": "{{ 1 + 1 }}"}
    composed = {name: value for name, value in variables.items() if not name.startswith("clickhouse_cloud_")}
    assert composed == {
        "text": "analytics!",
        "number": variables["clickhouse_cloud_max_replica_memory_gb"],
        "truth": True,
        "nothing": None,
        "listed": ["env", "note"],
        "mapped": {"region": "eu-central-1"},
        "copy": {"env": "prod", "note": unsafe},
        "looks_like_a_number": "25.8",
    }
    assert variables["clickhouse_cloud_tags"] == {"env": "prod", "note": unsafe}
    known = ("state", "running", "clickhouse_version", "created_at", "weight", "byoc_id")
    assert [variables[f"clickhouse_cloud_{name}"] for name in known] == [
        "running",
        True,
        "25.8",
        "2026-01-31T08:15:30Z",
        1.5,
        None,
    ]
    groups = {name: value for name, value in listed.items() if name != "_meta"}
    assert groups == {
        "all": {"children": ["ungrouped", "up", "state_running"]},
        "state_running": {"hosts": ["analytics"]},
        "up": {"hosts": ["analytics"]},
    }


def test_hosts_are_called_what_is_asked_for(create: Callable[..., str], inventory: List) -> None:
    create("analytics", tags=[{"key": "host", "value": "db1"}])
    create("reports")
    expressions = ["clickhouse_cloud_tags.host", "clickhouse_cloud_name ~ '-' ~ clickhouse_cloud_provider"]
    assert set(inventory(hostnames=expressions)["_meta"]["hostvars"]) == {"db1", "reports-aws"}
    inventory(hostnames=expressions, strict=True, fails="has no attribute")


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("analytics", "analytics"),
        ("my service", "my service"),
        ("größe", "größe"),
        ("all", "all_{id}"),
        ("ungrouped", "ungrouped_{id}"),
        ("localhost", "localhost_{id}"),
        ("db:8443", "db_8443_{id}"),
        ("{{ 1 + 1 }}", "__ 1 + 1 ___{id}"),
        ("a[1:3],b", "a_1_3__b_{id}"),
        ("new\nline", "new_line_{id}"),
    ],
)
def test_a_name_that_an_inventory_cannot_hold_breaks_nothing(
    create: Callable[..., str], emulator: Emulator, inventory: List, name: str, host: str
) -> None:
    service_id = create("plain")
    emulator.set_service(service_id, name=name)
    variables = inventory()["_meta"]["hostvars"]
    assert list(variables) == [host.format(id=service_id[:8])]
    known = variables[host.format(id=service_id[:8])]["clickhouse_cloud_name"]
    # Only what could be taken for a template is marked, and then not rendered.
    assert known == ({"__ansible_unsafe": name} if "{" in name else name)


def test_a_service_that_is_called_like_a_group_is_a_host_nevertheless(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    create("plain")
    service_id = create("state_running")
    emulator.set_service(service_id, state="idle")
    listed = inventory(
        groups={"asleep": "not clickhouse_cloud_running"},
        keyed_groups=[{"key": "clickhouse_cloud_state", "prefix": "state"}],
    )
    host = f"state_running_{service_id[:8]}"
    assert listed["_meta"]["hostvars"][host]["clickhouse_cloud_id"] == service_id
    assert listed["state_running"] == {"hosts": ["plain"]}
    assert listed["asleep"] == {"hosts": [host]}


def test_what_is_composed_of_a_tag_with_braces_is_marked_where_the_braces_are(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    emulator.set_service(create("analytics"), tags=[{"key": "a", "value": "{{ 1 }}"}, {"key": "b", "value": "plain"}])
    listed = inventory(compose={"copy": "clickhouse_cloud_tags", "keys": "clickhouse_cloud_tags | list"})
    variables = listed["_meta"]["hostvars"]["analytics"]
    assert variables["copy"] == {"a": {"__ansible_unsafe": "{{ 1 }}"}, "b": "plain"}
    assert variables["keys"] == ["a", "b"]


def test_services_of_one_name_are_told_apart(create: Callable[..., str], inventory: List) -> None:
    ids = [create("reports"), create("reports")]
    assert set(inventory()["_meta"]["hostvars"]) == {f"reports_{service_id[:8]}" for service_id in ids}


def test_names_that_are_told_apart_stay_apart(create: Callable[..., str], emulator: Emulator, inventory: List) -> None:
    first, second, third = create("db"), create("db"), create("other")
    emulator.set_service(third, name=f"db_{first[:8]}")
    assert set(inventory()["_meta"]["hostvars"]) == {f"db_{first}", f"db_{second[:8]}", f"db_{first[:8]}_{third}"}


def test_odd_endpoints_are_borne(create: Callable[..., str], emulator: Emulator, inventory: List) -> None:
    emulator.set_service(create("analytics"), endpoints=[None, {}, {"host": "h"}, {"protocol": "grpc", "port": 1}])
    variables = inventory()["_meta"]["hostvars"]["analytics"]
    assert variables["clickhouse_cloud_grpc_port"] == 1
    assert variables["clickhouse_cloud_grpc_host"] is None


def test_with_strict_it_lists_nothing_when_one_expression_fails(create: Callable[..., str], inventory: List) -> None:
    create("good", tags=[{"key": "a", "value": "b"}])
    create("bad")
    inventory(strict=True, compose={"x": "clickhouse_cloud_tags.a.upper()"}, fails="No inventory was parsed")
    inventory(strict=True, groups={"x": "clickhouse_cloud_tags.a == 'b'"}, fails="No inventory was parsed")


@pytest.mark.parametrize("secret", ["abc{{ x", "{% if", "{{ undefined_variable }}"])
def test_a_secret_in_the_environment_is_no_template(
    emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", secret)
    said = inventory(fails="failed with HTTP status 401")
    assert secret not in said


@pytest.mark.parametrize("secret", ["abc{{ x", "hunter2{% if"])
def test_a_template_that_cannot_be_rendered_is_told_without_it(
    emulator: Emulator, inventory: List, secret: str
) -> None:
    said = inventory(api_secret=secret, fails="api_secret is a template that cannot be rendered")
    assert secret not in said


@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 500}, {"status": 200, "body": {"result": None}}])
def test_it_fails_rather_than_list_half(
    create: Callable[..., str], emulator: Emulator, inventory: List, fault: dict[str, Any]
) -> None:
    create("analytics")
    emulator.fault(path="/services", times=9, **fault)
    inventory(fails=f"GET /v1/organizations/{emulator.organization_id}/services")


def test_the_entry_that_lacks_a_credential_is_told(
    emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLICKHOUSE_CLOUD_API_SECRET")
    entries = [{"api_key": "x", "api_secret": "y"}, {"api_key": "z"}]
    inventory(organizations=entries, fails="organizations: of number 2, api_secret is missing")


def test_a_missing_credential_is_told(emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_KEY", "")
    inventory(fails="api_key is missing")


def test_credentials_may_be_templates(
    create: Callable[..., str], emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("analytics")
    monkeypatch.setenv("MY_SECRET", os.environ["CLICKHOUSE_CLOUD_API_SECRET"])
    monkeypatch.delenv("CLICKHOUSE_CLOUD_API_SECRET")
    assert inventory(api_secret="{{ lookup('ansible.builtin.env', 'MY_SECRET') }}")["_meta"]["hostvars"]


def test_the_graph_is_what_people_look_at(create: Callable[..., str], inventory: List) -> None:
    create("analytics")
    graph = inventory("--graph", keyed_groups=[{"key": "clickhouse_cloud_region", "prefix": "region"}])
    assert graph.splitlines() == [
        "@all:",
        "  |--@ungrouped:",
        "  |--@region_eu_central_1:",
        "  |  |--analytics",
    ]


def test_the_cache_saves_the_request_until_another_list_is_asked_for(
    create: Callable[..., str], inventory: List, sent: Sent, tmp_path: Path, emulator: Emulator
) -> None:
    create("analytics")
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = inventory(**cache)
    assert inventory(**cache) == first
    assert sent() == ["GET services"]
    flush(tmp_path)
    assert sent() == ["GET services"]
    assert inventory(tags={"env": "prod"}, **cache)["_meta"]["hostvars"] == {}
    assert len(sent()) == 1
    files = [path.read_text() for path in (tmp_path / "cache").iterdir()]
    assert files
    assert not any(emulator.api_secret in text for text in files)


@pytest.mark.parametrize("file", ["clickhouse_cloud.yml", "any.yaml"])
def test_the_file_may_have_any_yaml_name(create: Callable[..., str], inventory: List, file: str) -> None:
    create("analytics")
    assert list(inventory(file=file)["_meta"]["hostvars"]) == ["analytics"]


def test_another_file_is_left_to_others(create: Callable[..., str], inventory: List, sent: Sent) -> None:
    create("analytics")
    inventory(file="clickhouse_cloud.json", fails="No inventory was parsed")
    assert sent() == []


@pytest.fixture
def others(emulator: Emulator) -> list[dict[str, Any]]:
    """Two more organizations, each with one service of the same name."""
    added = [emulator.add_organization(api_key=f"key {name}", api_secret=f"{name}-secret-4711") for name in ("a", "b")]
    for one in added:
        url = f"{emulator.api_url}/organizations/{one['organization_id']}/services"
        body = {**BODY, "name": "analytics"}
        requests.post(url, json=body, auth=(one["api_key"], one["api_secret"]), timeout=10).raise_for_status()
    emulator.clear_journal()
    return added


def credentials(organization: dict[str, Any]) -> dict[str, Any]:
    return {name: organization[name] for name in ("api_key", "api_secret")}


def organizations_of(listed: dict[str, Any]) -> list[str]:
    variables = listed["_meta"]["hostvars"].values()
    return [of_host["clickhouse_cloud_organization_id"] for of_host in variables]


def test_one_organization_is_told_too(create: Callable[..., str], emulator: Emulator, inventory: List) -> None:
    create("analytics")
    assert organizations_of(inventory()) == [emulator.organization_id]


def test_several_organizations_are_one_inventory(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]], sent: Sent, tmp_path: Path
) -> None:
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    listed = inventory(organizations=others, **cache)
    # The same name twice: each with the beginning of its id.
    assert all(host.startswith("analytics_") for host in listed["_meta"]["hostvars"])
    assert sorted(organizations_of(listed)) == sorted(one["organization_id"] for one in others)
    assert sorted(entry["path"] for entry in emulator.journal()) == sorted(
        f"/v1/organizations/{one['organization_id']}/services" for one in others
    )
    assert inventory(organizations=others, **cache) == listed
    assert len(sent()) == 2
    assert len(organizations_of(inventory(organizations=others[:1], **cache))) == 1


def test_organizations_are_read_side_by_side(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]], sent: Sent
) -> None:
    # Each is answered a second after it was asked; one after the other, they would be asked a second apart.
    emulator.fault(path="/services$", delay=1, times=2)
    assert len(organizations_of(inventory(organizations=others))) == 2
    first, second = (entry["time"] for entry in emulator.journal())
    assert second - first < 0.8


def test_an_entry_without_an_id_belongs_to_its_key(
    create: Callable[..., str], emulator: Emulator, inventory: List, others: list[dict[str, Any]]
) -> None:
    create("own")
    # The environment has the id of the first organization, which goes with the key there alone.
    found = organizations_of(inventory(organizations=[{}, credentials(others[1]), credentials(others[1])]))
    assert sorted(found) == sorted([emulator.organization_id, others[1]["organization_id"]])


def test_organizations_may_be_templates(
    inventory: List, others: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", others[0]["api_secret"])
    secret = "{{ lookup('ansible.builtin.env', 'MY_SECRET') }}"
    found = inventory(organizations=[{"api_key": others[0]["api_key"], "api_secret": secret}])
    assert organizations_of(found) == [others[0]["organization_id"]]


def test_nothing_is_listed_when_one_organization_cannot_be_read(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]]
) -> None:
    emulator.fault(path=f"/organizations/{others[1]['organization_id']}/services$", status=403, times=9)
    said = inventory(
        organizations=others, fails=f"GET /v1/organizations/{others[1]['organization_id']}/services failed"
    )
    assert not any(one["api_secret"] in said for one in others)


def test_an_organization_that_cannot_be_read_is_left_out_only_if_that_is_asked_for(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]], sent: Sent, tmp_path: Path
) -> None:
    options = {
        "organizations": others,
        "ignore_failed_organizations": True,
        "cache": True,
        "cache_plugin": "jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    emulator.fault(path=f"/organizations/{others[1]['organization_id']}/services$", status=403)
    assert organizations_of(inventory(**options)) == [others[0]["organization_id"]]
    # A part is not kept for the whole.
    assert len(organizations_of(inventory(**options))) == 2
    emulator.fault(path="/services$", status=403, times=9)
    inventory(**{**options, "cache": False}, fails="failed with HTTP status 403")


def test_the_organization_that_is_left_out_is_told(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]]
) -> None:
    emulator.fault(path=f"/organizations/{others[1]['organization_id']}/services$", status=403)
    said = inventory("--list", "--export", organizations=others, ignore_failed_organizations=True, warns=True)
    told = f"is left out, as ignore_failed_organizations says: GET /v1/organizations/{others[1]['organization_id']}"
    assert "".join(told.split()) in "".join(said.split())


@pytest.mark.parametrize(
    "name",
    [
        "CLICKHOUSE_ORG_ID",
        "CLICKHOUSE_API_URL",
        "CLICKHOUSE_CLOUD_RATE_LIMIT",
        "CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW",
    ],
)
def test_an_empty_environment_variable_counts_as_not_set(
    create: Callable[..., str], emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    create("analytics")
    monkeypatch.setenv(name, "")
    options = {"api_url": emulator.api_url} if name == "CLICKHOUSE_API_URL" else {}
    assert list(inventory(**options)["_meta"]["hostvars"]) == ["analytics"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("analytics", "organizations: number 2 must be a dictionary with api_key, api_secret, organization_id"),
        ({"apikey": "x"}, "organizations: number 2 must be a dictionary with"),
        ({"organization_id": "x"}, "organization_id must be a UUID"),
    ],
)
def test_an_odd_entry_is_told(emulator: Emulator, inventory: List, entry: object, told: str) -> None:
    inventory(organizations=[{}, entry], fails=told)
