# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A case of the fault matrix: a scenario with a fault in one request, and the same scenario again without it."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.creation_attempt import UNRESOLVED_PERIOD
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import has_wait_options, instant_timeouts_for
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix import assertions
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import (
    Environment,
    Result,
    to_pattern,
    to_template,
)
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.faults import FORBIDDEN, FaultKind, choose_kinds
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import PASSWORD, Scenario

Run = Callable[..., Result]

#: How much faster than real time the clock of the modules is.
SPEEDUP = 250
#: The duration of a state transition, in seconds of real time. It is shorter than the polling interval, so that the
#: first poll sees the target state and a scenario always has the same requests.
STEP = 0.006
#: The path of the organization, which the requests of scenarios leave out.
ROOT = "/v1/organizations/{id}/"
WAIT_OPTIONS = {"wait_interval": 4, "wait_timeout": 28}


@dataclass(frozen=True)
class Request:
    """A request of a scenario. `ordinal` counts from 0 among requests with the same method and path."""

    method: str
    path: str
    ordinal: int

    def __str__(self) -> str:
        return f"{self.line} no. {self.ordinal + 1}"

    @property
    def line(self) -> str:
        """Return the method and the path, as scenarios state them."""
        return f"{self.method} {self.path.replace(ROOT, '')}"

    def was_sent(self, journal: list[dict[str, Any]]) -> bool:
        """Return whether the journal has this request."""
        return self in list_requests(journal)

    def was_sent_again(self, journal: list[dict[str, Any]]) -> bool:
        """Return whether the journal has this request, and later another one that is the same."""
        return replace(self, ordinal=self.ordinal + 1).was_sent(journal)


@dataclass(frozen=True)
class ScenarioRunner:
    """Sets up scenarios and runs their modules."""

    emulator: Emulator
    run: Run
    directory: Path
    patch: pytest.MonkeyPatch

    def set_up(self, scenario: Scenario, name: object) -> Environment:
        """Return the initial environment of a scenario, in a separate directory with this name."""
        directory = self.directory / str(name)
        directory.mkdir()
        self.patch.setenv("XDG_STATE_HOME", str(directory / "XDG_STATE_HOME"))
        if scenario.unset_variable:
            self.patch.delenv(scenario.unset_variable, raising=False)
        env = Environment(self.emulator, directory)
        scenario.setup(env)
        env.start()
        return env

    def run_module(self, scenario: Scenario, env: Environment, **extra: Any) -> None:
        """Run the module once and update the environment. After the first run, keep its journal and end the faults."""
        wait_options = WAIT_OPTIONS if has_wait_options(scenario.module) else {}
        options = {**wait_options, **env.fill_in(scenario.options), **extra}
        env.results.append(self.run(scenario.module, **options))
        if len(env.results) == 1:
            env.journal = self.emulator.journal()
            env.clear_faults()
        env.refresh()

    def run_again(self, scenario: Scenario, env: Environment) -> Result:
        """Run the module again. If it may not create the service yet, run it once more after that period."""
        self.run_module(scenario, env)
        if env.results[-1].get("failed") and "no task creates another one" in env.results[-1]["msg"]:
            now = time.time
            with self.patch.context() as patch:
                patch.setattr(time, "time", lambda: now() + UNRESOLVED_PERIOD + 1)
                self.run_module(scenario, env)
        return env.results[-1]

    def run_without_fault(self, scenario: Scenario) -> tuple[Environment, list[Request]]:
        """Run a scenario without a fault; return the environment and the requests."""
        env = self.set_up(scenario, "without fault")
        self.run_module(scenario, env)
        return env, list_requests(env.journal)


def list_requests(journal: list[dict[str, Any]]) -> list[Request]:
    """Return the requests of a journal in order."""
    return _count([(entry["method"], to_template(entry["path"])) for entry in journal])


def expected_requests(scenario: Scenario) -> list[Request]:
    """Return the requests that the scenario states, which test_scenario_without_fault compares with those of a run."""
    lines = [line.split(" ", 1) for line in scenario.requests]
    return _count([(method, path if path.startswith("/") else ROOT + path) for method, path in lines])


def _count(requests: Iterable[tuple[str, str]]) -> list[Request]:
    counts: Counter[tuple[str, str]] = Counter()
    counted = []
    for method, path in requests:
        counted.append(Request(method, path, counts[method, path]))
        counts[method, path] += 1
    return counted


def find_closed_port() -> int:
    """Return a port that refuses connections."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def inject_fault(env: Environment, expected: list[Request], index: int, kind: FaultKind) -> dict[str, Any]:
    """Add the fault of the request with this index; return the module options that it needs."""
    if kind.refuses and index == 0:
        return {"api_url": f"http://127.0.0.1:{find_closed_port()}"}
    # To refuse a connection, the emulator stops listening after the previous request.
    target = expected[index - 1 if kind.refuses else index]
    env.emulator.fault(
        method=target.method, path=to_pattern(target.path), skip=target.ordinal, times=kind.times, **kind.fault
    )
    return {}


def assert_fault_occurred(env: Environment, expected: list[Request], index: int, kind: FaultKind) -> None:
    """Assert that the module has sent the request that has the fault."""
    fault_index = index - 1 if kind.refuses else index
    assert fault_index < 0 or expected[fault_index].was_sent(env.journal), (
        "the module has not sent the request with the fault"
    )


def collect_errors(checks: Iterable[Callable[[], object]]) -> Iterator[str]:
    """Yield the message of each check that fails."""
    for check in checks:
        try:
            check()
        except AssertionError as error:
            yield str(error)


def run_case(
    runner: ScenarioRunner, scenario: Scenario, env: Environment, expected: list[Request], index: int, kind: FaultKind
) -> Iterator[str]:
    """Run a scenario with a fault and again without it; yield each error."""
    given_password = PASSWORD if PASSWORD in str(scenario.options) else None
    options = inject_fault(env, expected, index, kind)
    with instant_timeouts_for(runner.emulator) if kind.holds_request else nullcontext():
        runner.run_module(scenario, env, **options)
    result = env.results[0]
    checks = [
        lambda: assert_fault_occurred(env, expected, index, kind),
        lambda: assertions.assert_clear_failure(result),
        lambda: assertions.assert_changed_is_correct(env, result, kind),
        lambda: assertions.assert_unique_names(env),
        lambda: assertions.assert_no_secret_displayed(env, result, given_password),
    ]
    if not (
        result.get("failed")
        or _is_forbidden_subresource(scenario, result, kind)
        or _is_absent_part(scenario, result, kind)
    ):
        checks.append(lambda: scenario.verify(env))
    yield from collect_errors(checks)
    again = runner.run_again(scenario, env)
    checks = [
        lambda: assertions.assert_success(again),
        lambda: assertions.assert_unique_names(env),
        lambda: assertions.assert_no_secret_displayed(env, again, given_password),
        lambda: scenario.verify(env),
    ]
    yield from (f"then, in the second run, {error}" for error in collect_errors(checks))


def _is_forbidden_subresource(scenario: Scenario, result: Result, kind: FaultKind) -> bool:
    """Return whether an info module returns null for a subresource that the key may not read, with a warning."""
    if kind.fault != FORBIDDEN.fault or not scenario.subresource or scenario.subresource not in result:
        return False
    return result[scenario.subresource] is None and "may not" in str(result.get("warnings"))


def _is_absent_part(scenario: Scenario, result: Result, kind: FaultKind) -> bool:
    """Return whether a module believes the API, which says that an existing service does not have a part."""
    part = result.get(scenario.optional_part, "")
    return kind.fault == {"status": 404} and (part is None or part == []) and not result["changed"]


def run_cases(runner: ScenarioRunner, scenario: Scenario, index: int, turn: int) -> tuple[int, list[str]]:
    """Run the cases of one request of a scenario; return their number, and all errors.

    A lasting fault is left out where it cannot apply more than once: the request is not sent again after it, so that
    the run would be the same as with the fault that applies once. A lasting refusal of the first request is excluded.
    """
    expected = expected_requests(scenario)
    request, cases, errors = expected[index], 0, []
    applied_once: list[Mapping[str, Any]] = []
    for kind in choose_kinds(request.method, request.path, turn):
        if kind.lasting and (kind.fault in applied_once or (kind.refuses and index == 0)):
            continue
        env = runner.set_up(scenario, cases)
        cases += 1
        suffix = ", lasting" if kind.lasting else ""
        for error in run_case(runner, scenario, env, expected, index, kind):
            errors.append(f"{request}: {kind.name}{suffix}: {error}")
        if not request.was_sent_again(env.journal):
            applied_once.append(kind.fault)
    return cases, errors
