# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the inventory: services or endpoints, filters, and empty options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.inventory.services import EXAMPLES
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Create = Callable[..., str]
Sent = Callable[[], list[str]]
List = Callable[..., dict[str, Any]]

MYSQL = [{"protocol": "mysql", "enabled": True}]
#: Empty and invisible text.
EMPTY = ["", "  ", "\u200b\u3164"]
#: The options that a credential of AWX, a survey or a template can leave empty.
OPTIONS = (
    "api_key",
    "api_secret",
    "organization_id",
    "api_url",
    "connect_timeout",
    "read_timeout",
    "validate_certs",
    "ca_path",
    "allow_http",
    "rate_limit",
    "rate_limit_window",
    "organizations",
    "skip_unreadable",
    "hosts",
    "tags",
    "filters",
    "hostnames",
)
#: A module with the options of community.clickhouse, which saves them.
MODULE = """#!/usr/bin/python
import json
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({
    "name": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "login_host": {"type": "str", "default": "localhost"},
    "login_port": {"type": "int"},
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "client_kwargs": {"type": "dict", "default": {}},
})
with open(FILE, "a") as file:
    file.write(json.dumps(module.params) + chr(10))
module.exit_json(changed=True)
"""


def ansible(program: str, *arguments: str, home: Path) -> str:
    """Run a program of Ansible that has to succeed, and return its output."""
    ended = subprocess.run(
        [sys.executable, "-m", f"ansible.cli.{program}", *arguments],
        env={**os.environ, "ANSIBLE_HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(home)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def hosts(listed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    variables: dict[str, dict[str, Any]] = listed["_meta"]["hostvars"]
    return variables


def test_endpoints_are_hosts_with_login_variables(
    create: Create, inventory: List, sent: Sent, emulator: Emulator
) -> None:
    service_id = create("analytics", endpoints=MYSQL)
    (service,) = emulator.services()
    found_hosts = hosts(inventory(hosts="endpoint"))
    assert found_hosts.keys() == {"analytics_https", "analytics_nativesecure", "analytics_mysql"}
    for endpoint in service["endpoints"]:
        of_host = found_hosts[f"analytics_{endpoint['protocol']}"]
        assert of_host["clickhouse_cloud_id"] == service_id
        assert of_host["clickhouse_cloud_name"] == "analytics"
        assert of_host["clickhouse_cloud_endpoint_id"] == f"{service_id}_{endpoint['protocol']}"
        assert of_host["clickhouse_cloud_endpoint_host"] == of_host["ansible_host"] == endpoint["host"]
        assert of_host["clickhouse_cloud_endpoint_port"] == of_host["ansible_port"] == endpoint["port"]
        assert of_host["clickhouse_cloud_endpoint_username"] == endpoint.get("username")
        assert not any("password" in name for name in of_host)
    native = found_hosts["analytics_nativesecure"]
    assert native["clickhouse_cloud_login_host"] == native["ansible_host"]
    assert native["clickhouse_cloud_login_port"] == 9440
    assert native["clickhouse_cloud_login_user"] == "default"
    assert native["clickhouse_cloud_client_kwargs"] == {"secure": True}
    assert "clickhouse_cloud_login_host" not in found_hosts["analytics_https"]


def test_service_without_endpoints_has_no_endpoint_hosts(create: Create, inventory: List, emulator: Emulator) -> None:
    emulator.set_service(create("new"), endpoints=[])
    emulator.set_service(create("odd"), endpoints=[{"protocol": "https"}, {"protocol": "a {{ b }}", "host": "h"}, None])
    found_hosts = hosts(inventory(hosts="endpoint"))
    odd = next(name for name in found_hosts if name != "odd_https")
    assert odd == "odd_a____b___"
    assert found_hosts.keys() == {"odd_https", odd}
    assert "ansible_host" not in found_hosts["odd_https"]


@pytest.mark.parametrize(
    ("host", "is_address"),
    [("-F/tmp/config", False), ("-oProxyCommand=id", False), ("a b", False), ("", False), (7, False), ("::1", True)],
)
def test_ansible_host_is_set_only_to_an_address(
    create: Create, inventory: List, emulator: Emulator, host: object, is_address: bool
) -> None:
    """Anything else could be an option for ssh."""
    emulator.set_service(create("analytics"), endpoints=[{"protocol": "https", "host": host, "port": "-p"}])
    found_hosts = hosts(inventory(hosts="endpoint"))["analytics_https"]
    assert ("ansible_host" in found_hosts) is is_address
    assert "ansible_port" not in found_hosts


def test_endpoints_of_services_with_the_same_name_get_the_id_appended(create: Create, inventory: List) -> None:
    first, second = create("db"), create("db")
    expected = {f"db_{protocol}_{item[:8]}" for item in (first, second) for protocol in ("https", "nativesecure")}
    assert hosts(inventory(hosts="endpoint")).keys() == expected


def test_endpoints_named_like_their_service_get_the_id_appended(create: Create, inventory: List) -> None:
    service_id = create("db")
    found_hosts = hosts(inventory(hosts="endpoint", hostnames=["clickhouse_cloud_name"]))
    assert found_hosts.keys() == {f"db_{service_id}_https", f"db_{service_id}_nativesecure"}
    native = {"filters": ["clickhouse_cloud_endpoint_protocol == 'nativesecure'"]}
    assert hosts(inventory(hosts="endpoint", hostnames=["clickhouse_cloud_name"], **native)).keys() == {"db"}
    found_hosts = hosts(inventory(hosts="endpoint", hostnames=["clickhouse_cloud_endpoint_id"], **native))
    assert found_hosts.keys() == {f"{service_id}_nativesecure"}


def test_unknown_choice_of_hosts_is_rejected(create: Create, inventory: List, sent: Sent) -> None:
    inventory(hosts="replica", fails="replica")
    assert sent() == []


def test_example_of_provisioning_and_sql_runs(create: Create, emulator: Emulator, tmp_path: Path, sent: Sent) -> None:
    """Run the inventory and the play of the documentation, with a module that saves its options in place of SQL."""
    service_id = create("analytics", numReplicas=2)
    *_others, inventory, play = yaml.safe_load_all(EXAMPLES)
    (tmp_path / "sql.clickhouse_cloud.yml").write_text(json.dumps(inventory))
    (tmp_path / "sql.yml").write_text(json.dumps(play))
    modules = tmp_path / "ansible_collections/community/clickhouse/plugins/modules"
    modules.mkdir(parents=True)
    for name in ("clickhouse_db", "clickhouse_user"):
        (modules / f"{name}.py").write_text(MODULE.replace("FILE", repr(str(tmp_path / "params"))))
    secrets = {"vault_clickhouse_passwords": {"analytics": "Secret-1"}, "vault_application_password": "Secret-2"}
    more = {"ansible_python_interpreter": sys.executable, **secrets}
    flags = ("-i", str(tmp_path / "sql.clickhouse_cloud.yml"), "-e", json.dumps(more), str(tmp_path / "sql.yml"))
    output = ansible("playbook", *flags, home=tmp_path)
    requests = sent()
    params = [json.loads(line) for line in (tmp_path / "params").read_text().splitlines()]
    (service,) = emulator.services()
    native = next(endpoint for endpoint in service["endpoints"] if endpoint["protocol"] == "nativesecure")
    login = {
        "login_host": native["host"],
        "login_port": native["port"],
        "login_user": "default",
        "login_password": "Secret-1",
        "client_kwargs": {"secure": True},
    }
    assert params == [
        {"name": "application", "password": None, **login},
        {"name": "application", "password": "Secret-2", **login},
    ]
    assert "Secret" not in output
    look = f"GET services/{service_id}"
    assert requests == ["GET services", look, f"PATCH services/{service_id}/replicaScaling", look, look]


def test_modules_need_no_local_connection_for_the_hosts_of_endpoints(
    create: Create, tmp_path: Path, sent: Sent
) -> None:
    service_id = create("analytics")
    (tmp_path / "my.clickhouse_cloud.yml").write_text("{plugin: clickhouse.cloud.services, hosts: endpoint}")
    module = ("-m", "clickhouse.cloud.service_info", "-a", "service_id={{ clickhouse_cloud_id }}")
    ansible("adhoc", "all", "-i", str(tmp_path / "my.clickhouse_cloud.yml"), *module, home=tmp_path)
    assert sent() == ["GET services", *[f"GET services/{service_id}"] * 2]


def test_hosts_match_all_filters(create: Create, inventory: List, emulator: Emulator) -> None:
    create("analytics", tags=[{"key": "env", "value": "prod"}])
    emulator.set_service(create("reports"), tags=[{"key": "env", "value": "{{ prod }}"}])
    emulator.set_service(create("asleep"), state="idle")
    filters = ["clickhouse_cloud_running", "clickhouse_cloud_tags.env | default('') == 'prod'"]
    assert hosts(inventory(filters=filters[:1])).keys() == {"analytics", "reports"}
    assert hosts(inventory(filters=filters)).keys() == {"analytics"}
    assert hosts(inventory(filters=["clickhouse_cloud_state in ('idle', 'stopped')"])).keys() == {"asleep"}
    assert hosts(inventory(filters=["false"])) == {}


def test_filters_apply_to_cached_services(create: Create, inventory: List, sent: Sent, tmp_path: Path) -> None:
    create("analytics")
    create("reports")
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    assert len(hosts(inventory(filters=["clickhouse_cloud_name == 'analytics'"], **cache))) == 1
    assert len(hosts(inventory(filters=["clickhouse_cloud_name == 'reports'"], **cache))) == 1
    assert len(hosts(inventory(**cache))) == 2
    assert sent() == ["GET services"]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("clickhouse_cloud_tags.env == 'prod'", "env"),
        ("clickhouse_cloud_nope", "clickhouse_cloud_nope"),
        ("clickhouse_cloud_name", "neither true nor false"),
        ("clickhouse_cloud_name | no_such_filter", "no_such_filter"),
        ("1 / 0 == 1", "zero"),
        ("clickhouse_cloud_name ==", "filters: clickhouse_cloud_name =="),
    ],
)
def test_filter_that_fails_omits_no_host(create: Create, inventory: List, condition: str, reason: str) -> None:
    create("analytics", tags=[{"key": "env", "value": "prod"}])
    service_id = create("reports")
    output = inventory(filters=[condition], strict=False, fails="cannot be evaluated for ")
    message = " ".join(output.split())
    assert reason in message
    assert "No inventory was parsed" in message
    if "env" in reason:
        assert service_id in message.replace("- ", "-")


def test_message_escapes_control_characters_of_a_name(create: Create, emulator: Emulator, inventory: List) -> None:
    emulator.set_service(create("reports"), name="\x1b]0;owned\x07 prod")
    output = inventory(filters=["clickhouse_cloud_name"], fails="cannot be evaluated for ")
    assert "\\x1b]0;owned\\x07 prod" in " ".join(output.split())
    assert "\x1b" not in output


@pytest.mark.parametrize(
    "name", ["CLICKHOUSE_ORG_ID", "CLICKHOUSE_CLOUD_RATE_LIMIT", "CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW"]
)
@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_empty_environment_variable_counts_as_not_set(
    create: Create, inventory: List, monkeypatch: pytest.MonkeyPatch, name: str, empty: str
) -> None:
    create("analytics")
    monkeypatch.setenv(name, empty)
    assert list(hosts(inventory())) == ["analytics"]


@pytest.mark.parametrize(
    ("odd", "advice"), [("filter", "Did you mean filters?"), ("colour", "Run ansible-doc -t inventory")]
)
def test_unknown_option_fails_before_any_request(
    create: Create, inventory: List, sent: Sent, odd: str, advice: str
) -> None:
    create("analytics")
    output = inventory(fails=f"'{odd}' is not an option of clickhouse.cloud.services. {advice}", **{odd: ["false"]})
    assert "my.clickhouse_cloud.yml: " in output
    assert sent() == []


def test_disabled_certificate_validation_is_a_warning(create: Create, inventory: List) -> None:
    create("analytics")
    output = (
        "TLS certificate validation is disabled (validate_certs=false): the server at api_url is not authenticated."
    )
    assert list(hosts(inventory(warns=output, validate_certs=False))) == ["analytics"]


@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_empty_options_count_as_not_set(create: Create, inventory: List, sent: Sent, empty: str) -> None:
    create("analytics")
    nothing = dict.fromkeys(OPTIONS, empty)
    assert list(hosts(inventory(**nothing))) == ["analytics"]
    # Expressions over host variables are not rendered.
    rendered = dict.fromkeys(OPTIONS[:-2], "{{ lookup('ansible.builtin.env', 'NO_SUCH_VARIABLE') }}")
    assert list(hosts(inventory(**rendered))) == ["analytics"]
    assert list(hosts(inventory(**{**dict.fromkeys(OPTIONS), "hostnames": [], "tags": {}}))) == ["analytics"]
    # The environment contains the organization, so no request asks for it.
    assert sent() == ["GET services"] * 3


@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_empty_environment_variables_count_as_not_set(
    create: Create, inventory: List, emulator: Emulator, sent: Sent, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    create("analytics")
    known = {
        "api_key": emulator.api_key,
        "api_secret": emulator.api_secret,
        "api_url": emulator.api_url,
    }
    for name in (
        "CLICKHOUSE_CLOUD_API_KEY",
        "CLICKHOUSE_CLOUD_API_SECRET",
        "CLICKHOUSE_ORG_ID",
        "CLICKHOUSE_API_URL",
        "CLICKHOUSE_CLOUD_RATE_LIMIT",
        "CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW",
    ):
        monkeypatch.setenv(name, empty)
    assert list(hosts(inventory(**known))) == ["analytics"]
    entry = {**dict.fromkeys(("api_key", "api_secret", "organization_id"), empty), "organization_id": None}
    assert list(hosts(inventory(**known, organizations=[entry]))) == ["analytics"]
    assert sent() == ["GET /v1/organizations", "GET services"] * 2


@pytest.mark.parametrize("name", ["CLICKHOUSE_CLOUD_API_KEY", "CLICKHOUSE_CLOUD_API_SECRET"])
def test_empty_credential_is_missing(
    emulator: Emulator, inventory: List, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, " ")
    option = name.replace("CLICKHOUSE_CLOUD_", "").lower()
    inventory(fails=f"{option} is missing: set the option {option} or the environment variable {name}.")
    assert emulator.journal() == []


@pytest.mark.parametrize(("value", "kind"), [(["s"], "list"), ({"s": "s"}, "dictionary")])
@pytest.mark.parametrize("option", ["api_key", "api_secret", "organization_id"])
def test_list_is_not_text(emulator: Emulator, inventory: List, option: str, value: object, kind: str) -> None:
    output = f"organizations, number 1: {option} must be text; the value is a {kind}."
    inventory(fails=output, organizations=[{option: value}])
    assert emulator.journal() == []


def test_options_of_any_type_may_be_templates(
    create: Create, inventory: List, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("analytics", tags=[{"key": "env", "value": "prod"}])
    create("reports")
    monkeypatch.setenv("LIMIT", "0")
    monkeypatch.setenv("STAGE", "prod")
    listed = inventory(
        rate_limit="{{ lookup('ansible.builtin.env', 'LIMIT') }}",
        tags={"env": "{{ lookup('ansible.builtin.env', 'STAGE') }}"},
    )
    assert list(hosts(listed)) == ["analytics"]
    assert emulator.journal()[0]["query"] == {"filter": ["tag:env=prod"]}
