# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of all requests and responses by the contract."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Callable

from .api import Request
from .responses import ApiError, ApiResponse, to_json
from .routes import find_route

if TYPE_CHECKING:
    from ..contract.check import Checker

#: Valid values that differ in each response: IDs, dates, names of hosts and roles, and generated passwords.
_VOLATILE = re.compile(
    rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
    rb'|(?<="host":")[a-z0-9]{10}(?=\.)|(?<=CH-S3-)[a-z0-9]{10}(?=-)'
    rb'|(?<="password":")[\w-]{16}(?=")'
)


def create_check() -> ContractCheck:
    """Return a new check. Only this needs what the emulator itself does not: jsonschema, and the contract."""
    from ..contract.check import Checker

    return ContractCheck(Checker())


class ContractCheck:
    """Notes what the contract does not allow: in responses, and in requests that were accepted."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._suspended = False
        # What was found in earlier requests and responses, since most of them are alike, and a check takes its time.
        self._known: dict[bytes, list[str]] = {}
        self.violations: list[str] = []

    def clear(self) -> None:
        self.violations.clear()
        self._suspended = False

    def suspend_for(self, schema: str, resource: object) -> None:
        """Note nothing until the next clear() if a test has given a resource values that the API never returns."""
        self._suspended = self._suspended or bool(
            self._once((schema, to_json(resource)), lambda: self._checker.check_value(schema, resource))
        )

    def note(self, request: Request, response: ApiResponse) -> None:
        if self._suspended:
            return
        try:
            line = f"{request.method} {find_route(request.method, request.path).template}"
        except ApiError:
            return
        parts = (line, response.status, sorted(request.query), request.content, response.content)
        self.violations += self._once(parts, lambda: self._check(line, request, response))

    def _once(self, parts: tuple[Any, ...], check: Callable[[], list[str]]) -> list[str]:
        """Return what the check of these parts finds, the last of which is JSON, or has found in like parts."""
        *others, content = parts
        digest = hashlib.sha256(repr((*others, _VOLATILE.sub(b"", content))).encode()).digest()
        if digest not in self._known:
            self._known[digest] = check()
        return self._known[digest]

    def _check(self, line: str, request: Request, response: ApiResponse) -> list[str]:
        is_text = response.media_type == "text/plain"
        value = response.content.decode() if is_text else json.loads(response.content)
        found = self._checker.check_response(line, response.status, response.media_type, value)
        if response.status < 300:
            body = json.loads(request.content) if request.content.strip() else None
            found += self._checker.check_request(line, request.query, body)
        return found
