# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked and answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .request_context import parse_json


@dataclass
class Entry:
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    # None until there is an answer, and for good when the connection is broken first.
    status: int | None
    time: float
    key: str | None
    # The other end of the connection, host and port: the same for all requests of one connection.
    client: str


class Journal:
    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> Entry:
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries.clear()

    def to_result(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self._entries]


def readable(content: bytes) -> Any:
    """A request body for the journal: JSON if it is that, text otherwise, nothing if there is none."""
    if not content:
        return None
    try:
        return parse_json(content)
    except ValueError:
        return content.decode(errors="replace")
