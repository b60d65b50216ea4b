# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass, field


class BenchmarkError(Exception):
    """A command of a benchmark failed, so there is no result."""


@dataclass(frozen=True)
class Row:
    """A figure of this collection, its bound, and comparable figures of the same run, all in the same unit.

    `floor` is the cost of Ansible without any code of this collection. `peers` are the most similar modules of other
    collections. A figure without a bound is reported, but not checked.
    """

    title: str
    unit: str
    ours: float
    bound: float | None = None
    floor: dict[str, float] = field(default_factory=dict)
    peers: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool | None:
        return None if self.bound is None else self.ours <= self.bound
