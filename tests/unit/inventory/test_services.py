# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible

Sent = Callable[[], list[str]]
List = Callable[..., dict[str, Any]]


def flush(directory: Path) -> None:
    """Read the inventory past its cache. ansible-inventory has this flag only since ansible-core 2.19."""
    playbook = directory / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "all"}]))
    inventory = directory / "my.clickhouse_cloud.yml"
    flags = ["--inventory", str(inventory), "--flush-cache", "--list-hosts"]
    run_ansible("playbook", *flags, str(playbook)).check_returncode()


def test_services_are_hosts_with_their_attributes(
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


def test_one_request_per_organization(create: Callable[..., str], inventory: List, sent: Sent) -> None:
    for number in range(5):
        create(f"service {number}")
    assert len(inventory()["_meta"]["hostvars"]) == 5
    assert sent() == ["GET services"]


def test_an_organization_without_services_is_an_empty_inventory(emulator: Emulator, inventory: List) -> None:
    assert inventory()["_meta"]["hostvars"] == {}


def test_service_that_is_being_deleted_is_omitted(
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


def test_expression_that_fails_is_an_error_when_strict(create: Callable[..., str], inventory: List) -> None:
    create("analytics")
    broken = {"compose": {"x": "no_such_variable.y"}}
    assert "x" not in inventory(**broken)["_meta"]["hostvars"]["analytics"]
    inventory(strict=True, fails="no_such_variable", **broken)


def test_services_are_filtered_by_tags_at_the_api(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    create("analytics", tags=[{"key": "env", "value": "prod"}, {"key": "nightly", "value": "true"}])
    create("reports")
    assert list(inventory(tags={"env": "prod", "nightly": True})["_meta"]["hostvars"]) == ["analytics"]
    assert emulator.journal()[0]["query"] == {"filter": ["tag:env=prod", "tag:nightly=true"]}


def test_hostnames(create: Callable[..., str], inventory: List) -> None:
    create("analytics", tags=[{"key": "host", "value": "db1"}])
    create("reports")
    expressions = ["clickhouse_cloud_tags.host", "clickhouse_cloud_name ~ '-' ~ clickhouse_cloud_provider"]
    assert set(inventory(hostnames=expressions)["_meta"]["hostvars"]) == {"db1", "reports-aws"}
    inventory(hostnames=expressions, strict=True, fails="has no attribute")


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("analytics", "analytics"),
        ("My Service", "My_Service"),
        ("größe", "größe"),
        ("all", "all_{id}"),
        ("ungrouped", "ungrouped_{id}"),
        ("localhost", "localhost_{id}"),
        ("db:8443", "db_8443"),
        ("{{ 1 + 1 }}", "___1_+_1___"),
        ("a[1:3],b", "a_1_3__b"),
        ("new\nline", "new_line"),
    ],
)
def test_invalid_name_is_sanitized(
    create: Callable[..., str], emulator: Emulator, inventory: List, name: str, host: str
) -> None:
    service_id = create("plain")
    emulator.set_service(service_id, name=name)
    variables = inventory()["_meta"]["hostvars"]
    assert list(variables) == [host.format(id=service_id[:8])]
    known = variables[host.format(id=service_id[:8])]["clickhouse_cloud_name"]
    # A string that is not a bare name is marked as unsafe, and not rendered.
    assert known == (name if re.fullmatch(r"[\w:]*", name) else {"__ansible_unsafe": name})


def test_service_with_the_name_of_a_group_is_a_host(
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


def test_composed_strings_with_braces_are_marked_as_unsafe(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    emulator.set_service(create("analytics"), tags=[{"key": "a", "value": "{{ 1 }}"}, {"key": "b", "value": "plain"}])
    listed = inventory(compose={"copy": "clickhouse_cloud_tags", "keys": "clickhouse_cloud_tags | list"})
    variables = listed["_meta"]["hostvars"]["analytics"]
    assert variables["copy"] == {"a": {"__ansible_unsafe": "{{ 1 }}"}, "b": "plain"}
    assert variables["keys"] == ["a", "b"]


def test_services_with_the_same_name_get_the_id_appended(create: Callable[..., str], inventory: List) -> None:
    ids = [create("reports"), create("reports")]
    assert set(inventory()["_meta"]["hostvars"]) == {f"reports_{service_id[:8]}" for service_id in ids}


def test_names_with_an_id_appended_stay_unique(create: Callable[..., str], emulator: Emulator, inventory: List) -> None:
    first, second, third = create("db"), create("db"), create("other")
    emulator.set_service(third, name=f"db_{first[:8]}")
    assert set(inventory()["_meta"]["hostvars"]) == {f"db_{first}", f"db_{second[:8]}", f"db_{first[:8]}_{third}"}


def test_malformed_endpoints_are_accepted(create: Callable[..., str], emulator: Emulator, inventory: List) -> None:
    emulator.set_service(create("analytics"), endpoints=[None, {}, {"host": "h"}, {"protocol": "grpc", "port": 1}])
    variables = inventory()["_meta"]["hostvars"]["analytics"]
    assert variables["clickhouse_cloud_grpc_port"] == 1
    assert variables["clickhouse_cloud_grpc_host"] is None


def test_strict_lists_no_host_if_an_expression_fails(create: Callable[..., str], inventory: List) -> None:
    create("good", tags=[{"key": "a", "value": "b"}])
    create("bad")
    inventory(strict=True, compose={"x": "clickhouse_cloud_tags.a.upper()"}, fails="No inventory was parsed")
    inventory(strict=True, groups={"x": "clickhouse_cloud_tags.a == 'b'"}, fails="No inventory was parsed")


@pytest.mark.parametrize("secret", ["abc{{ x", "{% if", "{{ undefined_variable }}"])
def test_secret_in_the_environment_is_not_a_template(
    emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", secret)
    output = inventory(fails="failed with HTTP status 401")
    assert secret not in output


VAULTED = """plugin: clickhouse.cloud.services
organizations:
  - api_secret: !vault |
      {}
"""


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("abc{{ hunter2", "its syntax is invalid"),
        ("hunter2{% if", "its syntax is invalid"),
        ("{{ hunter2 }}", "it uses a variable that is not defined"),
        ("{{ lookup('ansible.builtin.file', '/hunter2') }}", "a plugin that it uses, such as a lookup, has failed"),
        ("{{ 1 / 0 + hunter2 }}", ""),
    ],
)
def test_message_about_a_template_does_not_contain_it(
    emulator: Emulator, inventory: List, secret: str, reason: str
) -> None:
    output = inventory(api_secret=secret, fails=f"api_secret cannot be read: {reason}")
    assert "hunter2" not in output
    assert secret not in output


@pytest.mark.parametrize("password", [None, "another", "right"])
def test_missing_or_wrong_vault_password_is_reported(
    create: Callable[..., str], emulator: Emulator, tmp_path: Path, password: str | None
) -> None:
    create("analytics")
    for name in ("right", "another"):
        (tmp_path / name).write_text(name)
    vault = VaultLib([("default", VaultSecret(b"right"))])
    encrypted = vault.encrypt(emulator.api_secret).decode().strip().replace("\n", "\n      ")
    (tmp_path / "cloud.yml").write_text(VAULTED.format(encrypted))
    flags = ["--vault-password-file", str(tmp_path / password)] if password else []
    ended = run_ansible("inventory", "-i", str(tmp_path / "cloud.yml"), "--list", *flags)
    ended.check_returncode()
    output = "".join(ended.stderr.split())
    if password == "right":
        assert list(json.loads(ended.stdout)["_meta"]["hostvars"]) == ["analytics"]
        return
    assert "organizationscannotberead:itisencrypted,andnoneofthegivenvaultpasswordsdecryptsit." in output
    assert "--ask-vault-pass" in output
    assert emulator.api_secret not in output


@pytest.mark.parametrize("content", [b'{"__payload__": "[{\\"id\\": \\"', b"", b"\x80\x00", b"[", b'"', b"[]]"])
def test_unreadable_cache_is_replaced(
    create: Callable[..., str], inventory: List, sent: Sent, tmp_path: Path, content: bytes
) -> None:
    create("analytics")
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = inventory(**cache)
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(content)
    assert inventory(**cache) == first
    assert inventory(**cache) == first
    # The cache was written again.
    assert sent() == ["GET services"] * 2


@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 500}, {"status": 200, "body": {"result": None}}])
def test_error_of_the_api_fails_the_inventory(
    create: Callable[..., str], emulator: Emulator, inventory: List, fault: dict[str, Any]
) -> None:
    create("analytics")
    emulator.fault(path="/services", times=9, **fault)
    inventory(fails="The request to list the services")


def test_message_names_the_entry_without_a_credential(
    emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLICKHOUSE_CLOUD_API_SECRET")
    entries = [{"api_key": "x", "api_secret": "y"}, {"api_key": "z"}]
    inventory(organizations=entries, fails="organizations, number 2: api_secret is missing")


def test_missing_credential_is_reported(emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_KEY", "")
    inventory(fails="api_key is missing")


def test_secret_with_a_line_break_is_rejected(
    emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "secret\n")
    inventory(fails="api_secret ends with a line break")
    assert emulator.journal() == []


def test_credentials_may_be_templates(
    create: Callable[..., str], emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("analytics")
    monkeypatch.setenv("MY_SECRET", os.environ["CLICKHOUSE_CLOUD_API_SECRET"])
    monkeypatch.delenv("CLICKHOUSE_CLOUD_API_SECRET")
    assert inventory(api_secret="{{ lookup('ansible.builtin.env', 'MY_SECRET') }}")["_meta"]["hostvars"]


def test_graph(create: Callable[..., str], inventory: List) -> None:
    create("analytics")
    graph = inventory("--graph", keyed_groups=[{"key": "clickhouse_cloud_region", "prefix": "region"}])
    assert graph.splitlines() == [
        "@all:",
        "  |--@ungrouped:",
        "  |--@region_eu_central_1:",
        "  |  |--analytics",
    ]


def test_cache_saves_requests_for_the_same_list(
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
def test_file_may_have_any_yaml_name(create: Callable[..., str], inventory: List, file: str) -> None:
    create("analytics")
    assert list(inventory(file=file)["_meta"]["hostvars"]) == ["analytics"]


def test_file_with_another_suffix_is_ignored(create: Callable[..., str], inventory: List, sent: Sent) -> None:
    create("analytics")
    inventory(file="clickhouse_cloud.json", fails="No inventory was parsed")
    assert sent() == []
