# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clients find what the modules create as declared, and the modules find what the clients create unchanged."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.conformance.command_line_client import CommandLineClient
from ansible_collections.clickhouse.cloud.tests.conformance.conftest import ROW
from ansible_collections.clickhouse.cloud.tests.conformance.declarations import Declaration, read_declarations
from ansible_collections.clickhouse.cloud.tests.conformance.expectation import fill, find_differences
from ansible_collections.clickhouse.cloud.tests.conformance.terraform_client import Terraform
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.emulator.organization import MEMBERS

_OWNER, COLLEAGUE = MEMBERS
SECTION = "Both directions: the modules and the clients"
ANSIBLE = Path(sys.executable).parent / "ansible"
#: Only a failure takes this long, in seconds.
TIMEOUT = 120


DECLARATIONS = read_declarations()
every_declaration = pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda declaration: declaration.name)
every_configuration = pytest.mark.parametrize(
    "declaration",
    [declaration for declaration in DECLARATIONS if declaration.configuration.exists()],
    ids=lambda declaration: declaration.name,
)


@pytest.fixture
def cloud(
    declaration: Declaration, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulator]:
    """Return an emulator without transitions, since the clients look only every few seconds whether one has ended.

    In the options of modules, $SECRETS is a directory.
    """
    monkeypatch.setenv("SECRETS", str(tmp_path))
    function = request.function.__name__.removeprefix("test_").replace("_", " ")
    request.node.user_properties.append((ROW, (SECTION, f"{declaration.name}: {function}", "")))
    with Emulator(0) as emulator:
        yield emulator


@pytest.fixture
def cloud_client(cloud: Emulator, tmp_path: Path) -> CommandLineClient:
    return CommandLineClient(cloud, tmp_path)


@pytest.fixture
def terraform(cloud: Emulator, declaration: Declaration, tmp_path: Path) -> Terraform:
    return Terraform(cloud, tmp_path / "terraform", declaration.configuration)


def run_module(cloud: Emulator, module: str, options: dict[str, Any], *flags: str) -> dict[str, Any]:
    """Run a module as "ansible localhost -m" does, and return its result."""
    completed = subprocess.run(
        [ANSIBLE, "localhost", "--one-line", *flags, "-m", f"clickhouse.cloud.{module}", "-a", json.dumps(options)],
        env={
            **os.environ,
            **cloud.environment,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            # The emulator has no rate limit.
            "CLICKHOUSE_CLOUD_RATE_LIMIT": "0",
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    result: dict[str, Any] = json.loads(completed.stdout.partition("=>")[2])
    return result


def read_names(cloud: Emulator) -> dict[str, str]:
    """Return what declarations name: the key of the clients, a member, roles, and the first service."""
    (key,) = [key["id"] for key in cloud.request("GET", "keys") if key["name"] == "First key"]
    roles = {role["name"]: role["id"] for role in cloud.request("GET", "roles")}
    services = cloud.raw_services()
    return {
        "organization": cloud.organization_id,
        "key": key,
        "colleague": COLLEAGUE,
        "member_role": roles["Member"],
        "billing_role": roles["Billing"],
        **({"warehouse": services[0]["dataWarehouseId"], "service": services[0]["id"]} if services else {}),
    }


def create_by_modules(cloud: Emulator, declaration: Declaration) -> None:
    for task in declaration.modules:
        for module, options in task.items():
            assert run_module(cloud, module, fill(options, read_names(cloud)))["changed"]


def expect_no_change_by_modules(cloud: Emulator, declaration: Declaration) -> None:
    cloud.clear_journal()
    for task in declaration.modules:
        for module, options in task.items():
            for flags in (["--check", "--diff"], ["--diff"]):
                result = run_module(cloud, module, fill(options, read_names(cloud)), *flags)
                assert not result["changed"], result.get("diff")
    assert {entry["method"] for entry in cloud.journal()} == {"GET"}


def expect_values_in_client(cloud: Emulator, client: CommandLineClient, declaration: Declaration) -> None:
    for command, expected in fill(declaration.expect, read_names(cloud)).items():
        assert find_differences(expected, client.get(*command.split())) == []


@every_declaration
def test_modules_create_and_clickhousectl_shows(
    cloud: Emulator, cloud_client: CommandLineClient, declaration: Declaration
) -> None:
    create_by_modules(cloud, declaration)
    expect_values_in_client(cloud, cloud_client, declaration)
    expect_no_change_by_modules(cloud, declaration)


@every_configuration
def test_modules_create_and_terraform_imports(cloud: Emulator, terraform: Terraform, declaration: Declaration) -> None:
    create_by_modules(cloud, declaration)
    ids = {item["name"]: item["id"] for item in (*cloud.raw_services(), *cloud.request("GET", "roles"))}
    terraform.import_resources({address: ids[name] for address, name in declaration.find_resources().items()}, 0)
    terraform.expect_no_changes(0)


@every_declaration
def test_clickhousectl_creates_and_modules_find_no_change(
    cloud: Emulator, cloud_client: CommandLineClient, declaration: Declaration
) -> None:
    for entry in declaration.commands:
        filled = fill(entry, read_names(cloud))
        command, text = (filled, "") if isinstance(filled, str) else (filled["command"], json.dumps(filled["input"]))
        cloud_client.get(*shlex.split(command), text=text)
    expect_values_in_client(cloud, cloud_client, declaration)
    expect_no_change_by_modules(cloud, declaration)


@every_configuration
def test_terraform_creates_and_modules_find_no_change(
    cloud: Emulator, cloud_client: CommandLineClient, terraform: Terraform, declaration: Declaration
) -> None:
    terraform.apply(0)
    expect_values_in_client(cloud, cloud_client, declaration)
    expect_no_change_by_modules(cloud, declaration)
