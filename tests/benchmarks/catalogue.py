# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks by the names that ``make bench ONLY=...`` accepts."""

from __future__ import annotations

from typing import Callable

from . import fleet, hosts, inventory, loop, payload, startup, tasks
from .row import Row
from .workspace import Workspace

BENCHMARKS: dict[str, Callable[[Workspace], list[Row]]] = {
    "task": tasks.measure,
    "payload": payload.measure,
    "loop": loop.measure,
    "fleet": fleet.measure,
    "hosts": hosts.measure,
    "inventory": inventory.measure,
    "startup": startup.measure,
}
