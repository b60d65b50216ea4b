# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format the results as a table for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .row import BenchmarkError, Row

HEAD = ("What", "Ours", "Unit", "At most", "Floor", "Peers", "Holds")
HOLDS = {True: "yes", False: "NO", None: "-"}
BEGIN, END = "<!-- begin: written by make bench -->\n", "<!-- end: written by make bench -->\n"


def format_number(value: float) -> str:
    """Return the number with its significant digits."""
    if value == int(value) or value >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def format_row(row: Row) -> tuple[str, ...]:
    bound = "-" if row.bound is None else format_number(row.bound)
    floor, peers = (
        ", ".join(f"{name} {format_number(value)}" for name, value in named.items()) for named in (row.floor, row.peers)
    )
    return row.title, format_number(row.ours), row.unit, bound, floor, peers, HOLDS[row.holds]


def format_text(rows: Sequence[Row]) -> str:
    lines = [HEAD, *map(format_row, rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def format_markdown(rows: Sequence[Row], machine: str) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *map(format_row, rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"Measured on {machine}.\n\n{table}\n"


def update_page(page: Path, table: str) -> None:
    """Replace the table between the two markers of the page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchmarkError(f"{page} lacks the lines {BEGIN.strip()} and {END.strip()} for the table.")
    page.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")
