# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request's way through the API: key, rate limit, role, organization, handler."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from . import activities, permissions, routes, sql
from .limiter import Limiter
from .organization import Key
from .request_context import Call
from .responses import Answer, ApiError, failure, not_found, success
from .state import Store, check_id

_READING = ("GET", "HEAD", "OPTIONS")
_WRITING_ROLES = ("admin",)
_QUERY = re.compile(r"/service/(?P<service>[^/]+)/run")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    authorization: str
    content: bytes
    # Whether a query may wake the service.
    wake: bool = False
    client: str = ""

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The key id and the secret of HTTP Basic, if they are there."""
        scheme, _space, encoded = self.authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        key_id, colon, secret = decoded.partition(":")
        return (key_id, secret) if colon else None


class Api:
    def __init__(self, store: Store, limiter: Limiter | None) -> None:
        self._store = store
        self._limiter = limiter

    def answer(self, request: Request) -> Answer:
        try:
            return self._answer(request)
        except ApiError as error:
            return failure(error)

    def _answer(self, request: Request) -> Answer:
        if request.path in ("/v1", "/v1/") and request.method == "GET":
            return success({"title": "ClickHouse Cloud API", "version": "1.0"})
        asked = _QUERY.fullmatch(request.path)
        if asked is not None and request.method == "POST":
            return self._query(request, asked["service"])
        key = self._key(request)
        if self._limiter is not None:
            self._limiter.check(key.key_id)
        route = routes.find(request.method, request.path)
        call = self._call(request, key, route.ids)
        self._check_organization(call)
        if request.method not in _READING and not any(role in _WRITING_ROLES for role in key.roles):
            raise ApiError(403)
        permissions.check(call, request.method, route.template)
        answer = route.handler(call)
        activities.record(call, request.method, route.template)
        return answer

    def _call(self, request: Request, key: Key, ids: dict[str, str]) -> Call:
        return Call(self._store, key, self._store.organization_of(key), ids, request.query, request.content)

    def _query(self, request: Request, service_id: str) -> Answer:
        credentials = request.credentials
        key = self._store.authenticate(*credentials) if credentials else None
        if key is None:
            return sql.plain_error(401, "Unauthorized")
        return sql.run_query(self._call(request, key, {"serviceId": service_id}), request.wake)

    def _key(self, request: Request) -> Key:
        credentials = request.credentials
        key = self._store.authenticate(*credentials) if credentials else None
        if key is None:
            raise ApiError(401)
        return key

    @staticmethod
    def _check_organization(call: Call) -> None:
        organization_id = call.ids.get("organizationId")
        if organization_id is None:
            return
        check_id("organization", organization_id)
        if organization_id.lower() != call.organization.id.lower():
            raise not_found()
