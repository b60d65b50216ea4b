# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stories of the module fleet.

One service changes in each, for the requests of two come in no order. The other one is as it is declared.
"""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import World
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    GIVEN,
    NEW,
    OPEN,
    Options,
    Step,
    Story,
    each,
    given,
    gone,
    made,
    nothing,
)
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenarios_write import (
    CHANGE,
    CHANGED,
    backed_up,
    state_is,
)

TAGGED = [{"key": "team", "value": "data"}]


def beside(before: Step) -> Step:
    """Another one is there too."""

    def both(world: World) -> None:
        world.add("other", ipAccessList=OPEN)
        before(world)

    return both


def kept(world: World) -> None:
    """The other one is as it was."""
    (before,) = (one for one in world.before.values() if one["name"] == "other")
    assert world.named("other") == before, "the other one was changed"


def _fleet(
    name: str, requests: int, before: Step, entry: Options, *holds: Callable[[World], None], **options: Any
) -> Story:
    declared = [{"name": "other", "state": "started"}, *([entry] if entry else [])]
    return Story(
        name, "fleet", requests, beside(before), lambda world: {"services": declared, **options}, each(kept, *holds)
    )


def running(world: World) -> None:
    world.add(ipAccessList=OPEN, tags=TAGGED)


FLEETS = [
    _fleet("create", 5, nothing, {**NEW, "password": GIVEN}, made, given),
    _fleet(
        "create, stop and back up",
        10,
        nothing,
        {**NEW, "password": GIVEN, "state": "stopped", "backup_period_in_hours": 12},
        given,
        state_is("stopped"),
        backed_up(backupPeriodInHours=12),
    ),
    _fleet("change", 4, running, {"name": "analytics", **CHANGE}, CHANGED),
    _fleet("delete", 5, running, {"name": "analytics", "state": "absent", "force": True}, gone),
    _fleet("prune", 5, running, {}, gone, prune=True, prune_filter={"team": "data"}, force=True),
]
