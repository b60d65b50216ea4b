# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a service is found."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Optional, TypeVar

from .._client.api import Api
from .._client.retry import Retry
from .._errors import AmbiguousName, ApiError, CloudError, InvalidOption, NotFound, OutcomeUnknown
from .._json import Resource, nearest, reveal
from .._module.context import ModuleContext
from .creation_attempt import VISIBILITY_TIMEOUT, CreationAttempt, ServiceKey, last_attempt, mark_seen

#: Seconds between two requests for a service that is not visible yet; the last one is repeated.
LOOKUP_DELAYS = (1, 2, 4, 8, 10)

#: After how many looks in a row a recent service that was seen before, and is unknown now, counts as deleted.
MAX_NOT_FOUND = 5

#: A service, or None when there is none.
LatestState = Optional[Resource]

#: A service in one of these is as good as absent: its name is free, and nothing brings it back.
DELETED_STATES = frozenset({"terminating", "terminated", "softdeleting", "softdeleted", "deleted"})
#: A service in one of these is still being deleted.
DELETING = frozenset({"terminating", "softdeleting"})

#: What to do when a service is not found.
DELETED_ADVICE = "Check its name or id, and which organization the API key belongs to."


#: How the IDs of services begin that are only planned. No ID of the API does.
PLANNED_ID = "00000000-0000-4000-8000-"


def is_planned(service_id: object) -> bool:
    """Return whether this is the ID of a service that an earlier task, in check mode, has planned to create."""
    return isinstance(service_id, str) and service_id.startswith(PLANNED_ID)


def service_state(service: LatestState) -> str:
    """The state of a service, "" when the API does not tell it."""
    return str((service or {}).get("state") or "")


def get_service_or_none(api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS, direct: bool = False) -> LatestState:
    """The service of this id, in whatever state; None when the API does not know it."""
    try:
        return api.get_service(service_id, retry=retry, direct=direct)
    except ApiError as error:
        if error.is_not_found(service_id):
            return None
        raise


def find_service(api: Api, service_id: str | None, name: str | None) -> LatestState:
    """The one living service of this id, or else of exactly this name; None when there is none.

    Raises Ambiguous when several living services bear the name.
    """
    return pick_existing(find_all(api, service_id, name), name)


def find_all(api: Api, service_id: str | None, name: str | None) -> list[Resource]:
    """Return the service of this ID, or else all of exactly this name, in whatever state they are."""
    if service_id:
        service = get_service_or_none(api, service_id)
        return [service] if service else []
    if not name:
        raise InvalidOption("Say which service is meant: by name or by service_id.")
    return [service for service in api.list_services() if service.get("name") == name]


def pick_existing(services: Iterable[Resource], name: str | None) -> LatestState:
    """Return the one of these services that is not being deleted, None when there is none. Raises Ambiguous."""
    matches = [service for service in services if service_state(service) not in DELETED_STATES]
    if len(matches) > 1:
        listed = "; ".join(
            f"{one['id']} ({one.get('provider')} {one.get('region')}, {service_state(one)})" for one in matches
        )
        raise AmbiguousName(f"{len(matches)} services are named {name!r}: {listed}. Say which by service_id.")
    return matches[0] if matches else None


def find_expected(api: Api, service_id: str | None, name: str | None) -> LatestState:
    """Find the service; wait for it if it was created so recently that it need not be visible yet."""
    service = find_service(api, service_id, name)
    if service or service_id or not name:
        return service
    return find_attempted(api, name, last_attempt(ServiceKey(api.services_url, name)))


def find_attempted(
    api: Api,
    name: str,
    attempt: CreationAttempt,
    *,
    timeout: float = VISIBILITY_TIMEOUT,
    error: CloudError | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> LatestState:
    """Wait until the service that the attempt may have created is visible; None when it has created none.

    error is why the outcome of the attempt is not known, if it was this task's. Raises Unsettled when the service does
    not become visible in time, and still may.
    """
    if not attempt.is_recent:
        return None
    deadline = time.monotonic() + timeout
    # Without an ID there is only the list, which was read just now.
    delays = itertools.chain(
        [0] if attempt.service_id or error else [], LOOKUP_DELAYS, itertools.repeat(LOOKUP_DELAYS[-1])
    )
    problem: CloudError | None = None
    misses = 0
    api.discard_lists()
    while attempt.is_recent:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise outcome_unknown(name, attempt, timeout, error, problem)
        delay = next(delays)
        if delay == LOOKUP_DELAYS[1] and on_progress:
            on_progress(f"Waiting for service {name!r}, which may have been created at {format_utc(attempt.sent)}")
        time.sleep(min(delay, remaining))
        service, is_resolved, problem = _find_in_list(api, name, attempt)
        misses = 0 if problem else misses + 1
        if is_resolved or (attempt.seen and misses == MAX_NOT_FOUND):
            return service
        if problem and not problem.is_transient:
            raise outcome_unknown(name, attempt, timeout, error, problem) if error else problem
    return find_service(api, None, name)


def _find_in_list(api: Api, name: str, attempt: CreationAttempt) -> tuple[LatestState, bool, CloudError | None]:
    """Return the living service that the attempt has created, whether that is certain, and why it cannot be seen."""
    try:
        if attempt.service_id:
            # A list may lag behind this request.
            service = get_service_or_none(api, attempt.service_id, retry=Retry.NEVER, direct=True)
            if service:
                lives = service_state(service) not in DELETED_STATES and service.get("name") == name
                return service if lives else None, True, None
        service = find_service(api, None, name)
    except CloudError as error:
        return None, False, error
    return service, service is not None, None


def outcome_unknown(
    name: str, attempt: CreationAttempt, timeout: float, error: CloudError | None, problem: CloudError | None
) -> OutcomeUnknown:
    """Return the error of an attempt whose outcome is still unknown."""
    requested = f"its creation was requested at {format_utc(attempt.sent)}"
    if attempt.sent > time.time():
        requested += ", by a clock that was set back since then"
    outcome = f"the API returned the ID {attempt.service_id}" if attempt.service_id else "its response is not known"
    if problem:
        state_of_affairs = f"Whether there is a service {name!r} is not known: {requested}, {outcome}. {problem}"
    else:
        state_of_affairs = (
            f"A service {name!r} may still appear: {requested}, {outcome}, and it is not visible after"
            f" {timeout:g} seconds."
        )
    advice = (
        "Run the task again later: it uses the service once it is visible. Until"
        f" {format_utc(attempt.expiry)}, no task creates another one. If you are sure that it will not"
        f" appear, remove {attempt.path}."
    )
    return OutcomeUnknown(" ".join([*([str(error)] if error else []), state_of_affairs, advice]), error)


def format_utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def get_service(api: Api, options: Mapping[str, Any]) -> Resource:
    """The service that the options of LOOKUP name. Raises NotFound when there is none."""
    service = find_expected(api, options["service_id"], options["name"])
    if service is None:
        raise service_not_found(options["service_id"] or options["name"], api.last_seen)
    if not options["service_id"]:
        # A list may show it before other requests find it.
        await_visible(api, service)
    return service


def await_visible(api: Api, service: Resource) -> None:
    """Wait until the service can be read, if it is so new that it was not seen yet."""
    attempt = last_attempt(ServiceKey(api.services_url, str(service.get("name"))))
    if attempt.is_recent and not attempt.seen and attempt.fits(service):
        retry_until_visible(lambda: api.get_service(service["id"], direct=True))
        mark_seen(api.services_url, service)


def retry_until_visible(act: Callable[[], object]) -> None:
    """Act, and act again as long as the API does not know the new service or refuses this so early."""
    deadline = time.monotonic() + VISIBILITY_TIMEOUT
    delays = itertools.chain(LOOKUP_DELAYS, itertools.repeat(LOOKUP_DELAYS[-1]))
    while True:
        try:
            act()
            return
        except ApiError as error:
            remaining = deadline - time.monotonic()
            if error.status not in (404, 409) or remaining <= 0:
                raise
            time.sleep(min(next(delays), remaining))


def service_not_found(what: str, services: Sequence[Resource] = ()) -> NotFound:
    """Return the error for a service that is not there by this name or ID; services are those that were read."""
    advice = "Create a service of this name if you need one." if _find_deleted(what, services) else DELETED_ADVICE
    return NotFound(f"{describe_absence(what, services)} {advice}")


def describe_absence(what: str, services: Sequence[Resource]) -> str:
    """Return that there is no service of this name or ID, with one that may be meant, or that it is being deleted."""
    gone = _find_deleted(what, services)
    if gone:
        progress = "is being deleted" if service_state(gone) in DELETING else "was deleted"
        return f"{service_label(gone)} {progress} (its state is {service_state(gone)}), and cannot be brought back."
    names = [service.get("name") for service in services if service_state(service) not in DELETED_STATES]
    near = nearest(what, (name for name in names if isinstance(name, str)))
    return reveal(f"There is no service {what!r}.{f' Did you mean {near!r}?' if near else ''}")


def _find_deleted(what: str, services: Iterable[Resource]) -> LatestState:
    """The service of this name or ID that is deleted, or nearly so, and still shown."""
    gone = (service for service in services if service_state(service) in DELETED_STATES)
    return next((one for one in gone if one.get("name") == what or one["id"].lower() == what.lower()), None)


def service_label(service: Resource) -> str:
    """How messages speak of a service."""
    return f"Service {service.get('name')!r} ({service.get('id')})"


Part = TypeVar("Part")


def resolve_service_id(api: Api, options: Mapping[str, Any]) -> str:
    """The id of the service that the options of LOOKUP name.

    A given id is believed, since whoever asks for a part is told then whether the service exists. Raises NotFound.
    """
    service_id: str = options["service_id"] or get_service(api, options)["id"]
    return service_id.lower()


def get_subresource(what: str, service_id: str, ask: Callable[[str], Part]) -> Part:
    """Return a part of the service, as the API returns it.

    what says in a message which part it is. Raises NotFound, or ApiError, which says of a key that is too narrow what
    it may not read.
    """
    try:
        return ask(service_id)
    except ApiError as error:
        if error.is_forbidden:
            raise error.with_message(f"The API key may not read {what} of service {service_id}: the request") from error
        if error.is_not_found(service_id):
            raise service_not_found(service_id) from error
        raise


def none_if_forbidden(ctx: ModuleContext, read: Callable[[], Part]) -> Part | None:
    """What is read; if the API key may not read it, a warning that says so, and None."""
    try:
        return read()
    except ApiError as error:
        if not error.is_forbidden:
            raise
        ctx.warn(str(error))
        return None
