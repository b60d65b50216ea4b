# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of faults that a request can have.

Of some kinds, a module sees the same: each request of the fault matrix gets one of them, and the next request another.
"""

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

_LIMITED = ("429", "429 with header")
_NEVER_ACTED = ("reset before it acted", "no answer in time, never acts")
_GATEWAY_ERRORS = ("503", "504", "502 as HTML")
_UNREADABLE = ("empty", "HTML", "truncated JSON", "null")
_WRONG_LISTS = ("a list of something else as result", "a list with an id that is none")
#: The names of kinds that differ in nothing that a module sees, except the text of the message: whether the request is
#: sent again, whether it has acted, and the error that the client raises. To a read, it makes no difference whether it
#: has acted. test_alike_faults.py proves it.
_ALIKE_FOR_READS = (
    _LIMITED,
    (*_NEVER_ACTED, "reset after it acted", "no answer in time, acts late"),
    (*_GATEWAY_ERRORS, "500"),
    (*_UNREADABLE, "HTML and nothing done"),
    _WRONG_LISTS,
)
_ALIKE_FOR_WRITES = (_LIMITED, _NEVER_ACTED, _GATEWAY_ERRORS, _UNREADABLE, _WRONG_LISTS)


def list_alike(method: str) -> list[list[FaultKind]]:
    """Return the groups of kinds of which a module sees the same, in a request to the API with this method."""
    names = _ALIKE_FOR_READS if method == "GET" else _ALIKE_FOR_WRITES
    return [[kind for kind in _ONCE if kind.name in group] for group in names]


def choose_kinds(method: str, path: str, turn: int) -> list[FaultKind]:
    """Return the kinds to test in a request: one of each group of alike ones, by turns, and all others.

    The Query API has a separate client, for which nothing is alike.
    """
    groups = [] if path.endswith("/run") else list_alike(method)
    left_out = [kind for group in groups for number, kind in enumerate(group) if number != turn % len(group)]
    return [kind for kind in FAULT_KINDS if kind not in left_out]
