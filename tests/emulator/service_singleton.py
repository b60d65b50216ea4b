# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a part that a service has once, such as a configuration: read, changed, and perhaps made and deleted."""

from __future__ import annotations

from typing import Any, Callable, ClassVar

from .request_context import RequestContext
from .responses import ApiResponse, bad_request, empty_response, not_found, ok_response
from .service import Service
from .validation import Table, check_fields

Fields = dict[str, Any]
Handler = Callable[[RequestContext], ApiResponse]


class Singleton:
    """The handlers of a part. A subclass states what it has, and overrides the rules that differ."""

    #: The last part of the path.
    path: ClassVar[str]
    #: The methods that the API has. POST and PUT replace all fields; PATCH keeps those that the body lacks.
    methods: ClassVar[tuple[str, ...]]
    table: ClassVar[Table]
    #: The fields before the first change. None: the part does not exist until it is made.
    initial: ClassVar[Fields | None] = None

    def routes(self, service_path: str) -> dict[str, dict[str, Handler]]:
        """Return the handlers by path and method, below the path of a service."""
        handlers: dict[str, Handler] = {
            "GET": self.get,
            "POST": self.create,
            "PUT": self.replace,
            "PATCH": self.patch,
            "DELETE": self.delete,
        }
        return {f"{service_path}/{self.path}": {method: handlers[method] for method in self.methods}}

    # What a subclass overrides

    def check(self, ctx: RequestContext, service: Service, body: Fields) -> None:
        """Raise ApiError unless the fields of a request are valid. The table has been checked before."""

    def merge(self, current: Fields, body: Fields) -> Fields:
        """Return the fields after a PATCH."""
        return {**current, **{name: value for name, value in body.items() if name in self.table}}

    def to_resource(self, fields: Fields) -> Fields:
        return fields

    # The handlers

    def get(self, ctx: RequestContext) -> ApiResponse:
        return ok_response(self.to_resource(self._require(ctx.service)))

    def create(self, ctx: RequestContext) -> ApiResponse:
        service = ctx.service
        if self.fields_of(service) is not None:
            raise bad_request(f"The service already has a {self.path}")
        return self.replace(ctx)

    def replace(self, ctx: RequestContext) -> ApiResponse:
        return self.write(ctx, ctx.service, {})

    def patch(self, ctx: RequestContext) -> ApiResponse:
        service = ctx.service
        return self.write(ctx, service, self._require(service))

    def delete(self, ctx: RequestContext) -> ApiResponse:
        service = ctx.service
        self._require(service)
        del service.parts[self.path]
        return empty_response()

    def fields_of(self, service: Service) -> Fields | None:
        return service.parts.get(self.path, self.initial)

    def _require(self, service: Service) -> Fields:
        fields = self.fields_of(service)
        if fields is None:
            raise not_found(service.id)
        return fields

    def write(self, ctx: RequestContext, service: Service, current: Fields) -> ApiResponse:
        """Store what a request makes of the current fields, and return it."""
        body = ctx.body
        check_fields(self.table, body)
        self.check(ctx, service, body)
        service.parts[self.path] = self.merge(current, body)
        return ok_response(self.to_resource(service.parts[self.path]))


def check_not_empty(table: Table, body: Fields) -> None:
    """Raise ApiError unless the body has at least one of the fields."""
    if not body.keys() & table.keys():
        raise bad_request(f"At least one of {', '.join(table)} must be provided")
