# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to an organization, with any outcome."""

from __future__ import annotations

import dataclasses
import time
import warnings
from typing import Any, Callable, NamedTuple
from urllib.parse import quote

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.rate_limiter import RateLimiter
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.retry import RetryPolicy
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.session import Response, open_session, send
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, Unreachable

Fields = dict[str, Any]

#: The name of the key of the options.
OWN_KEY = "own"
#: The most pages of a list, so that a cursor that repeats ends.
MAX_PAGES = 100


class LiveError(Exception):
    """The story cannot go on. The message may contain IDs."""


class Answer(NamedTuple):
    """The response to a request: its JSON, or None if it is something else."""

    status: int
    content: Any

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def envelope(self) -> Fields:
        return self.content if isinstance(self.content, dict) else {}

    @property
    def result(self) -> Any:
        """Return the result in the envelope, or the content, if it has no envelope."""
        return self.envelope.get("result") if isinstance(self.content, dict) else self.content

    @property
    def state(self) -> str:
        """Return the state of a service."""
        return str(self.result.get("state")) if isinstance(self.result, dict) else ""

    @property
    def error(self) -> str:
        return str(self.envelope.get("error", ""))


class Api:
    """An organization: the real one or that of an emulator. `pause` waits between two looks at a state."""

    def __init__(self, options: ClientOptions, pause: Callable[[], object]) -> None:
        self.organization = f"/organizations/{options.organization}"
        self.pause = pause
        self._options = options
        self._connections = {OWN_KEY: _Connection(options)}

    def has_key(self, name: str) -> bool:
        return name in self._connections

    def add_key(self, name: str, key: str, secret: str) -> None:
        """Let requests use another key by this name."""
        self._connections[name] = _Connection(dataclasses.replace(self._options, key=key, secret=secret))

    def request(self, method: str, path: str, body: Any = None, key: str = OWN_KEY) -> Answer:
        """Send a request with the limit and the retries of the collection. Raise LiveError without a response."""
        connection = self._connections[key]
        try:
            response = connection.send(method, path, body)
        except CloudError as error:
            raise LiveError(self.hide_organization(str(error))) from error
        return Answer(response.status, response.json())

    def hide_organization(self, text: str) -> str:
        """Return a text without the ID of the organization."""
        return text.replace(self._options.organization, "<organization ID>")

    def list_all(self, kind: str) -> list[Fields]:
        """Return the elements on all pages of a list, such as "services". Raise LiveError if it cannot be read."""
        elements: list[Fields] = []
        query = ""
        for _page in range(MAX_PAGES):
            answer = self.request("GET", f"{self.organization}/{kind}{query}")
            if not answer.ok or not isinstance(answer.result, list):
                raise LiveError(f"The list of {kind} cannot be read: {answer.status} {answer.error}.")
            if not all(isinstance(element, dict) and element.get("id") for element in answer.result):
                raise LiveError(f"The list of {kind} has an element without an id.")
            elements += answer.result
            cursor = answer.envelope.get("nextCursor")
            if not cursor:
                return elements
            query = f"?cursor={quote(str(cursor))}"
        raise LiveError(f"The list of {kind} has more than {MAX_PAGES} pages, or repeats one.")


class _Connection:
    """A key with its session and its rate limit."""

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._session = open_session(options)
        self._limiter = RateLimiter.from_options(options, warnings.warn)
        self._retry_policy = RetryPolicy()

    def send(self, method: str, path: str, body: Any) -> Response:
        """Send a request, again if the API has not acted on it or may be asked twice. Raise Unreachable or ApiError."""
        attempt = 0
        while True:
            attempt += 1
            self._limiter.acquire()
            response = self._send_once(method, path, body)
            outcome = response.outcome if isinstance(response, Unreachable) else response.status
            delay = self._retry_policy.delay(attempt, outcome, response.headers, method)
            if delay is not None:
                time.sleep(delay)
            elif isinstance(response, Unreachable):
                raise response
            else:
                return response

    def _send_once(self, method: str, path: str, body: Any) -> Response | Unreachable:
        try:
            return send(self._session, self._options, method, f"/v1{path}", f"{method} {path}", json=body)
        except Unreachable as error:
            return error
