# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of a benchmark: a temporary directory, the servers, and Ansible without the user's settings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable

from ..emulator.client import REPOSITORY, Emulator
from .cost import Cost, measure_cost
from .peers import Peers

#: The default number of hcloud servers.
SERVERS = 50
#: High enough that no task waits, but with the cost of the rate limiter's file and lock.
RATE_LIMIT = "100000"


@dataclass(frozen=True)
class Workspace:
    directory: Path
    emulator: Emulator
    peers: Peers
    #: The number of runs of each command; None selects the default of the benchmark.
    requested_rounds: int | None

    def rounds(self, default: int) -> int:
        return self.requested_rounds or default

    @property
    def environment(self) -> dict[str, str]:
        programs = Path(sys.executable).parent
        return {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "XDG_STATE_HOME": str(self.directory / "state"),
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.directory / "with"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            **self.emulator.environment,
            "CLICKHOUSE_CLOUD_RATE_LIMIT": RATE_LIMIT,
            "HCLOUD_TOKEN": "h" * 64,
            "HCLOUD_ENDPOINT": self.hcloud_endpoint(SERVERS),
            "VULTR_API_KEY": "vultr",
            "VULTR_API_ENDPOINT": f"{self.peers.url}/vultr/v2",
        }

    def hcloud_endpoint(self, servers: int) -> str:
        return f"{self.peers.url}/hcloud/{servers}/v1"

    def write(self, name: str, content: Any, mode: int = 0o600) -> Path:
        """Write a file and return its path. Content other than text is written as JSON, which is valid YAML."""
        path = self.directory / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        path.chmod(mode)
        return path

    def command(self, program: str, *arguments: str | Path, **env: str) -> Callable[[], Cost]:
        """Return a function that runs an Ansible command and measures its cost."""
        command = [str(Path(sys.executable).parent / program), *map(str, arguments)]
        return lambda: measure_cost(command, {**self.environment, **env}, self.directory)

    def play(
        self,
        name: str,
        tasks: Sequence[Mapping[str, Any]],
        *arguments: str | Path,
        hosts: str = "localhost",
        **env: str,
    ) -> Callable[[], Cost]:
        """Return a function that runs a playbook with one play and measures its cost."""
        playbook = [{"hosts": hosts, "connection": "local", "gather_facts": False, "tasks": list(tasks)}]
        return self.command("ansible-playbook", self.write(f"{name}.json", playbook), *arguments, **env)


def create_collection_paths(directory: Path) -> None:
    """Create two collection paths, with and without this checkout, and an empty ansible.cfg."""
    for name in ("with", "without"):
        (directory / name / "ansible_collections" / "clickhouse").mkdir(parents=True)
    (directory / "with" / "ansible_collections" / "clickhouse" / "cloud").symlink_to(REPOSITORY)
    (directory / "run").mkdir(mode=0o700)
    (directory / "ansible.cfg").touch()


def describe_machine() -> str:
    """Return the hardware and software of the measurement."""
    python = ".".join(map(str, sys.version_info[:3]))
    core, package = version("ansible-core"), version("ansible")
    return f"{os.cpu_count()} cores, Python {python}, ansible-core {core}, with the peers of ansible {package}"
