# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The flow for an element of a collection, such as a saved query: find it by name or ID, create, update, delete.

A resource states what it has as a Collection, of a service or of the organization; a module finds an Element, and
changes it. An element that is found is changed like a part that a service has once: see singleton.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable

from .._client.api import Api
from .._client.collection import CollectionEndpoints
from .._client.retry import Retry
from .._errors import AmbiguousName, ApiError, CloudError, InvalidOption, NotFound
from .._json import Resource, abbreviate
from .._module.context import ModuleContext
from .._schema.fields import Schema
from .._texts import enumerate_names
from .find import get_subresource, none_if_forbidden, resolve_service_id, service_not_found
from .singleton import Part, Singleton, no_advice

#: Seconds before each search for an element whose creation had no response.
SEARCH_DELAYS = (0, 2, 4, 8)


@dataclass(frozen=True)
class Collection:
    """The definition of a collection.

    name and plural are used in messages, result and results are the return values of an element and of several.
    id_option and name_option select an element; both are in the schema. required are the options without which no
    element is created. of_service is false for a collection of the organization, and listed_in_full is true if the list
    shows all fields of its elements. ignores_case is true if names that differ only in case are the same. advise
    returns the next step after a refusal, None if the usual one applies.
    """

    name: str
    plural: str
    result: str
    results: str
    schema: Schema
    endpoints: CollectionEndpoints
    id_option: str
    name_option: str
    required: tuple[str, ...] = ()
    of_service: bool = True
    listed_in_full: bool = False
    ignores_case: bool = False
    advise: Callable[[ApiError], str | None] = no_advice

    @property
    def a_name(self) -> str:
        """Return the name with its article."""
        return f"an {self.name}" if self.name[0] in "AEIOUaeiou" else f"a {self.name}"

    def resolve_place(self, ctx: ModuleContext) -> str:
        """Return the ID of the service that the options of LOOKUP_SPEC name; "" for the organization."""
        if not self.of_service:
            return ""
        service_id = resolve_service_id(ctx.api, ctx.options)
        ctx.set_result(service_id=service_id)
        return service_id

    def describe_place(self, service_id: str) -> str:
        return f"service {service_id}" if service_id else "the organization"

    def name_of(self, element: Resource) -> Any:
        """Return the name of the element. Raise UnexpectedResponse for anything but text or null."""
        return self.schema.checked_current(element, [self.name_option])[self.name_option]

    def find_all(self, api: Api, service_id: str, name: str | None) -> list[Resource]:
        """Return the elements of exactly this name, or all, as the list shows them."""
        elements = get_subresource(f"the {self.plural}", service_id, lambda: self.endpoints.fetch_all(api, service_id))
        return [element for element in elements if name is None or self.has_name(element, name)]

    def has_name(self, element: Resource, name: str) -> bool:
        """Return whether the element has the name. Raise UnexpectedResponse if its name is neither text nor null."""
        found = self.name_of(element)
        return bool(found == name or (self.ignores_case and found and found.lower() == name.strip().lower()))

    def find(self, api: Api, service_id: str, name: str) -> Resource | None:
        """Return the element of exactly this name, None when there is none. Raise AmbiguousName for several."""
        found = self.find_all(api, service_id, name)
        if len(found) > 1:
            raise AmbiguousName(
                f"{len(found)} {self.plural} of {self.describe_place(service_id)} are named {abbreviate(name)}:"
                f" {', '.join(element['id'] for element in found)}. Select one of them with {self.id_option}."
            )
        if not found or self.listed_in_full:
            return found[0] if found else None
        return self.fetch(api, service_id, found[0]["id"])

    def fetch(self, api: Api, service_id: str, element_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource | None:
        """Return the element; None when the API has none of this ID, even if there is no such service."""
        try:
            return get_subresource(
                f"the {self.name} {element_id}",
                service_id,
                lambda: self.endpoints.fetch(api, service_id, element_id, retry=retry),
            )
        except ApiError as error:
            if error.status == 404 and error.from_api:
                return None
            raise

    def get(self, api: Api, service_id: str, element_id: str) -> Resource | None:
        """Return the element; None when there is none of this ID. Raise NotFound when there is no such service."""
        element = self.fetch(api, service_id, element_id)
        if element is None and service_id and api.get_service_or_none(service_id) is None:
            raise service_not_found(service_id)
        return element


def find_element(ctx: ModuleContext, collection: Collection, element_type: type[Element] | None = None) -> Element:
    """Return the element that the options select, to be changed; it need not exist. element_type is by default Element.

    Raise AmbiguousName when several have the name, and NotFound when there is no such service.
    """
    element_id, name = ctx.options[collection.id_option], ctx.options[collection.name_option]
    if element_id and ctx.options["state"] == "absent" and not ctx.options["confirm_name"]:
        raise InvalidOption(
            f"To delete {collection.a_name} by {collection.id_option}, set confirm_name to its name, or select it with"
            f" {collection.name_option} instead of {collection.id_option}."
        )
    service_id = collection.resolve_place(ctx)
    current = _fetch_by_id(ctx, collection, service_id) if element_id else collection.find(ctx.api, service_id, name)
    return (element_type or Element)(ctx, collection, service_id, current)


def _fetch_by_id(ctx: ModuleContext, collection: Collection, service_id: str) -> Resource | None:
    """Return the element of the ID in the options; None when there is none. Raise NotFound for a wrong service ID."""
    # A service that was found by its name exists.
    fetch = collection.get if ctx.options.get("service_id") else collection.fetch
    return fetch(ctx.api, service_id, ctx.options[collection.id_option])


def report_elements(ctx: ModuleContext, collection: Collection) -> None:
    """Return the element that the options select, in a list, or all as the list shows them.

    The list is empty when there is none, and null if the key may not read it.
    """
    service_id = collection.resolve_place(ctx)
    found = none_if_forbidden(ctx, lambda: _select(ctx, collection, service_id))
    elements = None if found is None else [collection.schema.to_result(element) for element in found]
    ctx.set_result(**{collection.results: elements})


def _select(ctx: ModuleContext, collection: Collection, service_id: str) -> list[Resource]:
    element_id, name = ctx.options[collection.id_option], ctx.options[collection.name_option]
    if element_id:
        element = _fetch_by_id(ctx, collection, service_id)
        return [element] if element else []
    found = collection.find_all(ctx.api, service_id, name)
    if name is None or collection.listed_in_full:
        return found
    fetched = [collection.fetch(ctx.api, service_id, element["id"]) for element in found]
    return [element for element in fetched if element is not None]


@dataclass
class Element:
    """An element of a collection, and how to change it. In check mode, the changes are predicted."""

    ctx: ModuleContext
    collection: Collection
    service_id: str
    current: Resource | None

    def __post_init__(self) -> None:
        self._element_id: str | None = self.current["id"] if self.current else None
        self._desired: Mapping[str, Any] = {}

    def create_or_update(self, desired: Mapping[str, Any]) -> None:
        """Change the values that differ; create the element if there is none, and it is selected by its name."""
        values = {option: value for option, value in desired.items() if option != self.collection.id_option}
        if self.current is None:
            self._check_creation(values)
            self._desired = values
            self._part(self._create, replaces=True).create_or_update(values)
        else:
            self._check_new_name(values)
            complete = self._complete if self.collection.endpoints.replaces else None
            self._part(self._update).create_or_update(values, complete=complete)

    def delete(self) -> None:
        """Delete the element if there is one. Raise InvalidOption if confirm_name is not its name."""
        if self.current is not None:
            self._check_confirmation(self.collection.name_of(self.current))
        self._part(self._update).delete()

    def _complete(self, current: Resource, desired: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the desired values; the change that is sent next keeps the other values of current."""
        self.current = current
        return desired

    def _check_creation(self, desired: Mapping[str, Any]) -> None:
        """Raise CloudError unless the element can be created."""
        collection = self.collection
        place = collection.describe_place(self.service_id)
        place = place[0].upper() + place[1:]
        element_id = self.ctx.options.get(collection.id_option)
        if element_id:
            raise NotFound(
                f"{place} has no {collection.name} {element_id}. Check {collection.id_option}, or select one"
                f" with {collection.name_option}, which creates it if there is none."
            )
        missing = [option for option in collection.required if option not in desired]
        if missing:
            name = self.ctx.options[collection.name_option]
            raise InvalidOption(
                f"{place} has no {collection.name} {abbreviate(name)}. To create it, set {enumerate_names(missing)}."
            )

    def _check_new_name(self, desired: Mapping[str, Any]) -> None:
        """Raise InvalidOption if the element is renamed, and another one has the name."""
        collection = self.collection
        name = desired.get(collection.name_option)
        if name is None or name == collection.name_of(self.current or {}):
            return
        others = collection.find_all(self.ctx.api, self.service_id, name)
        if others:
            raise InvalidOption(
                f"The {collection.name} {self._element_id} is not renamed, since {others[0]['id']} is named"
                f" {abbreviate(name)}. Choose another {collection.name_option}, or leave it out."
            )

    def _check_confirmation(self, name: Any) -> None:
        confirmed = self.ctx.options.get("confirm_name")
        if confirmed not in (None, name):
            raise InvalidOption(
                f"The {self.collection.name} {self._element_id} is not deleted, since its name is {abbreviate(name)};"
                f" confirm_name is {abbreviate(confirmed)}."
            )

    def _part(self, send: Callable[[Api, str, Mapping[str, Any]], Resource], *, replaces: bool = False) -> Part:
        """Return the element as a part, which Part changes: with check mode, diff, conflicts and waiting."""
        collection = self.collection
        singleton = Singleton(
            name=collection.name,
            result=collection.result,
            schema=collection.schema,
            fetch=self._fetch,
            send=send,
            delete=self._delete,
            optional=True,
            replaces=replaces,
            advise=self._advise,
        )
        return Part(self.ctx, singleton, self.service_id, self.current)

    def _fetch(self, api: Api, service_id: str, *, retry: Retry) -> Resource:
        """Return the element; Part calls this only once its ID is known."""
        return self.collection.endpoints.fetch(api, self.service_id, str(self._element_id), retry=retry)

    def _create(self, api: Api, _service_id: str, body: Mapping[str, Any]) -> Resource:
        try:
            created = self.collection.endpoints.create(api, self.service_id, body)
        except CloudError as error:
            created = self._find_created(error)
        self._element_id = created["id"]
        return created

    def _find_created(self, error: CloudError) -> Resource:
        """Return the element that exists although its creation has failed. Raise the error unless it is as desired.

        The request may have been applied, but its response was lost, or another task has created the element.
        """
        is_conflict = isinstance(error, ApiError) and error.status == 409
        if not (error.may_have_been_applied or is_conflict):
            raise error
        found = self._search(SEARCH_DELAYS[:1] if is_conflict else SEARCH_DELAYS)
        if found is None and not is_conflict:
            error.append(
                f"Whether there is {self.collection.a_name} of this name is not known. Run the task again: it creates"
                " one only if there is none."
            )
        if found is None or self.collection.schema.diff(found, self._desired):
            raise error
        if not error.may_have_been_applied:
            self.ctx.discard_diff()
        return found

    def _search(self, delays: Iterable[float]) -> Resource | None:
        """Return the element of the desired name; None if it is not found, or cannot be read."""
        name = self._desired[self.collection.name_option]
        for delay in delays:
            self.ctx.await_effect(delay)
            try:
                found = self.collection.find(self.ctx.api, self.service_id, name)
            except CloudError:
                continue
            if found is not None:
                return found
        return None

    def _update(self, api: Api, _service_id: str, changed: Mapping[str, Any]) -> Resource:
        """Send the changes, and with PUT also the values that stay, which it would otherwise reset."""
        collection = self.collection
        kept = {}
        if collection.endpoints.replaces:
            names = [field.name for field in collection.schema.options() if field.in_create]
            kept = {name: value for name, value in (self.current or {}).items() if name in names}
        return collection.endpoints.update(api, self.service_id, str(self._element_id), {**kept, **changed})

    def _delete(self, api: Api, _service_id: str) -> None:
        self.collection.endpoints.delete(api, self.service_id, str(self._element_id))

    def _advise(self, error: ApiError) -> str | None:
        """Return the next step after a refusal; None if the usual one applies."""
        if error.is_not_found(str(self._element_id)):
            return f"The {self.collection.name} was deleted in the meantime: run the task again"
        return self.collection.advise(error)
