# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: the API with its journal and faults, and the endpoints for tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .api import Api, Request
from .backlog import Backlog
from .clock import Clock
from .control import Control
from .faults import Fault, Faults
from .limiter import Limiter, Rate
from .request_log import Entry, Journal, readable
from .responses import Answer
from .state import Origin, Store

# The transport of a connection lies under this name in the state of its requests.
TRANSPORT = "transport"


class SteadyClock(Clock):
    """A clock that can be stopped: a service must not reach its next state between two looks at it."""

    def __init__(self) -> None:
        super().__init__()
        self._moment: float | None = None

    def seconds(self) -> float:
        return super().seconds() if self._moment is None else self._moment

    @contextlib.contextmanager
    def still(self, moment: float | None = None) -> Iterator[None]:
        """The time stands still, now or at this moment."""
        self._moment = super().seconds() if moment is None else moment
        try:
            yield
        finally:
            self._moment = None


class BrokenConnection(Response):
    """No answer: the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["state"][TRANSPORT]
        # Closed without lingering, a connection is reset rather than ended in good order.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        # The server must learn of it before this returns, or it would answer with an error of its own.
        await _left(receive)


class Front:
    """What stands before the API."""

    def __init__(
        self, clock: SteadyClock, store: Store, api: Api, journal: Journal, faults: Faults, backlog: Backlog
    ) -> None:
        self._clock = clock
        self._store = store
        self._api = api
        self._backlog = backlog
        self._journal = journal
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await _read(HttpRequest(scope, receive))
        except ClientDisconnect:
            return
        response = await self._respond(request, receive)
        await response(scope, receive, send)

    async def _respond(self, request: Request, receive: Receive) -> Response:
        credentials = request.credentials
        entry = self._journal.add(
            Entry(
                method=request.method,
                path=request.path,
                query=request.query,
                body=readable(request.content),
                status=None,
                time=round(self._clock.real_seconds(), 6),
                key=credentials[0] if credentials else None,
                client=request.client,
            )
        )
        fault = self._faults.acquire(request.method, request.path)
        answer = self._answer(request) if fault is None else await self._go_wrong(request, fault, receive)
        if answer is None:
            return BrokenConnection()
        entry.status = answer.status
        return Response(answer.content, answer.status, answer.headers, answer.media_type)

    def _answer(self, request: Request, lag: float | None = None, moment: float | None = None) -> Answer:
        if moment is None:
            self._backlog.ensure_password_known()
        with self._clock.still(moment), self._store.lagging(lag):
            return self._api.answer(request)

    async def _go_wrong(self, request: Request, fault: Fault, receive: Receive) -> Answer | None:
        """What a fault makes of a request; nothing if the connection is to be broken."""
        if fault.seconds:
            await self._faults.hold(fault.seconds, _left(receive) if fault.disconnect == "late" else None)
        if fault.acts:
            answer = fault.disguise(self._answer(request, fault.lag))
            if fault.refuse:
                # The client has to connect anew, and finds nobody.
                answer.headers["Connection"] = "close"
                self._faults.refuse(fault.refuse)
            return None if fault.disconnect else answer
        if fault.acts_after is not None:
            self._backlog.add(fault.acts_after, lambda moment: self._answer(request, fault.lag, moment))
            self._backlog.ensure_password_known()
        return None if fault.disconnect else fault.answer()


async def _left(receive: Receive) -> None:
    """Wait until the connection of the client has ended."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read(http: HttpRequest) -> Request:
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
        client=f"{http.client.host}:{http.client.port}" if http.client else "",
    )


async def _no_control(http: HttpRequest) -> Response:
    return JSONResponse({"error": "There is no such endpoint for tests."}, 404)


def create_app(origin: Origin, rate: Rate | None = None) -> Starlette:
    clock = SteadyClock()
    store = Store(origin, clock)
    journal, faults = Journal(), Faults()
    limiter = Limiter(rate, clock.real_seconds) if rate else None
    backlog = Backlog(clock)
    front = Front(clock, store, Api(store, limiter), journal, faults, backlog)
    control = Control(store, journal, faults, limiter, backlog)
    app = Starlette(
        routes=[
            *control.routes(),
            Route("/_emulator/{rest:path}", _no_control),
            Route("/{rest:path}", front),
        ]
    )
    app.state.faults = faults
    return app
