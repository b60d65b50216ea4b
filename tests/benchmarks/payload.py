# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark the size of the AnsiballZ payload: the file with a module and its utilities that Ansible executes."""

from __future__ import annotations

from ..emulator.client import REPOSITORY
from .row import BenchmarkError, Row
from .tasks import AS_MODULE, HCLOUD, PING, VULTR, service_info
from .workspace import Workspace

BOUND = 200.0
NAME = "AnsiballZ_{}.py"


def measure(workspace: Workspace) -> list[Row]:
    ours = sorted(path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py"))
    others = {"ping": PING, "hcloud": HCLOUD, "vultr": VULTR}
    # Without its required options, each module fails after its payload is written.
    tasks = [
        *({f"clickhouse.cloud.{name}": {}, "ignore_errors": True} for name in ours if name != "service_info"),
        service_info(workspace),
        *others.values(),
    ]
    remote_directory = workspace.directory / "remote"
    workspace.play(
        "payload", tasks, *AS_MODULE, ANSIBLE_KEEP_REMOTE_FILES="true", ANSIBLE_REMOTE_TMP=str(remote_directory)
    )()
    size = {path.name: path.stat().st_size / 1000 for path in remote_directory.glob(f"*/{NAME.format('*')}")}

    def get_size(module: str) -> float:
        if NAME.format(module) not in size:
            raise BenchmarkError(f"Ansible kept no payload of the module {module}.")
        return size[NAME.format(module)]

    floor, peers = {"ping": get_size("ping")}, {"hcloud": get_size("server_info"), "vultr": get_size("instance_info")}
    biggest = max(ours, key=get_size)
    return [
        Row("Payload of service_info", "kB", get_size("service_info"), BOUND, floor, peers),
        Row(f"Payload of the biggest module, {biggest}", "kB", get_size(biggest), None, floor, peers),
    ]
