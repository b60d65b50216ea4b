# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All modules and their scenarios, which the tests that apply to every module are derived from."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario

UNIT_TESTS = Path(__file__).resolve().parent
MODULES = sorted(path.stem for path in (UNIT_TESTS.parents[1] / "plugins/modules").glob("*.py"))
SCENARIO_FILES = sorted(path.stem for path in (UNIT_TESTS / "scenarios").glob("*.py"))
SCENARIOS = "ansible_collections.clickhouse.cloud.tests.unit.scenarios"


def assert_lists_every_module(names: Iterable[str], place: str) -> None:
    """Assert that the names are those of all modules; the AssertionError says what to change at `place`."""
    listed = set(names)
    missing, unknown = sorted(set(MODULES) - listed), sorted(listed - set(MODULES))
    assert not missing, f"add {', '.join(missing)} to {place}"
    assert not unknown, f"there is no module {' or '.join(unknown)}, which is in {place}"


def load_scenarios(module: str) -> list[Scenario]:
    """Return the scenarios of a module, the most common use first."""
    scenarios = importlib.import_module(f"{SCENARIOS}.{module}").SCENARIOS
    return [replace(scenario, module=module) for scenario in scenarios]


def load_requests(module: str) -> list[Sequence[str]]:
    """Return the requests of each scenario of a module, and those that it only sends with options of no scenario."""
    scenarios = importlib.import_module(f"{SCENARIOS}.{module}")
    return [*(scenario.requests for scenario in scenarios.SCENARIOS), getattr(scenarios, "FURTHER_REQUESTS", ())]


def selects_service(module: str) -> bool:
    """Return whether the options of a module select a service."""
    return any("service_id" in scenario.options for scenario in load_scenarios(module))


def usual_options(module: str, **service: str) -> dict[str, Any]:
    """Return the options of the first scenario, for this service if the module selects one.

    The service is `name` or `service_id`. Without it, there are only the other options.
    """
    options = load_scenarios(module)[0].options
    if not selects_service(module):
        return dict(options)
    others = {name: value for name, value in options.items() if name not in ("name", "service_id")}
    return {**service, **others}


def load_permissions(module: str) -> dict[str, str]:
    """Return the permissions that a module needs, each with its purpose, "" if it always needs the permission."""
    permissions: dict[str, str] = importlib.import_module(f"{SCENARIOS}.{module}").PERMISSIONS
    return permissions
