# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the pure parts in many small ways, and tell which changes no test notices: ``python -m tests.mutants``.

survivors.yml lists, with the reason, the changes that cannot be noticed. Any other that survives is a failure, and so
is one that is listed and was noticed, or is not made any more.
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
#: A copy, since mutmut wants the collection at the path by which it is imported.
COPY = CHECKOUT / ".cache" / "mutants"


def make_copy() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    for part in ("plugins", "tests"):
        shutil.copytree(CHECKOUT / part, COPY / "ansible_collections" / "clickhouse" / "cloud" / part)
    shutil.copy(HERE / "pyproject.toml", COPY)


def mutmut(*arguments: str, output: int | None = subprocess.PIPE) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    told = subprocess.run(command, cwd=COPY, stdout=output, text=True, check=True).stdout
    return told or ""


def survivors() -> dict[str, str]:
    """The mutants that no test noticed, each with its one changed line."""
    names = {}
    for line in mutmut("results").splitlines():
        name, _colon, result = line.strip().partition(": ")
        # A test that would never end has noticed.
        if result not in ("", "timeout"):
            names[name] = changed_line(mutmut("show", name))
    return names


def changed_line(shown: str) -> str:
    (added,) = [line[1:] for line in shown.splitlines() if line.startswith("+") and not line.startswith("+++")]
    return added.strip()


def main() -> None:
    make_copy()
    mutmut("run", "--max-children", str(os.cpu_count()), output=None)
    survived = survivors()
    groups = yaml.safe_load((HERE / "survivors.yml").read_text())
    explained = {line for group in groups for line in group["lines"]}
    unexplained = [f"{name}: {line}" for name, line in survived.items() if line not in explained]
    obsolete = sorted(explained - set(survived.values()))
    for title, lines in (("No test notices", unexplained), ("Listed, but noticed or not made", obsolete)):
        print(f"{title}: {len(lines)}", *lines, sep="\n    ")
    if unexplained or obsolete:
        sys.exit("make mutants: FAILED; write a test, or say in tests/mutants/survivors.yml why there can be none")
    print(f"make mutants: {len(survived)} changes cannot be noticed, for the reasons in tests/mutants/survivors.yml")


if __name__ == "__main__":
    main()
