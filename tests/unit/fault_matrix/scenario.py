# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The normal stories of the modules: what is there before, what is asked for, and what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import World

Options = dict[str, Any]
Step = Callable[[World], object]

GIVEN = "correct horse battery"
OPEN = [{"source": "203.0.113.0/24"}]
NEW: Mapping[str, Any] = {"name": "analytics", "provider": "aws", "region": "us-east-1", "ip_access_list": OPEN}


@dataclass(frozen=True)
class Story:
    """What a module is used for.

    requests is how many requests it takes when nothing goes wrong. holds raises AssertionError unless the wanted state
    is there after the last run. part names the result that is null when the key may not look at it. unset names the
    environment variable that is not set.
    """

    name: str
    module: str
    requests: int
    before: Step
    options: Callable[[World], Options]
    holds: Callable[[World], None]
    part: str = ""
    unset: str = ""


def nothing(_world: World) -> None:
    """The organization is empty."""


def running(world: World) -> str:
    return world.add(ipAccessList=OPEN)


def in_state(state: str) -> Step:
    return lambda world: world.add(state=state, ipAccessList=OPEN)


def the_id(world: World) -> str:
    """The id of the service that was there before."""
    return str(next(iter(world.before)))


# What is wanted


def has(world: World, wanted: Mapping[str, Any], name: str = "analytics") -> dict[str, Any]:
    """The one service of this name has these fields."""
    found = world.named(name)
    shown = {field: found.get(field) for field in wanted}
    assert shown == wanted, f"the service has {shown}"
    return found


def made(world: World, **wanted: Any) -> None:
    """The service is there, up, and as it was asked for."""
    fields = {"provider": "aws", "region": "us-east-1", **wanted}
    found = has(world, fields)
    assert found["state"] in ("running", "idle"), f"the service is {found['state']}"
    assert [entry["source"] for entry in found["ipAccessList"]] == ["203.0.113.0/24"], "addresses are missing or twice"


def kept_in_file(world: World) -> None:
    """The password of the service is the one in password_file."""
    assert world.password_file.exists(), "password_file was not written"
    assert world.accepts(world.password_file.read_text()), "password_file holds another password"
    assert not list(world.directory.glob(".*.creation")), "a record of the creation is left"


def given(world: World) -> None:
    """The password of the service is the one that was given, for both protocols."""
    assert world.accepts(GIVEN), "the service has another password"
    assert not list(world.directory.glob("XDG_STATE_HOME/*/record-*")), "a record of the creation is left"


def told(world: World) -> None:
    """The password of the service was returned."""
    passwords = [result["password"] for result in world.results if result.get("password")]
    assert any(world.accepts(password) for password in passwords), "nobody has been told the password"


def gone(world: World) -> None:
    """There is no service of this name any more."""
    assert "analytics" not in [one["name"] for one in world.truth.values()], "the service is still there"


def each(*checks: Callable[[World], None]) -> Callable[[World], None]:
    """All of these."""

    def holds(world: World) -> None:
        for check in checks:
            check(world)

    return holds
