# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one task costs: that of a play of many, less that of a play of none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cost import interleaved
from .row import Row
from .world import World

#: Whether our tasks run in the worker process of Ansible itself, or each in a process of its own.
FAST: tuple[str, ...] = ()
AS_MODULE = ("-e", '{"clickhouse_cloud_fast_path": false}')
PING: dict[str, Any] = {"ansible.builtin.ping": {}}
HCLOUD = {"hetzner.hcloud.server_info": {"id": 1}}
VULTR = {"vultr.cloud.instance_info": {"label": "service-1"}}


@dataclass(frozen=True)
class Contestant:
    task: Mapping[str, Any]
    #: So many that they cost several times what an empty play does.
    count: int
    arguments: tuple[str, ...] = ()


def service_info(world: World) -> dict[str, Any]:
    world.emulator.reset()
    service = world.emulator.create(name="service-1")["service"]
    return {"clickhouse.cloud.service_info": {"service_id": service["id"]}}


def cpu_of_tasks(world: World, rounds: int, contestants: Mapping[str, Contestant]) -> dict[str, float]:
    """CPU seconds of one task of each."""
    plays = {
        name: world.play(f"task-{name}", [one.task] * one.count, *one.arguments) for name, one in contestants.items()
    }
    costs = interleaved(rounds, {"empty": world.play("task-empty", []), **plays})
    return {name: (costs[name].cpu - costs["empty"].cpu) / one.count for name, one in contestants.items()}


def measure(world: World) -> list[Row]:
    ours = service_info(world)
    cpu = cpu_of_tasks(
        world,
        world.rounds(5),
        {
            "debug": Contestant({"ansible.builtin.debug": {"msg": "a task"}}, 40),
            "fast": Contestant(ours, 40, FAST),
            "ping": Contestant(PING, 10),
            "module": Contestant(ours, 10, AS_MODULE),
            "hcloud": Contestant(HCLOUD, 10),
            "vultr": Contestant(VULTR, 10),
        },
    )
    ping = {name: seconds / cpu["ping"] for name, seconds in cpu.items()}
    peers = {"hcloud": ping["hcloud"], "vultr": ping["vultr"]}
    return [
        Row("Info task, fast path", "CPU, ping = 1", ping["fast"], 0.15, {"debug": ping["debug"]}, peers),
        Row("Info task, as a module", "CPU, ping = 1", ping["module"], 1.55, {"ping": 1.0}, peers),
        Row(
            "Info task, as a module",
            "CPU, hcloud = 1",
            cpu["module"] / cpu["hcloud"],
            0.8,
            {"ping": cpu["ping"] / cpu["hcloud"]},
            {"vultr": cpu["vultr"] / cpu["hcloud"]},
        ),
    ]
