# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The goal of a task for a private endpoint, and the requests that reach it. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._client.api import Api
from .._client.organization import patch_organization
from .._client.private_endpoints import create_private_endpoint, patch_private_endpoint_ids
from .._json import Resource
from .._schema.private_endpoint import PRIVATE_ENDPOINT
from .._schema.service import SERVICE, endpoint_identity
from .service import Service


def attached_ids(service: Service) -> list[str]:
    """Return the IDs in the list of the service. Raise UnexpectedResponse."""
    ids: list[str] = SERVICE.checked_current(service, ["private_endpoint_ids"])["private_endpoint_ids"]
    return ids


def spellings(endpoint_id: str, service: Service) -> list[str]:
    """Return the private endpoint as the list of the service has it; more than one if it has several spellings."""
    return [other for other in attached_ids(service) if endpoint_identity(other) == endpoint_identity(endpoint_id)]


@dataclass(frozen=True)
class Situation:
    """The present situation: the registrations of the organization, and the services that the task looks at.

    The registrations are None if the task does not read them.
    """

    registrations: Sequence[Resource] | None
    services: Sequence[Service]

    def registration(self, endpoint_id: str) -> Resource | None:
        """Return the registration of the private endpoint, in the same spelling if possible; None if there is none."""
        found = self.registrations_of(endpoint_id)
        return next((entry for entry in found if entry["id"] == endpoint_id), found[0] if found else None)

    def registrations_of(self, endpoint_id: str) -> list[Resource]:
        """Return the registrations of the private endpoint in any spelling."""
        identity = endpoint_identity(endpoint_id)
        return [entry for entry in self.registrations or [] if endpoint_identity(entry["id"]) == identity]

    def users(self, endpoint_id: str) -> list[Service]:
        """Return the services that the private endpoint is attached to."""
        return [service for service in self.services if spellings(endpoint_id, service)]


@dataclass(frozen=True)
class Step:
    """A request that changes something: a function of the client, and its arguments besides the API."""

    function: Callable[..., Resource]
    arguments: tuple[Any, ...]

    def send(self, api: Api) -> None:
        """Send the request."""
        self.function(api, *self.arguments)


@dataclass(frozen=True)
class Goal:
    """The goal of a task for a private endpoint.

    registration has the values that it is to be registered with, by option; None if the task does not register it.
    deregister is true if the task removes the registration. service_id is the service to attach it to, if any, and
    former_users are the IDs of those to detach it from.
    """

    endpoint_id: str
    registration: Mapping[str, Any] | None = None
    deregister: bool = False
    service_id: str | None = None
    former_users: frozenset[str] = frozenset()

    def plan(self, situation: Situation) -> list[Step]:
        """Return the requests that are missing, in order: the API may refuse to deregister what a service uses."""
        used_as = {service.id: spellings(self.endpoint_id, service) for service in situation.services}
        users = {service_id for service_id, ids in used_as.items() if ids}
        steps = [_change_list(user, remove=used_as[user]) for user in sorted(users & self.former_users)]
        if self.service_id is None or self.service_id in users:
            return steps + self._plan_registration(situation)
        registered = situation.registration(self.endpoint_id)
        if registered is None:
            # One request for both, for which the key need not manage the organization.
            return [Step(create_private_endpoint, (self.service_id, {"id": self.endpoint_id, **self._described}))]
        return [*self._plan_registration(situation), _change_list(self.service_id, add=[registered["id"]])]

    def _plan_registration(self, situation: Situation) -> list[Step]:
        """Return the request that changes the registration, if one is missing."""
        current = situation.registration(self.endpoint_id)
        removed = [] if current is None else [_reference(current)]
        if self.deregister:
            removed = list(map(_reference, situation.registrations_of(self.endpoint_id)))
            return [_change_registrations(remove=removed)] if removed else []
        if self.registration is None:
            return []
        if current is None:
            added = {"id": self.endpoint_id, **PRIVATE_ENDPOINT.create_body(self.registration)}
            return [_change_registrations(add=[added])]
        if not PRIVATE_ENDPOINT.diff(current, self._described):
            return []
        # There is no other way to change the description; the API removes before it adds.
        return [_change_registrations(remove=removed, add=[{**_reference(current), **self._described}])]

    def predict(self, situation: Situation) -> Situation:
        """Return what the API has once all requests are sent."""
        current = situation.registration(self.endpoint_id)
        endpoint_id = self.endpoint_id if current is None else current["id"]
        services = [
            Service({**service, "privateEndpointIds": self._predict_ids(service, endpoint_id)})
            for service in situation.services
        ]
        return Situation(self._predict_registrations(situation), services)

    def _predict_registrations(self, situation: Situation) -> list[Resource] | None:
        """Return what the organization has registered then; None if that is not known."""
        if situation.registrations is None:
            return None
        if self.deregister:
            removed = situation.registrations_of(self.endpoint_id)
            return [entry for entry in situation.registrations if entry not in removed]
        current = situation.registration(self.endpoint_id)
        others = [entry for entry in situation.registrations if entry is not current]
        created = {"id": self.endpoint_id, **PRIVATE_ENDPOINT.create_body(self.registration or {})}
        return [*others, {**current, **self._described} if current else created]

    def _predict_ids(self, service: Service, endpoint_id: str) -> list[str]:
        """Return the list of the service; endpoint_id is what would be added to it."""
        current, used_as = attached_ids(service), spellings(self.endpoint_id, service)
        if service.id in self.former_users:
            return [endpoint_id for endpoint_id in current if endpoint_id not in used_as]
        return current if used_as or service.id != self.service_id else [*current, endpoint_id]

    @property
    def _described(self) -> dict[str, Any]:
        """Return the fields that can be changed."""
        description = (self.registration or {}).get("description")
        return {} if description is None else {"description": description}


def _change_list(service_id: str, **ids: list[str]) -> Step:
    """Return the request that changes the list of the service."""
    return Step(patch_private_endpoint_ids, (service_id, ids))


def _change_registrations(**lists: Any) -> Step:
    """Return the request that changes the registrations of the organization."""
    return Step(patch_organization, ({"privateEndpoints": lists},))


def _reference(registration: Resource) -> Resource:
    """Return what names the registration in a request."""
    return {name: registration[name] for name in ("id", "cloudProvider", "region") if registration.get(name)}
