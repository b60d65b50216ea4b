# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Start, stop and wake a service, and wait for its state."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Callable, NamedTuple

from .._client.api import Api
from .._client.retry import Retry
from .._errors import (
    ApiError,
    CloudError,
    DeletionProtected,
    HasSecondaryServices,
    InvalidOption,
    NotVisibleYet,
    WaitFailed,
)
from .._json import Resource
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.prediction import predict_state
from .._schema.service import SERVICE
from .outcome import ServiceOutcome
from .service import Service

#: A service in one of these states has been started; an idle one wakes up by itself at the next query.
STARTED_STATES = frozenset({"running", "idle", "degraded", "partially_running"})
#: A service in one of these states is about to run.
STARTING_STATES = frozenset({"provisioning", "starting", "awaking"})
#: The states in which the API accepts DELETE.
DELETABLE_STATES = frozenset({"provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed"})

#: The states that a command leads to, immediately or later.
COMMAND_STATES: Mapping[str, Collection[str]] = {
    "start": STARTED_STATES | STARTING_STATES,
    "stop": frozenset({"stopped", "stopping"}),
    "awake": frozenset({"running", "degraded", "partially_running"}) | STARTING_STATES,
}

#: For how many seconds the API may refuse, with a conflict, a request that it will soon accept.
MAX_CONFLICT_SECONDS = 900


def is_deletable(service: Service | None) -> bool:
    """Return whether the API accepts DELETE now, or the service is already gone."""
    return service is None or service.state in DELETABLE_STATES


def send_state_command(
    ctx: ModuleContext, service: Service, command: str, *, if_reached: Callable[[], object] = lambda: None
) -> Service:
    """Send the command "start", "stop" or "awake" to the service, and return the service.

    A command that the API refuses counts as done if the service is in a state that it leads to: a query wakes a service
    up too, and so may another task. Then call if_reached, unless this task may have caused that state.
    """
    try:
        return Service(ctx.api.patch_service(service.id, "/state", {"command": command}))
    except ApiError as error:
        if error.status not in (400, 409):
            raise
        latest = read_after_refusal(ctx, service, error)
        if latest.state not in COMMAND_STATES[command]:
            if command == "stop":
                raise_if_has_secondaries(ctx.api, service, error)
            error.append(f"{describe_service(latest)}.")
            raise
        if not error.may_have_been_applied:
            if_reached()
        return latest


def read_after_refusal(ctx: ModuleContext, service: Service, error: ApiError) -> Service:
    """Return the service after the API has refused a request; raise the refusal if the service cannot be read."""
    try:
        # A list may have been read before the refusal.
        latest = Service(ctx.api.get_service(service.id, direct=True))
    except CloudError:
        raise error from None
    ctx.set_result(service=SERVICE.to_result(latest))
    return latest


def raise_if_protected(service: Service, error: ApiError) -> None:
    """Raise DeletionProtected, if the reason is the deletion protection of the service."""
    # The list may lag behind; the message of the API does not.
    if service.get("deletionProtection") or "protection" in error.error.lower():
        advice = f"{service.label} has its deletion protection on: set deletion_protection: false to lift it"
        raise DeletionProtected(error, advice) from error


def raise_if_has_secondaries(api: Api, service: Service, error: ApiError) -> None:
    """Raise HasSecondaryServices, if the reason is the secondary services of this primary one."""
    secondaries = find_secondaries(service, api.list_services)
    if secondaries:
        advice = f"It is the primary service of a data warehouse: first delete {', '.join(secondaries)}"
        raise HasSecondaryServices(error, advice) from error


def find_secondaries(service: Service, list_services: Callable[[], Iterable[Resource]]) -> list[str]:
    """Return the labels of the secondary services of this one. Only a primary service has any."""
    if not service.get("isPrimary"):
        return []
    warehouse = service.get("dataWarehouseId")
    existing = (other for other in map(Service, list_services()) if not other.is_deleted)
    members = (other for other in existing if other.get("dataWarehouseId") == warehouse)
    return [member.label for member in members if member.id != service.id]


def send_delete(api: Api, service_id: str) -> None:
    """Delete the service. It may already be gone."""
    try:
        api.delete_service(service_id)
    except ApiError as error:
        if not error.is_not_found(service_id):
            raise


class _ServicePoll:
    """Polls of one service, which keep its latest state for the result, and report its changes of state.

    For max_not_found seconds, the service may seem not to exist: GET may lag behind its creation.
    """

    def __init__(self, ctx: ModuleContext, service: Service, max_not_found: float) -> None:
        self._ctx = ctx
        self._service = service
        self._max_not_found = max_not_found
        self._start = time.monotonic()
        self._previous_state = service.state
        ctx.progress.keep_state(service.state)

    def __call__(self) -> Service | None:
        """Return the service, None when it is gone. Raise CloudError when it cannot be read."""
        service = self._get()
        self._max_not_found = 0
        if service:
            self._ctx.set_result(service=SERVICE.to_result(service))
        state = (service.state if service else "") or "gone"
        if state != self._previous_state:
            self._ctx.waiter.report_state(self._service.label, self._previous_state, state)
        self._previous_state = state
        return service

    def _get(self) -> Service | None:
        try:
            return Service(self._ctx.api.get_service(self._service.id, retry=Retry.NEVER))
        except ApiError as error:
            if error.status == 404 and self._max_not_found:
                raise self._not_visible() from error
            if not error.is_not_found(self._service.id):
                raise
            return None

    def _not_visible(self) -> CloudError:
        """Return the error for a new service that is not visible: NotVisibleYet until its time is over."""
        label = self._service.label
        if time.monotonic() < self._start + self._max_not_found:
            return NotVisibleYet(f"{label} is not visible yet.")
        return WaitFailed(
            f"{label} was created, and is not visible after {self._max_not_found:g} seconds. Run the task again later:"
            " it uses this service once it is visible."
        )


def wait_for_service(
    ctx: ModuleContext,
    service: Service,
    condition: WaitCondition[Service | None],
    *,
    max_not_found: float = 0,
    immediately: bool = False,
) -> Service:
    """Wait until the service meets the condition; return it as it was last seen.

    For max_not_found seconds, a new service may not be visible. Poll at once if immediately is true.
    """
    poll = _ServicePoll(ctx, service, max_not_found)
    return ctx.waiter.wait_for(poll, condition, service, immediately=immediately) or service


def describe_service(service: Service | None) -> str:
    """Return the service and its state for a message."""
    return f"{service.label} is {service.state}" if service else "The service is gone"


def reaches_state(states: Collection[str], description: str) -> WaitCondition[Service | None]:
    """Return the condition that the service is in one of the states; a failed or deleted service cannot reach it."""
    return WaitCondition(
        description=description,
        is_met=lambda service: service is not None and service.state in states,
        is_impossible=lambda service: service is None or service.is_deleted or service.state == "failed",
        describe=describe_service,
    )


IS_UP = reaches_state({"running", "idle"}, "running or idle")
IS_RUNNING = reaches_state({"running"}, "running")
IS_STOPPED = reaches_state({"stopped"}, "stopped")
IS_DELETABLE = reaches_state(DELETABLE_STATES, "stopped")
IS_DELETED: WaitCondition[Service | None] = WaitCondition(
    description="deleted",
    is_met=lambda service: service is None or service.state in {"terminated", "softdeleted", "deleted"},
    is_impossible=lambda _service: False,
    describe=describe_service,
)


class Transition(NamedTuple):
    """The command that leads to a state, the states that count as it, those that lead to it, and the condition."""

    command: str
    reached_states: frozenset[str]
    transitional_states: frozenset[str]
    condition: WaitCondition[Service | None]

    @property
    def first_state(self) -> str:
        """Return the state that the command leads to at first."""
        return {"start": "starting", "stop": "stopping", "awake": "awaking"}[self.command]


#: By the desired state.
TRANSITIONS = {
    "started": Transition("start", STARTED_STATES, STARTING_STATES, IS_UP),
    "stopped": Transition("stop", frozenset({"stopped"}), frozenset({"stopping"}), IS_STOPPED),
    "awake": Transition(
        "awake", frozenset({"running", "degraded"}), STARTING_STATES | {"partially_running"}, IS_RUNNING
    ),
}


def ensure_power_state(
    ctx: ModuleContext, service: Service, desired: str, predicted: Mapping[str, Any] | None = None
) -> ServiceOutcome:
    """Send the command unless the service has reached the state or is about to, and wait until it has.

    predicted is the service that earlier steps have predicted in check mode.
    """
    transition = TRANSITIONS[desired]
    before = service.state
    _check_transition(ctx, service, transition)
    is_needed = before not in transition.reached_states | transition.transitional_states
    after = predict_state(transition.first_state, wait=ctx.options["wait"]) if is_needed else before
    change = ({"state": before}, {"state": after}) if is_needed else ({}, {})
    ctx.add_diff(*change)
    if ctx.check_mode:
        waits = ctx.options["wait"] and before not in transition.reached_states
        final = predict_state(transition.first_state, wait=True) if waits else after
        return ServiceOutcome(service, {**(predicted or SERVICE.to_result(service)), "state": final})
    if is_needed:
        service = _send_transition(ctx, service, transition)
    if before not in transition.reached_states:
        # The response to the command may already contain a state that is only to come.
        is_reached = service.state in transition.reached_states
        service = wait_for_service(ctx, service, transition.condition, immediately=is_reached)
    return ServiceOutcome(service)


def _send_transition(ctx: ModuleContext, service: Service, transition: Transition) -> Service:
    """Send the command, once the service can take it, and return the service."""
    if service.state == "stopping":
        service = wait_for_service(ctx, service, IS_STOPPED)
    service = send_state_command(ctx, service, transition.command, if_reached=ctx.discard_diff)
    ctx.set_result(service=SERVICE.to_result(service))
    return service


def _check_transition(ctx: ModuleContext, service: Service, transition: Transition) -> None:
    """Raise InvalidOption for a command that the service cannot take in its state."""
    state, command = service.state, transition.command
    if command == "awake" and state in ("stopped", "stopping", "failed"):
        raise InvalidOption(f"{service.label} is {state}, and only an idle one can be woken up. Use state: started.")
    if command == "start" and state == "stopping" and not ctx.options["wait"]:
        raise InvalidOption(f"{service.label} can be started only once it is stopped, which needs wait: true.")
