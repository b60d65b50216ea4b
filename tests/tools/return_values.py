# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy the documentation of the fields of a return value, which two modules share, from one to the other.

Ansible has no fragments for return values. A module that returns the same fields as another one states this in the line
"contains:", and "make tables" replaces the lines below it.
"""

from __future__ import annotations

import re
from pathlib import Path

MODULES = Path(__file__).resolve().parents[2] / "plugins/modules"
#: The fields of a return value, below the line that names the module to copy them from, if any.
FIELDS = re.compile(r'(?<=\n)  contains:(?:  # copied from (\w+) by "make tables")?\n((?:    .*\n)+)')


def copy_fields() -> dict[Path, str]:
    """Return the modules with copied fields, with these up to date."""
    texts = {path: path.read_text() for path in MODULES.glob("*.py")}
    copies = {path: match for path, text in texts.items() for match in FIELDS.finditer(text) if match[1]}
    return {
        path: texts[path][: match.start(2)] + find_fields(match[1]) + texts[path][match.end(2) :]
        for path, match in copies.items()
    }


def find_fields(module: str) -> str:
    """Return the lines of the fields of the only return value that has fields."""
    (match,) = FIELDS.finditer((MODULES / f"{module}.py").read_text())
    return match[2]
