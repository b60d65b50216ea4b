# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every subcommand of the vendor's command-line client about what the collection and the emulator offer."""

from __future__ import annotations

import json
import re
import shlex
import time
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.conformance.command_line_client import (
    CommandLineClient,
    find_subcommands,
    read_version,
)
from ansible_collections.clickhouse.cloud.tests.conformance.conftest import ROW
from ansible_collections.clickhouse.cloud.tests.conformance.expectation import fill, find_differences, find_value
from ansible_collections.clickhouse.cloud.tests.conformance.stories import Step, read_out_of_scope, read_stories
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

STORIES = read_stories()
STEPS = [(story, number) for story, steps in STORIES.items() for number in range(len(steps))]
SECTION = f"The command-line client: clickhousectl {read_version()}"
#: How long a command is repeated, in seconds. Only a failure takes this long.
UNTIL_SECONDS = 30
PAUSE = 0.05


def describe(story: str, number: int) -> str:
    step = STORIES[story][number]
    return f"{story} {number + 1}: {step.command} {step.arguments}".strip()


@pytest.fixture(scope="module")
def names(emulator: Emulator) -> dict[str, dict[str, str]]:
    """Return the names that each story has kept so far."""
    return {story: {"organization": emulator.organization_id} for story in STORIES}


@pytest.mark.parametrize(("story", "number"), STEPS, ids=[describe(*step) for step in STEPS])
def test_command(
    story: str,
    number: int,
    request: pytest.FixtureRequest,
    emulator: Emulator,
    client: CommandLineClient,
    names: dict[str, dict[str, str]],
) -> None:
    step = STORIES[story][number]
    request.node.user_properties.append((ROW, (SECTION, step.command, step.note)))
    if number == 0:
        emulator.reset()
    kept = names[story]
    if step.before:
        fields = fill(step.before, kept)
        emulator.set_service(fields.pop("id"), **fields)
    if step.features:
        emulator.add_organization(id=emulator.organization_id, features=step.features)
    if step.functions:
        emulator.set_functions(*step.functions)
    emulator.clear_journal()

    run_until_expected(client, step, kept)

    check_statuses(emulator, step)


def run_until_expected(client: CommandLineClient, step: Step, kept: dict[str, str]) -> None:
    """Run the command; repeat it if the step has an ``until``."""
    deadline = time.monotonic() + UNTIL_SECONDS
    while True:
        response = run_once(client, step, kept)
        kept.update({name: find_value(response, path) for name, path in step.keep.items()})
        expected = step.expect if step.until is None else step.until
        differences = [] if expected is None else find_differences(fill(expected, kept), response)
        if not differences:
            return
        if step.until is None or time.monotonic() > deadline:
            pytest.fail("\n".join(differences), pytrace=False)
        time.sleep(PAUSE)


def run_once(client: CommandLineClient, step: Step, kept: dict[str, str]) -> Any:
    """Run the command, check its exit status and output, and return its JSON."""
    arguments = [fill(argument, kept) for argument in shlex.split(step.arguments)]
    text = step.input if isinstance(step.input, str) else json.dumps(fill(step.input, kept))
    completed = client.run([*step.command.split(), *arguments], text, step.json)
    everything = completed.stdout + completed.stderr
    if completed.returncode != step.exit:
        pytest.fail(f"expected the exit status {step.exit}, got {completed.returncode}: {everything}", pytrace=False)
    if not re.search(fill(step.output, kept), everything):
        pytest.fail(f"expected {step.output!r} in: {everything}", pytrace=False)
    if step.expect is None and step.until is None and not step.keep:
        return None
    return json.loads(completed.stderr if step.exit else completed.stdout)


def check_statuses(emulator: Emulator, step: Step) -> None:
    """Check that the client has not hidden a refusal."""
    if step.exit:
        return
    refused = [
        f"{entry['method']} {entry['path']}: {entry['status']}"
        for entry in emulator.journal()
        if entry["status"] >= 400 and entry["status"] not in step.statuses
    ]
    if refused:
        pytest.fail(f"the client has hidden a refusal: {refused}", pytrace=False)


def test_every_subcommand_is_run_or_out_of_scope() -> None:
    run = {step.command for steps in STORIES.values() for step in steps}
    excluded = read_out_of_scope()

    missing = [
        command
        for command in find_subcommands()
        if command not in run and not any(f"{command} ".startswith(f"{words} ") for words in excluded)
    ]

    assert not missing
