# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark commands that do not use the collection, with the collection installed relative to without it."""

from __future__ import annotations

from .cost import measure_interleaved
from .row import Row
from .workspace import Workspace

BOUND = 1.05
COLLECTION_PATHS = ("without", "with")


def measure(workspace: Workspace) -> list[Row]:
    hosts = workspace.write("startup.ini", "localhost ansible_connection=local\n")
    commands = {
        "ansible-doc -l": ("ansible-doc", "-l"),
        "ansible-inventory --list": ("ansible-inventory", "--list", "-i", str(hosts)),
    }
    return [_measure_command(workspace, title, command) for title, command in commands.items()]


def _measure_command(workspace: Workspace, title: str, command: tuple[str, ...]) -> Row:
    # No other collections are installed: among a hundred of them, the effect of one more would not be measurable.
    places = {
        place: workspace.command(
            *command,
            ANSIBLE_COLLECTIONS_PATH=str(workspace.directory / place),
            ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false",
        )
        for place in COLLECTION_PATHS
    }
    costs = measure_interleaved(workspace.rounds(15), places)
    return Row(title, "CPU, without the collection = 1", costs["with"].cpu / costs["without"].cpu, BOUND)
