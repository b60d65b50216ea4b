# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Connections whose responses have to arrive within a time, however slowly they come."""

from __future__ import annotations

import http.client
import io
import socket

# The time of the network, which nothing shortens.
from time import monotonic
from typing import Any

from .network_errors import count_as_not_sent


class _TimedReader(io.RawIOBase):
    """Reads from a socket until its timeout, counted from the start, has passed; then raises what a socket raises."""

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
    """A response that has to be there, from its first byte to its last, within the timeout that its socket has.

    Otherwise that is the timeout of each read, and a server that sends a byte now and then, or "100 Continue" again
    and again, is never given up.
    """

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


def time_responses(manager: Any) -> None:
    """Have all connections of this urllib3.PoolManager read a TimedResponse, that of a proxy to CONNECT included."""
    manager.pool_classes_by_scheme = {
        scheme: _timed_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _timed_pool(pool: Any) -> Any:
    """Return this class of urllib3's pools, with connections that also say when they failed before a request."""
    plain = pool.ConnectionCls

    def connect(connection: Any) -> None:
        with count_as_not_sent():
            plain.connect(connection)

    timed = type(plain.__name__, (plain,), {"response_class": TimedResponse, "connect": connect})
    return type(pool.__name__, (pool,), {"ConnectionCls": timed})
