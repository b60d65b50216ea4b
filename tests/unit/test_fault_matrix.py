# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever goes wrong with whichever request: the wanted state, or one failure that is told; and then the wanted state.

For each request that a module makes in its normal stories, each kind of fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.cases import HURRY, STEP, Stage, failures, kinds_for
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.fleets import FLEETS
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Story
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenarios_read import READING
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenarios_write import OTHERS, SERVICE
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import assert_lists_every_module

STORIES = [*SERVICE, *OTHERS, *FLEETS, *READING]

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def _emulator() -> Iterator[Emulator]:
    """One in which time passes in shorter steps."""
    with Emulator(STEP) as emulator:
        yield emulator


@pytest.fixture
def speedup() -> int:
    """Nearly all of the time of the matrix would be pauses."""
    return HURRY


@pytest.fixture
def stage(emulator: Emulator, run: Run, fast_clock: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(emulator, run, tmp_path, monkeypatch)


def identity(story: Story) -> str:
    return f"{story.module}: {story.name}"


def test_every_module_has_a_story() -> None:
    assert_lists_every_module(
        (story.module for story in STORIES),
        "READING in scenarios_read.py if it only reads, else to OTHERS in scenarios_write.py",
    )


@pytest.mark.parametrize("story", STORIES, ids=identity)
def test_the_normal_story(stage: Stage, story: Story) -> None:
    world, asked = stage.normal(story)
    assert "failed" not in world.results[0], world.results[0]["msg"]
    story.holds(world)
    assert len(asked) == story.requests, [str(one) for one in asked]


@pytest.mark.parametrize(
    ("story", "index"),
    [
        pytest.param(story, index, id=f"{identity(story)}, request {index + 1}")
        for story in STORIES
        for index in range(story.requests)
    ],
)
def test_a_request_that_goes_wrong(
    stage: Stage, story: Story, index: int, record_property: Callable[[str, object], None]
) -> None:
    record_property("cases", len(kinds_for(index)))
    found = failures(stage, story, index)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("story", [story for story in OTHERS if story.module == "service_password"], ids=identity)
def test_a_password_that_is_told_holds_even_if_requests_overtake_each_other(
    stage: Stage, story: Story, instant_timeouts: None
) -> None:
    world = stage.world(story, "overtaken")
    # Nothing comes of the first request until the module has ended.
    world.emulator.fault(method="PATCH", path="/password$", delay=HOLD_SECONDS)
    stage.play(story, world)
    assert "failed" not in world.results[0]
    story.holds(world)
