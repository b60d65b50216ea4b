# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmarks, and say which figures hold: ``make bench``."""

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
from .world import World, furnish, machine

RESULTS = REPOSITORY / ".cache" / "bench"
PAGE = REPOSITORY / "docs" / "benchmarks.md"
IMAGES = REPOSITORY / "docs" / "images"

Found = dict[str, list[Row]]


def measure(names: Sequence[str], rounds: int | None) -> tuple[Found, list[str]]:
    """What the benchmarks find, and which of them could not be run."""
    found: Found = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Emulator(0.02) as emulator, Peers() as peers:
        world = World(Path(directory), emulator, peers, rounds)
        furnish(world.directory)
        for name in names:
            print(f"== {name}", file=sys.stderr)
            try:
                found[name] = BENCHMARKS[name](world)
            except (BenchmarkError, EmulatorError) as error:
                print(error, file=sys.stderr)
                failed.append(name)
    return found, failed


def keep(found: Found, images: Path) -> str:
    """Write the results and the pictures, and give the table as Markdown."""
    for directory in (RESULTS, images):
        directory.mkdir(parents=True, exist_ok=True)
    told = {name: [{**asdict(row), "holds": row.holds} for row in rows] for name, rows in found.items()}
    (RESULTS / "results.json").write_text(json.dumps({"machine": machine(), "benchmarks": told}, indent=2) + "\n")
    table = report.markdown([row for rows in found.values() for row in rows], machine())
    (RESULTS / "results.md").write_text(table)
    for name, rows in found.items():
        plots.draw(images / f"{name}.png", rows)
    return table


def arguments() -> argparse.Namespace:
    flags = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    flags.add_argument("only", nargs="*", metavar="BENCHMARK", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    flags.add_argument("--rounds", type=int, help="how often each command runs (default: as the benchmark needs it)")
    options = flags.parse_args()
    unknown = sorted(set(options.only) - set(BENCHMARKS))
    if unknown:
        flags.error(f"there is no benchmark {', '.join(unknown)}, only {', '.join(BENCHMARKS)}")
    if options.rounds is not None and options.rounds < 1:
        flags.error("--rounds must be at least 1")
    return options


def main() -> int:
    options = arguments()
    found, failed = measure(options.only or list(BENCHMARKS), options.rounds)
    rows = [row for rows in found.values() for row in rows]
    # The documentation shows only what was measured whole.
    whole = not (options.only or options.rounds or failed)
    table = keep(found, IMAGES if whole else RESULTS)
    if whole:
        report.renew(PAGE, table)
    print(report.text(rows))
    broken = sum(row.holds is False for row in rows)
    for sentence in (
        broken and f"{broken} of {len(rows)} figures are not kept.",
        failed and f"Not run, since something failed: {', '.join(failed)}.",
    ):
        if sentence:
            print(sentence)
    return 1 if broken or failed else 0


if __name__ == "__main__":
    sys.exit(main())
