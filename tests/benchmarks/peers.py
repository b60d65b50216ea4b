# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the peers talk to: a small server that answers the few GETs which hetzner.hcloud and vultr.cloud need here.

How many servers there are is said by the path, /hcloud/50/v1, so that one server is enough for all benchmarks.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..emulator.server import HOST, listen
from .peer_objects import LOCATIONS, instance, location, server
from .row import BenchmarkError

START_SECONDS = 30


def _paged(key: str, entries: list[dict[str, Any]], page: int, per_page: int, total: int) -> JSONResponse:
    last = max(1, -(-total // per_page))
    numbers = {
        "page": page,
        "per_page": per_page,
        "previous_page": page - 1 or None,
        "next_page": page + 1 if page < last else None,
        "last_page": last,
        "total_entries": total,
    }
    return JSONResponse({key: entries, "meta": {"pagination": numbers}})


def list_locations(request: Request) -> JSONResponse:
    return _paged("locations", [location(number) for number in range(len(LOCATIONS))], 1, 50, len(LOCATIONS))


def list_servers(request: Request) -> JSONResponse:
    count = request.path_params["count"]
    name = request.query_params.get("name")
    if name is not None:
        return _paged("servers", [server(int(name.rpartition("-")[2]))], 1, 50, 1)
    page, per_page = (int(request.query_params.get(key, default)) for key, default in (("page", 1), ("per_page", 25)))
    first = (page - 1) * per_page + 1
    found = [server(number) for number in range(first, min(first + per_page, count + 1))]
    return _paged("servers", found, page, per_page, count)


def show_server(request: Request) -> JSONResponse:
    return JSONResponse({"server": server(request.path_params["number"])})


def list_instances(request: Request) -> JSONResponse:
    return JSONResponse({"instances": [instance(1)], "meta": {"total": 1, "links": {"next": "", "prev": ""}}})


ROUTES = [
    Route("/hcloud/{count:int}/v1/locations", list_locations),
    Route("/hcloud/{count:int}/v1/servers", list_servers),
    Route("/hcloud/{count:int}/v1/servers/{number:int}", show_server),
    Route("/vultr/v2/instances", list_instances),
]


class Peers:
    """The server, in a thread of this process, for as long as the ``with`` block lasts."""

    def __init__(self) -> None:
        self.requests = 0
        app = Starlette(routes=ROUTES)
        self._server = uvicorn.Server(uvicorn.Config(self._counted(app), log_level="warning", access_log=False))
        self._listener = listen(0)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Peers:
        self._thread.start()
        latest = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > latest:
                self.__exit__(None, None, None)
                raise BenchmarkError("The server for the peers did not start.")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _counted(self, app: Starlette) -> Any:
        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.requests += scope["type"] == "http"
            await app(scope, receive, send)

        return counted
