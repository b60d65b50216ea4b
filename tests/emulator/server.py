# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web server and the optional command that runs against it."""

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

# It takes half as long for a request as the parser in Python.
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import TRANSPORT, create_app
from .contract_check import ContractCheck
from .engines import Engines
from .faults import Faults
from .limiter import Rate
from .network import HOST, open_socket
from .state import EmulatorConfig

# Longer than the polling interval of a client that waits for a service.
KEEP_ALIVE_SECONDS = 75
_TERMINATION_GRACE_SECONDS = 2


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 that passes the transport to the application, so that it can break a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn types it
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class Server(uvicorn.Server):
    """A server that calls back when it is ready and leaves signals to the program."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce
        self._reopen_task: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    def stop_listening(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Refuse new connections until `wait` returns. Open connections stay open."""
        if self._reopen_task is not None and not self._reopen_task.done():
            return
        port = self.servers[0].sockets[0].getsockname()[1]
        for server in self.servers:
            server.close()
        # The socket is bound, to reserve the port, but does not listen yet.
        self._reopen_task = asyncio.create_task(self._reopen(open_socket(port), wait))

    async def _reopen(self, listener: socket.socket, wait: Callable[[], Awaitable[None]]) -> None:
        await wait()
        await super().startup([listener])


def connection_details(config: EmulatorConfig, port: int) -> dict[str, str]:
    return {
        "api_url": f"http://{HOST}:{port}/v1",
        "organization_id": config.organization_id,
        "api_key": config.api_key,
        "api_secret": config.api_secret,
    }


def build_environment(connection: dict[str, str]) -> dict[str, str]:
    """Return the environment variables that make clients use the emulator."""
    return {
        "CLICKHOUSE_API_URL": connection["api_url"],
        "CLICKHOUSE_ORG_ID": connection["organization_id"],
        "CLICKHOUSE_CLOUD_API_KEY": connection["api_key"],
        "CLICKHOUSE_CLOUD_API_SECRET": connection["api_secret"],
    }


class Program:
    """The server and, if there is one, the command."""

    def __init__(
        self,
        config: EmulatorConfig,
        listener: socket.socket,
        rate: Rate | None,
        command: list[str],
        until_eof: bool = False,
        check: ContractCheck | None = None,
    ) -> None:
        self._connection = connection_details(config, listener.getsockname()[1])
        self._listener = listener
        self._command = command
        self._until_eof = until_eof
        self._child: asyncio.subprocess.Process | None = None
        self._started: asyncio.Future[None] | None = None
        app = create_app(config, rate, check)
        self._faults: Faults = app.state.faults
        self._engines: Engines = app.state.engines
        uvicorn_config = uvicorn.Config(
            app,
            http=HttpProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            access_log=False,
            log_level="warning",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        self._server = Server(uvicorn_config, self._on_ready)
        self._faults.refuse_connections = lambda seconds: self._server.stop_listening(
            lambda: self._faults.hold(seconds)
        )

    def _refuse_connections(self, seconds: float) -> None:
        self._server.stop_listening(lambda: self._faults.hold(seconds))

    def run(self) -> int:
        """Serve until a signal or the end of the command; return the exit status."""
        return asyncio.run(self._serve())

    async def _serve(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)
        if self._until_eof:
            loop.add_reader(sys.stdin.fileno(), self._on_stdin)
        self._started = loop.create_future()
        serving = asyncio.create_task(self._server.serve([self._listener]))
        status = 0
        if self._command:
            await self._started
            status = await self._run_command()
            self._shut_down()
        await serving
        await self._engines.end()
        return status

    def _on_ready(self) -> None:
        if self._started is not None:
            self._started.set_result(None)
        if not self._command:
            sys.stdout.write(json.dumps(self._connection) + "\n")
            sys.stdout.flush()

    def _on_stdin(self) -> None:
        descriptor = sys.stdin.fileno()
        if not os.read(descriptor, 4096):
            asyncio.get_running_loop().remove_reader(descriptor)
            self._on_signal(signal.SIGTERM)

    def _shut_down(self) -> None:
        self._faults.release()
        self._server.should_exit = True

    def _on_signal(self, number: int) -> None:
        if self._child is None:
            self._shut_down()
        elif number == signal.SIGTERM:
            self._terminate()
        else:
            # The terminal has interrupted the command as well. Terminate it only if it keeps running.
            asyncio.get_running_loop().call_later(_TERMINATION_GRACE_SECONDS, self._terminate)

    def _terminate(self) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()

    async def _run_command(self) -> int:
        try:
            self._child = await asyncio.create_subprocess_exec(
                *self._command, env={**os.environ, **build_environment(self._connection)}
            )
        except OSError as error:
            sys.stderr.write(f"The command '{self._command[0]}' cannot be run: {error.strerror}.\n")
            return 127
        status = await self._child.wait()
        # Use the exit status of a shell for a command that was ended by a signal.
        return status if status >= 0 else 128 - status
