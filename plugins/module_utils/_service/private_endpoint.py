# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A private endpoint: its registration in the organization, and the services that it is attached to.

It is neither a part of a service nor an element of a collection. The organization registers it once, with a
description, and each service has a list of the IDs that may connect to it. A service registers an ID by attaching it,
and leaves it registered when it detaches it. So a task compares both, and sends to each what it lacks. It adds and
removes only the ID of this private endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .._client.api import Api, require_uuid
from .._client.organization import fetch_organization, patch_organization
from .._client.retry import Retry
from .._errors import ApiError, CloudError, InvalidOption, UnexpectedResponse
from .._json import Resource, abbreviate
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.private_endpoint import PRIVATE_ENDPOINT, check_endpoint_id, check_region
from .._schema.service import endpoint_identity
from .._texts import join_names
from .find import get_service, pick_existing, service_not_found
from .private_endpoint_plan import Goal, Situation, Step, attached_ids
from .service import Service, is_planned
from .update import RETRY_DELAYS

STATES = ("registered", "attached", "detached", "absent")
#: The options that state where a private endpoint is, with the fields of a service that correspond to them.
PLACE = {"cloud_provider": "provider", "region": "region"}


def fetch_registrations(api: Api, *, retry: Retry = Retry.ALWAYS) -> list[Resource]:
    """Return the private endpoints that the organization has registered. Raise UnexpectedResponse."""
    registered = fetch_organization(api, retry=retry).get("privateEndpoints")
    if not isinstance(registered, (list, type(None))):
        raise UnexpectedResponse(
            f"The API returned {abbreviate(registered)} for privateEndpoints; expected a list. Try again."
        )
    return [entry for entry in registered or [] if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def list_existing(api: Api) -> list[Service]:
    """Return the services that are not deleted."""
    return [service for service in map(Service, api.list_services()) if not service.is_deleted]


@dataclass
class EndpointTask:
    """A task: what it requests, how to read the situation, with the rules for retries, and the situation at first."""

    ctx: ModuleContext
    goal: Goal
    read: Callable[[Retry], Situation]
    situation: Situation
    _delays: Iterator[float] = field(default_factory=lambda: iter(RETRY_DELAYS))
    _sent: int = 0
    _outcome_unknown: bool = False

    def run(self) -> None:
        """Send what is missing, and wait until it can be read; in check mode, predict it."""
        predicted = self.goal.predict(self.situation)
        self.ctx.add_diff(*_to_diff(self._describe(self.situation), self._describe(predicted)))
        self._show(predicted if self.ctx.check_mode else self.situation)
        steps = self.goal.plan(self.situation)
        if self.ctx.check_mode or not steps:
            return
        self._send(steps)
        if not self._sent and not self._outcome_unknown:
            # Another task has made the change.
            self.ctx.discard_diff()
        self._show(
            self.ctx.waiter.wait_for(lambda: self.read(Retry.NEVER), self._condition(), predicted, immediately=True)
        )

    def _send(self, steps: list[Step]) -> None:
        """Send the requests. Raise CloudError for one that fails, unless it, or another task, has had its effect."""
        while steps:
            try:
                steps[0].send(self.ctx.api)
            except CloudError as error:
                steps = self._plan_again(steps[0], error)
            else:
                self._sent += 1
                steps = steps[1:]

    def _plan_again(self, step: Step, error: CloudError) -> list[Step]:
        """Return the requests that are missing after one that has failed. Raise its error if it had no effect."""
        is_lost = error.may_have_been_applied
        self._outcome_unknown = error.may_have_been_applied = is_lost or self._outcome_unknown
        is_refused = isinstance(error, ApiError) and error.status in (400, 409)
        delay = next(self._delays, None)
        if delay is None or not (is_lost or is_refused):
            self._explain(step, error)
            raise error
        if is_lost:
            self.ctx.await_effect(delay)
        try:
            self.situation = self.read(Retry.ALWAYS)
        except CloudError:
            raise error from None
        self._show(self.situation)
        steps = self.goal.plan(self.situation)
        if is_refused and step in steps:
            self._explain(step, error)
            raise error
        return steps

    def _explain(self, step: Step, error: CloudError) -> None:
        """Append what may be the reason, if it is not in the error."""
        if not isinstance(error, ApiError):
            return
        if error.status >= 500 and self.goal.service_id:
            self._name_others(error)
        elif error.status in (400, 409) and self.goal.deregister and step.function is patch_organization:
            error.append("A service that the API key may not view may still use it: detach it there first.")

    def _name_others(self, error: ApiError) -> None:
        """Append which other private endpoints are registered, since one of them may be the reason."""
        own = self.situation.registrations_of(self.goal.endpoint_id)
        others = [entry["id"] for entry in self.situation.registrations or [] if entry not in own]
        if others:
            error.append(
                "The API may fail to attach a private endpoint while one is registered that the cloud provider has"
                f" deleted. Also registered: {join_names(others)}. Remove those that no longer exist with"
                " state: absent."
            )

    def _describe(self, situation: Situation) -> dict[str, Any]:
        """Return the situation of the private endpoint by option, without what is not known."""
        registration = PRIVATE_ENDPOINT.to_result(situation.registration(self.goal.endpoint_id) or {})
        known = {field.option: registration[field.option] for field in PRIVATE_ENDPOINT.options()}
        users = [f"{service.name} ({service.id})" for service in situation.users(self.goal.endpoint_id)]
        return {**{option: value for option, value in known.items() if value}, "attached_to": users}

    def _show(self, situation: Situation) -> None:
        """Set the return values, even if the next request fails."""
        for service in situation.services:
            if service.id.lower() == self.ctx.result.get("service_id"):
                self.ctx.set_result(private_endpoint_ids=attached_ids(service))
        if situation.registrations is not None:
            registration = situation.registration(self.goal.endpoint_id)
            self.ctx.set_result(private_endpoint=registration and PRIVATE_ENDPOINT.to_result(registration))

    def _condition(self) -> WaitCondition[Situation]:
        """Return the condition that the changes can be read: GET may lag behind."""

        def describe(situation: Situation) -> str:
            known = self._describe(situation)
            users = join_names(known.pop("attached_to")) or "no service"
            values = ", ".join(f"{option} {value!r}" for option, value in known.items())
            registered = f"registered with {values}, and " if values else "not registered, and "
            return (
                f"Private endpoint {self.goal.endpoint_id!r} is"
                f" {'' if situation.registrations is None else registered}attached to {users}"
            )

        return WaitCondition(
            description="as requested",
            is_met=lambda situation: not self.goal.plan(situation),
            is_impossible=lambda _situation: False,
            describe=describe,
        )


def _to_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values that differ, before and after."""
    changed = {option for option in {**before, **after} if before.get(option) != after.get(option)}
    return (
        {option: value for option, value in before.items() if option in changed},
        {option: value for option, value in after.items() if option in changed},
    )


def find_private_endpoint(ctx: ModuleContext) -> EndpointTask:
    """Return the task that the options state. Raise InvalidOption, and NotFound if there is no such service."""
    starts: Mapping[str, Callable[[ModuleContext], EndpointTask]] = {
        "registered": _start_registering,
        "attached": _start_attaching,
        "detached": _start_detaching,
        "absent": _start_removing,
    }
    return starts[ctx.options["state"]](ctx)


def _start_registering(ctx: ModuleContext) -> EndpointTask:
    endpoint_id, desired = ctx.options["private_endpoint_id"], PRIVATE_ENDPOINT.desired(ctx.options)
    if ctx.options["service_id"] or ctx.options["name"]:
        raise InvalidOption(
            "state: registered is about the organization, not about a service: leave out name and service_id, or use"
            " state: attached."
        )
    check_endpoint_id(endpoint_id, desired.get("cloud_provider", ""))
    if "region" in desired:
        check_region(desired["region"], desired.get("cloud_provider", ""))

    def read(retry: Retry) -> Situation:
        return Situation(fetch_registrations(ctx.api, retry=retry), [])

    situation = read(Retry.ALWAYS)
    _check_registration(endpoint_id, situation.registration(endpoint_id), desired)
    return EndpointTask(ctx, Goal(endpoint_id, desired), read, situation)


def _check_registration(endpoint_id: str, registration: Resource | None, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption unless the private endpoint is registered for this place, or can be."""
    if registration is None:
        missing = [option for option in PLACE if option not in desired]
        if missing:
            raise InvalidOption(
                f"The organization has not registered private endpoint {abbreviate(endpoint_id)}. To register it, set"
                f" {' and '.join(missing)} as well."
            )
        return
    current = PRIVATE_ENDPOINT.to_result(registration)
    differing = [option for option in PLACE if desired.get(option, current[option]) != current[option]]
    if differing:
        found = " and ".join(f"{option} {current[option]!r}, not {abbreviate(desired[option])}" for option in differing)
        raise InvalidOption(
            f"Private endpoint {endpoint_id!r} is registered with {found}. Leave it out, or remove the private endpoint"
            " first, with state: absent."
        )


def _start_attaching(ctx: ModuleContext) -> EndpointTask:
    service, endpoint_id = _get_service(ctx), ctx.options["private_endpoint_id"]
    desired = PRIVATE_ENDPOINT.desired(ctx.options)
    for option, name in PLACE.items():
        if option in desired and desired[option] != service.get(name):
            raise InvalidOption(
                f"{service.label} has the {name} {service.get(name)!r}, but {option} is"
                f" {abbreviate(desired[option])}. Check which service you intend, and leave out {option} if it is"
                " this one."
            )
    check_endpoint_id(endpoint_id, str(service.get("provider")))
    registration = {**desired, **{option: service.get(name) for option, name in PLACE.items()}}

    def read(retry: Retry) -> Situation:
        latest = Service(ctx.api.get_service(service.id, retry=retry, direct=True))
        return Situation(fetch_registrations(ctx.api, retry=retry), [latest])

    situation = Situation([*fetch_registrations(ctx.api), *_planned_registrations(service)], [service])
    return EndpointTask(ctx, Goal(endpoint_id, registration, service_id=service.id), read, situation)


def _planned_registrations(service: Service) -> list[Resource]:
    """Return what the creation of a planned service registers; nothing for a service that exists."""
    place = {"cloudProvider": service.get("provider"), "region": service.get("region")}
    return [{"id": endpoint_id, **place} for endpoint_id in attached_ids(service)] if is_planned(service.id) else []


def _start_detaching(ctx: ModuleContext) -> EndpointTask:
    service = _get_service(ctx)

    def read(retry: Retry) -> Situation:
        return Situation(None, [Service(ctx.api.get_service(service.id, retry=retry, direct=True))])

    goal = Goal(ctx.options["private_endpoint_id"], former_users=frozenset({service.id}))
    return EndpointTask(ctx, goal, read, Situation(None, [service]))


def _start_removing(ctx: ModuleContext) -> EndpointTask:
    endpoint_id = ctx.options["private_endpoint_id"]
    _check_service_id(ctx)

    def read(retry: Retry) -> Situation:
        return Situation(fetch_registrations(ctx.api, retry=retry), list_existing(ctx.api))

    situation = read(Retry.ALWAYS)
    users = situation.users(endpoint_id)
    given = _pick_service(ctx, situation.services)
    others = [service.label for service in users if service is not given]
    if others and not ctx.options["force"]:
        raise InvalidOption(
            f"Private endpoint {endpoint_id!r} is not removed, since {join_names(others)} still"
            f" {'use' if len(others) > 1 else 'uses'} it. Detach it there first, with state: detached, or set"
            " force: true, which detaches it from all of them."
        )
    goal = Goal(endpoint_id, deregister=True, former_users=frozenset(service.id for service in users))
    return EndpointTask(ctx, goal, read, situation)


def _check_service_id(ctx: ModuleContext) -> None:
    """Raise InvalidOption for a service_id that is not a UUID."""
    if ctx.options["service_id"]:
        require_uuid("service_id", ctx.options["service_id"])


def _pick_service(ctx: ModuleContext, services: Iterable[Service]) -> Service | None:
    """Return the service that the options name; None if there is none, as after its deletion."""
    service_id, name = ctx.options["service_id"], ctx.options["name"]
    if service_id:
        matching = [service for service in services if service.id.lower() == service_id.lower()]
    else:
        matching = [service for service in services if name and service.name == name]
    service = pick_existing(matching, name)
    if service:
        ctx.set_result(service_id=service.id.lower())
    return service


def _get_service(ctx: ModuleContext) -> Service:
    """Return the service that the options name. Raise InvalidOption if they name none, and NotFound."""
    if not (ctx.options["service_id"] or ctx.options["name"]):
        raise InvalidOption(f"state: {ctx.options['state']} is about a service: set name or service_id.")
    service = get_service(ctx.api, ctx.options)
    ctx.set_result(service_id=service.id.lower())
    return service


def list_private_endpoints(ctx: ModuleContext) -> list[dict[str, Any]]:
    """Return the private endpoints of the organization with the services that use them, each as modules return it.

    If the options name a service, return only its own. Raise NotFound if there is no such service.
    """
    _check_service_id(ctx)
    services = list_existing(ctx.api)
    service = _pick_service(ctx, services)
    named = ctx.options["service_id"] or ctx.options["name"]
    if named and service is None:
        raise service_not_found(named, ctx.api.last_seen)
    selected = None if service is None else set(map(endpoint_identity, attached_ids(service)))
    registered = fetch_registrations(ctx.api)
    return [
        {
            **PRIVATE_ENDPOINT.to_result(registration),
            "services": [
                {"id": user.id, "name": user.get("name")}
                for user in Situation(registered, services).users(registration["id"])
            ],
        }
        for registration in registered
        if selected is None or endpoint_identity(registration["id"]) in selected
    ]
