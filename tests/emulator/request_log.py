# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of requests, which is the journal of the control endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .request_context import parse_json


@dataclass
class LogEntry:
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    # None until there is a response. It stays None if the connection breaks before.
    status: int | None
    time: float
    key: str | None
    # Host and port of the client: the same for all requests of one connection.
    client: str


class RequestLog:
    def __init__(self) -> None:
        self._entries: list[LogEntry] = []

    def add(self, entry: LogEntry) -> LogEntry:
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries.clear()

    def entries(self) -> list[dict[str, Any]]:
        return [dict(vars(entry)) for entry in self._entries]


def decode_body(content: bytes) -> Any:
    """Return a request body as the value of its JSON; as text if it is not JSON; as None if it is empty."""
    if not content:
        return None
    try:
        return parse_json(content)
    except ValueError:
        return content.decode(errors="replace")
