# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Find a service by its ID or name, also one that was created a moment ago."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, TypeVar

from .._client.api import Api
from .._client.retry import Retry
from .._errors import AmbiguousName, ApiError, CloudError, FeatureOff, InvalidOption, NotFound
from .._json import Resource, abbreviate
from .._module.context import ModuleContext
from .._texts import join_names, nearest, reveal
from .attempt_search import AttemptSearch, lookup_delays
from .creation_attempt import VISIBILITY_TIMEOUT, CreationKey, last_attempt, mark_seen
from .service import DELETING, Service

#: The next step when a service is not found.
NOT_FOUND_ADVICE = "Check its name or id, and which organization the API key belongs to."


def find_service(api: Api, service_id: str | None, name: str | None) -> Service | None:
    """Return the service of this ID, or else of exactly this name, that is not deleted; None when there is none.

    Raise AmbiguousName when several such services have the name.
    """
    return pick_existing(find_all(api, service_id, name), name)


def find_all(api: Api, service_id: str | None, name: str | None) -> list[Service]:
    """Return the service of this ID, or else all services of exactly this name, in any state."""
    if service_id:
        service = api.get_service_or_none(service_id)
        return [Service(service)] if service else []
    if not name:
        raise InvalidOption("Select the service with name or service_id.")
    return [Service(service) for service in api.list_services() if service.get("name") == name]


def pick_existing(services: Iterable[Service], name: str | None) -> Service | None:
    """Return the only service that is not deleted; None when there is none. Raise AmbiguousName for several."""
    matches = [service for service in services if not service.is_deleted]
    if len(matches) > 1:
        candidates = "; ".join(
            f"{match['id']} ({match.get('provider')} {match.get('region')}, {match.state})" for match in matches
        )
        raise AmbiguousName(
            f"{len(matches)} services are named {name!r}: {candidates}. Select one of them with service_id."
        )
    return matches[0] if matches else None


def find_expected(api: Api, service_id: str | None, name: str | None) -> Service | None:
    """Find the service; wait for it if it was created so recently that it need not be visible yet."""
    service = find_service(api, service_id, name)
    if service or service_id or not name:
        return service
    return ServiceSearch(api, name, last_attempt(CreationKey(api.services_url, name))).run()


@dataclass
class ServiceSearch(AttemptSearch[Service]):
    """The search for the service that an attempt may have created."""

    noun = "service"

    def _find_by_id(self, resource_id: str) -> Service | None:
        resource = self.api.get_service_or_none(resource_id, retry=Retry.NEVER, direct=True)
        return Service(resource) if resource else None

    def _find_by_name(self) -> Service | None:
        return find_service(self.api, None, self.name)

    def _is_expected(self, found: Service) -> bool:
        return not found.is_deleted and super()._is_expected(found)


def get_service(api: Api, options: Mapping[str, Any]) -> Service:
    """Return the service that the options of LOOKUP_SPEC name. Raise NotFound when there is none."""
    service = find_expected(api, options["service_id"], options["name"])
    if service is None:
        raise service_not_found(options["service_id"] or options["name"], api.last_seen)
    if not options["service_id"]:
        # A list may show it before other requests find it.
        await_visible(api, service)
    return service


def await_visible(api: Api, service: Service) -> None:
    """Wait until the service can be read, if it is so new that it was never visible."""
    attempt = last_attempt(CreationKey(api.services_url, service.name))
    if attempt.is_recent and not attempt.seen and attempt.may_have_created(service):
        retry_until_visible(api, service.label, lambda: api.get_service(service.id, direct=True))
        mark_seen(api.services_url, service)


def retry_until_visible(api: Api, label: str, act: Callable[[], object]) -> None:
    """Act, and act again while the API does not know the new service yet, or refuses the request for now."""
    deadline = time.monotonic() + VISIBILITY_TIMEOUT
    delays = lookup_delays()
    while True:
        try:
            act()
            return
        except ApiError as error:
            remaining = deadline - time.monotonic()
            if error.status not in (404, 409) or remaining <= 0:
                raise
            api.progress.pause(
                min(next(delays), remaining),
                lambda: f"{label} is new; waiting until the API knows it",
                functools.partial("for up to {:.0f} more seconds".format, remaining),
            )


def service_not_found(name_or_id: str, services: Sequence[Resource] = ()) -> NotFound:
    """Return the error for a service that does not exist; services are those that were read."""
    is_deleted = _find_deleted(name_or_id, services) is not None
    advice = "Create a service of this name if you need one." if is_deleted else NOT_FOUND_ADVICE
    return NotFound(f"{describe_absence(name_or_id, services)} {advice}")


def describe_absence(name_or_id: str, services: Sequence[Resource]) -> str:
    """Return a sentence: there is no such service, and which name is similar, or the service was deleted."""
    deleted = _find_deleted(name_or_id, services)
    if deleted:
        state = deleted.state
        progress = "is being deleted" if state in DELETING else "was deleted"
        return f"{deleted.label} {progress} (its state is {state}), and cannot be brought back."
    names = [service.get("name") for service in map(Service, services) if not service.is_deleted]
    similar = nearest(name_or_id, (name for name in names if isinstance(name, str)))
    return reveal(f"There is no service {abbreviate(name_or_id)}.{f' Did you mean {similar!r}?' if similar else ''}")


def _find_deleted(name_or_id: str, services: Iterable[Resource]) -> Service | None:
    """Return the service that is deleted, or being deleted, and still listed; None when there is none."""
    for service in map(Service, services):
        if service.is_deleted and (service.get("name") == name_or_id or service.id.lower() == name_or_id.lower()):
            return service
    return None


Subresource = TypeVar("Subresource")


def resolve_service_id(api: Api, options: Mapping[str, Any]) -> str:
    """Return the ID of the service that the options of LOOKUP_SPEC name. Raise NotFound when no service has the name.

    An ID is not verified: a request for a subresource shows whether the service exists.
    """
    service_id: str = options["service_id"] or get_service(api, options).id
    return service_id.lower()


def get_subresource(name: str, service_id: str, fetch: Callable[[], Subresource]) -> Subresource:
    """Return what fetch returns, a subresource of the service; name says in messages which one it is.

    service_id is empty for a resource of the organization. Raise NotFound when there is no such service, and ApiError
    when the key may not read the subresource.
    """
    try:
        return fetch()
    except ApiError as error:
        if error.is_forbidden:
            place = f"service {service_id}" if service_id else "the organization"
            raise error.with_message(f"The API key may not read {name} of {place}: the request") from error
        if service_id and error.is_not_found(service_id):
            raise service_not_found(service_id) from error
        raise


def label_services(api: Api, service_ids: Sequence[str]) -> str:
    """Return the services with their names, for a message; without them if they cannot be read."""
    try:
        names = {service["id"].lower(): service.get("name") for service in api.cached_services()}
    except CloudError:
        # The message is more important.
        names = {}
    labels = [
        f"{names[service_id.lower()]!r} ({service_id})" if names.get(service_id.lower()) else service_id
        for service_id in service_ids
    ]
    return f"{'service' if len(labels) == 1 else 'the services'} {join_names(labels)}"


def none_if_forbidden(ctx: ModuleContext, fetch: Callable[[], Subresource]) -> Subresource | None:
    """Return what fetch returns; warn and return None if the API key, or the organization, may not read it."""
    try:
        return fetch()
    except (ApiError, FeatureOff) as error:
        if isinstance(error, ApiError) and not error.is_forbidden:
            raise
        ctx.warn(str(error))
        return None
