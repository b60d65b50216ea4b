# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results by name, and the page in which they are published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs/conformance.md"
BEGIN, END = "<!-- begin: written by make conformance -->\n", "<!-- end: written by make conformance -->\n"
HEAD = ("What", "Passed", "Note")


@dataclass(frozen=True)
class Result:
    """The outcome of one test: the section and the row of the page to which it belongs."""

    section: str
    row: str
    passed: bool
    note: str = ""


@dataclass
class Row:
    """The outcomes of all tests with the same name."""

    passed: int = 0
    total: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.total += 1
        self.passed += result.passed
        if result.note and result.note not in self.notes:
            self.notes.append(result.note)


def collect_sections(results: Iterable[Result]) -> dict[str, dict[str, Row]]:
    """Return the rows of each section, in the order of the tests."""
    sections: dict[str, dict[str, Row]] = {}
    for result in results:
        sections.setdefault(result.section, {}).setdefault(result.row, Row()).add(result)
    return sections


def format_section(title: str, rows: dict[str, Row]) -> str:
    passed, total = (sum(getattr(row, name) for row in rows.values()) for name in ("passed", "total"))
    lines = [HEAD, ("---",) * len(HEAD)]
    lines += [(f"`{name}`", f"{row.passed} of {row.total}", " ".join(row.notes)) for name, row in rows.items()]
    table = "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)
    return f"## {title}\n\n{passed} of {total} passed.\n\n{table}\n"


def format_page(results: Iterable[Result]) -> str:
    return "\n".join(format_section(title, rows) for title, rows in collect_sections(results).items())


def update_page(text: str, page: Path = PAGE) -> None:
    """Replace the text between the two markers of the page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the lines {BEGIN.strip()} and {END.strip()} for the results.")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
