# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run mutation tests of the pure functions: ``python -m tests.mutants``.

survivors.yml lists mutants that no test can detect, with the reason. It is a failure if another mutant survives, or if
a listed one is detected or no longer generated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
#: A copy, as mutmut requires the collection at the path that matches its import name.
COPY = CHECKOUT / ".cache" / "mutants"


def make_copy() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    for part in ("plugins", "tests"):
        shutil.copytree(CHECKOUT / part, COPY / "ansible_collections" / "clickhouse" / "cloud" / part)
    shutil.copy(HERE / "pyproject.toml", COPY)


def run_mutmut(*arguments: str, output: int | None = subprocess.PIPE) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=COPY, stdout=output, text=True, check=True).stdout or ""


def list_survivors() -> dict[str, str]:
    """Return the changed line of each mutant that no test has detected, by its name."""
    names = {}
    for line in run_mutmut("results").splitlines():
        name, _colon, result = line.strip().partition(": ")
        # A mutant that makes a test run forever is detected.
        if result not in ("", "timeout"):
            names[name] = find_changed_line(run_mutmut("show", name))
    return names


def find_changed_line(diff: str) -> str:
    (added,) = [line[1:] for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
    return added.strip()


def main() -> None:
    make_copy()
    run_mutmut("run", "--max-children", str(os.cpu_count()), output=None)
    survivors = list_survivors()
    groups = yaml.safe_load((HERE / "survivors.yml").read_text())
    explained = {line for group in groups for line in group["lines"]}
    unexplained = [f"{name}: {line}" for name, line in survivors.items() if line not in explained]
    obsolete = sorted(explained - set(survivors.values()))
    for title, lines in (
        ("Not detected by any test", unexplained),
        ("Listed, but detected or not generated", obsolete),
    ):
        print(f"{title}: {len(lines)}", *lines, sep="\n    ")
    if unexplained or obsolete:
        sys.exit("make mutants: FAILED; add a test, or explain the mutant in tests/mutants/survivors.yml")
    print(f"make mutants: {len(survivors)} mutants cannot be detected, for the reasons in tests/mutants/survivors.yml")


if __name__ == "__main__":
    main()
