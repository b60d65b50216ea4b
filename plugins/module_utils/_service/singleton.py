# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The flow for a part that a service has at most once, such as its backup configuration: find, create, update, delete.

A resource states what it has as a Singleton; a module finds the Part of its service, and changes it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from .._client.api import Api
from .._client.retry import Retry
from .._errors import ApiError, CloudError, InvalidOption, WaitFailed
from .._json import Resource, abbreviate
from .._module.context import ModuleContext
from .._module.options import Spec
from .._module.waiter import WaitCondition
from .._schema.fields import Change, Schema, to_diff
from .find import get_service, get_subresource, none_if_forbidden, resolve_service_id, service_not_found
from .service import Service, is_planned

#: The option of a part that can be deleted.
STATE_SPEC: Spec = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}

#: The fields of a part, or None when there is none; also as they are to be.
LatestPart = Optional[Resource]
Desired = Optional[Mapping[str, Any]]
#: A function that adds those of the current values to the desired ones that the API would drop.
Complete = Callable[[Resource, Mapping[str, Any]], Mapping[str, Any]]

#: How often a change is sent that other tasks overwrite.
MAX_SENDS = 3


def no_advice(_error: ApiError) -> None:
    """Return None: the usual advice applies to every refusal."""


def accept_any(_current: Resource, _desired: Mapping[str, Any]) -> None:
    """Do nothing: whatever the schema accepts is possible."""


def delete_nothing(_api: Api, _service_id: str) -> None:
    """Do nothing: every service has the part."""


@dataclass(frozen=True)
class Singleton:
    """The definition of a part that each service has once.

    name is used in messages, result is the return value. fetch(api, service_id, retry=…), send and delete are the
    endpoints. send takes only the changes, or, if replaces is true, all fields. optional is true if a service need not
    have the part: only then is there delete. secondary is a sentence for a secondary service, whose part cannot be
    changed; it is empty if a secondary service has the part, too. required are the options without which there is no
    part. check(current, desired) raises InvalidOption for a change that is not possible. advise returns the next step
    after a refusal, None if the usual one applies.
    """

    name: str
    result: str
    schema: Schema
    fetch: Callable[..., Resource]
    send: Callable[[Api, str, Mapping[str, Any]], Resource]
    secondary: str = ""
    delete: Callable[[Api, str], None] = delete_nothing
    optional: bool = False
    replaces: bool = False
    required: tuple[str, ...] = ()
    check: Callable[[Resource, Mapping[str, Any]], None] = accept_any
    advise: Callable[[ApiError], str | None] = no_advice

    def argument_spec(self) -> Spec:
        """Return the options of the part."""
        return {**(STATE_SPEC if self.optional else {}), **self.schema.argument_spec()}

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise InvalidOption for options that no service can have."""
        if options.get("state") == "absent":
            return
        desired = self.schema.desired(options)
        if not desired.keys() >= {*self.required}:
            raise InvalidOption(
                f"state: present needs {' and '.join(self.required)}. To have no {self.name}, set state: absent."
            )

    def to_result(self, part: LatestPart) -> dict[str, Any] | None:
        """Return the part in terms of the options; None when there is none."""
        return None if part is None else self.schema.to_result(part)

    def require_primary(self, service: Service) -> str:
        """Return the ID of the service. Raise InvalidOption if it is a secondary one, whose part cannot be changed."""
        if self.secondary and service.is_secondary:
            raise InvalidOption(f"{service.label} is a secondary service. {self.secondary}")
        return service.id

    def read(self, api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> LatestPart:
        """Return the part; None when the API has none for this ID, even if there is no such service.

        Raise NotFound when there is no such service, and every service has the part.
        """

        def fetch() -> LatestPart:
            try:
                return self.fetch(api, service_id, retry=retry)
            except ApiError as error:
                if self.optional and error.status == 404 and error.from_api:
                    return None
                raise

        return get_subresource(f"the {self.name}", service_id, fetch) if service_id else fetch()

    def get(self, api: Api, service_id: str) -> tuple[LatestPart, LatestPart]:
        """Return the part, and the service, which is read only if it has no part. Raise NotFound for a wrong ID.

        service_id is empty for an element of the organization.
        """
        part = self.read(api, service_id)
        if part is not None or not service_id:
            return part, None
        service = api.get_service_or_none(service_id)
        if service is None:
            raise service_not_found(service_id)
        return None, service

    def is_as_desired(self, part: LatestPart, desired: Desired) -> bool:
        """Return whether the part has the desired values, or there is none and None is desired."""
        if part is None or desired is None:
            return part is desired
        return not self.schema.diff(part, desired)


def find_part(ctx: ModuleContext, singleton: Singleton) -> Part:
    """Return the part of the service that the options of LOOKUP_SPEC name, to be changed.

    Raise NotFound when there is no such service, and InvalidOption if it is known to be a secondary one, or for options
    that no service can have.
    """
    singleton.check_options(ctx.options)
    service_id: str | None = ctx.options["service_id"]
    if service_id:
        ctx.set_result(service_id=service_id.lower())
        return get_part(ctx, singleton, service_id.lower())
    # The service exists, since its name was found.
    service = get_service(ctx.api, ctx.options)
    service_id = singleton.require_primary(service).lower()
    ctx.set_result(service_id=service_id)
    return Part(ctx, singleton, service_id, singleton.read(ctx.api, service_id), service=service)


def get_part(ctx: ModuleContext, singleton: Singleton, service_id: str) -> Part:
    """Return the part of the service, to be changed. Raise NotFound, and InvalidOption for a secondary service."""
    current, service = singleton.get(ctx.api, service_id)
    if service is not None:
        singleton.require_primary(Service(service))
    return Part(ctx, singleton, service_id, current, service=service)


def report_part(ctx: ModuleContext, singleton: Singleton) -> None:
    """Return the part of the service that the options of LOOKUP_SPEC name; null if the key may not read it."""
    service_id = resolve_service_id(ctx.api, ctx.options)

    def read() -> LatestPart:
        if ctx.options["service_id"]:
            return singleton.get(ctx.api, service_id)[0]
        # The service exists, since its name was found.
        return singleton.read(ctx.api, service_id)

    part = none_if_forbidden(ctx, read)
    ctx.set_result(**{"service_id": service_id, singleton.result: singleton.to_result(part)})


@dataclass
class Part:
    """The part of one service, and how to change it. In check mode, the changes are predicted.

    service_id is empty for a service that the task is to create. shared holds what the task reads once for all parts
    of its services. service is the service if it was read, which it is always if it has no part.
    """

    ctx: ModuleContext
    singleton: Singleton
    service_id: str
    current: LatestPart
    shared: dict[str, Any] = field(default_factory=dict)
    service: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self.show(self.current)

    @property
    def service_exists(self) -> bool:
        """Return whether there is a service, and not only the plan to create one."""
        return bool(self.service_id) and not is_planned(self.service_id)

    def ensure(self) -> None:
        """Create, change or delete the part, as the options of the task state."""
        if self.ctx.options.get("state") == "absent":
            self.delete()
            return
        desired = self.singleton.schema.desired(self.ctx.options)
        self.singleton.check(self.current or {}, desired)
        self.create_or_update(desired)

    def create_or_update(
        self, desired: Mapping[str, Any], unreadable: Sequence[Change] = (), complete: Complete | None = None
    ) -> None:
        """Change the values that differ; create the part if there is none.

        unreadable are further changes, of values that no response contains. complete is for a part of which each
        request replaces all values. Its other values may be changed by another task meanwhile, and are not waited for.
        """
        schema = self.singleton.schema
        sent = complete(self.current or {}, desired) if complete else desired
        changes = [*schema.diff(self.current or {}, sent), *unreadable]
        diff = to_diff(changes)
        self.ctx.add_diff({} if self.current is None else diff["before"], diff["after"])
        if self.ctx.check_mode:
            self._plan(schema.predict(self.current or {}, changes))
        elif changes:
            send = functools.partial(self._send, changes, sent)
            self._apply(send, desired, may_explain=not unreadable, complete=complete)

    def delete(self) -> None:
        """Delete the part if there is one."""
        current = {} if self.current is None else self.singleton.schema.declaration(self.current)
        self.ctx.add_diff(before=current, after={})
        if self.current is None:
            return
        if self.ctx.check_mode:
            self._plan(None)
        else:
            self._apply(self._send_deletion, None)

    def _plan(self, predicted: dict[str, Any] | None) -> None:
        """Return the part as it would be, None for a deleted one, and let later tasks in check mode see it."""
        self.ctx.set_result(**{self.singleton.result: predicted})
        self.ctx.planned_parts[self.singleton.name] = predicted

    def _send(self, changes: Iterable[Change], desired: Mapping[str, Any]) -> Resource:
        schema = self.singleton.schema
        (changed,) = schema.patch_bodies(changes).values()
        body = schema.create_body(desired) if self.singleton.replaces else changed
        return self.singleton.send(self.ctx.api, self.service_id, body)

    def _send_deletion(self) -> None:
        self.singleton.delete(self.ctx.api, self.service_id)

    def _apply(
        self,
        send: Callable[[], LatestPart],
        desired: Desired,
        *,
        may_explain: bool = True,
        complete: Complete | None = None,
    ) -> None:
        """Send the request, and wait until its effect can be read.

        may_explain is false if the part does not show whether another task has made the change. complete is as in
        create_or_update().
        """
        latest = self._send_or_explain(send, desired, may_explain=may_explain)
        self.show(latest)
        poll = self._poll
        if complete and desired is not None:
            poll = functools.partial(self._poll_or_resend, desired, complete, iter(range(MAX_SENDS - 1)))
        self.show(self.ctx.waiter.wait_for(poll, self._visible(desired), latest, immediately=True))

    def _send_or_explain(self, send: Callable[[], LatestPart], desired: Desired, *, may_explain: bool) -> LatestPart:
        """Send the request, and return the part. Raise ApiError if the tier, key or service does not allow it.

        A request that the API refuses with a conflict, or since there is nothing to delete, counts as done if the part
        is as desired by now: another task has made the change. Then the diff is discarded, unless this task may have
        made the change.
        """
        try:
            return send()
        except ApiError as error:
            refusal = error.with_message(error.request, self._advise(error))
            if not may_explain or not (error.may_be_explained or (desired is None and error.status == 404)):
                raise refusal from error
        latest = self._explain(refusal, desired)
        if not refusal.may_have_been_applied:
            self.ctx.discard_diff()
        return latest

    def _advise(self, error: ApiError) -> str | None:
        """Return the next step after a refusal; None if the usual one applies."""
        text = error.error.lower()
        if self.singleton.secondary and error.status == 400 and ("secondary" in text or "primary" in text):
            return self.singleton.secondary.rstrip(".")
        return self.singleton.advise(error)

    def _explain(self, refusal: ApiError, desired: Desired) -> LatestPart:
        """Return the part if it is as desired by now; otherwise raise the refusal, with the present values."""
        try:
            latest, _service = self.singleton.get(self.ctx.api, self.service_id)
        except CloudError:
            raise refusal from None
        self.show(latest)
        if not self.singleton.is_as_desired(latest, desired):
            refusal.append(f"{self._visible(desired).describe(latest)}.")
            raise refusal
        return latest

    def _poll(self) -> LatestPart:
        latest = self.singleton.read(self.ctx.api, self.service_id, retry=Retry.NEVER)
        self.show(latest)
        return latest

    def _poll_or_resend(self, desired: Mapping[str, Any], complete: Complete, resends: Iterator[int]) -> LatestPart:
        """Poll, and send the change again if another task has replaced it by values that it had read before.

        Raise WaitFailed if that happens more often than resends allow.
        """
        found = self._poll()
        # GET may lag behind, and then shows the part as it was before.
        if found in (None, self.current) or self.singleton.is_as_desired(found, desired):
            return found
        if next(resends, None) is None:
            raise WaitFailed(
                f"{self._visible(desired).describe(found)}, since another task has overwritten the change {MAX_SENDS}"
                " times. Run the task again when no other task changes the same."
            )
        self.current = found
        sent = complete(found or {}, desired)
        self._send(self.singleton.schema.diff(found or {}, sent), sent)
        return found

    def show(self, part: LatestPart) -> None:
        """Return the part as a value of the module, even if the next step fails."""
        self.ctx.set_result(**{self.singleton.result: self.singleton.to_result(part)})

    def _visible(self, desired: Desired) -> WaitCondition[LatestPart]:
        """Return the condition that the change can be read: GET may lag behind."""
        label = f"The {self.singleton.name}" + (f" of service {self.service_id}" if self.service_id else "")
        has, seems = ("have", "are") if self.singleton.name.endswith("s") else ("has", "is")

        def describe(part: LatestPart) -> str:
            if desired is None:
                return f"{label} still exists"
            changes = [] if part is None else self.singleton.schema.diff(part, desired)
            pending = "; ".join(f"{change.field.option} {abbreviate(change.before)}" for change in changes)
            # There are no changes if every poll has failed.
            return f"{label} {f'still {has} {pending}' if pending else f'{seems} not seen'}"

        return WaitCondition(
            description="as requested" if desired is not None else "deleted",
            is_met=lambda part: self.singleton.is_as_desired(part, desired),
            is_impossible=lambda _part: False,
            describe=describe,
        )
