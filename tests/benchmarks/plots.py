# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures as pictures: one for each benchmark, with a panel for each row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .report import number
from .row import Row

OURS, PEER, FLOOR, BOUND = "#1f77b4", "#9aa5b1", "#d3d9df", "#c0392b"
WIDTH, BAR, FRAME = 8.0, 0.32, 0.6


def draw(path: Path, rows: Sequence[Row]) -> None:
    # Only here, since it takes its time and its memory, and a child's peak is at least that of its parent.
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    heights = [FRAME + BAR * len(_bars(row)) for row in rows]
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=90, layout="constrained")
    panels = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights)
    for axes, row in zip(panels[:, 0], rows):
        _panel(axes, row)
    # Nothing of the time or the version: the same figures make the same file.
    figure.savefig(path, metadata={"Software": None}, pil_kwargs={"optimize": True})


def _bars(row: Row) -> list[tuple[str, float, str]]:
    return [
        ("ours", row.ours, OURS),
        *((name, value, PEER) for name, value in row.peers.items()),
        *((f"{name} (floor)", value, FLOOR) for name, value in row.floor.items()),
    ]


def _panel(axes, row: Row) -> None:  # type: ignore[no-untyped-def]  # matplotlib is not there for mypy
    names, values, colours = zip(*_bars(row))
    title = f"{row.what}: {row.unit}"
    if row.bound is not None:
        axes.axvline(row.bound, color=BOUND, linestyle="--", linewidth=1.2)
        title += f", at most {number(row.bound)}"
    bars = axes.barh(names, values, color=colours, height=0.7)
    # On white, so that the line of the bound does not run through the number.
    labels = axes.bar_label(bars, [number(value) for value in values], padding=4, fontsize=9)
    for label in labels:
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.invert_yaxis()
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlim(0, 1.12 * max(*values, row.bound or 0, 0.01))
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
