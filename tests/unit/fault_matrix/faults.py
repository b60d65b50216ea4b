# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of faults that a request can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS

FOREVER = 10**6
#: How long connections are refused by a fault that does not last, in seconds.
BRIEFLY_SECONDS = 0.01

_HTML = {"body": "<html><body>proxy</body></html>", "headers": {"Content-Type": "text/html"}}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault, as the emulator accepts it.

    `acts` is whether the request takes effect in spite of the fault. A `lasting` fault applies to the rest of the run.
    """

    name: str
    fault: Mapping[str, Any]
    acts: bool = False
    lasting: bool = False

    @property
    def times(self) -> int:
        return FOREVER if self.lasting else 1

    @property
    def refuses(self) -> bool:
        """Return whether connections are refused."""
        return "refuse" in self.fault

    @property
    def holds_request(self) -> bool:
        """Return whether the request gets no response."""
        return "delay" in self.fault


def _with_response(name: str, body: Any) -> FaultKind:
    """Return a fault that replaces the response of a request that takes effect."""
    return FaultKind(name, {"body": body, "headers": _JSON}, acts=True)


FORBIDDEN = FaultKind("403", {"status": 403})

_ONCE = [
    FaultKind("connection refused", {"refuse": BRIEFLY_SECONDS}),
    FaultKind("reset before it acted", {"disconnect": "before"}),
    FaultKind("reset after it acted", {"disconnect": "after"}, acts=True),
    FaultKind("no answer in time, never acts", {"disconnect": "delay", "delay": HOLD_SECONDS}),
    FaultKind("no answer in time, acts late", {"disconnect": "late", "delay": HOLD_SECONDS}, acts=True),
    FaultKind("429 with header", {"status": 429, "headers": {"X-RateLimit-Reset": "2"}}),
    *[FaultKind(str(status), {"status": status}) for status in (429, 500, 503, 504, 401, 404, 409, 400)],
    FaultKind("502 as HTML", {"status": 502, **_HTML}),
    FORBIDDEN,
    _with_response("empty", ""),
    FaultKind("HTML", _HTML, acts=True),
    FaultKind("HTML and nothing done", {"status": 200, **_HTML}),
    _with_response("truncated JSON", '{"status": 200, "result": {"id": "6f0b7c9e-1d2a-4c'),
    _with_response("an object of something else as result", {"result": {"colour": "red"}}),
    _with_response("a list of something else as result", {"result": [{"colour": "red"}]}),
    _with_response("an empty object as result", {"result": {}}),
    _with_response("a list with an id that is none", {"result": [{"id": 7, "name": "analytics"}]}),
    _with_response("null as result", {"result": None}),
    _with_response("null", "null"),
]
_LASTING = [
    FaultKind("connection refused", {"refuse": 60}, lasting=True),
    FaultKind("reset after it acted", {"disconnect": "after"}, acts=True, lasting=True),
    *[FaultKind(str(status), {"status": status}, lasting=True) for status in (503, 401, 404)],
]

FAULT_KINDS = [*_ONCE, *_LASTING]
