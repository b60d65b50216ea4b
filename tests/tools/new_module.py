# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generate the files of a new module, whose tests fail until they are filled in: "make new-module NAME=service_tag".

A module whose name ends in _info only reads; any other makes changes. With SHAPE=singleton, it is about a part that a
service has at most once.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).with_suffix("")
#: Each file to generate, and its template. {kind} is "_info" or "", and {shape} "_singleton" or "".
FILES = {
    "plugins/modules/{name}.py": "module{kind}{shape}.py",
    "plugins/action/{name}.py": "action.py",
    "tests/unit/scenarios/{name}.py": "scenario{kind}{shape}.py",
    "tests/unit/modules/test_{name}.py": "test.py",
    "tests/integration/targets/{name}/aliases": "aliases",
    "tests/integration/targets/{name}/meta/main.yml": "meta.yml",
    "tests/integration/targets/{name}/tasks/main.yml": "target.yml",
}
#: The files that the two modules of a part share. Whichever is generated first gets them.
SHARED_FILES = {
    "plugins/module_utils/_client/{resource}.py": "client_singleton.py",
    "plugins/module_utils/_schema/{resource}.py": "schema_singleton.py",
    "plugins/module_utils/_service/{resource}.py": "service_singleton.py",
}
SHAPES = ("", "singleton")
#: The options that a module of a part needs to run, in Python and in YAML.
SINGLETON_OPTIONS = ", weekday=0, start_hour_utc=6"
SINGLETON_YAML = "\n        weekday: 0\n        start_hour_utc: 6"
NEXT_STEPS = """\
Fill in, in this order, as CONTRIBUTING.md describes:
  tests/unit/scenarios/{name}.py
  tests/unit/modules/test_{name}.py
  plugins/module_utils/_client: a file with the operations, and a function for each endpoint; for a part of a
    service (SHAPE=singleton), the generated files in _client, _schema and _service
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


def check_name(name: str, shape: str) -> None:
    """Exit with a message unless a module can have this name and this shape."""
    if shape not in SHAPES:
        raise SystemExit(f"SHAPE must be singleton, or not set; {shape!r} is neither.")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or name == "info":
        raise SystemExit(f"NAME must consist of lowercase words, such as service_tag; {name!r} does not.")
    for path in FILES:
        if (ROOT / path.format(name=name)).exists():
            raise SystemExit(f"{path.format(name=name)} exists already. Choose another NAME.")


def write_files(name: str, shape: str) -> None:
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
    kind = "_info" if name.endswith("_info") else ""
    has_options = shape and not kind
    values["options"] = SINGLETON_OPTIONS if has_options else ""
    values["yaml_options"] = SINGLETON_YAML if has_options else ""
    for pattern, template in {**FILES, **(SHARED_FILES if shape else {})}.items():
        path = ROOT / pattern.format(name=name, resource=resource)
        if pattern in SHARED_FILES and path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        source = TEMPLATES / f"{template.format(kind=kind, shape=shape and f'_{shape}')}.template"
        path.write_text(Template(source.read_text()).substitute(values))


def add_to_action_group(name: str) -> None:
    """Add the module to the action group in meta/runtime.yml, in alphabetical order."""
    path = ROOT / "meta/runtime.yml"
    head, modules = path.read_text().split("  all:\n")
    lines = sorted([*modules.splitlines(), f"    - {name}"])
    path.write_text(f"{head}  all:\n" + "\n".join(lines) + "\n")


def main(name: str, shape: str = "") -> None:
    """Generate the files of the module."""
    check_name(name, shape)
    write_files(name, shape)
    add_to_action_group(name)
    print(NEXT_STEPS.format(name=name))


if __name__ == "__main__":
    main(*sys.argv[1:3])
