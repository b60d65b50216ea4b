# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark one task for each of fifty hosts, delegated to localhost."""

from __future__ import annotations

from .cost import measure_interleaved
from .row import Row
from .tasks import HCLOUD, PING, service_info
from .workspace import Workspace

HOSTS = 50


def measure(workspace: Workspace) -> list[Row]:
    inventory = workspace.write("hosts.ini", f"host[1:{HOSTS}]\n")
    tasks = {
        "debug": {"ansible.builtin.debug": {"msg": "a task"}},
        "ours": service_info(workspace),
        "ping": PING,
        "hcloud": HCLOUD,
    }
    plays = {
        name: workspace.play(f"hosts-{name}", [{**task, "delegate_to": "localhost"}], "-i", inventory, hosts="all")
        for name, task in tasks.items()
    }
    empty = workspace.play("hosts-empty", [], "-i", inventory, hosts="all")
    costs = measure_interleaved(workspace.rounds(3), {"empty": empty, **plays})
    cpu = {name: cost.cpu - costs["empty"].cpu for name, cost in costs.items()}
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
