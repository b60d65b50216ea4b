# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""The states of a service, and how it is found and waited for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Optional

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Api, Resource
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    Ambiguous,
    ApiError,
    InvalidOption,
    NotFound,
    NotVisibleYet,
    Refused,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._wait import Goal, Patience

#: A service, or None when there is none.
Seen = Optional[Resource]

#: A service in one of these is as good as absent: its name is free, and nothing brings it back.
GONE = frozenset({"terminating", "terminated", "softdeleting", "softdeleted", "deleted"})
#: A service in one of these has been started; "idle" wakes up by itself at the next query.
STARTED = frozenset({"running", "idle", "degraded", "partially_running"})
#: A service in one of these is on its way up.
RISING = frozenset({"provisioning", "starting", "awaking"})
#: The states in which the API accepts DELETE.
DELETABLE = frozenset({"provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed"})

#: How many answers that deny a new service are borne.
UNSEEN_AT_FIRST = 5
#: How many seconds long the API may refuse with a conflict what it will let be done soon.
PASSING_CONFLICT = 900


def state(service: Seen) -> str:
    """The state of a service, "" when the API does not tell it."""
    return str((service or {}).get("state") or "")


def read(api: Api, service_id: str, *, once: bool = False) -> Seen:
    """The service of this id, in whatever state; None when the API does not know it."""
    try:
        return api.service(service_id, once=once)
    except ApiError as error:
        if error.denies(service_id):
            return None
        raise


def find(api: Api, service_id: str | None, name: str | None) -> Seen:
    """The one living service of this id, or else of exactly this name; None when there is none.

    Raises Ambiguous when several living services bear the name.
    """
    if service_id:
        service = read(api, service_id)
        return service if state(service) not in GONE else None
    if not name:
        raise InvalidOption("Say which service is meant: by name or by service_id.")
    matches = [one for one in api.services() if one.get("name") == name and state(one) not in GONE]
    if len(matches) > 1:
        listed = "; ".join(f"{one['id']} ({one.get('provider')} {one.get('region')}, {state(one)})" for one in matches)
        raise Ambiguous(f"{len(matches)} services are named {name!r}: {listed}. Say which by service_id.")
    return matches[0] if matches else None


def find_existing(api: Api, options: Mapping[str, Any]) -> Resource:
    """The service that the options of LOOKUP name. Raises NotFound when there is none."""
    service = find(api, options["service_id"], options["name"])
    if service is None:
        raise missing(options["service_id"] or options["name"])
    return service


def missing(what: str) -> NotFound:
    """That there is no service of this name or id."""
    return NotFound(
        f"There is no service {what!r}. Check its name or id, and which organization the API key belongs to."
    )


def deletable(service: Seen) -> bool:
    """Whether the API accepts DELETE now; of one that is gone already it says so."""
    return service is None or state(service) in DELETABLE


def command(api: Api, service: Resource, word: str) -> Resource:
    """Send a command to the service: "start", "stop" or "awake"."""
    try:
        return api.patch_service(service["id"], "/state", {"command": word})
    except ApiError as error:
        if word == "stop" and error.status in (400, 409):
            refuse_for_secondaries(api, service, error)
        raise


def refuse_for_secondaries(api: Api, service: Resource, error: ApiError) -> None:
    """Raise Refused, if the reason is the secondary services in the data warehouse of this primary one."""
    if not service.get("isPrimary"):
        return
    warehouse = service.get("dataWarehouseId")
    others = [
        called(one)
        for one in api.services()
        if one.get("dataWarehouseId") == warehouse and one["id"] != service["id"] and state(one) not in GONE
    ]
    if others:
        advice = f"It is the primary service of a data warehouse: first delete {', '.join(others)}"
        raise Refused(error, advice) from error


def delete(api: Api, service_id: str) -> None:
    """Delete the service; that it is gone already is as good."""
    try:
        api.delete_service(service_id)
    except ApiError as error:
        if not error.denies(service_id):
            raise


def called(service: Resource) -> str:
    """How messages speak of a service."""
    return f"Service {service.get('name')!r} ({service.get('id')})"


def wait(
    patience: Patience, api: Api, service: Resource, goal: Goal[Seen], *, unseen: int = 0, at_once: bool = False
) -> Resource:
    """Wait until the service is what the goal says; return what was seen of it last.

    unseen is how often it may seem not to exist, since GET may know nothing of a new service for a moment.
    """
    left, last = unseen, state(service)

    def look() -> Seen:
        nonlocal left, last
        try:
            seen: Seen = api.service(service["id"], once=True)
        except ApiError as error:
            if error.status == 404 and left > 0:
                left -= 1
                raise NotVisibleYet(f"{called(service)} cannot be seen yet.") from error
            if not error.denies(service["id"]):
                raise
            seen = None
        before, last = last, state(seen) or "gone"
        if last != before:
            patience.note(f"{called(service)}: {before} -> {last}")
        return seen

    return patience.until(look, goal, service, at_once=at_once) or service


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
