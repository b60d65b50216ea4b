# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection costs those who do not use it: commands with it present, over the same without it."""

from __future__ import annotations

from .cost import interleaved
from .row import Row
from .world import World

BOUND = 1.05
PLACES = ("without", "with")


def measure(world: World) -> list[Row]:
    hosts = world.write("startup.ini", "localhost ansible_connection=local\n")
    commands = {
        "ansible-doc -l": ("ansible-doc", "-l"),
        "ansible-inventory --list": ("ansible-inventory", "--list", "-i", str(hosts)),
    }
    return [_row(world, what, command) for what, command in commands.items()]


def _row(world: World, what: str, command: tuple[str, ...]) -> Row:
    # Only ansible-core beside it: among a hundred other collections, one more would never show.
    places = {
        place: world.command(
            *command,
            ANSIBLE_COLLECTIONS_PATH=str(world.directory / place),
            ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false",
        )
        for place in PLACES
    }
    cost = interleaved(world.rounds(15), places)
    return Row(what, "CPU, without the collection = 1", cost["with"].cpu / cost["without"].cpu, BOUND)
