# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark the cost of one task: a play with many tasks compared with an empty play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cost import measure_interleaved
from .row import Row
from .workspace import Workspace

#: Arguments that run the tasks of this collection in Ansible's worker process, or each in a separate process.
FAST: tuple[str, ...] = ()
AS_MODULE = ("-e", '{"clickhouse_cloud_fast_path": false}')
PING: dict[str, Any] = {"ansible.builtin.ping": {}}
HCLOUD = {"hetzner.hcloud.server_info": {"id": 1}}
VULTR = {"vultr.cloud.instance_info": {"label": "service-1"}}


@dataclass(frozen=True)
class Candidate:
    task: Mapping[str, Any]
    #: The number of tasks in the play, large enough to cost several times as much as an empty play.
    count: int
    arguments: tuple[str, ...] = ()


def service_info(workspace: Workspace) -> dict[str, Any]:
    workspace.emulator.reset()
    service = workspace.emulator.create(name="service-1")["service"]
    return {"clickhouse.cloud.service_info": {"service_id": service["id"]}}


def measure_task_cpu(workspace: Workspace, rounds: int, candidates: Mapping[str, Candidate]) -> dict[str, float]:
    """Return the CPU seconds of one task by candidate."""
    plays = {
        name: workspace.play(f"task-{name}", [candidate.task] * candidate.count, *candidate.arguments)
        for name, candidate in candidates.items()
    }
    costs = measure_interleaved(rounds, {"empty": workspace.play("task-empty", []), **plays})
    return {name: (costs[name].cpu - costs["empty"].cpu) / candidate.count for name, candidate in candidates.items()}


def measure(workspace: Workspace) -> list[Row]:
    ours = service_info(workspace)
    cpu = measure_task_cpu(
        workspace,
        workspace.rounds(5),
        {
            "debug": Candidate({"ansible.builtin.debug": {"msg": "a task"}}, 40),
            "fast": Candidate(ours, 40, FAST),
            "ping": Candidate(PING, 10),
            "module": Candidate(ours, 10, AS_MODULE),
            "hcloud": Candidate(HCLOUD, 10),
            "vultr": Candidate(VULTR, 10),
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
