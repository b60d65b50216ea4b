# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode returns what the same task then returns, but for what only the API decides, which is null."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.cases import ScenarioRunner
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES, load_scenarios

Run = Callable[..., dict[str, Any]]

#: What a service has is not known before its creation, nor what SQL returns before it runs.
OTHERS = ("fleet", "service", "service_password", "service_query")
#: Whether an entry of a schedule is active, and when something was changed, depends on the time.
OF_THE_TIME = ("is_active_now:", "updated_at:")
#: What the API never decides, so that it is known in check mode: null would be another value.
EMPTY: tuple[Any, ...] = ([], {}, "", False)


def differences(planned: Any, actual: Any, place: str = "") -> Iterator[str]:
    """Return where the results differ, without values that are null in the plan."""
    if isinstance(planned, dict) and isinstance(actual, dict):
        for name in {**planned, **actual}:
            yield from differences(planned.get(name), actual.get(name), f"{place}.{name}")
    elif isinstance(planned, list) and isinstance(actual, list) and len(planned) == len(actual):
        for number, (one, other) in enumerate(zip(planned, actual)):
            yield from differences(one, other, f"{place}[{number}]")
    elif planned != actual and (planned is not None or actual in EMPTY):
        yield f"{place}: {planned!r} in check mode, and then {actual!r}"


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("_info") and name not in OTHERS])
def test_check_mode_returns_what_the_task_returns(
    emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    for number, scenario in enumerate(load_scenarios(module)):
        runner = ScenarioRunner(emulator, run, tmp_path, monkeypatch)
        env = runner.set_up(scenario, number)
        runner.run_module(scenario, env, check=True)
        runner.run_module(scenario, env)
        planned, actual = env.results
        found = [line for line in differences(planned, actual) if not any(name in line for name in OF_THE_TIME)]
        assert found == [], scenario.name
