# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark a loop over fifty services that need no change."""

from __future__ import annotations

from .cost import measure_interleaved
from .row import Row
from .workspace import SERVERS, Workspace

ITEMS = SERVERS


def measure(workspace: Workspace) -> list[Row]:
    workspace.emulator.reset()
    for number in range(1, ITEMS + 1):
        workspace.emulator.create(name=f"service-{number}")
    workspace.emulator.clear_journal()
    loop = list(range(1, ITEMS + 1))
    ours = {"clickhouse.cloud.service": {"name": "service-{{ item }}", "ip_access_list": []}, "loop": loop}
    hcloud = {"hetzner.hcloud.server_info": {"name": "service-{{ item }}"}, "loop": loop}
    workspace.play("loop-counted", [ours])()
    journal = workspace.emulator.journal()
    rounds, before = workspace.rounds(3), workspace.peers.requests
    costs = measure_interleaved(
        rounds,
        {
            "empty": workspace.play("loop-empty", []),
            "ours": workspace.play("loop-ours", [ours]),
            "debug": workspace.play("loop-debug", [{"ansible.builtin.debug": {"msg": "{{ item }}"}, "loop": loop}]),
            "hcloud": workspace.play("loop-hcloud", [hcloud]),
        },
    )
    cpu = {name: cost.cpu - costs["empty"].cpu for name, cost in costs.items()}
    hcloud_requests = {"hcloud": (workspace.peers.requests - before) / rounds}
    title = f"Loop of {ITEMS} items that change nothing"
    return [
        Row(title, "requests", len(journal), 1, {}, hcloud_requests),
        Row(title, "connections", len({entry["client"] for entry in journal}), 1),
        Row(title, "CPU, hcloud = 1", cpu["ours"] / cpu["hcloud"], None, {"debug": cpu["debug"] / cpu["hcloud"]}),
    ]
