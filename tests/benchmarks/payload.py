# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How big the file is that Ansible makes of a module and its utilities, and runs in a process of its own."""

from __future__ import annotations

from ..emulator.client import REPOSITORY
from .row import BenchmarkError, Row
from .tasks import AS_MODULE, HCLOUD, PING, VULTR, service_info
from .world import World

BOUND = 200.0
#: With the options that every module lacks, each says so and ends.
NAME = "AnsiballZ_{}.py"


def measure(world: World) -> list[Row]:
    ours = sorted(path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py"))
    others = {"ping": PING, "hcloud": HCLOUD, "vultr": VULTR}
    tasks = [
        *({f"clickhouse.cloud.{name}": {}, "ignore_errors": True} for name in ours if name != "service_info"),
        service_info(world),
        *others.values(),
    ]
    kept = world.directory / "remote"
    world.play("payload", tasks, *AS_MODULE, ANSIBLE_KEEP_REMOTE_FILES="true", ANSIBLE_REMOTE_TMP=str(kept))()
    size = {path.name: path.stat().st_size / 1000 for path in kept.glob(f"*/{NAME.format('*')}")}

    def of(module: str) -> float:
        if NAME.format(module) not in size:
            raise BenchmarkError(f"Ansible kept no payload of the module {module}.")
        return size[NAME.format(module)]

    floor, peers = {"ping": of("ping")}, {"hcloud": of("server_info"), "vultr": of("instance_info")}
    biggest = max(ours, key=of)
    return [
        Row("Payload of service_info", "kB", of("service_info"), BOUND, floor, peers),
        Row(f"Payload of the biggest module, {biggest}", "kB", of(biggest), None, floor, peers),
    ]
