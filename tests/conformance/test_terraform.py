# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every resource and data source of the vendor's Terraform provider about what the emulator offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.conformance.conftest import ROW
from ansible_collections.clickhouse.cloud.tests.conformance.terraform_client import (
    Terraform,
    list_steps,
    read_configurations,
    read_out_of_scope,
    read_pinned_version,
    read_provided_kinds,
)
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

CONFIGURATIONS = {configuration.name: configuration for configuration in read_configurations()}
SECTION = f"Terraform: the provider ClickHouse/clickhouse {read_pinned_version()}"
#: What an organization contains besides services, and the fields that identify the state of an entry.
CONTENTS = {
    "keys": ("id", "assignedRoles"),
    "roles": ("id", "name", "actors"),
    "members": ("userId", "assignedRoles"),
    "services": ("id",),
}

STEPS = [(name, step) for name, configuration in CONFIGURATIONS.items() for step in list_steps(configuration)]


@pytest.fixture(scope="module")
def instant_emulator() -> Iterator[Emulator]:
    """Return an emulator without transitions: the provider looks only every five seconds whether one has ended."""
    with Emulator(0) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def terraform(instant_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Terraform]:
    directory = tmp_path_factory.mktemp("terraform")
    return {
        name: Terraform(instant_emulator, directory / name, configuration.source)
        for name, configuration in CONFIGURATIONS.items()
    }


@pytest.fixture(scope="module")
def contents(instant_emulator: Emulator) -> dict[str, Any]:
    """Return the contents of the organization before each configuration, by its name."""
    return {}


def read_contents(emulator: Emulator) -> dict[str, Any]:
    """Return what the organization contains."""
    url = f"{emulator.api_url}/organizations/{emulator.organization_id}"
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (emulator.api_key, emulator.api_secret)
        entries = {kind: session.get(f"{url}/{kind}").json()["result"] for kind in CONTENTS}
        organization = session.get(url).json()["result"]
    # The API keeps the private endpoints that a service has given up.
    del organization["privateEndpoints"]
    found = {
        kind: [{field: entry.get(field) for field in CONTENTS[kind]} for entry in entries[kind]] for kind in CONTENTS
    }
    return {**found, "organization": organization}


@pytest.mark.parametrize(("name", "step"), STEPS, ids=[f"{name}: {step}" for name, step in STEPS])
def test_step(
    name: str,
    step: str,
    request: pytest.FixtureRequest,
    instant_emulator: Emulator,
    terraform: dict[str, Terraform],
    contents: dict[str, Any],
) -> None:
    configuration = CONFIGURATIONS[name]
    kinds = ", ".join(f"`{kind}`" for kind in sorted(configuration.kinds))
    request.node.user_properties.append((ROW, (SECTION, name, f"{kinds}. {configuration.note}".strip())))
    if step == "apply":
        instant_emulator.reset()
        contents[name] = read_contents(instant_emulator)

    list_steps(configuration)[step](terraform[name])

    if step == "destroy":
        assert read_contents(instant_emulator) == contents[name]


def test_every_resource_and_data_source_is_used_or_out_of_scope(terraform: dict[str, Terraform]) -> None:
    used = {kind for configuration in CONFIGURATIONS.values() for kind in configuration.kinds}
    excluded = tuple(read_out_of_scope())

    missing = [kind for kind in sorted(read_provided_kinds()) if kind not in used and not kind.startswith(excluded)]

    assert not missing
