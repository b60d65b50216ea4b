# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures, and the page of results: "make conformance"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.conformance import page, terraform_client
from ansible_collections.clickhouse.cloud.tests.conformance.command_line_client import CommandLineClient
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

#: The duration of a state transition in the emulator, in seconds.
STEP = 0.05
#: A user property of a test: the section and the row of the page, and a note.
ROW = "conformance row"
#: Why the tests of Terraform are left out.
OBSTACLE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator(STEP) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def client(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> CommandLineClient:
    return CommandLineClient(emulator, tmp_path_factory.mktemp("home"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of Terraform where it cannot run."""
    uses_terraform = [item for item in items if "terraform" in getattr(item, "fixturenames", ())]
    if not uses_terraform or config.option.collectonly:
        return
    reason = terraform_client.find_obstacle()
    if reason and terraform_client.IS_REQUIRED:
        raise pytest.UsageError(f"Terraform: {reason}")
    if reason:
        config.stash[OBSTACLE] = reason
        config.hook.pytest_deselected(items=uses_terraform)
        items[:] = [item for item in items if item not in uses_terraform]


def collect_results(reports: list[Any]) -> list[page.Result]:
    results = []
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == ROW and (report.when == "call" or report.failed):
                section, row, note = value
                results.append(page.Result(section, row, report.passed, note))
    return results


def is_complete(config: pytest.Config) -> bool:
    """Return whether all tests of the directory were selected."""
    names = [Path(argument.rstrip("/")).name for argument in config.args]
    return names == ["conformance"] and not (config.option.keyword or config.option.markexpr)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the page of results, unless only a part of the tests has run."""
    groups = (terminalreporter.stats.get(name, []) for name in ("passed", "failed", "error"))
    results = collect_results([report for group in groups for report in group])
    obstacle = config.stash.get(OBSTACLE, "")
    if obstacle:
        terminalreporter.write_line(f"make conformance: NOT RUN: Terraform: {obstacle}")
    for title, rows in page.collect_sections(results).items():
        passed, total = (sum(getattr(row, name) for row in rows.values()) for name in ("passed", "total"))
        terminalreporter.write_line(f"{title}: {passed} of {total} passed.")
    if is_complete(config) and not obstacle and terraform_client.read_installed_version():
        page.update_page(page.format_page(sorted(results, key=lambda result: result.section)))
