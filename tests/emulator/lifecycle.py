# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a service and how time and commands change them."""

from __future__ import annotations

from typing import Callable

from .responses import bad_request, conflict

GONE = "gone"

# What each passing state becomes when its time is over.
NEXT: dict[str, str] = {
    "provisioning": "running",
    "starting": "running",
    "awaking": "running",
    "stopping": "stopped",
    "terminating": GONE,
}

# The order is the one the API lists them in.
DELETABLE: tuple[str, ...] = ("provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed")

# The states in which a service does its work, or could at once.
AWAKE_OR_IDLE: tuple[str, ...] = ("running", "idle")

_UP = ("running", "idle", "starting", "awaking", "provisioning", "partially_running", "degraded", "failed")
_ENDING = ("terminating", "terminated", "softdeleting", "softdeleted")

# For each command: the states it moves, and those it leaves alone; it is refused in all others.
MOVES: dict[str, tuple[tuple[str, ...], str]] = {
    "start": (("stopped",), "starting"),
    "stop": (_UP, "stopping"),
    "awake": (("idle",), "awaking"),
}
ECHOED: dict[str, tuple[str, ...]] = {
    "start": _UP,
    "stop": ("stopped", "stopping", *_ENDING),
    "awake": ("running", "awaking", "starting", "provisioning", "partially_running", "degraded"),
}


class Machine:
    """One service's state. It is worked out from the time whenever it is asked for."""

    def __init__(self, clock: Callable[[], float], step: float, state: str = "provisioning") -> None:
        self._clock = clock
        self._step = step
        self._state = state
        self._until: float | None = None
        self._up_since: float | None = None
        self._enter(state, clock())

    def _enter(self, state: str, moment: float) -> None:
        self._state = state
        self._until = moment + self._step if state in NEXT else None
        if state not in AWAKE_OR_IDLE:
            self._up_since = None
        elif self._up_since is None:
            self._up_since = moment

    @property
    def state(self) -> str:
        while self._until is not None and self._clock() >= self._until:
            self._enter(NEXT[self._state], self._until)
        return self._state

    @property
    def up_since(self) -> float | None:
        """The second from which on it has been running or idle without a pause; None if it is neither."""
        return self._up_since if self.state in AWAKE_OR_IDLE else None

    @property
    def gone(self) -> bool:
        return self.state == GONE

    def force(self, state: str) -> None:
        """Put the service in a state which stays until a command changes it."""
        self._enter(state, self._clock())
        self._until = None

    def command(self, name: str) -> None:
        state = self.state
        moved, target = MOVES[name]
        if state in moved:
            self._enter(target, self._clock())
        elif state not in ECHOED[name]:
            raise bad_request(f"Instance in state '{state}' cannot take the command '{name}'")

    def check_deletable(self) -> None:
        state = self.state
        if state not in DELETABLE:
            allowed = ",".join(f"'{name}'" for name in DELETABLE)
            raise conflict(
                f"Only instance in one of the following states: {allowed} can be terminated. Current state: '{state}'"
            )

    def terminate(self) -> None:
        self.check_deletable()
        self._enter("terminating", self._clock())
