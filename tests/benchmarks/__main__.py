# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmarks and check their results against the bounds: ``make bench``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..emulator.client import REPOSITORY, Emulator, EmulatorError
from . import plots, report
from .catalogue import BENCHMARKS
from .peers import Peers
from .row import BenchmarkError, Row
from .workspace import Workspace, create_collection_paths, describe_machine

RESULTS = REPOSITORY / ".cache" / "bench"
PAGE = REPOSITORY / "docs" / "benchmarks.md"
IMAGES = REPOSITORY / "docs" / "images"

Results = dict[str, list[Row]]


def measure(names: Sequence[str], rounds: int | None) -> tuple[Results, list[str]]:
    """Return the results of the benchmarks, and the names of those that failed."""
    results: Results = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Emulator(0.02) as emulator, Peers() as peers:
        workspace = Workspace(Path(directory), emulator, peers, rounds)
        create_collection_paths(workspace.directory)
        for name in names:
            print(f"== {name}", file=sys.stderr)
            try:
                results[name] = BENCHMARKS[name](workspace)
            except (BenchmarkError, EmulatorError) as error:
                print(error, file=sys.stderr)
                failed.append(name)
    return results, failed


def save_results(results: Results, images: Path) -> str:
    """Write the results and the plots; return the table as Markdown."""
    for directory in (RESULTS, images):
        directory.mkdir(parents=True, exist_ok=True)
    benchmarks = {name: [{**asdict(row), "holds": row.holds} for row in rows] for name, rows in results.items()}
    (RESULTS / "results.json").write_text(
        json.dumps({"machine": describe_machine(), "benchmarks": benchmarks}, indent=2) + "\n"
    )
    table = report.format_markdown([row for rows in results.values() for row in rows], describe_machine())
    (RESULTS / "results.md").write_text(table)
    for name, rows in results.items():
        plots.draw(images / f"{name}.png", rows)
    return table


def parse_arguments() -> argparse.Namespace:
    flags = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    flags.add_argument("only", nargs="*", metavar="BENCHMARK", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    flags.add_argument("--rounds", type=int, help="number of runs of each command (default: depends on the benchmark)")
    options = flags.parse_args()
    unknown = sorted(set(options.only) - set(BENCHMARKS))
    if unknown:
        flags.error(f"unknown benchmark {', '.join(unknown)}: choose from {', '.join(BENCHMARKS)}")
    if options.rounds is not None and options.rounds < 1:
        flags.error("--rounds must be at least 1")
    return options


def main() -> int:
    options = parse_arguments()
    results, failed = measure(options.only or list(BENCHMARKS), options.rounds)
    rows = [row for rows in results.values() for row in rows]
    # Update the documentation only after a complete run.
    is_complete = not (options.only or options.rounds or failed)
    table = save_results(results, IMAGES if is_complete else RESULTS)
    if is_complete:
        report.update_page(PAGE, table)
    print(report.format_text(rows))
    exceeded = sum(row.holds is False for row in rows)
    for sentence in (
        exceeded and f"{exceeded} of {len(rows)} figures exceed their bound.",
        failed and f"These benchmarks failed: {', '.join(failed)}.",
    ):
        if sentence:
            print(sentence)
    return 1 if exceeded or failed else 0


if __name__ == "__main__":
    sys.exit(main())
