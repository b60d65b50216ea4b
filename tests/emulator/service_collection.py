# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a collection of a service: elements with an ID that are created, replaced and deleted one by one."""

from __future__ import annotations

import uuid
from typing import Any, Callable, ClassVar

from .paging import Paging, page_response
from .request_context import RequestContext
from .responses import ApiResponse, empty_response, not_found, ok_response
from .service import Service
from .state import check_id
from .validation import Table, check_fields

Fields = dict[str, Any]
Handler = Callable[[RequestContext], ApiResponse]


class Collection:
    """The handlers of a collection. A subclass states what its elements are, and overrides the rules that differ."""

    #: The last part of the path, and the name of the path parameter of an element.
    path: ClassVar[str]
    id_parameter: ClassVar[str]
    #: What an element is called in error messages.
    kind: ClassVar[str]
    paging: ClassVar[Paging]
    #: The fields of a request, those that it must have, and the values of the others.
    table: ClassVar[Table]
    required: ClassVar[tuple[str, ...]]
    defaults: ClassVar[Fields]
    #: The fields of an element in the list.
    listed: ClassVar[tuple[str, ...]]

    def routes(self, service_path: str) -> dict[str, dict[str, Handler]]:
        """Return the handlers by path and method, below the path of a service."""
        path = f"{service_path}/{self.path}"
        return {
            path: {"GET": self.list_elements, "POST": self.create},
            f"{path}/{{{self.id_parameter}}}": {"GET": self.get, "PUT": self.replace, "DELETE": self.delete},
        }

    def preset(self, service: Service, elements: list[Fields]) -> None:
        """Replace all elements by those of a test. Missing fields that the API adds get their usual values."""
        presets = [{"id": str(uuid.uuid4()), **element} for element in elements]
        service.collections[self.path] = {
            preset["id"]: {**self.defaults, **self.added_fields(preset["id"]), **preset} for preset in presets
        }

    # What a subclass overrides

    def check(self, ctx: RequestContext, body: Fields, current: Fields | None) -> None:
        """Raise ApiError unless the fields are valid for a new element, or for the current one."""

    def check_owner(self, element: Fields) -> None:
        """Raise ApiError if an element cannot be changed or deleted."""

    def added_fields(self, element_id: str) -> Fields:
        """Return the fields that the API adds to a new element."""
        return {}

    # The handlers

    def list_elements(self, ctx: RequestContext) -> ApiResponse:
        elements = [
            {name: value for name, value in element.items() if name in self.listed}
            for element in self.elements(ctx).values()
        ]
        return page_response(ctx, elements, self.paging)

    def create(self, ctx: RequestContext) -> ApiResponse:
        elements, fields = self.elements(ctx), self._parse(ctx, None)
        element_id = str(uuid.uuid4())
        elements[element_id] = {"id": element_id, **fields, **self.added_fields(element_id)}
        return ok_response(elements[element_id], 201)

    def get(self, ctx: RequestContext) -> ApiResponse:
        return ok_response(self._requested(ctx))

    def replace(self, ctx: RequestContext) -> ApiResponse:
        element = self._requested(ctx)
        self.check_owner(element)
        element.update(self._parse(ctx, element))
        return ok_response(element)

    def delete(self, ctx: RequestContext) -> ApiResponse:
        element = self._requested(ctx)
        self.check_owner(element)
        del self.elements(ctx)[element["id"]]
        return empty_response()

    def elements(self, ctx: RequestContext) -> dict[str, Fields]:
        """Return the elements of the requested service by ID, in the order of their creation."""
        return ctx.service.collections.setdefault(self.path, {})

    def _requested(self, ctx: RequestContext) -> Fields:
        elements, element_id = self.elements(ctx), ctx.ids[self.id_parameter]
        check_id(self.kind, element_id)
        element = elements.get(element_id.lower())
        if element is None:
            raise not_found(element_id)
        return element

    def _parse(self, ctx: RequestContext, current: Fields | None) -> Fields:
        """Return the fields of a request, with the defaults for those that it leaves out."""
        body = ctx.body
        check_fields(self.table, body, self.required)
        self.check(ctx, body, current)
        return {**self.defaults, **{name: value for name, value in body.items() if name in self.table}}
