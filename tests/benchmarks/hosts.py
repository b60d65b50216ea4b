# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifty hosts with one task each, which Ansible runs on its own machine."""

from __future__ import annotations

from .cost import interleaved
from .row import Row
from .tasks import HCLOUD, PING, service_info
from .world import World

HOSTS = 50


def measure(world: World) -> list[Row]:
    inventory = world.write("hosts.ini", f"host[1:{HOSTS}]\n")
    tasks = {
        "debug": {"ansible.builtin.debug": {"msg": "a task"}},
        "ours": service_info(world),
        "ping": PING,
        "hcloud": HCLOUD,
    }
    plays = {
        name: world.play(f"hosts-{name}", [{**task, "delegate_to": "localhost"}], "-i", inventory, hosts="all")
        for name, task in tasks.items()
    }
    empty = world.play("hosts-empty", [], "-i", inventory, hosts="all")
    cost = interleaved(world.rounds(3), {"empty": empty, **plays})
    cpu = {name: one.cpu - cost["empty"].cpu for name, one in cost.items()}
    ping = {name: seconds / cpu["ping"] for name, seconds in cpu.items()}
    return [
        Row(
            f"{HOSTS} hosts, one task each, fast path",
            "CPU, ping = 1",
            ping["ours"],
            None,
            {"debug": ping["debug"]},
            {"hcloud": ping["hcloud"]},
        ),
    ]
