# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cell of the fault matrix: a story in which one request goes wrong, and the same story again."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.creation_attempt import UNRESOLVED_PERIOD
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import has_wait_options, instant_timeouts_for
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix import assertions
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Result, World, pattern, template
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.faults import FORBIDDEN, KINDS, Kind
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import GIVEN, Story

Run = Callable[..., Result]

#: How much faster than the true time passes for the modules.
HURRY = 250
#: In true seconds. It is shorter than the pause between two looks: so the first look finds what is waited for, and a
#: story has the same requests each time.
STEP = 0.006
WAITING = {"wait_interval": 4, "wait_timeout": 28}


@dataclass(frozen=True)
class Request:
    """One request of a story: the ordinal counts from 0 among those that are alike."""

    method: str
    path: str
    ordinal: int

    def __str__(self) -> str:
        return f"{self.method} {self.path.replace('/v1/organizations/{id}/', '')} no. {self.ordinal + 1}"

    def came(self, journal: list[dict[str, Any]]) -> bool:
        """Whether it is in the journal."""
        return self in requests(journal)


@dataclass(frozen=True)
class Stage:
    """Where stories are played."""

    emulator: Emulator
    run: Run
    directory: Path
    patch: pytest.MonkeyPatch

    def world(self, story: Story, number: object) -> World:
        """What a story begins with; nothing is left of another one."""
        directory = self.directory / str(number)
        directory.mkdir()
        self.patch.setenv("XDG_STATE_HOME", str(directory / "XDG_STATE_HOME"))
        if story.unset:
            self.patch.delenv(story.unset, raising=False)
        world = World(self.emulator, directory)
        story.before(world)
        world.ready()
        return world

    def play(self, story: Story, world: World, **more: Any) -> None:
        """Run the module once, and see what is there then."""
        waiting = WAITING if has_wait_options(story.module) else {}
        options = {**waiting, **story.options(world), **more}
        world.results.append(self.run(story.module, **options))
        if len(world.results) == 1:
            world.mend()
        world.look()

    def play_again(self, story: Story, world: World) -> Result:
        """Run the module again; once more after the period for which it creates nothing, if it says so."""
        self.play(story, world)
        if world.results[-1].get("failed") and "no task creates another one" in world.results[-1]["msg"]:
            now = time.time
            with self.patch.context() as patch:
                patch.setattr(time, "time", lambda: now() + UNRESOLVED_PERIOD + 1)
                self.play(story, world)
        return world.results[-1]

    def normal(self, story: Story) -> tuple[World, list[Request]]:
        """The story in which nothing goes wrong, and its requests."""
        world = self.world(story, "normal")
        self.play(story, world)
        return world, requests(world.emulator.journal())


def requests(journal: list[dict[str, Any]]) -> list[Request]:
    """The requests of a story, in their order."""
    found: list[Request] = []
    for entry in journal:
        alike = [one for one in found if (one.method, one.path) == (entry["method"], template(entry["path"]))]
        found.append(Request(entry["method"], template(entry["path"]), len(alike)))
    return found


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def inject(world: World, asked: list[Request], index: int, kind: Kind) -> dict[str, Any]:
    """Let the request of this index go wrong; give the options that the module needs for it."""
    if kind.refuses and index == 0:
        return {"api_url": f"http://127.0.0.1:{closed_port()}"}
    # Whoever asks before a connection is refused is the last one to be listened to.
    target = asked[index - 1 if kind.refuses else index]
    world.emulator.fault(
        method=target.method, path=pattern(target.path), skip=target.ordinal, times=kind.times, **kind.fault
    )
    return {}


def check_struck(world: World, asked: list[Request], index: int, kind: Kind) -> None:
    """The module has come to the request that was to go wrong."""
    struck = index - 1 if kind.refuses else index
    assert struck < 0 or asked[struck].came(world.emulator.journal()), "the module has not come so far"


def complaints(checks: Iterable[Callable[[], object]]) -> Iterator[str]:
    """What is wrong, by each of the checks that are not met."""
    for check in checks:
        try:
            check()
        except AssertionError as error:
            yield str(error)


def cell(stage: Stage, story: Story, asked: list[Request], index: int, kind: Kind, number: int) -> Iterator[str]:
    """Play the story with the fault, judge, and play it again without; give what is wrong."""
    world = stage.world(story, number)
    given = GIVEN if GIVEN in str(story.options(world)) else None
    options = inject(world, asked, index, kind)
    with instant_timeouts_for(stage.emulator) if kind.holds else nullcontext():
        stage.play(story, world, **options)
    result = world.results[0]
    checks = [
        lambda: check_struck(world, asked, index, kind),
        lambda: assertions.check_told(result),
        lambda: assertions.check_changed(world, result, kind),
        lambda: assertions.check_single(world),
        lambda: assertions.check_secrets(world, result, given),
    ]
    if not result.get("failed") and not _refused_part(story, result, kind):
        checks.append(lambda: story.holds(world))
    yield from complaints(checks)
    again = stage.play_again(story, world)
    checks = [
        lambda: assertions.check_success(again),
        lambda: assertions.check_single(world),
        lambda: assertions.check_secrets(world, again, given),
        lambda: story.holds(world),
    ]
    yield from (f"then, in the second run, {complaint}" for complaint in complaints(checks))


def _refused_part(story: Story, result: Result, kind: Kind) -> bool:
    """Whether an info module warns that it may not look at what it was asked for, and gives null for it."""
    if kind.fault != FORBIDDEN.fault or not story.part or story.part not in result:
        return False
    return result[story.part] is None and "may not" in str(result.get("warnings"))


def kinds_for(index: int) -> list[Kind]:
    """What can go wrong with the request of this index; where nobody has ever listened, nobody is listening soon."""
    return [kind for kind in KINDS if index > 0 or not (kind.refuses and kind.lasting)]


def failures(stage: Stage, story: Story, index: int) -> list[str]:
    """What is wrong with the cells of one request of a story."""
    _world, asked = stage.normal(story)
    found = []
    for number, kind in enumerate(kinds_for(index)):
        strength = ", lasting" if kind.lasting else ""
        for complaint in cell(stage, story, asked, index, kind, number):
            found.append(f"{asked[index]}: {kind.name}{strength}: {complaint}")
    return found
