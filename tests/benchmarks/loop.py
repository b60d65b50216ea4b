# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loop over fifty services that are as they should be already."""

from __future__ import annotations

from .cost import interleaved
from .row import Row
from .world import SERVERS, World

ITEMS = SERVERS


def measure(world: World) -> list[Row]:
    world.emulator.reset()
    for number in range(1, ITEMS + 1):
        world.emulator.create(name=f"service-{number}")
    world.emulator.clear_journal()
    loop = list(range(1, ITEMS + 1))
    ours = {"clickhouse.cloud.service": {"name": "service-{{ item }}", "ip_access_list": []}, "loop": loop}
    hcloud = {"hetzner.hcloud.server_info": {"name": "service-{{ item }}"}, "loop": loop}
    world.play("loop-counted", [ours])()
    journal = world.emulator.journal()
    rounds, before = world.rounds(3), world.peers.requests
    cost = interleaved(
        rounds,
        {
            "empty": world.play("loop-empty", []),
            "ours": world.play("loop-ours", [ours]),
            "debug": world.play("loop-debug", [{"ansible.builtin.debug": {"msg": "{{ item }}"}, "loop": loop}]),
            "hcloud": world.play("loop-hcloud", [hcloud]),
        },
    )
    cpu = {name: one.cpu - cost["empty"].cpu for name, one in cost.items()}
    of_hcloud = {"hcloud": (world.peers.requests - before) / rounds}
    what = f"Loop of {ITEMS} items that change nothing"
    return [
        Row(what, "requests", len(journal), 1, {}, of_hcloud),
        Row(what, "connections", len({one["client"] for one in journal}), 1),
        Row(what, "CPU, hcloud = 1", cpu["ours"] / cpu["hcloud"], None, {"debug": cpu["debug"] / cpu["hcloud"]}),
    ]
