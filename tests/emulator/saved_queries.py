# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved queries and Query API endpoints."""

from __future__ import annotations

from typing import Any, ClassVar

from .paging import Paging
from .request_context import RequestContext
from .responses import conflict
from .service_collection import Collection
from .validation import Table, array, mapping, text, uuid_text, validation_error

Fields = dict[str, Any]

# The limit of the API for the text of a query, in characters.
_MAX_SQL = 4 * 1024 * 1024
_NOT_BLANK = r"(?s).*\S.*"
_UNLIMITED = 2**31
_QUERY: Table = {
    "name": text(1, _UNLIMITED),
    "sql": text(0, _MAX_SQL),
    "database": text(0, _UNLIMITED),
    "parameters": mapping(text(0, _UNLIMITED)),
}
_ENDPOINT: Table = {
    "name": text(1, _UNLIMITED, _NOT_BLANK),
    "sql": text(1, _MAX_SQL, _NOT_BLANK),
    "database": text(1, _UNLIMITED, _NOT_BLANK),
    "parameters": _QUERY["parameters"],
    "apiKeyIds": array(uuid_text, 1),
    "roles": array(text(1, _UNLIMITED), 1),
    "allowedOrigins": array(text(0, _UNLIMITED)),
}


class SavedQueries(Collection):
    path = "saved-queries"
    id_parameter = "queryId"
    kind = "saved query"
    paging = Paging(path, 100, 100, refuses_more=True)
    table = _QUERY
    required = ("name", "sql", "database")
    defaults: ClassVar[Fields] = {"parameters": {}}
    listed = ("id", "name", "database")

    def check(self, ctx: RequestContext, body: Fields, current: Fields | None) -> None:
        for other in self.elements(ctx).values():
            if other is not current and other["name"] == body["name"]:
                raise conflict(f"A saved query with the name '{body['name']}' already exists")


class QueryApiEndpoints(Collection):
    path = "query-api-endpoints"
    id_parameter = "endpointId"
    kind = "query api endpoint"
    paging = Paging(path, 100, 100, refuses_more=True)
    table = _ENDPOINT
    required = ("name", "sql", "database", "apiKeyIds", "roles")
    defaults: ClassVar[Fields] = {"parameters": {}, "allowedOrigins": []}
    listed = ("id", "name", "database", "apiKeyIds", "roles", "allowedOrigins", "url", "ownerType")

    def check(self, ctx: RequestContext, body: Fields, current: Fields | None) -> None:
        known = {key.fields["id"] for key in ctx.organization.keys}
        for index, key_id in enumerate(body["apiKeyIds"]):
            if key_id.lower() not in known:
                raise validation_error(f"body.apiKeyIds[{index}]", "The API key does not exist", key_id)

    def check_owner(self, element: Fields) -> None:
        if element["ownerType"] == "user":
            raise conflict("The query of this endpoint is owned by a user. Change it in the console")

    def added_fields(self, element_id: str) -> Fields:
        return {"url": f"https://queries.clickhouse.cloud/run/{element_id}", "ownerType": "queryApiEndpoint"}
