# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark finds out."""

from __future__ import annotations

from dataclasses import dataclass, field


class BenchmarkError(Exception):
    """Something did not run, so there is nothing to compare."""


@dataclass(frozen=True)
class Row:
    """One figure: ours, what it should not exceed, and what else came out in the same run; all in the same unit.

    The floor is what the engine costs without any of our code. The peers do what is most like it. Without a bound, the
    figure is told and not judged.
    """

    what: str
    unit: str
    ours: float
    bound: float | None = None
    floor: dict[str, float] = field(default_factory=dict)
    peers: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool | None:
        return None if self.bound is None else self.ours <= self.bound
