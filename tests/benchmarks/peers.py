# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mock server for the modules of hetzner.hcloud and vultr.cloud, with the few GET endpoints that they need here.

The path, such as /hcloud/50/v1, selects the number of servers, so that one mock server is enough for all benchmarks.
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

from ..emulator.network import HOST, open_socket
from .peer_objects import LOCATIONS, build_instance, build_location, build_server
from .row import BenchmarkError

START_SECONDS = 30


def _paginated_response(key: str, entries: list[dict[str, Any]], page: int, per_page: int, total: int) -> JSONResponse:
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
    return _paginated_response(
        "locations", [build_location(number) for number in range(len(LOCATIONS))], 1, 50, len(LOCATIONS)
    )


def list_servers(request: Request) -> JSONResponse:
    count = request.path_params["count"]
    name = request.query_params.get("name")
    if name is not None:
        return _paginated_response("servers", [build_server(int(name.rpartition("-")[2]))], 1, 50, 1)
    page, per_page = (int(request.query_params.get(key, default)) for key, default in (("page", 1), ("per_page", 25)))
    first = (page - 1) * per_page + 1
    servers = [build_server(number) for number in range(first, min(first + per_page, count + 1))]
    return _paginated_response("servers", servers, page, per_page, count)


def get_server(request: Request) -> JSONResponse:
    return JSONResponse({"server": build_server(request.path_params["number"])})


def list_instances(request: Request) -> JSONResponse:
    return JSONResponse({"instances": [build_instance(1)], "meta": {"total": 1, "links": {"next": "", "prev": ""}}})


ROUTES = [
    Route("/hcloud/{count:int}/v1/locations", list_locations),
    Route("/hcloud/{count:int}/v1/servers", list_servers),
    Route("/hcloud/{count:int}/v1/servers/{number:int}", get_server),
    Route("/vultr/v2/instances", list_instances),
]


class Peers:
    """Run the mock server in a thread of this process inside a ``with`` block."""

    def __init__(self) -> None:
        self.requests = 0
        app = Starlette(routes=ROUTES)
        self._server = uvicorn.Server(uvicorn.Config(self._count_requests(app), log_level="warning", access_log=False))
        self._listener = open_socket(0)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Peers:
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise BenchmarkError("The mock server for the peers did not start.")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _count_requests(self, app: Starlette) -> Any:
        async def count_request(scope: Any, receive: Any, send: Any) -> None:
            self.requests += scope["type"] == "http"
            await app(scope, receive, send)

        return count_request
