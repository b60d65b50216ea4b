# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install the collection awx.awx into a directory: ``python fetch.py DIRECTORY``.

On PyPI it is only available as a part of the package ansible.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# Newer versions do not include awx.awx.
REQUIREMENT = "ansible>=12,<13"
PREFIX = "ansible_collections/awx/awx/"


def main(directory: str) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--only-binary=:all:", "--dest", downloads, REQUIREMENT], check=True)
        (wheel,) = Path(downloads).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(directory, [name for name in archive.namelist() if name.startswith(PREFIX)])


if __name__ == "__main__":
    main(sys.argv[1])
