# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The states of a service, how it is brought from one to another, and how it is waited for."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Callable

from .._client.api import Api
from .._client.retry import Retry
from .._errors import ApiError, CloudError, HasSecondaryServices, InvalidOption, NotVisibleYet, WaitFailed
from .._json import Resource
from .._module.context import WaitingContext
from .._module.waiter import WaitCondition, Waiter
from .._schema.prediction import predict_state
from .._schema.service import SERVICE
from .find import DELETED_STATES, LatestState, service_label, service_state

#: A service in one of these has been started; "idle" wakes up by itself at the next query.
STARTED_STATES = frozenset({"running", "idle", "degraded", "partially_running"})
#: A service in one of these is on its way up.
STARTING_STATES = frozenset({"provisioning", "starting", "awaking"})
#: The states in which the API accepts DELETE.
DELETABLE_STATES = frozenset({"provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed"})

#: The states that a command leads to, at once or in a while.
REACHED: Mapping[str, Collection[str]] = {
    "start": STARTED_STATES | STARTING_STATES,
    "stop": frozenset({"stopped", "stopping"}),
    "awake": frozenset({"running", "degraded", "partially_running"}) | STARTING_STATES,
}

#: How many seconds long the API may refuse with a conflict what it will let be done soon.
MAX_CONFLICT_SECONDS = 900


def is_deletable(service: LatestState) -> bool:
    """Whether the API accepts DELETE now; of one that is gone already it says so."""
    return service is None or service_state(service) in DELETABLE_STATES


def send_state_command(
    api: Api, service: Resource, word: str, *, if_reached: Callable[[], object] = lambda: None
) -> Resource:
    """Send a command to the service, "start", "stop" or "awake", and return the service.

    A command that the API refuses because the service is already in a state that it leads to counts as done: a query
    wakes a service up too, and so may another task. Then if_reached is called, unless this task may have done it.
    """
    try:
        return api.patch_service(service["id"], "/state", {"command": word})
    except ApiError as error:
        if error.status not in (400, 409):
            raise
        latest = read_after_refusal(api, service, error)
        if service_state(latest) not in REACHED[word]:
            if word == "stop":
                raise_if_has_secondaries(api, service, error)
            error.append(f"{describe_service(latest)}.")
            raise
        if not error.may_have_been_applied:
            if_reached()
        return latest


def read_after_refusal(api: Api, service: Resource, error: ApiError) -> Resource:
    """Return the service as it is when the API has refused something; raise the refusal if it cannot be read."""
    try:
        # A list may have been read before the refusal.
        latest = api.get_service(service["id"], direct=True)
    except CloudError:
        raise error from None
    error.last_seen = {"service": SERVICE.to_result(latest)}
    return latest


def refuse_if_protected(service: Resource, error: ApiError) -> None:
    """Raise Refused, if the reason is the deletion protection of the service."""
    # The list may lag behind; what the API says in its own words does not.
    if service.get("deletionProtection") or "protection" in error.error.lower():
        advice = f"{service_label(service)} has its deletion protection on: set deletion_protection: false to lift it"
        raise HasSecondaryServices(error, advice) from error


def raise_if_has_secondaries(api: Api, service: Resource, error: ApiError) -> None:
    """Raise Refused, if the reason is the secondary services in the data warehouse of this primary one."""
    others = find_secondaries(service, api.list_services)
    if others:
        advice = f"It is the primary service of a data warehouse: first delete {', '.join(others)}"
        raise HasSecondaryServices(error, advice) from error


def find_secondaries(service: Resource, list_services: Callable[[], Iterable[Resource]]) -> list[str]:
    """Return what messages call the secondary services of this one. Only a primary service has some."""
    if not service.get("isPrimary"):
        return []
    warehouse = service.get("dataWarehouseId")
    return [
        service_label(one)
        for one in list_services()
        if one.get("dataWarehouseId") == warehouse
        and one["id"] != service["id"]
        and service_state(one) not in DELETED_STATES
    ]


def send_delete(api: Api, service_id: str) -> None:
    """Delete the service; that it is gone already is as good."""
    try:
        api.delete_service(service_id)
    except ApiError as error:
        if not error.is_not_found(service_id):
            raise


def wait_for_service(
    waiter: Waiter,
    api: Api,
    service: Resource,
    condition: WaitCondition[LatestState],
    *,
    max_not_found: float = 0,
    immediately: bool = False,
) -> Resource:
    """Wait until the service is what the goal says; return what was seen of it last.

    unseen is for how many seconds it may seem not to exist: GET may lag behind the creation of a service.
    """
    start = time.monotonic()
    visible_by, last = start + max_not_found, service_state(service)
    latest: LatestState = None

    def look() -> LatestState:
        nonlocal visible_by, last, latest
        try:
            seen: LatestState = api.get_service(service["id"], retry=Retry.NEVER)
        except ApiError as error:
            if error.status == 404 and time.monotonic() < visible_by:
                raise NotVisibleYet(f"{service_label(service)} cannot be seen yet.") from error
            if error.status == 404 and visible_by > start:
                raise WaitFailed(
                    f"{service_label(service)} was created, and is not visible after {max_not_found:g} seconds. Run the"
                    " task again later: it uses this service once it is visible."
                ) from error
            if not error.is_not_found(service["id"]):
                raise
            seen = None
        visible_by, latest = start, seen or latest
        before, last = last, service_state(seen) or "gone"
        if last != before:
            waiter.note(f"{service_label(service)}: {before} -> {last}")
        return seen

    try:
        return waiter.wait_for(look, condition, service, immediately=immediately) or service
    except CloudError as error:
        if latest:
            error.last_seen = {"service": SERVICE.to_result(latest)}
        raise


def describe_service(seen: LatestState) -> str:
    """How messages speak of what was seen."""
    return f"{service_label(seen)} is {service_state(seen)}" if seen else "The service is gone"


def reaches_state(states: Collection[str], description: str) -> WaitCondition[LatestState]:
    """The service is in one of the states; a failed or vanished service will never be."""
    return WaitCondition(
        description=description,
        is_met=lambda seen: service_state(seen) in states,
        is_impossible=lambda seen: seen is None or service_state(seen) in DELETED_STATES | {"failed"},
        describe=describe_service,
    )


IS_UP = reaches_state({"running", "idle"}, "running or idle")
IS_RUNNING = reaches_state({"running"}, "running")
IS_STOPPED = reaches_state({"stopped"}, "stopped")
IS_DELETABLE = reaches_state(DELETABLE_STATES, "stopped")
IS_DELETED: WaitCondition[LatestState] = WaitCondition(
    description="deleted",
    is_met=lambda seen: seen is None or service_state(seen) in {"terminated", "softdeleted", "deleted"},
    is_impossible=lambda seen: False,
    describe=describe_service,
)

#: For each wanted state: the command, the states that count as it, those that lead to it, and what is waited for.
TRANSITIONS = {
    "started": ("start", STARTED_STATES, STARTING_STATES, IS_UP),
    "stopped": ("stop", frozenset({"stopped"}), frozenset({"stopping"}), IS_STOPPED),
    "awake": ("awake", frozenset({"running", "degraded"}), STARTING_STATES | {"partially_running"}, IS_RUNNING),
}
#: The state that the command leads to at first.
TRANSITIONAL_STATES = {"start": "starting", "stop": "stopping", "awake": "awaking"}


def ensure_power_state(ctx: WaitingContext, service: Resource, desired: str) -> Resource:
    """Send the command unless the service has reached the state or is about to, and wait until it has.

    Return the service as it was last seen.
    """
    word, there, on_its_way, condition = TRANSITIONS[desired]
    before = service_state(service)
    if word == "awake" and before in ("stopped", "stopping", "failed"):
        raise InvalidOption(
            f"{service_label(service)} is {before}, and only an idle one can be woken up. Use state: started."
        )
    if word == "start" and before == "stopping" and not ctx.options["wait"]:
        raise InvalidOption(f"{service_label(service)} can be started only once it is stopped, which needs wait: true.")
    wait_for_end: bool = ctx.options["wait"]
    after = before if before in there | on_its_way else predict_state(TRANSITIONAL_STATES[word], wait=wait_for_end)
    at_the_end = predict_state(TRANSITIONAL_STATES[word], wait=True) if wait_for_end and before not in there else after
    shown = {**ctx.result["service"], "state": at_the_end}
    if ctx.plan(before={"state": before}, after={"state": after}, service=shown):
        if before == "stopping":
            service = wait_for_service(ctx.waiter, ctx.api, service, IS_STOPPED)
        service = send_state_command(ctx.api, service, word, if_reached=ctx.discard_diff)
        ctx.report(service=SERVICE.to_result(service))
    if before not in there and not ctx.check_mode:
        # What the answer to the command says is not believed, but looked at.
        service = wait_for_service(ctx.waiter, ctx.api, service, condition, immediately=service_state(service) in there)
        ctx.report(service=SERVICE.to_result(service))
    return service
