# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plot the results: one image for each benchmark, with a panel for each row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .report import format_number
from .row import Row

OURS, PEER, FLOOR, BOUND = "#1f77b4", "#9aa5b1", "#d3d9df", "#c0392b"
WIDTH, BAR, FRAME = 8.0, 0.32, 0.6


def draw(path: Path, rows: Sequence[Row]) -> None:
    # Imported late to save memory, as the peak memory of a child process is at least that of its parent.
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    heights = [FRAME + BAR * len(_list_bars(row)) for row in rows]
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=90, layout="constrained")
    panels = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights)
    for axes, row in zip(panels[:, 0], rows):
        _draw_panel(axes, row)
    # Omit the version, so that the same figures produce the same file.
    figure.savefig(path, metadata={"Software": None}, pil_kwargs={"optimize": True})


def _list_bars(row: Row) -> list[tuple[str, float, str]]:
    return [
        ("ours", row.ours, OURS),
        *((name, value, PEER) for name, value in row.peers.items()),
        *((f"{name} (floor)", value, FLOOR) for name, value in row.floor.items()),
    ]


def _draw_panel(axes: Any, row: Row) -> None:
    names, values, colors = zip(*_list_bars(row))
    title = f"{row.title}: {row.unit}"
    if row.bound is not None:
        axes.axvline(row.bound, color=BOUND, linestyle="--", linewidth=1.2)
        title += f", at most {format_number(row.bound)}"
    bars = axes.barh(names, values, color=colors, height=0.7)
    # A white background, so that the line of the bound does not cross the number.
    labels = axes.bar_label(bars, [format_number(value) for value in values], padding=4, fontsize=9)
    for label in labels:
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.invert_yaxis()
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlim(0, 1.12 * max(*values, row.bound or 0, 0.01))
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
