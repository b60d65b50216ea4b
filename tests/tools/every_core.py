# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the tests with the oldest, the default, the newest and the next ansible-core, or those named: "make test-all".

Each has a venv of its own. PARTS are the targets of make to run with each. An ansible-core whose Python is not at hand
is named as skipped, in the last lines.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

PARTS = os.environ.get("PARTS", "unit sanity integration").split()
RUN = "tests/tools/run.sh"
REQUIREMENTS = "tests/requirements.txt"
#: Where tests/tools/ansible_test.sh lists what it could not run.
NOT_RUN = Path(".cache/not-run")


class Core(NamedTuple):
    """A release of ansible-core, as pip is asked for it; the first of the Pythons that is at hand is taken."""

    name: str
    release: str
    pythons: tuple[str, ...]
    #: Whether it can start a Python that lies in a folder with a blank in its name, as the venvs here may.
    takes_blanks: bool = True


OLDEST = Core("oldest", "ansible-core==2.16.*", ("3.10", "3.11", "3.12"), takes_blanks=False)
DEFAULT = Core("default", "ansible-core", (".".join(map(str, sys.version_info[:2])),))
NEWEST = Core("newest", "ansible-core", ("3.14", "3.13", "3.12"))
# The next one, of which a release candidate will do.
NEXT = Core("2.22", "ansible-core>=2.22.0rc1,==2.22.*", ("3.14", "3.13"))
# Those that are supported as well, and the development branch: each is tested where it is named.
OTHERS = (
    Core("2.17", "ansible-core==2.17.*", ("3.12", "3.11", "3.10"), takes_blanks=False),
    Core("2.18", "ansible-core==2.18.*", ("3.12", "3.11", "3.13"), takes_blanks=False),
    Core("2.19", "ansible-core==2.19.*", ("3.12", "3.11", "3.13")),
    Core("2.20", "ansible-core==2.20.*", ("3.13", "3.12", "3.14")),
    Core("2.21", "ansible-core==2.21.*", ("3.13", "3.12", "3.14")),
    Core("devel", "ansible-core @ https://github.com/ansible/ansible/archive/devel.tar.gz", ("3.14", "3.13")),
)


def find_python(version: str) -> str | None:
    """A Python that runs. What a version manager puts into PATH under this name may not."""
    if version in DEFAULT.pythons:
        return sys.executable
    for directory in os.get_exec_path():
        path = shutil.which(f"python{version}", path=directory)
        if path and subprocess.run([path, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return path
    return _pyenv(version) if shutil.which("pyenv") else None


def _pyenv(version: str) -> str | None:
    """What pyenv has installed, but was not told to use."""
    installed = [one for one in _told(["pyenv", "versions", "--bare"]).split() if one.startswith(f"{version}.")]
    if not installed:
        return None
    return _told(["pyenv", "which", f"python{version}"], PYENV_VERSION=installed[-1])


def _told(command: list[str], **environment: str) -> str:
    """What a program prints."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **environment})
    return ended.stdout.strip()


def make_venv(core: Core, python: str) -> Path:
    """The venv of an ansible-core; made anew unless it is there, for this checkout and this Python."""
    if core is DEFAULT:
        return Path(".venv")
    venv = Path(".venv", f"core-{core.name}")
    made, made_for = venv / "made", f"{Path.cwd()} {python}"
    if not made.exists() or made.read_text() != made_for:
        subprocess.run([python, "tests/tools/venv.py", str(venv)], check=True)
        made.write_text(made_for)
    pip = [RUN, str(venv / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", core.release, "-r", REQUIREMENTS], check=True)
    return venv


def test(core: Core) -> str:
    """Run the tests with one ansible-core, and tell how they ended."""
    python = next(filter(None, map(find_python, core.pythons)), None)
    if python is None:
        return f"SKIPPED: {core.release} needs Python {' or '.join(core.pythons)}, which is not at hand"
    if core is NEWEST and python == sys.executable:
        return "passes if the default does, which is the same"
    if not core.takes_blanks and " " in str(Path.cwd()):
        return f"SKIPPED: {core.release} starts no Python from a folder with a blank in its name, as this one has"
    print(f"== {core.name}: {core.release} with {python}", flush=True)
    started = time.monotonic()
    try:
        venv = make_venv(core, python)
    except subprocess.CalledProcessError:
        return f"FAILED: {core.release} could not be installed with {python}"
    NOT_RUN.unlink(missing_ok=True)
    environment = {**os.environ, "VENV": str(venv), "BATCHES": os.environ.get("BATCHES", "5")}
    make = ["make", "--no-print-directory"]
    failed = [part for part in PARTS if subprocess.run([*make, part], env=environment, check=False).returncode]
    command = "import platform, ansible; print(ansible.__version__, 'on Python', platform.python_version())"
    what = f"ansible-core {_told([str(venv / 'bin/python'), '-c', command])}, {', '.join(failed or PARTS)}"
    not_run = "".join(f"; NOT RUN: {line}" for line in NOT_RUN.read_text().splitlines()) if NOT_RUN.exists() else ""
    return f"{'FAILED' if failed else 'passed'}: {what}, in {time.monotonic() - started:.0f} s{not_run}"


def main() -> None:
    usual = (OLDEST, DEFAULT, NEWEST, NEXT)
    cores = {core.name: core for core in (*usual, *OTHERS)}
    wanted = sys.argv[1:] or [core.name for core in usual]
    if not cores.keys() >= set(wanted):
        sys.exit(f"ONLY takes some of {', '.join(cores)}, and not '{' '.join(wanted)}'.")
    lines = [f"make test-all: {name}: {test(cores[name])}" for name in wanted]
    print("\n".join(lines))
    # Where nothing could be run, nothing has passed.
    if any(": FAILED: " in line for line in lines) or all(": SKIPPED: " in line for line in lines):
        sys.exit(1)


if __name__ == "__main__":
    main()
