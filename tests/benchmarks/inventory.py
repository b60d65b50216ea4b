# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark the inventory with groups and variables from expressions, and its growth with the number of services."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from .cost import Cost, measure_interleaved
from .row import Row
from .workspace import Workspace

SMALL, LARGE = 1_000, 10_000
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-south-1")
BOUNDS = {SMALL: 1.2, LARGE: 3.5}
#: With ten times the hosts, Ansible itself needs more time per host. The plugin must not grow faster than that.
GROWTH_BOUND = 1.1
MEMORY_BOUND = 1.3

OURS: dict[str, Any] = {
    "plugin": "clickhouse.cloud.services",
    "compose": {"ansible_connection": "'local'", "ansible_host": "clickhouse_cloud_https_host"},
    "groups": {"asleep": "clickhouse_cloud_state in ('idle', 'stopped')"},
    "keyed_groups": [
        {"key": "clickhouse_cloud_state", "prefix": "state"},
        {"key": "clickhouse_cloud_region", "prefix": "region"},
        {"key": "clickhouse_cloud_tags", "prefix": "tag"},
    ],
}
HCLOUD: dict[str, Any] = {
    "plugin": "hetzner.hcloud.hcloud",
    "compose": {"ansible_connection": "'ssh'", "ansible_host": "hcloud_ipv4"},
    "groups": {"asleep": "hcloud_status in ('off', 'stopping')"},
    "keyed_groups": [
        {"key": "hcloud_status", "prefix": "state"},
        {"key": "hcloud_location", "prefix": "region"},
        {"key": "hcloud_labels", "prefix": "tag"},
    ],
}


def measure(workspace: Workspace) -> list[Row]:
    small = _measure_inventories(workspace, SMALL, workspace.rounds(3))
    large = _measure_inventories(workspace, LARGE, workspace.rounds(1))
    start = small["empty"].cpu
    growth = {name: (large[name].cpu - start) / (small[name].cpu - start) for name in small if name != "empty"}
    memory = {name: cost.memory for name, cost in large.items()}
    over_script = {
        "ours": memory["ours"] / memory["script"],
        "hcloud": memory["hcloud"] / memory["script of hcloud"],
    }
    title = f"Inventory, {LARGE:,} hosts"
    return [
        _compare_with_script(SMALL, small),
        _compare_with_script(LARGE, large),
        Row(
            title,
            f"CPU, {SMALL:,} hosts = 1",
            growth["ours"],
            None,
            {"script": growth["script"]},
            {"hcloud": growth["hcloud"]},
        ),
        Row(
            title,
            f"CPU, {SMALL:,} hosts = 1, script = 1",
            growth["ours"] / growth["script"],
            GROWTH_BOUND,
            {"script": 1.0},
            {"hcloud": growth["hcloud"] / growth["script of hcloud"]},
        ),
        # Hosts of hcloud have fewer variables, and its inventory is smaller for that reason. Each plugin is therefore
        # compared with a script that prints the same data.
        Row(
            title,
            "memory for the same data, hcloud = 1",
            over_script["ours"] / over_script["hcloud"],
            MEMORY_BOUND,
            {"script": 1 / over_script["hcloud"]},
        ),
        Row(
            title,
            "memory, hcloud with its own data = 1",
            memory["ours"] / memory["hcloud"],
            None,
            {"script": memory["script"] / memory["hcloud"]},
        ),
    ]


def _compare_with_script(hosts: int, cost: dict[str, Cost]) -> Row:
    return Row(
        f"Inventory, {hosts:,} hosts",
        "CPU, script = 1",
        cost["ours"].cpu / cost["script"].cpu,
        BOUNDS[hosts],
        {"script": 1.0},
        {"hcloud": cost["hcloud"].cpu / cost["script of hcloud"].cpu},
    )


def _measure_inventories(workspace: Workspace, hosts: int, rounds: int) -> dict[str, Cost]:
    """Return the costs of both plugins, and for each those of a script that prints the same hosts and variables."""
    _add_services(workspace, hosts)
    sources = {
        "empty": workspace.write("empty.ini", ""),
        "ours": workspace.write("ours.yml", OURS),
        "hcloud": workspace.write("hcloud.yml", HCLOUD),
        "script": _write_script(workspace, "ours"),
        "script of hcloud": _write_script(workspace, "hcloud"),
    }
    return measure_interleaved(
        rounds, {name: _inventory_command(workspace, name, source, hosts) for name, source in sources.items()}
    )


def _inventory_command(workspace: Workspace, name: str, source: Path, hosts: int) -> Callable[[], Cost]:
    return workspace.command(
        "ansible-inventory",
        "--list",
        "--output",
        workspace.directory / f"{name}.json",
        "-i",
        source,
        HCLOUD_ENDPOINT=workspace.hcloud_endpoint(hosts),
        # Make the command fail if there is any problem with the source.
        ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true",
    )


def _write_script(workspace: Workspace, plugin: str) -> Path:
    return workspace.write(f"script-{plugin}.sh", f"#!/bin/sh\nexec cat '{workspace.directory / plugin}.json'\n", 0o700)


def _add_services(workspace: Workspace, count: int) -> None:
    """Add a number of services, of which every fourth is idle and the others are running."""
    workspace.emulator.reset()

    for number in range(count):
        tags = {"env": ("production", "staging")[number % 2], "team": f"team{number % 10}"}
        service = workspace.emulator.create(
            name=f"service-{number}",
            region=REGIONS[number % len(REGIONS)],
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )["service"]
        if number % 4 == 0:
            workspace.emulator.set_service(service["id"], state="idle")
