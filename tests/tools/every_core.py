# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the tests with the oldest, default, newest and next ansible-core, or with the named ones: "make test-all".

Each has a separate venv. PARTS are the make targets to run with each. The last lines list the results, including each
ansible-core that is skipped because its Python is not available.
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
#: The file in which tests/tools/ansible_test.sh lists the tests that it could not run.
NOT_RUN = Path(".cache/not-run")


class Core(NamedTuple):
    """A release of ansible-core as a pip requirement, with the Python versions to try in order."""

    name: str
    release: str
    pythons: tuple[str, ...]
    #: Whether it can run a Python, such as that of a venv, from a path that contains a space.
    supports_spaces: bool = True


OLDEST = Core("oldest", "ansible-core==2.16.*", ("3.10", "3.11", "3.12"), supports_spaces=False)
DEFAULT = Core("default", "ansible-core", (".".join(map(str, sys.version_info[:2])),))
NEWEST = Core("newest", "ansible-core", ("3.14", "3.13", "3.12"))
# The next release; a release candidate is sufficient.
NEXT = Core("2.22", "ansible-core>=2.22.0rc1,==2.22.*", ("3.14", "3.13"))
# Other supported releases and the development branch, which are tested only if they are named.
OTHERS = (
    Core("2.17", "ansible-core==2.17.*", ("3.12", "3.11", "3.10"), supports_spaces=False),
    Core("2.18", "ansible-core==2.18.*", ("3.12", "3.11", "3.13"), supports_spaces=False),
    Core("2.19", "ansible-core==2.19.*", ("3.12", "3.11", "3.13")),
    Core("2.20", "ansible-core==2.20.*", ("3.13", "3.12", "3.14")),
    Core("2.21", "ansible-core==2.21.*", ("3.13", "3.12", "3.14")),
    Core("devel", "ansible-core @ https://github.com/ansible/ansible/archive/devel.tar.gz", ("3.14", "3.13")),
)


def find_python(version: str) -> str | None:
    """Return the path of a Python that runs. The shims of a version manager in PATH may not."""
    if version in DEFAULT.pythons:
        return sys.executable
    for directory in os.get_exec_path():
        path = shutil.which(f"python{version}", path=directory)
        if path and subprocess.run([path, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return path
    return _find_pyenv_python(version) if shutil.which("pyenv") else None


def _find_pyenv_python(version: str) -> str | None:
    """Return the path of a Python that pyenv has installed, even if it is not activated."""
    versions = _read_output(["pyenv", "versions", "--bare"]).split()
    installed = [name for name in versions if name.startswith(f"{version}.")]
    if not installed:
        return None
    return _read_output(["pyenv", "which", f"python{version}"], PYENV_VERSION=installed[-1])


def _read_output(command: list[str], **environment: str) -> str:
    """Return the output of a program."""
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **environment})
    return process.stdout.strip()


def make_venv(core: Core, python: str) -> Path:
    """Return the venv of an ansible-core; create it unless it exists for this checkout and this Python."""
    if core is DEFAULT:
        return Path(".venv")
    venv = Path(".venv", f"core-{core.name}")
    stamp, content = venv / "made", f"{Path.cwd()} {python}"
    if not stamp.exists() or stamp.read_text() != content:
        subprocess.run([python, "tests/tools/venv.py", str(venv)], check=True)
        stamp.write_text(content)
    pip = [RUN, str(venv / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", core.release, "-r", REQUIREMENTS], check=True)
    return venv


def run_tests(core: Core) -> str:
    """Run the tests with one ansible-core, and return the result as text."""
    python = next(filter(None, map(find_python, core.pythons)), None)
    if python is None:
        return f"SKIPPED: {core.release} needs Python {' or '.join(core.pythons)}, which is not available"
    if core is NEWEST and python == sys.executable:
        return "skipped, as it is the same as the default"
    if not core.supports_spaces and " " in str(Path.cwd()):
        return f"SKIPPED: {core.release} does not support a checkout path that contains a space"
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
    summary = f"ansible-core {_read_output([str(venv / 'bin/python'), '-c', command])}, {', '.join(failed or PARTS)}"
    not_run = "".join(f"; NOT RUN: {line}" for line in NOT_RUN.read_text().splitlines()) if NOT_RUN.exists() else ""
    return f"{'FAILED' if failed else 'passed'}: {summary}, in {time.monotonic() - started:.0f} s{not_run}"


def main() -> None:
    default_cores = (OLDEST, DEFAULT, NEWEST, NEXT)
    cores = {core.name: core for core in (*default_cores, *OTHERS)}
    names = sys.argv[1:] or [core.name for core in default_cores]
    if not cores.keys() >= set(names):
        sys.exit(f"ONLY must be some of {', '.join(cores)}, not '{' '.join(names)}'.")
    lines = [f"make test-all: {name}: {run_tests(cores[name])}" for name in names]
    print("\n".join(lines))
    # If everything was skipped, nothing has passed.
    if any(": FAILED: " in line for line in lines) or all(": SKIPPED: " in line for line in lines):
        sys.exit(1)


if __name__ == "__main__":
    main()
