# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the tests with each ansible-core that the collection supports, each in a venv of its own: "make test-all".

An ansible-core whose Python is not at hand is named as skipped, in the last lines.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

RUN = "tests/tools/run.sh"
REQUIREMENTS = "tests/requirements.txt"
DEFAULT = ".".join(map(str, sys.version_info[:2]))


class Core(NamedTuple):
    """A release of ansible-core, as pip is asked for it, and the Pythons that it is tested with: the first one there is."""

    name: str
    release: str
    pythons: tuple[str, ...]


CORES = (
    # The oldest one, as in meta/runtime.yml.
    Core("oldest", "ansible-core==2.16.*", ("3.10", "3.11", "3.12")),
    # What "make test" runs.
    Core("default", "ansible-core", (DEFAULT,)),
    Core("newest", "ansible-core", ("3.14", "3.13", "3.12")),
)


def find_python(version: str) -> str | None:
    """A Python that runs. The shim of a version manager may be called so, and not run."""
    if version == DEFAULT:
        return sys.executable
    path = shutil.which(f"python{version}")
    if path and _runs(path):
        return path
    return _pyenv(version)


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0


def _pyenv(version: str) -> str | None:
    """What pyenv has installed, but has not been told to use."""
    if not shutil.which("pyenv"):
        return None
    told = subprocess.run(["pyenv", "versions", "--bare"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    installed = [one for one in told if one.startswith(f"{version}.")]
    if not installed:
        return None
    environment = {**os.environ, "PYENV_VERSION": installed[-1]}
    command = ["pyenv", "which", f"python{version}"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout.strip()


def make_venv(core: Core, python: str) -> Path:
    """A venv with this ansible-core, made anew unless it is there for this Python and this checkout."""
    venv = Path(".venv", f"core-{core.name}")
    made, made_for = venv / "made", f"{Path.cwd()} {python}"
    if not made.exists() or made.read_text() != made_for:
        subprocess.run([python, "tests/tools/venv.py", str(venv)], check=True)
        made.write_text(made_for)
    pip = [RUN, str(venv / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", core.release, "-r", REQUIREMENTS], check=True)
    return venv


def failures(venv: Path, python_version: str) -> list[str]:
    """Run all parts, and name those that failed."""
    environment = {**os.environ, "VENV": str(venv)}
    parts = {
        "sanity": ["tests/tools/ansible_test.sh", "sanity"],
        "unit": ["pytest", "--numprocesses", "auto"],
        "integration": ["tests/tools/ansible_test.sh", "integration"],
    }
    failed = []
    for part, command in parts.items():
        print(f"== {part} in {venv}", flush=True)
        if subprocess.run([RUN, *command], env=environment, check=False).returncode:
            failed.append(part)
    return failed


def main() -> None:
    pass


if __name__ == "__main__":
    main()
