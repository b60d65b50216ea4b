# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that ansible-lint finds a misspelt option of every module, for which it has to find a main() in its action.

Nor may it find anything in values that are templates, of whatever type the option is.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MODULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins/modules").glob("*.py"))
#: The options without which ansible-lint would look no further.
REQUIRED: dict[str, dict[str, Any]] = {"fleet": {"services": []}, "service_state": {"state": "started"}}
PLAYBOOK = "site.yml"
#: What it must not find: templates in options of all types, with and without a choice, nested or not.
UNKNOWN = "{{ one }}"
NESTED = {"source": UNKNOWN, "description": UNKNOWN}
VALID: dict[str, dict[str, Any]] = {
    "Templates": {
        "clickhouse.cloud.service": {
            "name": UNKNOWN,
            "state": UNKNOWN,
            "num_replicas": UNKNOWN,
            "idle_scaling": UNKNOWN,
            "tags": UNKNOWN,
            "ip_access_list": [NESTED],
            "restore_from": UNKNOWN,
            "private_endpoint_ids": UNKNOWN,
        }
    },
    "Templates in an entry": {
        "clickhouse.cloud.fleet": {
            "services": [{"name": UNKNOWN, "state": UNKNOWN, "num_replicas": UNKNOWN, "tags": {}}]
        }
    },
    "A list that is a template": {"clickhouse.cloud.fleet": {"services": UNKNOWN, "prune_filter": UNKNOWN}},
    "A choice that is a template": {"clickhouse.cloud.service_state": {"name": "x", "state": UNKNOWN}},
}


def misspelt() -> dict[str, dict[str, Any]]:
    """Return, by the name of the task, tasks with an option that no module has."""
    tasks = {f"Module {name}": {f"clickhouse.cloud.{name}": {"nam": "x", **REQUIRED.get(name, {})}} for name in MODULES}
    return {**tasks, "Entry of a fleet": {"clickhouse.cloud.fleet": {"services": [{"nam": "x"}]}}}


def findings(directory: str) -> dict[str, str]:
    """Return, by the name of the task, what ansible-lint says about options of a module."""
    program = str(Path(sys.executable).with_name("ansible-lint"))
    command = [program, "--offline", "--nocolor", "-q", "-f", "json", PLAYBOOK]
    ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    found = [finding for finding in json.loads(ended.stdout) if finding["check_name"] == "args[module]"]
    return {finding["content"]["body"].partition(": ")[2]: finding["description"] for finding in found}


def main() -> None:
    tasks = misspelt()
    play = {"name": "Misspell options", "hosts": "localhost", "gather_facts": False}
    play["tasks"] = [{"name": name, **task} for name, task in {**tasks, **VALID}.items()]
    with tempfile.TemporaryDirectory() as directory:
        # JSON is YAML, too.
        Path(directory, PLAYBOOK).write_text(json.dumps([play], indent=1), encoding="utf-8")
        found = findings(directory)
    missed = [name for name in tasks if not re.search(r"\bnam\b", found.get(name, ""))]
    if missed:
        sys.exit(f"ansible-lint has not found the misspelt option: {', '.join(missed)}. What it has found: {found}")
    wrong = {name: found[name] for name in VALID if name in found}
    if wrong:
        sys.exit(f"ansible-lint has found fault with templates: {wrong}")


if __name__ == "__main__":
    main()
