# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a service and their transitions."""

from __future__ import annotations

from typing import Callable

from .responses import bad_request, conflict

GONE_STATE = "gone"

# The state that follows each transitional state.
NEXT_STATES: dict[str, str] = {
    "provisioning": "running",
    "starting": "running",
    "awaking": "running",
    "stopping": "stopped",
    "terminating": GONE_STATE,
}

# In the order of the API's error message.
DELETABLE_STATES: tuple[str, ...] = ("provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed")

# The states in which a service is available, or becomes available with the first query.
RUNNING_OR_IDLE: tuple[str, ...] = ("running", "idle")

# The states in which a service runs SQL.
_SQL_STATES = ("running", "partially_running", "degraded")
_UP_STATES = ("running", "idle", "starting", "awaking", "provisioning", "partially_running", "degraded", "failed")
DELETION_STATES = ("terminating", "terminated", "softdeleting", "softdeleted")

# For each command, the states in which it starts a transition, and those in which it has no effect. In all other states
# it is rejected.
COMMAND_TRANSITIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "start": (("stopped",), "starting"),
    "stop": (_UP_STATES, "stopping"),
    "awake": (("idle",), "awaking"),
}
NO_OP_STATES: dict[str, tuple[str, ...]] = {
    "start": _UP_STATES,
    "stop": ("stopped", "stopping", *DELETION_STATES),
    "awake": ("running", "awaking", "starting", "provisioning", "partially_running", "degraded"),
}


class Lifecycle:
    """The state of a service, computed from the time on each access."""

    def __init__(self, clock: Callable[[], float], step: float, state: str = "provisioning") -> None:
        self._clock = clock
        self._step = step
        self._state = state
        self._until: float | None = None
        self._up_since: float | None = None
        self._enter(state, clock())

    def _enter(self, state: str, moment: float) -> None:
        self._state = state
        self._until = moment + self._step if state in NEXT_STATES else None
        if state not in RUNNING_OR_IDLE:
            self._up_since = None
        elif self._up_since is None:
            self._up_since = moment

    @property
    def state(self) -> str:
        while self._until is not None and self._clock() >= self._until:
            self._enter(NEXT_STATES[self._state], self._until)
        return self._state

    @property
    def up_since(self) -> float | None:
        """Return since when the service has been running or idle, in seconds of the clock; None if it is neither."""
        return self._up_since if self.state in RUNNING_OR_IDLE else None

    @property
    def runs_sql(self) -> bool:
        return self.state in _SQL_STATES

    @property
    def is_gone(self) -> bool:
        return self.state == GONE_STATE

    def set_state(self, state: str) -> None:
        """Set a state that lasts until the next command, even if it is transitional."""
        self._enter(state, self._clock())
        self._until = None

    def apply_command(self, name: str) -> None:
        state = self.state
        valid_states, target = COMMAND_TRANSITIONS[name]
        if state in valid_states:
            self._enter(target, self._clock())
        elif state not in NO_OP_STATES[name]:
            raise bad_request(f"Instance in state '{state}' cannot take the command '{name}'")

    def check_deletable(self) -> None:
        state = self.state
        if state not in DELETABLE_STATES:
            allowed = ",".join(f"'{name}'" for name in DELETABLE_STATES)
            raise conflict(
                f"Only instance in one of the following states: {allowed} can be terminated. Current state: '{state}'"
            )

    def terminate(self) -> None:
        self.check_deletable()
        self._enter("terminating", self._clock())
