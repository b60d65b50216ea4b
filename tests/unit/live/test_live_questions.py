# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions are those of the emulator's README."""

from __future__ import annotations

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import REPOSITORY
from ansible_collections.clickhouse.cloud.tests.live import __main__ as live
from ansible_collections.clickhouse.cloud.tests.live.story import STEP_NAMES, load_questions

README = REPOSITORY / "tests" / "emulator" / "README.md"


def read_cases() -> list[str]:
    """Return the cases of unknown behavior in the emulator's README."""
    section = README.read_text(encoding="utf-8").partition("\n## Unknown behavior\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split(" | ")[0].strip() for line in section.splitlines() if line.startswith("| ")]
    assert rows[0] == "Case"
    return rows[1:]


def test_every_case_has_a_question_and_every_question_a_case() -> None:
    cases = [case for question in load_questions() for case in question.cases]
    # A new case needs a question in tests/live/questions.yml.
    assert [case for case in read_cases() if case not in cases] == []
    assert [case for case in cases if case not in read_cases()] == []
    assert len(cases) == len(set(cases))


def test_every_question_has_steps_or_the_reason_why_it_has_none() -> None:
    questions = load_questions()
    assert [question.id for question in questions if bool(question.steps) == bool(question.reason)] == []
    assert len({question.id for question in questions}) == len(questions)


def test_steps_are_complete() -> None:
    for question in load_questions():
        for step in question.steps:
            assert step.keys() <= STEP_NAMES, question.id
            assert len(step.keys() & {"send", "prepare", "wait"}) == 1, question.id


def test_a_question_shows_something() -> None:
    asked = [question for question in load_questions() if question.steps]
    assert [question.id for question in asked if not any("send" in step for step in question.steps)] == []


@pytest.mark.parametrize(
    ("tier", "provider", "region"),
    [("BASIC", "aws", "us-east-1"), ("SCALE", "gcp", "us-central1"), ("ENTERPRISE", "azure", "eastus2")],
)
def test_every_question_can_be_asked(tier: str, provider: str, region: str) -> None:
    options = live.create_parser().parse_args(["--tier", tier, "--provider", provider, "--region", region])
    answers = live.ask_emulator(load_questions(), options)
    # The emulator has no page for what was created after the first one.
    assert [name for name, lines in answers.items() if any(line.startswith("not asked") for line in lines)] == ["pages"]
    # No request has deleted the service before all others were sent.
    stop = answers["deleted"].index('PATCH <organization>/services/<service>/state {"command": "stop"}')
    assert answers["deleted"][stop + 1 : stop + 3] == ["200", '  state: "terminating"']


def test_the_default_regions_exist() -> None:
    for provider, region in live.DEFAULT_REGIONS.items():
        live.check_region(provider, region)
