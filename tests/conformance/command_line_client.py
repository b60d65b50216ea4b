# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's command-line client, run against the emulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

PROGRAM = Path(sys.executable).parent / "clickhousectl"
#: Only a failure takes this long, in seconds.
TIMEOUT = 120


class CommandLineClient:
    """The program clickhousectl with a home directory and environment in which only the emulator exists."""

    def __init__(self, emulator: Emulator, home: Path) -> None:
        self._emulator = emulator
        self._home = home

    def run(self, arguments: list[str], text: str = "", json_output: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``clickhousectl cloud`` with these arguments and this text as standard input."""
        url = self._emulator.api_url[: -len("/v1")]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "DO_NOT_TRACK": "1",
            "CLICKHOUSE_CLOUD_QUERY_HOST": url,
            "CLICKHOUSE_CLOUD_API_KEY": self._emulator.api_key,
            "CLICKHOUSE_CLOUD_API_SECRET": self._emulator.api_secret,
        }
        return subprocess.run(
            [PROGRAM, "cloud", "--url", url, *(["--json"] if json_output else []), *arguments],
            cwd=self._home,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def get(self, *arguments: str, text: str = "") -> Any:
        """Run a command that must succeed, and return its JSON."""
        completed = self.run(list(arguments), text)
        assert completed.returncode == 0, completed.stderr
        return json.loads(completed.stdout)


def find_subcommands(*path: str) -> list[str]:
    """Return all commands below this one that have no subcommands, from the help texts of the program."""
    lines = run_help(*path).splitlines()
    if "Commands:" not in lines:
        return [" ".join(path)]
    start = lines.index("Commands:") + 1
    names = [line.split()[0] for line in lines[start : lines.index("", start)] if line[2] != " "]
    return [command for name in names if name != "help" for command in find_subcommands(*path, name)]


def run_help(*path: str) -> str:
    return subprocess.run(
        [PROGRAM, "cloud", *path, "--help"], capture_output=True, text=True, timeout=TIMEOUT, check=True
    ).stdout


def read_version() -> str:
    """Return the version of the program, such as 0.5.0."""
    output = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout
    return output.split()[-1]
