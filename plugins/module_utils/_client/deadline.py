# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Connections with a timeout for the whole response, not for each read."""

from __future__ import annotations

import http.client
import io
import socket

# Imported by name, so that tests that replace time.monotonic() do not change the timeouts of the network.
from time import monotonic
from typing import Any

from .network_errors import count_as_not_sent


class _TimedReader(io.RawIOBase):
    """A reader that raises socket.timeout once the timeout of the socket, counted from the start, has passed."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._end = monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._end - monotonic()
        if remaining <= 0:
            raise socket.timeout("timed out")
        self._sock.settimeout(remaining)
        count: int | None = self._raw.readinto(buffer)
        return count

    def fileno(self) -> int:
        descriptor: int = self._raw.fileno()
        return descriptor

    def close(self) -> None:
        self._raw.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    """A response that has to be complete within the timeout of its socket.

    With a timeout for each read, a server that sends single bytes, or "100 Continue" repeatedly, could block for ever.
    """

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


def use_timed_responses(manager: Any) -> None:
    """Make all connections of the urllib3.PoolManager use TimedResponse, also for the response to CONNECT."""
    manager.pool_classes_by_scheme = {
        scheme: _timed_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _timed_pool(pool: Any) -> Any:
    """Return a subclass of the urllib3 pool whose connections use TimedResponse and mark errors of connecting."""
    plain = pool.ConnectionCls

    def connect(connection: Any) -> None:
        with count_as_not_sent():
            plain.connect(connection)

    timed = type(plain.__name__, (plain,), {"response_class": TimedResponse, "connect": connect})
    return type(pool.__name__, (pool,), {"ConnectionCls": timed})
