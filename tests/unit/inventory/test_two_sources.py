# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two inventory files at once: one service is one host, and two services of one name are two."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.host_names import unique_host_names
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible

Sources = Callable[..., dict[str, dict[str, Any]]]
ID = "{:08x}-0000-4000-8000-000000000000".format


@pytest.fixture
def stderr() -> list[str]:
    """Collect what the commands say on standard error."""
    return []


@pytest.fixture
def hosts(tmp_path: Path, stderr: list[str]) -> Sources:
    """Return the hosts, with their variables, of these inventory sources: options of the plugin, or text."""

    def _hosts(*sources: dict[str, Any] | str) -> dict[str, dict[str, Any]]:
        flags = []
        for number, source in enumerate(sources):
            suffix = "ini" if isinstance(source, str) and source.startswith("[") else "yml"
            path = tmp_path / f"{number}.{suffix}"
            given = {"plugin": "clickhouse.cloud.services", **source} if isinstance(source, dict) else None
            path.write_text(json.dumps(given) if given else str(source))
            flags += ["-i", str(path)]
        environment = {**os.environ, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
        ended = run_ansible("inventory", *flags, "--list", "--export", env=environment)
        assert ended.returncode == 0, ended.stderr
        stderr.append(ended.stderr)
        variables: dict[str, dict[str, Any]] = json.loads(ended.stdout)["_meta"]["hostvars"]
        return variables

    return _hosts


def ids(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: variables["clickhouse_cloud_id"] for name, variables in found.items()}


def test_services_with_the_same_name_in_two_organizations_are_two_hosts(
    hosts: Sources, others: list[dict[str, Any]]
) -> None:
    first, second = ({"organizations": [item]} for item in others)
    (service,), (other,) = (ids(hosts(source)).values() for source in (first, second))
    assert ids(hosts(first, second)) == {"analytics": service, f"analytics_{other[:8]}": other}
    assert ids(hosts(second, first)) == {"analytics": other, f"analytics_{service[:8]}": service}
    # A list of both keeps the name that one has already, and a third source finds both under the names they have.
    both = {"organizations": others}
    assert ids(hosts(second, both, first)) == {"analytics": other, f"analytics_{service[:8]}": service}
    assert ids(hosts(both, first)) == {f"analytics_{entry[:8]}": entry for entry in (service, other)}


def test_service_in_two_sources_is_one_host_with_the_variables_of_both(
    hosts: Sources, create: Callable[..., str]
) -> None:
    service_id = create("analytics")
    found = hosts({"compose": {"first": "1"}}, {"compose": {"second": "2"}})
    assert ids(found) == {"analytics": service_id}
    assert (found["analytics"]["first"], found["analytics"]["second"]) == (1, 2)


def test_service_and_endpoint_may_be_one_host_but_two_endpoints_may_not(
    hosts: Sources, create: Callable[..., str]
) -> None:
    service_id = create("analytics")

    def endpoint(protocol: str) -> dict[str, Any]:
        condition = f"clickhouse_cloud_endpoint_protocol == '{protocol}'"
        return {"hosts": "endpoint", "hostnames": ["clickhouse_cloud_name"], "filters": [condition]}

    found = hosts({}, endpoint("https"), endpoint("nativesecure"))
    assert ids(found) == {"analytics": service_id, f"analytics_{service_id[:8]}": service_id}
    assert found["analytics"]["clickhouse_cloud_endpoint_protocol"] == "https"


@pytest.mark.parametrize(
    "listed",
    [
        "all: {hosts: {analytics: {}}}",
        "databases: {hosts: {analytics: }, vars: {own: 1}}",
        "all: {hosts: {analytics: }, vars: {ansible_user: deploy}}",
        "all: {hosts: {analytics: {ansible_connection: local}}}",
        "databases: {hosts: {analytics: }, vars: {ansible_connection: local}}",
        "databases: {hosts: {analytics: }, vars: {1: own, ansible_connection: local, ansible_group_priority: 2}}",
        "all: {hosts: {analytics: {own: 1, clickhouse_cloud_id: ID}}}",
    ],
)
def test_host_without_variables_is_the_service(hosts: Sources, create: Callable[..., str], listed: str) -> None:
    service_id = create("analytics")
    found = hosts(listed.replace("ID", service_id), {})
    assert ids(found) == {"analytics": service_id}
    assert found["analytics"]["clickhouse_cloud_inventory_hostname"] == "analytics"


@pytest.mark.parametrize(
    "listed",
    [
        "all: {hosts: {analytics: {ansible_host: 192.0.2.1, ansible_connection: ssh}}}",
        "all: {hosts: {analytics: {ansible_user: deploy}}}",
        "all: {hosts: {'analytics:2222': }}",
        "all: {hosts: {analytics: {own: 1}}}",
        "machines: {hosts: {analytics: }, vars: {ansible_user: deploy}}",
        "machines: {hosts: {analytics: }, vars: {ansible_connection: winrm}}",
        "machines: {hosts: {analytics: }, vars: {ansible_connection: local, ansible_become: true}}",
        "machines: {hosts: {analytics: }, vars: {ansible_password: secret}}",
        "machines: {hosts: {analytics: }, vars: {ansible_private_key_file: key}}",
        "machines: {hosts: {analytics: }, vars: {ansible_winrm_transport: ntlm}}",
        "machines: {hosts: {analytics: }, vars: {ansible_network_os: ios}}",
        "[machines]\nanalytics\n[machines:vars]\nansible_python_interpreter=/usr/bin/python3",
        "above: {vars: {ansible_ssh_common_args: -4}, children: {machines: {hosts: {analytics: }}}}",
        "[machines]\nanalytics ansible_host=192.0.2.1",
    ],
)
def test_machine_is_not_the_service_with_its_name(
    hosts: Sources, create: Callable[..., str], listed: str, stderr: list[str]
) -> None:
    service_id = create("analytics")
    found = hosts(listed, {})
    other = f"analytics_{service_id[:8]}"
    marked = {name for name, variables in found.items() if any(item.startswith("clickhouse_") for item in variables)}
    assert marked == {other}
    assert found[other]["clickhouse_cloud_id"] == service_id
    # ansible-core before 2.19 breaks lines at spaces.
    warning = f"The host analytics is in the inventory already, so the service of that name is the host {other}."
    assert "".join(warning.split()) in "".join(stderr[0].split())


def test_id_identifies_the_service_of_a_host(hosts: Sources, create: Callable[..., str]) -> None:
    service_id = create("analytics")
    found = hosts(f"all: {{hosts: {{analytics: {{clickhouse_cloud_id: {ID(7)}}}}}}}", {})
    assert ids(found) == {"analytics": ID(7), f"analytics_{service_id[:8]}": service_id}


@pytest.mark.parametrize(
    ("known", "names"),
    [
        ({}, ["db_00000001", "db_00000002"]),
        ({"db": ID(1)}, ["db", "db_00000002"]),
        ({"db": ID(3)}, ["db_00000001", "db_00000002"]),
        ({"db_00000001": ID(3)}, [f"db_{ID(1)}", "db_00000002"]),
        ({"db_00000001": ID(3), f"db_{ID(1)}": ID(3)}, [f"db_{ID(1)}_", "db_00000002"]),
        ({f"db_{ID(1)}": ID(1)}, [f"db_{ID(1)}", "db"]),
        ({"db": f"{ID(1)}_https"}, ["db_00000001", "db_00000002"]),
        ({"db": ""}, ["db_00000001", "db_00000002"]),
        ({"db": "", "db_00000001": ""}, [f"db_{ID(1)}", "db_00000002"]),
    ],
)
def test_existing_name_belongs_to_one_id(known: dict[str, str], names: list[str]) -> None:
    assert unique_host_names(["db", "db"], [ID(1), ID(2)], existing=known) == names


def test_two_endpoints_of_an_existing_service_stay_two_hosts() -> None:
    both = [f"{ID(1)}_https", f"{ID(1)}_nativesecure"]
    assert len(set(unique_host_names(["db", "db"], both, existing={"db": ID(1)}))) == 2
    assert unique_host_names(["db", "db"], both, existing={"db": both[0]}) == ["db", f"db_{both[1][:8]}"]


def test_name_of_a_group_is_not_kept(emulator: Emulator) -> None:
    assert unique_host_names(["db"], [ID(1)], reserved={"db"}, existing={"db": ID(1)}) == ["db_00000001"]
