# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The states of a service, how it is brought from one to another, and how it is waited for."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Callable

from .._client.api import Api
from .._errors import ApiError, CloudError, InvalidOption, NotVisibleYet, Refused, WaitFailed
from .._json import Resource
from .._module.context import WaitingTask
from .._module.waiter import Goal, Patience
from .._schema.prediction import predict_state
from .._schema.service import SERVICE
from .find import GONE, Seen, called, state

#: A service in one of these has been started; "idle" wakes up by itself at the next query.
STARTED = frozenset({"running", "idle", "degraded", "partially_running"})
#: A service in one of these is on its way up.
RISING = frozenset({"provisioning", "starting", "awaking"})
#: The states in which the API accepts DELETE.
DELETABLE = frozenset({"provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed"})

#: The states that a command leads to, at once or in a while.
REACHED: Mapping[str, Collection[str]] = {
    "start": STARTED | RISING,
    "stop": frozenset({"stopped", "stopping"}),
    "awake": frozenset({"running", "degraded", "partially_running"}) | RISING,
}

#: How many seconds long the API may refuse with a conflict what it will let be done soon.
PASSING_CONFLICT = 900


def deletable(service: Seen) -> bool:
    """Whether the API accepts DELETE now; of one that is gone already it says so."""
    return service is None or state(service) in DELETABLE


def command(api: Api, service: Resource, word: str, *, if_reached: Callable[[], object] = lambda: None) -> Resource:
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
        if state(latest) not in REACHED[word]:
            if word == "stop":
                refuse_for_secondaries(api, service, error)
            error.append(f"{describe(latest)}.")
            raise
        if not error.maybe_done:
            if_reached()
        return latest


def read_after_refusal(api: Api, service: Resource, error: ApiError) -> Resource:
    """Return the service as it is when the API has refused something; raise the refusal if it cannot be read."""
    try:
        # A list may have been read before the refusal.
        latest = api.service(service["id"], direct=True)
    except CloudError:
        raise error from None
    error.last_seen = {"service": SERVICE.shown(latest)}
    return latest


def refuse_if_protected(service: Resource, error: ApiError) -> None:
    """Raise Refused, if the reason is the deletion protection of the service."""
    # The list may lag behind; what the API says in its own words does not.
    if service.get("deletionProtection") or "protection" in error.error.lower():
        advice = f"{called(service)} has its deletion protection on: set deletion_protection: false to lift it"
        raise Refused(error, advice) from error


def refuse_for_secondaries(api: Api, service: Resource, error: ApiError) -> None:
    """Raise Refused, if the reason is the secondary services in the data warehouse of this primary one."""
    others = find_secondaries(service, api.services)
    if others:
        advice = f"It is the primary service of a data warehouse: first delete {', '.join(others)}"
        raise Refused(error, advice) from error


def find_secondaries(service: Resource, list_services: Callable[[], Iterable[Resource]]) -> list[str]:
    """Return what messages call the secondary services of this one. Only a primary service has some."""
    if not service.get("isPrimary"):
        return []
    warehouse = service.get("dataWarehouseId")
    return [
        called(one)
        for one in list_services()
        if one.get("dataWarehouseId") == warehouse and one["id"] != service["id"] and state(one) not in GONE
    ]


def delete(api: Api, service_id: str) -> None:
    """Delete the service; that it is gone already is as good."""
    try:
        api.delete_service(service_id)
    except ApiError as error:
        if not error.denies(service_id):
            raise


def wait(
    patience: Patience, api: Api, service: Resource, goal: Goal[Seen], *, unseen: float = 0, at_once: bool = False
) -> Resource:
    """Wait until the service is what the goal says; return what was seen of it last.

    unseen is for how many seconds it may seem not to exist: GET may lag behind the creation of a service.
    """
    start = time.monotonic()
    visible_by, last = start + unseen, state(service)
    latest: Seen = None

    def look() -> Seen:
        nonlocal visible_by, last, latest
        try:
            seen: Seen = api.service(service["id"], once=True)
        except ApiError as error:
            if error.status == 404 and time.monotonic() < visible_by:
                raise NotVisibleYet(f"{called(service)} cannot be seen yet.") from error
            if error.status == 404 and visible_by > start:
                raise WaitFailed(
                    f"{called(service)} was created, and is not visible after {unseen:g} seconds. Run the task again"
                    " later: it uses this service once it is visible."
                ) from error
            if not error.denies(service["id"]):
                raise
            seen = None
        visible_by, latest = start, seen or latest
        before, last = last, state(seen) or "gone"
        if last != before:
            patience.note(f"{called(service)}: {before} -> {last}")
        return seen

    try:
        return patience.until(look, goal, service, at_once=at_once) or service
    except CloudError as error:
        if latest:
            error.last_seen = {"service": SERVICE.shown(latest)}
        raise


def describe(seen: Seen) -> str:
    """How messages speak of what was seen."""
    return f"{called(seen)} is {state(seen)}" if seen else "The service is gone"


def in_state(states: Collection[str], words: str) -> Goal[Seen]:
    """The service is in one of the states; a failed or vanished service will never be."""
    return Goal(
        words=words,
        met=lambda seen: state(seen) in states,
        lost=lambda seen: seen is None or state(seen) in GONE | {"failed"},
        describe=describe,
    )


UP = in_state({"running", "idle"}, "running or idle")
AWAKE = in_state({"running"}, "running")
STOPPED = in_state({"stopped"}, "stopped")
STOPPED_FOR_DELETION = in_state(DELETABLE, "stopped")
DELETED: Goal[Seen] = Goal(
    words="deleted",
    met=lambda seen: seen is None or state(seen) in {"terminated", "softdeleted", "deleted"},
    lost=lambda seen: False,
    describe=describe,
)

#: For each wanted state: the command, the states that count as it, those that lead to it, and what is waited for.
COURSES = {
    "started": ("start", STARTED, RISING, UP),
    "stopped": ("stop", frozenset({"stopped"}), frozenset({"stopping"}), STOPPED),
    "awake": ("awake", frozenset({"running", "degraded"}), RISING | {"partially_running"}, AWAKE),
}
#: The state that the command leads to at first.
TRANSITION = {"start": "starting", "stop": "stopping", "awake": "awaking"}


def bring(task: WaitingTask, service: Resource, wanted: str) -> Resource:
    """Send the command unless the service has reached the state or is about to, and wait until it has.

    Return the service as it was last seen.
    """
    word, there, on_its_way, goal = COURSES[wanted]
    before = state(service)
    if word == "awake" and before in ("stopped", "stopping", "failed"):
        raise InvalidOption(f"{called(service)} is {before}, and only an idle one can be woken up. Use state: started.")
    if word == "start" and before == "stopping" and not task.options["wait"]:
        raise InvalidOption(f"{called(service)} can be started only once it is stopped, which needs wait: true.")
    wait_for_end: bool = task.options["wait"]
    after = before if before in there | on_its_way else predict_state(TRANSITION[word], wait=wait_for_end)
    at_the_end = predict_state(TRANSITION[word], wait=True) if wait_for_end and before not in there else after
    shown = {**task.result["service"], "state": at_the_end}
    if task.plan(before={"state": before}, after={"state": after}, service=shown):
        if before == "stopping":
            service = wait(task.patience, task.api, service, STOPPED)
        service = command(task.api, service, word, if_reached=task.give_up_plan)
        task.report(service=SERVICE.shown(service))
    if before not in there and not task.check_mode:
        # What the answer to the command says is not believed, but looked at.
        service = wait(task.patience, task.api, service, goal, at_once=state(service) in there)
        task.report(service=SERVICE.shown(service))
    return service
