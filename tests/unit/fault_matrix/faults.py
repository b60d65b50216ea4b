# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS

FOREVER = 10**6
#: The seconds that nobody listens, if it is not for good.
SHORTLY = 0.01

_HTML = {"body": "<html><body>proxy</body></html>", "headers": {"Content-Type": "text/html"}}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Kind:
    """One way to go wrong: the fault as the emulator takes it.

    acts tells whether the request does its work. With lasting true it goes wrong in the same way for the rest of the
    run.
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
        """Whether nobody listens."""
        return "refuse" in self.fault

    @property
    def holds(self) -> bool:
        """Whether the request is not answered."""
        return "delay" in self.fault


def _answers(name: str, body: Any) -> Kind:
    """The work is done, and answered with this."""
    return Kind(name, {"body": body, "headers": _JSON}, acts=True)


FORBIDDEN = Kind("403", {"status": 403})

_ONCE = [
    Kind("connection refused", {"refuse": SHORTLY}),
    Kind("reset before it acted", {"disconnect": "before"}),
    Kind("reset after it acted", {"disconnect": "after"}, acts=True),
    Kind("no answer in time, never acts", {"disconnect": "delay", "delay": HOLD_SECONDS}),
    Kind("no answer in time, acts late", {"disconnect": "late", "delay": HOLD_SECONDS}, acts=True),
    Kind("429 with header", {"status": 429, "headers": {"X-RateLimit-Reset": "2"}}),
    *[Kind(str(status), {"status": status}) for status in (429, 500, 503, 504, 401, 404, 409, 400)],
    Kind("502 as HTML", {"status": 502, **_HTML}),
    FORBIDDEN,
    _answers("empty", ""),
    Kind("HTML", _HTML, acts=True),
    Kind("HTML and nothing done", {"status": 200, **_HTML}),
    _answers("truncated JSON", '{"status": 200, "result": {"id": "6f0b7c9e-1d2a-4c'),
    _answers("an object of something else as result", {"result": {"colour": "red"}}),
    _answers("a list of something else as result", {"result": [{"colour": "red"}]}),
    _answers("an empty object as result", {"result": {}}),
    _answers("a list with an id that is none", {"result": [{"id": 7, "name": "analytics"}]}),
    _answers("null as result", {"result": None}),
    _answers("null", "null"),
]
_LASTING = [
    Kind("connection refused", {"refuse": 60}, lasting=True),
    Kind("reset after it acted", {"disconnect": "after"}, acts=True, lasting=True),
    *[Kind(str(status), {"status": status}, lasting=True) for status in (503, 401, 404)],
]

KINDS = [*_ONCE, *_LASTING]
