# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where benchmarks run: a directory of their own, the servers, and Ansible with nothing of the user's."""

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
from .cost import Cost, cost
from .peers import Peers

#: How many servers the peer has, unless a benchmark says otherwise.
SERVERS = 50
#: Our rate limit is kept to in all that is measured, with its file and its lock, but high enough not to be waited for.
RATE_LIMIT = "100000"


@dataclass(frozen=True)
class World:
    directory: Path
    emulator: Emulator
    peers: Peers
    #: How often each command runs, unless the benchmark's own number holds.
    asked_rounds: int | None

    def rounds(self, usual: int) -> int:
        return self.asked_rounds or usual

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
        """A file: text as it is, anything else as JSON, which is YAML too."""
        path = self.directory / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        path.chmod(mode)
        return path

    def command(self, program: str, *arguments: str | Path, **env: str) -> Callable[[], Cost]:
        """A command of Ansible's, to be run as often as is needed."""
        words = [str(Path(sys.executable).parent / program), *map(str, arguments)]
        return lambda: cost(words, {**self.environment, **env}, self.directory)

    def play(
        self,
        name: str,
        tasks: Sequence[Mapping[str, Any]],
        *arguments: str | Path,
        hosts: str = "localhost",
        **env: str,
    ) -> Callable[[], Cost]:
        """A playbook of one play."""
        book = [{"hosts": hosts, "connection": "local", "gather_facts": False, "tasks": list(tasks)}]
        return self.command("ansible-playbook", self.write(f"{name}.json", book), *arguments, **env)


def furnish(directory: Path) -> None:
    """Two places for collections, one with this checkout in it and one without; and settings that set nothing."""
    for name in ("with", "without"):
        (directory / name / "ansible_collections" / "clickhouse").mkdir(parents=True)
    (directory / "with" / "ansible_collections" / "clickhouse" / "cloud").symlink_to(REPOSITORY)
    (directory / "run").mkdir(mode=0o700)
    (directory / "ansible.cfg").touch()


def machine() -> str:
    """What the figures were measured on, without telling whose it is."""
    python = ".".join(map(str, sys.version_info[:3]))
    core, package = version("ansible-core"), version("ansible")
    return f"{os.cpu_count()} cores, Python {python}, ansible-core {core}, with the peers of ansible {package}"
