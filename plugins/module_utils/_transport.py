# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Exchanges with the API: request budget, retries, envelope; and no write in check mode."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.clickhouse.cloud.plugins.module_utils._budget import Budget
from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._data import short
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    HOPELESS,
    NOT_SENT,
    ApiError,
    Interrupted,
    Outcome,
    ReadOnly,
    Unreachable,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._http import Answer, open_session, send
from ansible_collections.clickhouse.cloud.plugins.module_utils._operations import Request
from ansible_collections.clickhouse.cloud.plugins.module_utils._retry import RetryPolicy

if TYPE_CHECKING:
    from requests import Session

#: As many characters of the API's words are passed on.
LONGEST = 1000
#: Requests that may be sent twice: the second one finds things as the first one left them.
REPEATABLE = frozenset({"GET", "PATCH", "DELETE"})

#: The options that may be wrong, by what became of a request.
SUSPECTS: Mapping[Outcome, tuple[str, ...]] = {
    401: ("api_key", "api_secret"),
    404: ("organization_id", "api_url", "api_key"),
    NOT_SENT: ("api_url",),
    HOPELESS: ("api_url",),
}


class Transport:
    """Sends requests to the API, again where RetryPolicy says so, and opens the envelope of the answers.

    With read_only true no write leaves the process. writes lists in words, in order, what the API has done or
    may have done, and wrote is the moment after the last of them, by time.monotonic(). A session may be shared.
    Once cancelled is set, which another thread may do, nothing more is sent: Interrupted is raised.
    warn is given what the reader of a play should know.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        read_only: bool = False,
        retry: RetryPolicy | None = None,
        writes: list[str] | None = None,
        session: Session | None = None,
        cancelled: threading.Event | None = None,
        warn: Callable[[str], None] = warnings.warn,
    ) -> None:
        self.url = connection.url
        self.writes = [] if writes is None else writes
        self.wrote = float("-inf")
        self._connection = connection
        self._read_only = read_only
        self._retry = retry or RetryPolicy()
        self._budget = Budget.of(connection, warn)
        self._session = session or open_session(connection)
        self._cancelled = cancelled or threading.Event()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        once: bool = False,
        repeatable: bool = True,
        before_send: Callable[[], None] | None = None,
    ) -> Any:
        """The result in the API's envelope (None when it has none), or the text of an answer that is not JSON.

        path starts behind /v1. With once true it is not sent again, since the caller will; with repeatable false not
        when the API may have acted, since the caller will find out. before_send is called each time just before the
        request is sent, after any wait. Raises ApiError, Unreachable, or ReadOnly, and what before_send raises.
        """
        if self._read_only and method != "GET":
            raise ReadOnly(f"Refused to send {method} /v1{path} in check mode.")
        request = Request(method, path, body)
        repeatable = repeatable and method in REPEATABLE
        attempt, maybe_done = 0, False
        while True:
            attempt += 1
            try:
                result = self._exchange(request, query, before_send)
            except (ApiError, Unreachable) as error:
                maybe_done = maybe_done or error.maybe_done
                delay = None if once else self._retry.delay(attempt, error.outcome, error.headers, repeatable)
                if delay is None:
                    self._note(request, maybe_done)
                    error.request_line = request.line
                    error.append(self._connection.describe_origin(SUSPECTS.get(error.outcome, ())))
                    raise
                time.sleep(delay)
            else:
                self._note(request, done=True)
                return result

    def check_cancelled(self) -> None:
        """Raise Interrupted once the task has ended that this is a part of."""
        if self._cancelled.is_set():
            raise Interrupted("Interrupted, since the task has ended.")

    def _note(self, request: Request, done: bool) -> None:
        if done and request.method != "GET":
            self.writes.append(request.done)
            self.wrote = time.monotonic()

    def _exchange(
        self, request: Request, query: Mapping[str, Any] | None, before_send: Callable[[], None] | None
    ) -> Any:
        self._budget.take()
        self.check_cancelled()
        if before_send:
            before_send()
        try:
            answer = send(
                self._session,
                self._connection,
                request.method,
                f"/v1{request.path}",
                str(request),
                json=request.body,
                params=query,
            )
        except KeyboardInterrupt:
            # Whether it was sent by then, nobody knows.
            self._note(request, done=True)
            raise
        return _opened(request, answer)


def _opened(request: Request, answer: Answer) -> Any:
    """What is in the envelope."""
    if 300 <= answer.status < 400:
        target = answer.headers.get("Location", "nowhere")
        raise ApiError(str(request), answer.status, f"it redirects to {target}, which is not followed; check api_url")
    if answer.ok and answer.headers.get("Content-Type", "").startswith("text/plain"):
        return answer.text
    envelope = answer.json()
    if not isinstance(envelope, dict):
        beginning = " ".join(answer.text[:200].split())[:80]
        words = (
            f"the answer is not the API's JSON but begins with {beginning!r}" if beginning else "the answer is empty"
        )
        raise ApiError(str(request), answer.status, words, headers=answer.headers)
    if answer.ok:
        return envelope.get("result")
    error, request_id = envelope.get("error") or "no reason is given", envelope.get("requestId")
    words = error[:LONGEST] if isinstance(error, str) else short(error)
    known_as = request_id[:LONGEST] if isinstance(request_id, str) else None
    advice = request.advise(answer.status, words)
    raise ApiError(str(request), answer.status, words, known_as, answer.headers, advice)
