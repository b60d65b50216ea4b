# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The invariants of a creation hold in every schedule of two runs with a few faults.

They are those of docs/docsite/rst/guide_creation.rst.

A failure prints the schedule, which can be replayed: put it into REPLAYED.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils import _files
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import password
from ansible_collections.clickhouse.cloud.tests.unit.conftest import BATCHES
from ansible_collections.clickhouse.cloud.tests.unit.creation_schedules import (
    EPOCH,
    OPTIONS,
    SECOND,
    Schedule,
    World,
    play,
)

#: How many decisions of a schedule differ from those with which nothing goes wrong, instead of the usual number.
DEVIATIONS = os.environ.get("CREATION_SCHEDULE_DEVIATIONS")
#: How many schedules with one deviation more are taken at random, always the same ones, where all would be too many.
SAMPLE = 50

#: How the password becomes known, and what the second run does.
KINDS = [f"{kind}, {second}" if second else kind for kind in OPTIONS for second in SECOND]

Play = Callable[[str, bool, Schedule], World]


@pytest.fixture
def play_schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Return a function that plays a schedule with the time of its world."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # No file has to survive a crash here, and the disk is slow.
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.setattr(random, "uniform", lambda least, most: most)
    # Fewer decisions of a run that waits for the other one.
    monkeypatch.setattr(_files, "LOCK_POLL_SECONDS", (5.0, 10.0))
    worlds: list[World] = [World({})]

    def sleep(seconds: float) -> None:
        worlds[0].sleep(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: worlds[0].now)
    monkeypatch.setattr(time, "time", lambda: EPOCH + worlds[0].now)
    # A login shows immediately whether the service has the password.
    monkeypatch.setattr(password, "check_can_log_in", lambda service, options: (service, options))
    monkeypatch.setattr(password, "can_log_in", lambda login: worlds[0].api.accepts(*login))

    def _play(kind: str, wait: bool, schedule: Schedule) -> World:
        world = worlds[0] = World(schedule)
        try:
            play(world, tmp_path, kind, wait)
        except Exception as error:  # Print the schedule of any violation.
            steps = "\n".join(world.steps())
            pytest.fail(f"{error}\nReplay: ({kind!r}, {wait}, {dict(schedule)})\n{steps}", pytrace=False)
        return world

    return _play


def extend_schedule(world: World, schedule: Schedule) -> Iterator[Schedule]:
    """Return the schedules with one more deviation, at a later decision."""
    first = max(schedule, default=-1) + 1
    for number, (_what, alternatives, _chosen) in enumerate(world.decisions[first:], first):
        for alternative in range(1, len(alternatives)):
            yield {**schedule, number: alternative}


@pytest.mark.parametrize(
    ("kind", "wait", "usual"),
    [
        # Three thousand schedules.
        ("file", True, 2 if BATCHES > 1 else 1),
        *[(kind, wait, 1) for kind in KINDS for wait in (True, False) if (kind, wait) != ("file", True)],
    ],
)
def test_every_schedule_with_few_faults(play_schedule: Play, kind: str, wait: bool, usual: int) -> None:
    limit = int(DEVIATIONS or usual)
    schedules: list[Schedule] = [{}]
    others: list[Schedule] = []
    count = 0
    while schedules:
        schedule = schedules.pop()
        world = play_schedule(kind, wait, schedule)
        count += 1
        if len(schedule) < limit:
            schedules += extend_schedule(world, schedule)
        elif limit == 1:
            others += extend_schedule(world, schedule)
    for schedule in random.Random(kind).sample(others, SAMPLE if others else 0):
        play_schedule(kind, wait, schedule)
    # Otherwise, there are fewer decisions than before.
    assert count > 20**limit


def test_second_run_deletes_the_created_service(play_schedule: Play) -> None:
    world = play_schedule("file, absent", True, {})
    assert any(what == "B: DELETE" for what, _alternatives, _chosen in world.decisions)


#: Important schedules: how the password is saved, whether the runs wait, and the decisions that differ.
REPLAYED: list[tuple[str, bool, Schedule]] = [
    # Both runs have seen that there is no service before the first one has the lock.
    ("file", True, {3: 1}),
    # The response is lost, and the service becomes visible only after the task has stopped waiting.
    ("file", True, {6: 6}),
    # The first run is killed, and the service is created after that.
    ("given", True, {6: 11}),
    # The service becomes visible only after the task has stopped waiting, and the second run is killed.
    ("returned", False, {6: 2, 7: 1}),
]


@pytest.mark.parametrize(("kind", "wait", "schedule"), REPLAYED)
def test_single_schedules(play_schedule: Play, kind: str, wait: bool, schedule: Schedule) -> None:
    play_schedule(kind, wait, schedule)
