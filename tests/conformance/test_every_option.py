# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook with every option of every module changes nothing when it is run again, also in check mode."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import certifi
import pytest
import yaml

from ansible_collections.clickhouse.cloud.tests.conformance.conftest import STEP
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES
from ansible_collections.clickhouse.cloud.tests.unit.test_specs import specification

PLAYBOOK = Path(__file__).with_name("every_option.yml")
COLLECTION = "clickhouse.cloud."
#: The options that the API ignores for a new service, so that a second run fails.
IGNORED_BY_API = {"encryption_key", "encryption_assumed_role_identifier"}
#: The tasks that change nothing even when the playbook is run for the first time.
UNCHANGED = (
    "Read |Find |Start |Delete .* that is not there|Declare a service in|Declare the existing|Save a plan|Carry out"
)
#: Of the Query API. In the playbook, all queries only read.
QUERY_PATH = "/run"
ANSIBLE = Path(sys.executable).parent / "ansible-playbook"
#: Only a failure takes this long, in seconds.
TIMEOUT = 300


def read_play() -> dict[str, Any]:
    (play,) = yaml.safe_load(PLAYBOOK.read_text("utf-8"))
    return play


def find_options(specification: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield each option of a specification, those within another one as "services.name"."""
    for name, rule in specification.items():
        yield f"{path}{name}"
        yield from find_options(rule.get("options") or {}, f"{path}{name}.")


def find_used(options: Any, path: str = "") -> Iterator[str]:
    """Yield each option that a task sets, in the same way."""
    for entry in options if isinstance(options, list) else [options]:
        for name, value in entry.items() if isinstance(entry, dict) else ():
            yield f"{path}{name}"
            yield from find_used(value, f"{path}{name}.")


@pytest.mark.parametrize("module", MODULES)
def test_playbook_has_every_option(module: str) -> None:
    play = read_play()
    tasks = [task[COLLECTION + module] for task in play["tasks"] if COLLECTION + module in task]
    assert tasks, f"add a task with {module} to {PLAYBOOK.name}"
    defaults = [play["module_defaults"].get(name, {}) for name in (f"group/{COLLECTION}all", COLLECTION + module)]
    used = set(find_used([*tasks, *defaults]))
    expected = {path for path in find_options(specification(module)) if path.split(".")[-1] not in IGNORED_BY_API}
    missing = expected - used
    assert not missing, f"add {', '.join(sorted(missing))} to a task with {module} in {PLAYBOOK.name}"


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    """Return an emulator with services that have a backup."""
    with Emulator(STEP) as emulator:
        yield emulator


@pytest.fixture
def variables(cloud: Emulator, tmp_path: Path) -> dict[str, Any]:
    """Return the variables of the playbook, for an organization with services that have a backup."""
    start, end = (
        (datetime.now(timezone.utc) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (3, 2)
    )
    for name in ("source", "source-copy", "attic"):
        created = cloud.create(name=name, provider="aws", region="us-east-1", ipAccessList=[])["service"]
        backups = [{"startedAt": start, "finishedAt": end, "type": "full", "status": "done"}]
        cloud.set_service(created["id"], state="stopped" if name == "attic" else "running", backups=backups)
    infrastructure = {"id": str(uuid.uuid4()), "regionId": "us-east-1"}
    cloud.add_organization(id=cloud.organization_id, byocConfig=[infrastructure])
    return {
        "infrastructure": infrastructure["id"],
        "api_key": cloud.api_key,
        "api_secret": cloud.api_secret,
        "url": cloud.api_url,
        "organization": cloud.organization_id,
        "organization_with_tiers": cloud.add_organization(tier="legacy"),
        "ca_path": certifi.where(),
        "directory": str(tmp_path),
    }


def run_playbook(variables: Mapping[str, Any], *arguments: str, playbook: Path = PLAYBOOK) -> str:
    """Run the playbook, by default that with every option, and return its output."""
    completed = subprocess.run(
        [ANSIBLE, str(playbook), "-e", json.dumps(variables), *arguments],
        env={**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def changed_tasks(output: str) -> list[str]:
    """Return the names of the tasks that have changed something."""
    results = re.findall(r"^TASK \[(.+)\] \**$|^(changed): ", output, re.MULTILINE)
    return [name for (name, _status), (_name, status) in zip(results, [*results[1:], ("", "")]) if status]


def count_requests(emulator: Emulator) -> tuple[int, int]:
    """Return the numbers of requests that read and write since the last call."""
    reads = [entry["method"] == "GET" or entry["path"].endswith(QUERY_PATH) for entry in emulator.journal()]
    emulator.clear_journal()
    return reads.count(True), reads.count(False)


def test_playbook_changes_nothing_when_it_is_run_again(cloud: Emulator, variables: dict[str, Any]) -> None:
    tasks = read_play()["tasks"]
    names = [task["name"] for task in tasks]
    always = [task["name"] for task in tasks if "always_changes" in task.get("tags", ())]
    reads = sum(task.get("vars", {}).get("requests", 1) for task in tasks)

    created = run_playbook(variables)
    assert changed_tasks(created) == [name for name in names if not re.match(UNCHANGED, name)]
    count_requests(cloud)
    planned = run_playbook(variables, "--check", "--diff")
    assert changed_tasks(planned) == always
    assert count_requests(cloud) == (reads, 0)
    repeated = run_playbook(variables, "--diff")
    assert changed_tasks(repeated) == always
    assert count_requests(cloud) == (reads, len(always))
