# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services as hosts, with groups and variables made of expressions, and how that grows with their number."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from .cost import Cost, interleaved
from .row import Row
from .world import World

SMALL, LARGE = 1_000, 10_000
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-south-1")
BOUNDS = {SMALL: 1.2, LARGE: 3.5}
#: With ten times the hosts, Ansible itself has some more to do for each. What is ours may not grow faster than that.
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


def measure(world: World) -> list[Row]:
    small = _cost(world, SMALL, world.rounds(3))
    large = _cost(world, LARGE, world.rounds(1))
    start = small["empty"].cpu
    growth = {name: (large[name].cpu - start) / (small[name].cpu - start) for name in small if name != "empty"}
    memory = {name: cost.memory for name, cost in large.items()}
    over_script = {
        "ours": memory["ours"] / memory["script"],
        "hcloud": memory["hcloud"] / memory["script of hcloud"],
    }
    what = f"Inventory, {LARGE:,} hosts"
    return [
        _over_script(SMALL, small),
        _over_script(LARGE, large),
        Row(
            what,
            f"CPU, {SMALL:,} hosts = 1",
            growth["ours"],
            None,
            {"script": growth["script"]},
            {"hcloud": growth["hcloud"]},
        ),
        Row(
            what,
            f"CPU, {SMALL:,} hosts = 1, script = 1",
            growth["ours"] / growth["script"],
            GROWTH_BOUND,
            {"script": 1.0},
            {"hcloud": growth["hcloud"] / growth["script of hcloud"]},
        ),
        # hcloud's hosts have fewer variables, and so its inventory is smaller by itself: each is compared with a script
        # that prints the same.
        Row(
            what,
            "memory for the same data, hcloud = 1",
            over_script["ours"] / over_script["hcloud"],
            MEMORY_BOUND,
            {"script": 1 / over_script["hcloud"]},
        ),
        Row(
            what,
            "memory, hcloud with its own data = 1",
            memory["ours"] / memory["hcloud"],
            None,
            {"script": memory["script"] / memory["hcloud"]},
        ),
    ]


def _over_script(hosts: int, cost: dict[str, Cost]) -> Row:
    return Row(
        f"Inventory, {hosts:,} hosts",
        "CPU, script = 1",
        cost["ours"].cpu / cost["script"].cpu,
        BOUNDS[hosts],
        {"script": 1.0},
        {"hcloud": cost["hcloud"].cpu / cost["script of hcloud"].cpu},
    )


def _cost(world: World, hosts: int, rounds: int) -> dict[str, Cost]:
    """Ours and hcloud, and for each a script that prints what it has just found: hosts, groups and variables."""
    _add_services(world, hosts)
    sources = {
        "empty": world.write("empty.ini", ""),
        "ours": world.write("ours.yml", OURS),
        "hcloud": world.write("hcloud.yml", HCLOUD),
        "script": _script(world, "ours"),
        "script of hcloud": _script(world, "hcloud"),
    }
    return interleaved(rounds, {name: _listed(world, name, source, hosts) for name, source in sources.items()})


def _listed(world: World, name: str, source: Path, hosts: int) -> Callable[[], Cost]:
    return world.command(
        "ansible-inventory",
        "--list",
        "--output",
        world.directory / f"{name}.json",
        "-i",
        source,
        HCLOUD_ENDPOINT=world.hcloud_endpoint(hosts),
        # Anything that goes wrong with the source is to end the command.
        ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true",
    )


def _script(world: World, plugin: str) -> Path:
    return world.write(f"script-{plugin}.sh", f"#!/bin/sh\nexec cat '{world.directory / plugin}.json'\n", 0o700)


def _add_services(world: World, count: int) -> None:
    """So many services that run, but for each fourth, which is asleep."""
    world.emulator.reset()

    for number in range(count):
        tags = {"env": ("production", "staging")[number % 2], "team": f"team{number % 10}"}
        service = world.emulator.create(
            name=f"service-{number}",
            region=REGIONS[number % len(REGIONS)],
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )["service"]
        if number % 4 == 0:
            world.emulator.set_service(service["id"], state="idle")
