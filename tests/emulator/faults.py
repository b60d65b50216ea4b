# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: error responses, delays and broken connections that a test asks for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from re import Pattern
from typing import Any

from .responses import ApiError, ApiResponse, error_response, to_json

# How long a connection is held by default.
HOLD_SECONDS = 60.0
_EFFECTS = ("status", "disconnect", "delay", "body", "headers", "refuse", "lag")
_DISCONNECTS = ("before", "after", "delay", "late")


@dataclass
class Fault:
    path: Pattern[str]
    method: str | None = None
    skip: int = 0
    times: int = 1
    refuse: float = 0.0
    status: int | None = None
    disconnect: str | None = None
    delay: float | None = None
    acts_after: float | None = None
    lag: float | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in (None, method) and self.path.search(path) is not None

    @property
    def seconds(self) -> float:
        if self.delay is None:
            return HOLD_SECONDS if self.disconnect in ("delay", "late") else 0.0
        return self.delay

    @property
    def has_effect(self) -> bool:
        """Return whether the request takes effect in spite of the fault."""
        return self.status is None and self.disconnect in (None, "after", "late")

    @property
    def body_is_html(self) -> bool:
        return isinstance(self.body, str) and self.body.startswith("<")

    def to_response(self) -> ApiResponse:
        """Return the response to a request that does not take effect."""
        return self.modify(error_response(ApiError(self.status or 500)))

    def modify(self, response: ApiResponse) -> ApiResponse:
        """Replace the body and add the headers of the fault."""
        if self.body is not None:
            response.content = self.body.encode() if isinstance(self.body, str) else to_json(self.body)
            if self.body_is_html:
                response.media_type = "text/html"
        response.headers.update(self.headers)
        return response


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._held: set[asyncio.Future[None]] = set()
        #: Makes the server refuse connections for a number of seconds.
        self.refuse_connections: Callable[[float], None] = lambda seconds: None

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()
        self.release()

    def release(self) -> None:
        """Continue all held requests."""
        for held in self._held:
            if not held.done():
                held.set_result(None)

    async def hold(self, seconds: float, disconnected: Awaitable[None] | None = None) -> None:
        """Wait a number of seconds, or until the faults are cleared or the client has disconnected."""
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._held.add(held)
        awaited = {held} if disconnected is None else {held, asyncio.ensure_future(disconnected)}
        _done, waiting = await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        self._held.discard(held)

    def take_next(self, method: str, path: str) -> Fault | None:
        """Return the oldest fault that matches this request, and count it as applied once."""
        for fault in self._faults:
            if not fault.matches(method, path):
                continue
            if not fault.skip:
                fault.times -= 1
                return fault
            fault.skip -= 1
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_VALIDATORS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "method": (lambda value: isinstance(value, str), "a string"),
    "path": (lambda value: isinstance(value, str), "a string"),
    "times": (lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0, "a positive integer"),
    "skip": (lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0, "0 or more"),
    "refuse": (lambda value: _is_number(value) and value > 0, "a number of seconds"),
    "status": (lambda value: isinstance(value, int) and 100 <= value <= 599, "an HTTP status"),
    "disconnect": (lambda value: value in _DISCONNECTS, f"one of {', '.join(_DISCONNECTS)}"),
    "delay": (lambda value: _is_number(value) and value >= 0, "a number of seconds"),
    "acts_after": (lambda value: _is_number(value) and value >= 0, "a number of seconds"),
    "lag": (lambda value: _is_number(value) and value >= 0, "a number of seconds"),
    "body": (lambda value: value is not None, "anything but null; use the string 'null' instead"),
    "headers": (
        lambda value: isinstance(value, dict) and all(isinstance(text, str) for text in value.values()),
        "an object of strings",
    ),
}


def parse_fault(fields: dict[str, Any]) -> Fault:
    """Return the fault that a test describes. Raise ValueError if the description is invalid."""
    for name, value in fields.items():
        if name not in _VALIDATORS:
            raise ValueError(f"Unknown key '{name}': a fault has {', '.join(_VALIDATORS)}.")
        is_valid, description = _VALIDATORS[name]
        if not is_valid(value):
            raise ValueError(f"'{name}' must be {description}.")
    if "path" not in fields:
        raise ValueError("'path' is required: a regular expression that the path of the request is searched for.")
    if not any(name in fields for name in _EFFECTS):
        raise ValueError(f"A fault needs one of {', '.join(_EFFECTS)}.")
    if "acts_after" in fields and "status" not in fields and fields.get("disconnect") != "before":
        raise ValueError("'acts_after' goes with a status, or with disconnect: before.")
    if len(fields.keys() & {"status", "disconnect", "refuse"}) > 1:
        raise ValueError("A fault has either a status, a disconnect or a refuse.")
    try:
        pattern = re.compile(fields["path"])
    except re.error as error:
        raise ValueError(f"'path' is not a valid regular expression: {error}.") from error
    known = {name: value for name, value in fields.items() if name != "path"}
    if "method" in known:
        known["method"] = known["method"].upper()
    return Fault(path=pattern, **known)
