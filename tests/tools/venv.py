# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a virtual environment, by default .venv, in which Python and Ansible find this checkout as a collection."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COLLECTION = Path("ansible_collections", "clickhouse", "cloud")
CHECKOUT = Path.cwd()
VENV = CHECKOUT / (sys.argv[1] if len(sys.argv) > 1 else ".venv")


def check_python() -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    # The oldest ansible-core is tested with a Python version that is too old for the linters.
    if sys.version_info < (3, 11) and VENV.name == ".venv":
        sys.exit(f"Python 3.11 or newer is needed and {sys.executable} is {version}: try 'make PYTHON=python3.12'.")
    try:
        import ensurepip
        import venv
    except ImportError:
        sys.exit(
            f"{sys.executable} cannot create virtual environments with pip:"
            f" install the package python{version}-venv (Debian, Ubuntu) or the whole python{version}, and try again."
        )
    del ensurepip, venv


def link(parent: Path) -> None:
    """Link the checkout as parent/ansible_collections/clickhouse/cloud."""
    path = parent / COLLECTION
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(os.path.relpath(CHECKOUT, path.parent))


def main() -> None:
    check_python()
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    site_packages = subprocess.run(
        [VENV / "bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    link(Path(site_packages))
    # mypy does not check packages in site-packages and therefore needs a separate path.
    link(VENV / "mypy")


if __name__ == "__main__":
    main()
