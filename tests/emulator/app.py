# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: the API with its request log and faults, and the control endpoints for tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .api import Api, Request
from .backlog import Backlog
from .clock import Clock
from .contract_check import ContractCheck
from .control import ControlApi
from .faults import Fault, Faults
from .limiter import Rate, RateLimiter
from .request_log import LogEntry, RequestLog, decode_body
from .responses import ApiResponse
from .sql import Query
from .state import EmulatorConfig, Store

# The key of a connection's transport in the state of its requests.
TRANSPORT = "transport"


class FreezableClock(Clock):
    """A clock that can be frozen, so that a service does not change state while a request is handled."""

    def __init__(self) -> None:
        super().__init__()
        self._moment: float | None = None

    def seconds(self) -> float:
        return super().seconds() if self._moment is None else self._moment

    @contextlib.contextmanager
    def frozen(self, moment: float | None = None) -> Iterator[None]:
        """Freeze the time, at the current or the given moment."""
        self._moment = super().seconds() if moment is None else moment
        try:
            yield
        finally:
            self._moment = None


class BrokenConnection(Response):
    """Reset the connection instead of sending a response."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["state"][TRANSPORT]
        # With a linger time of zero, closing the socket resets the connection.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        # Wait until the server has noticed the disconnect; otherwise it would send an error response.
        await _wait_for_disconnect(receive)


class Application:
    """The ASGI endpoint that logs each request, applies faults and passes it to the API."""

    def __init__(
        self,
        clock: FreezableClock,
        store: Store,
        api: Api,
        request_log: RequestLog,
        faults: Faults,
        backlog: Backlog,
        check: ContractCheck | None,
    ) -> None:
        self._clock = clock
        self._store = store
        self._api = api
        self._backlog = backlog
        self._request_log = request_log
        self._faults = faults
        self._check = check
        self._late_queries: set[asyncio.Task[ApiResponse]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/"):
            # A client that uses the emulator as a proxy does not mean this API.
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
            return
        try:
            request = await _read_request(HttpRequest(scope, receive))
        except ClientDisconnect:
            return
        response = await self._respond(request, receive)
        await response(scope, receive, send)

    async def _respond(self, request: Request, receive: Receive) -> Response:
        credentials = request.credentials
        entry = self._request_log.add(
            LogEntry(
                method=request.method,
                path=request.path,
                query=request.query,
                body=decode_body(request.content),
                status=None,
                time=round(self._clock.real_seconds(), 6),
                key=credentials[0] if credentials else None,
                client=request.client,
            )
        )
        fault = self._faults.take_next(request.method, request.path)
        response = await (self._handle(request) if fault is None else self._apply_fault(request, fault, receive))
        if response is None:
            return BrokenConnection()
        entry.status = response.status
        return Response(response.content, response.status, response.headers, response.media_type)

    async def _handle(self, request: Request, lag: float | None = None) -> ApiResponse:
        self._backlog.run_due()
        response = self._take_effect(request, lag)
        return await response.run(self._store.engines) if isinstance(response, Query) else response

    def _take_effect(
        self, request: Request, lag: float | None = None, moment: float | None = None
    ) -> ApiResponse | Query:
        with self._clock.frozen(moment), self._store.override_visibility_lag(lag):
            response = self._api.handle(request)
        if self._check is not None and not isinstance(response, Query):
            self._check.note(request, response)
        return response

    def _take_effect_late(self, request: Request, lag: float | None, moment: float) -> None:
        query = self._take_effect(request, lag, moment)
        if isinstance(query, Query):
            task = asyncio.create_task(query.run(self._store.engines))
            # The event loop keeps only a weak reference.
            self._late_queries.add(task)
            task.add_done_callback(self._late_queries.discard)

    async def _apply_fault(self, request: Request, fault: Fault, receive: Receive) -> ApiResponse | None:
        """Return the response to a request with a fault, or None to break the connection."""
        if fault.seconds:
            await self._faults.hold(
                fault.seconds, _wait_for_disconnect(receive) if fault.disconnect == "late" else None
            )
        if fault.has_effect:
            response = fault.modify(await self._handle(request, fault.lag))
            if fault.refuse:
                # Make the client open a new connection, which is refused.
                response.headers["Connection"] = "close"
                self._faults.refuse_connections(fault.refuse)
            return None if fault.disconnect else response
        if fault.acts_after is not None:
            self._backlog.add(fault.acts_after, lambda moment: self._take_effect_late(request, fault.lag, moment))
            self._backlog.run_due()
        return None if fault.disconnect else fault.to_response()


async def _wait_for_disconnect(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_request(http: HttpRequest) -> Request:
    query: dict[str, list[str]] = {}
    for name, value in http.query_params.multi_items():
        query.setdefault(name, []).append(value)
    return Request(
        method=http.method,
        path=http.scope["path"],
        query=query,
        authorization=http.headers.get("authorization", ""),
        content=await http.body(),
        wake=http.headers.get("wake-service") == "true",
        content_type=http.headers.get("content-type", ""),
        user_agent=http.headers.get("user-agent", ""),
        host=http.headers.get("host", ""),
        client=f"{http.client.host}:{http.client.port}" if http.client else "",
    )


async def _unknown_endpoint(http: HttpRequest) -> Response:
    return JSONResponse({"error": "There is no such control endpoint."}, 404)


def create_app(config: EmulatorConfig, rate: Rate | None = None, check: ContractCheck | None = None) -> Starlette:
    """Return the ASGI application of an emulator."""
    clock = FreezableClock()
    store = Store(config, clock)
    request_log, faults = RequestLog(), Faults()
    limiter = RateLimiter(rate, clock.real_seconds) if rate else None
    backlog = Backlog(clock)
    application = Application(clock, store, Api(store, limiter), request_log, faults, backlog, check)
    control = ControlApi(store, request_log, faults, limiter, backlog, check)
    app = Starlette(
        routes=[
            *control.routes(),
            Route("/_emulator/{rest:path}", _unknown_endpoint),
        ]
    )
    # Not a route, as the pattern of one does not match a path with a newline.
    app.router.default = application
    app.state.faults = faults
    app.state.engines = store.engines
    return app
