# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generate the files of a new module, whose tests fail until they are filled in: "make new-module NAME=service_tag".

A module whose name ends in _info only reads; any other makes changes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).with_suffix("")
#: Each file to generate, and its template. {kind} is "_info" or "".
FILES = {
    "plugins/modules/{name}.py": "module{kind}.py",
    "plugins/action/{name}.py": "action.py",
    "tests/unit/scenarios/{name}.py": "scenario{kind}.py",
    "tests/unit/modules/test_{name}.py": "test.py",
    "tests/integration/targets/{name}/aliases": "aliases",
    "tests/integration/targets/{name}/meta/main.yml": "meta.yml",
    "tests/integration/targets/{name}/tasks/main.yml": "target.yml",
}
NEXT_STEPS = """\
Fill in, in this order, as CONTRIBUTING.md describes:
  tests/unit/scenarios/{name}.py
  tests/unit/modules/test_{name}.py
  plugins/module_utils/_client/operations.py, and a file beside it with a function for each endpoint
  plugins/modules/{name}.py
  tests/integration/targets/{name}/tasks/main.yml
Then run make tables."""


def next_version() -> str:
    """Return the version of the next release that has new features."""
    versions = re.findall(r"^version: (\d+)\.(\d+)\.(\d+)$", (ROOT / "galaxy.yml").read_text(), re.MULTILINE)
    major, minor, patch = versions[0]
    version = f"{major}.{minor}.{patch}"
    released = re.findall(r"^  (\d+\.\d+\.\d+):$", (ROOT / "changelogs/changelog.yaml").read_text(), re.MULTILINE)
    return f"{major}.{int(minor) + 1}.0" if version in released else version


def check_name(name: str) -> None:
    """Exit with a message unless a module can have this name."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or name == "info":
        raise SystemExit(f"NAME must consist of lowercase words, such as service_tag; {name!r} does not.")
    for path in FILES:
        if (ROOT / path.format(name=name)).exists():
            raise SystemExit(f"{path.format(name=name)} exists already. Choose another NAME.")


def write_files(name: str) -> None:
    """Write the files of the module from their templates."""
    resource = name.removesuffix("_info")
    values = {
        # A sanity test rejects it as the first line of a template.
        "shebang": "#!/usr/bin/python",
        "name": name,
        "resource": resource,
        "constant": resource.upper(),
        "title": resource.replace("_", " "),
        "version": next_version(),
    }
    for pattern, template in FILES.items():
        path = ROOT / pattern.format(name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        source = TEMPLATES / f"{template.format(kind='_info' if name.endswith('_info') else '')}.template"
        path.write_text(Template(source.read_text()).substitute(values))


def add_to_action_group(name: str) -> None:
    """Add the module to the action group in meta/runtime.yml, in alphabetical order."""
    path = ROOT / "meta/runtime.yml"
    head, modules = path.read_text().split("  all:\n")
    lines = sorted([*modules.splitlines(), f"    - {name}"])
    path.write_text(f"{head}  all:\n" + "\n".join(lines) + "\n")


def main(name: str) -> None:
    """Generate the files of the module."""
    check_name(name)
    write_files(name)
    add_to_action_group(name)
    print(NEXT_STEPS.format(name=name))


if __name__ == "__main__":
    main(sys.argv[1])
