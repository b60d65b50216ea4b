# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web server and the command that may run beside it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Iterator
from typing import Callable

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import TRANSPORT, create_app
from .faults import Faults
from .limiter import Rate
from .state import Origin

HOST = "127.0.0.1"
# Longer than the pauses between the requests of a client that waits for a service.
KEEP_ALIVE_SECONDS = 75
_PATIENCE_SECONDS = 2


class Protocol(H11Protocol):
    """HTTP/1.1 which shows the application the transport, so that it can break a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn types it
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class Server(uvicorn.Server):
    """A server that says when it is ready and leaves signals to the program."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce
        self._opening: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    def refuse(self, waiting: Callable[[], Awaitable[None]]) -> None:
        """Listen to nobody until the waiting is over. Connections that are there already stay."""
        if self._opening is not None and not self._opening.done():
            return
        port = self.servers[0].sockets[0].getsockname()[1]
        for server in self.servers:
            server.close()
        # Bound, so that nobody else takes the port meanwhile, but not listening.
        self._opening = asyncio.create_task(self._open_again(listen(port), waiting))

    async def _open_again(self, listener: socket.socket, waiting: Callable[[], Awaitable[None]]) -> None:
        await waiting()
        await super().startup([listener])


def listen(port: int) -> socket.socket:
    """A socket for the server to listen at."""
    # asyncio sends small answers at once only on sockets which are explicitly TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def announcement(origin: Origin, port: int) -> dict[str, str]:
    return {
        "api_url": f"http://{HOST}:{port}/v1",
        "organization_id": origin.organization_id,
        "api_key": origin.api_key,
        "api_secret": origin.api_secret,
    }


def environment(told: dict[str, str]) -> dict[str, str]:
    """The variables by which clients find the emulator."""
    return {
        "CLICKHOUSE_API_URL": told["api_url"],
        "CLICKHOUSE_ORG_ID": told["organization_id"],
        "CLICKHOUSE_CLOUD_API_KEY": told["api_key"],
        "CLICKHOUSE_CLOUD_API_SECRET": told["api_secret"],
    }


class Program:
    """The server, and the command if there is one."""

    def __init__(
        self, origin: Origin, listener: socket.socket, rate: Rate | None, command: list[str], until_eof: bool = False
    ) -> None:
        self._told = announcement(origin, listener.getsockname()[1])
        self._listener = listener
        self._command = command
        self._until_eof = until_eof
        self._child: asyncio.subprocess.Process | None = None
        self._started: asyncio.Future[None] | None = None
        app = create_app(origin, rate)
        self._faults: Faults = app.state.faults
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            access_log=False,
            log_level="warning",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        self._server = Server(config, self._ready)
        self._faults.refuse = lambda seconds: self._server.refuse(lambda: self._faults.hold(seconds))

    def run(self) -> int:
        """Serve until a signal or the end of the command, and give the exit status."""
        return asyncio.run(self._serve())

    async def _serve(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number)
        if self._until_eof:
            loop.add_reader(sys.stdin.fileno(), self._read)
        self._started = loop.create_future()
        serving = asyncio.create_task(self._server.serve([self._listener]))
        status = 0
        if self._command:
            await self._started
            status = await self._run_command()
            self._end()
        await serving
        return status

    def _ready(self) -> None:
        if self._started is not None:
            self._started.set_result(None)
        if not self._command:
            sys.stdout.write(json.dumps(self._told) + "\n")
            sys.stdout.flush()

    def _read(self) -> None:
        descriptor = sys.stdin.fileno()
        if not os.read(descriptor, 4096):
            asyncio.get_running_loop().remove_reader(descriptor)
            self._stop(signal.SIGTERM)

    def _end(self) -> None:
        self._faults.release()
        self._server.should_exit = True

    def _stop(self, number: int) -> None:
        if self._child is None:
            self._end()
        elif number == signal.SIGTERM:
            self._terminate()
        else:
            # The terminal has interrupted the command too. It is only helped on if that was not enough.
            asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._terminate)

    def _terminate(self) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()

    async def _run_command(self) -> int:
        try:
            self._child = await asyncio.create_subprocess_exec(
                *self._command, env={**os.environ, **environment(self._told)}
            )
        except OSError as error:
            sys.stderr.write(f"The command '{self._command[0]}' cannot be run: {error.strerror}.\n")
            return 127
        status = await self._child.wait()
        # A command that was ended by a signal has the status that a shell gives it.
        return status if status >= 0 else 128 - status
