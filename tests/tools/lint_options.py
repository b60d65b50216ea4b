# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that ansible-lint reports a misspelled option of every module, for which the action plugin needs a main().

It must not report options of any type whose value is a template.
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
#: Required options, without which ansible-lint does not check the others.
REQUIRED: dict[str, dict[str, Any]] = {"fleet": {"services": []}, "service_state": {"state": "started"}}
PLAYBOOK = "site.yml"
#: Valid tasks with templates in options of all types, with and without choices, nested or not.
UNKNOWN = "{{ variable }}"
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


def build_invalid_tasks() -> dict[str, dict[str, Any]]:
    """Return tasks with an option that no module has, by task name."""
    tasks = {f"Module {name}": {f"clickhouse.cloud.{name}": {"nam": "x", **REQUIRED.get(name, {})}} for name in MODULES}
    return {**tasks, "Entry of a fleet": {"clickhouse.cloud.fleet": {"services": [{"nam": "x"}]}}}


def lint(directory: str) -> dict[str, str]:
    """Run ansible-lint; return its messages about module options by task name."""
    program = str(Path(sys.executable).with_name("ansible-lint"))
    command = [program, "--offline", "--nocolor", "-q", "-f", "json", PLAYBOOK]
    process = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    findings = [finding for finding in json.loads(process.stdout) if finding["check_name"] == "args[module]"]
    return {finding["content"]["body"].partition(": ")[2]: finding["description"] for finding in findings}


def main() -> None:
    tasks = build_invalid_tasks()
    play = {"name": "Misspell options", "hosts": "localhost", "gather_facts": False}
    play["tasks"] = [{"name": name, **task} for name, task in {**tasks, **VALID}.items()]
    with tempfile.TemporaryDirectory() as directory:
        # JSON is valid YAML.
        Path(directory, PLAYBOOK).write_text(json.dumps([play], indent=1), encoding="utf-8")
        messages = lint(directory)
    missed = [name for name in tasks if not re.search(r"\bnam\b", messages.get(name, ""))]
    if missed:
        sys.exit(f"ansible-lint has not reported the misspelled option in {', '.join(missed)}. It reported: {messages}")
    false_alarms = {name: messages[name] for name in VALID if name in messages}
    if false_alarms:
        sys.exit(f"ansible-lint has reported valid templates: {false_alarms}")


if __name__ == "__main__":
    main()
