# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test every kind of fault in every request of every scenario.

With the fault, a module has to reach the desired state or to report one clear failure. The next run, without the fault,
has to reach the desired state.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.cases import (
    SPEEDUP,
    STEP,
    ScenarioRunner,
    run_cases,
)
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import (
    SCENARIO_FILES,
    assert_lists_every_module,
    load_scenarios,
)

SCENARIOS = [scenario for module in SCENARIO_FILES for scenario in load_scenarios(module)]

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def _emulator() -> Iterator[Emulator]:
    """Start an emulator with shorter transitions."""
    with Emulator(STEP) as emulator:
        yield emulator


@pytest.fixture
def speedup() -> int:
    """Return a higher factor, as the fault matrix consists of sleeps mostly."""
    return SPEEDUP


@pytest.fixture
def runner(
    emulator: Emulator, run: Run, fast_clock: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ScenarioRunner:
    return ScenarioRunner(emulator, run, tmp_path, monkeypatch)


def scenario_id(scenario: Scenario) -> str:
    return f"{scenario.module}: {scenario.name}"


def test_every_module_has_a_scenario() -> None:
    assert_lists_every_module(
        (scenario.module for scenario in SCENARIOS), "tests/unit/scenarios: a file MODULE.py with a list SCENARIOS"
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=scenario_id)
def test_scenario_without_fault(runner: ScenarioRunner, scenario: Scenario) -> None:
    env, requests = runner.run_without_fault(scenario)
    assert "failed" not in env.results[0], env.results[0]["msg"]
    scenario.verify(env)
    lines = [request.line for request in requests]
    assert lines == list(scenario.requests), f"it sends {json.dumps(lines)}"


#: Each request of each scenario.
STEPS = [(scenario, index) for scenario in SCENARIOS for index in range(len(scenario.requests))]


@pytest.mark.parametrize(
    ("scenario", "index", "turn"),
    [
        pytest.param(scenario, index, turn, id=f"{scenario_id(scenario)}, request {index + 1}")
        for turn, (scenario, index) in enumerate(STEPS)
    ],
)
def test_scenario_with_fault(
    runner: ScenarioRunner, scenario: Scenario, index: int, turn: int, record_property: Callable[[str, object], None]
) -> None:
    cases, errors = run_cases(runner, scenario, index, turn)
    record_property("cases", cases)
    if errors:
        pytest.fail("\n".join(errors), pytrace=False)


@pytest.mark.parametrize("scenario", load_scenarios("service_password"), ids=scenario_id)
def test_returned_password_is_valid_if_requests_overtake_each_other(
    runner: ScenarioRunner, scenario: Scenario, instant_timeouts: None
) -> None:
    env = runner.set_up(scenario, "overtaken")
    # The first request takes effect only after the module has ended.
    env.emulator.fault(method="PATCH", path="/password$", delay=HOLD_SECONDS)
    runner.run_module(scenario, env)
    assert "failed" not in env.results[0]
    scenario.verify(env)
