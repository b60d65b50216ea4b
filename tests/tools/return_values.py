# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy the documentation of the fields of a return value, which two modules share, from one to the other.

Ansible has no fragments for return values. A module that returns the same fields as another one states this in the line
"contains:", and "make tables" replaces the lines below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

MODULES = Path(__file__).resolve().parents[2] / "plugins/modules"
#: The fields of a return value, below the line that names the module to copy them from, if any.
FIELDS = re.compile(r'(?<=\n)  contains:(?:  # copied from (\w+) by "make tables")?\n((?:    .*\n)+)')


def copy_fields(updated: Mapping[Path, str]) -> dict[Path, str]:
    """Return the modules with copied fields, with these up to date. updated holds the modules that have changed."""
    texts = {path: updated.get(path) or path.read_text() for path in MODULES.glob("*.py")}
    return {path: FIELDS.sub(_update, text) for path, text in texts.items() if 'by "make tables"' in text}


def _update(match: re.Match[str]) -> str:
    """Return the fields of a return value, which are those of another module if the line above names one."""
    start = match.group()[: match.start(2) - match.start()]
    return start + find_fields(match[1]) if match[1] else match.group()


def find_fields(module: str) -> str:
    """Return the lines of the fields of the first return value that has fields."""
    match = next(FIELDS.finditer((MODULES / f"{module}.py").read_text()))
    return match[2]
