# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every list reads all pages, and each deletion has a guard. Both are derived from the scenarios of the modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.contract.coverage import OTHER_HOSTS, find_operation
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.cases import ScenarioRunner
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES, load_scenarios
from ansible_collections.clickhouse.cloud.tests.unit.test_specs import specification

Run = Callable[..., dict[str, Any]]

#: The modules that delete without confirm_name, and why. A module about something that is lost with its deletion, or
#: that others use, does not belong here.
WITHOUT_NAME = {
    "fleet": "confirm_name, force and prune_filter of its entries, as in service",
    "member": "a member or an invitation can be restored by the same task",
    "scaling_schedule": "the task that declares it restores it",
    "service": "confirm_name only for a protected service; a running one needs force",
    "service_settings": "resets settings, which the task names",
    "upgrade_window": "the task that declares it restores it",
}


def is_paged(line: str) -> bool:
    """Return whether the response to a request of a scenario may be one page of several."""
    operation = load().operations[find_operation(load(), line)]
    return "cursor" in operation.get("query", {}).get("properties", {})


LISTS = [
    (scenario, line)
    for module in MODULES
    for scenario in load_scenarios(module)
    for line in dict.fromkeys(scenario.requests)
    if line not in OTHER_HOSTS and line.startswith("GET ") and is_paged(line)
]
DELETIONS = [
    scenario
    for module in MODULES
    for scenario in load_scenarios(module)
    if any(line.startswith("DELETE ") for line in scenario.requests)
]


CURSOR = "the second page"


@pytest.fixture
def runner(
    emulator: Emulator, run: Run, fast_clock: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ScenarioRunner:
    return ScenarioRunner(emulator, run, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("scenario", "line"), LISTS, ids=lambda value: value if isinstance(value, str) else f"{value.module}: {value.name}"
)
def test_list_reads_all_pages(emulator: Emulator, runner: ScenarioRunner, scenario: Scenario, line: str) -> None:
    env = runner.set_up(scenario, "list")
    path = line.split(" ")[1].replace("{id}", "[0-9a-f-]+")
    page = {"result": [], "nextCursor": CURSOR, "requestId": "r", "status": 200}
    emulator.fault(method="GET", path=f"{path}$", status=200, body=page)
    runner.run_module(scenario, env)
    assert [CURSOR] in [entry["query"].get("cursor") for entry in env.journal]


@pytest.mark.parametrize(
    "scenario",
    [scenario for scenario in DELETIONS if scenario.module not in WITHOUT_NAME],
    ids=lambda scenario: f"{scenario.module}: {scenario.name}",
)
def test_deletion_has_a_guard(emulator: Emulator, runner: ScenarioRunner, scenario: Scenario) -> None:
    assert "confirm_name" in specification(scenario.module), f"{scenario.module} deletes without a guard"
    env = runner.set_up(scenario, "guard")
    runner.run_module(scenario, env, confirm_name="another name")
    result = env.results[0]
    assert (result.get("failed"), result["changed"]) == (True, False)
    assert "confirm_name" in result["msg"]
    assert {entry["method"] for entry in env.journal} <= {"GET"}


def test_exceptions_delete_something() -> None:
    assert WITHOUT_NAME.keys() <= {scenario.module for scenario in DELETIONS}
