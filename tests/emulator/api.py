# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API: authenticate a request, apply rate limit and permissions, and call the handler of its route."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from http.client import responses

from . import activities, authorization, permissions, routes, sql, udfs
from .clock import format_timestamp
from .limiter import RateLimiter
from .organization import Key
from .request_context import RequestContext
from .responses import ApiError, ApiResponse, error_response, not_found, ok_response
from .state import Store, check_id

_QUERY_PATH = re.compile(r"/service/(?P<service>[^/]+)/run")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    authorization: str
    content: bytes
    # Whether a query may wake an idle service.
    wake: bool = False
    client: str = ""
    content_type: str = ""
    user_agent: str = ""
    # The host and port of the emulator, as the client wrote them.
    host: str = ""

    @property
    def address(self) -> str:
        """Return the IP address of the client."""
        return self.client.rpartition(":")[0]

    @property
    def credentials(self) -> tuple[str, str] | None:
        """Return key ID and secret from HTTP Basic authentication, or None."""
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
    def __init__(self, store: Store, limiter: RateLimiter | None) -> None:
        self._store = store
        self._limiter = limiter

    def handle(self, request: Request) -> ApiResponse | sql.Query:
        """Return the response, or the query that the response is about."""
        try:
            return self._dispatch(request)
        except ApiError as error:
            return error_response(error)

    def _dispatch(self, request: Request) -> ApiResponse | sql.Query:
        if request.path in ("/v1", "/v1/") and request.method == "GET":
            return ok_response({"title": "ClickHouse Cloud API", "version": "1.0"})
        if request.path.startswith(udfs.UPLOAD_PATH) and request.method == "PUT":
            return self._store_upload(request)
        match = _QUERY_PATH.fullmatch(request.path)
        if match is not None and request.method == "POST":
            return self._run_query(request, match["service"])
        key = self._authenticate(request)
        if self._limiter is not None:
            self._limiter.check(key.key_id)
        route = routes.find_route(request.method, request.path)
        ctx = self._build_context(request, key, route.ids)
        self._check_organization(ctx)
        permissions.check(ctx, request.method, route.template)
        authorization.check(ctx, request.method, route.template)
        role_names = ctx.organization.role_names()
        response = route.handler(ctx)
        activities.record(ctx, request.method, route.template, role_names)
        return response

    def _build_context(self, request: Request, key: Key, ids: dict[str, str]) -> RequestContext:
        return RequestContext(
            store=self._store,
            key=key,
            organization=self._store.get_organization(key),
            ids=ids,
            query=request.query,
            content=request.content,
            address=request.address,
            user_agent=request.user_agent,
            host=request.host,
        )

    def _store_upload(self, request: Request) -> ApiResponse:
        if request.authorization:
            return udfs.storage_error(400, "InvalidArgument", "Only one authentication mechanism is allowed.")
        upload_id, signature = request.path.removeprefix(udfs.UPLOAD_PATH), request.query.get("X-Amz-Signature", [""])
        return udfs.store_upload(self._store, upload_id, signature[-1], request.content_type, request.content)

    def _run_query(self, request: Request, service_id: str) -> ApiResponse | sql.Query:
        try:
            key = self._authenticate(request)
        except ApiError as error:
            return sql.plain_error_response(error.status, responses[error.status])
        return sql.run_query(self._build_context(request, key, {"serviceId": service_id}), request.wake)

    def _authenticate(self, request: Request) -> Key:
        credentials = request.credentials
        key = self._store.authenticate(*credentials) if credentials else None
        if key is None:
            raise ApiError(401)
        if not key.admits(request.address):
            raise ApiError(403)
        key.fields["usedAt"] = format_timestamp(self._store.clock.now().replace(second=0))
        return key

    @staticmethod
    def _check_organization(ctx: RequestContext) -> None:
        organization_id = ctx.ids.get("organizationId")
        if organization_id is None:
            return
        check_id("organization", organization_id)
        if organization_id.lower() != ctx.organization.id.lower():
            raise not_found()
