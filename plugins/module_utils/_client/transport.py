# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Exchanges with the API: request budget, retries, envelope; and no write in check mode."""

from __future__ import annotations

import html
import re
import threading
import time
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from .._errors import NOT_RETRYABLE, NOT_SENT, ApiError, CheckModeViolation, Interrupted, RequestOutcome, Unreachable
from .._json import abbreviate
from .http import Response, open_session, send
from .network_errors import hide_credentials
from .operations import Request
from .options import ClientOptions
from .rate_limiter import RateLimiter
from .retry import RetryPolicy

if TYPE_CHECKING:
    from requests import Session

#: At most this many characters of the API's words are passed on.
MAX_ERROR_LENGTH = 1000
#: The title of a web page is searched for in this many characters at its beginning.
PAGE_HEAD = 4000
#: All that the API says when it refuses a request for the rate limit.
LIMIT_ERROR = "TOO_MANY_REQUESTS"
#: Seconds of refusals for the rate limit after which a line tells the reader of the play why nothing happens.
NOTICE_AFTER = 30

#: The options that may be wrong, by what became of a request.
GATEWAY_MARKERS: Mapping[RequestOutcome, tuple[str, ...]] = {
    401: ("api_key", "api_secret"),
    404: ("organization_id", "api_url", "api_key"),
    NOT_SENT: ("api_url",),
    NOT_RETRYABLE: ("api_url",),
}


class Transport:
    """Sends requests to the API, again where RetryPolicy says so, and opens the envelope of the answers.

    With read_only true no write leaves the process. writes lists in words, in order, what the API has done or
    may have done, and wrote is the moment after the last of them, by time.monotonic(). A session may be shared.
    Once cancelled is set, which another thread may do, or is_abandoned returns true, nothing more is sent: Interrupted
    is raised.
    warn is given what the reader of a play should know, and tell, where there is one, what cannot wait for the end of
    the task.
    """

    def __init__(
        self,
        connection: ClientOptions,
        *,
        read_only: bool = False,
        retry: RetryPolicy | None = None,
        writes: list[str] | None = None,
        session: Session | None = None,
        cancelled: threading.Event | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
        warn: Callable[[str], None] = warnings.warn,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        self.url = connection.url
        self.writes = [] if writes is None else writes
        self.wrote = float("-inf")
        self._connection = connection
        self._read_only = read_only
        self._retry = retry or RetryPolicy()
        self._show = on_progress or warn
        self._budget = RateLimiter.of(connection, warn)
        self._session = session or open_session(connection)
        self._cancelled = cancelled or threading.Event()
        self._is_abandoned = is_abandoned

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
            raise CheckModeViolation(f"Refused to send {method} /v1{path} in check mode.")
        request = Request(method, path, body)
        attempt, maybe_done, limit = 0, False, _LimitWait(self._show)
        while True:
            attempt += 1
            try:
                result = self._exchange(request, query, before_send)
            except (ApiError, Unreachable) as error:
                # An earlier attempt may have done it, whatever became of this one.
                error.may_have_been_applied = maybe_done = maybe_done or error.may_have_been_applied
                delay = self._retry.delay(
                    attempt,
                    error.outcome,
                    error.headers,
                    method if repeatable else "",
                    may_have_been_applied=maybe_done,
                )
                if once or delay is None:
                    self._note(request, maybe_done)
                    error.request_line = request.line
                    origin = self._connection.describe_origin(_describe_gateway(error))
                    error.append(origin or limit.describe(error.outcome))
                    raise
                limit.sleep(delay, error.outcome)
            else:
                self._note(request, done=True)
                return result

    def check_cancelled(self) -> None:
        """Raise Interrupted once the task has ended that this is a part of."""
        if self._cancelled.is_set() or self._is_abandoned():
            raise Interrupted("Interrupted, since the task has ended.")

    def _note(self, request: Request, done: bool) -> None:
        if done and request.method != "GET":
            self.writes.append(request.done)
            self.wrote = time.monotonic()

    def _exchange(
        self, request: Request, query: Mapping[str, Any] | None, before_send: Callable[[], None] | None
    ) -> Any:
        self._budget.acquire()
        self.check_cancelled()
        if before_send:
            before_send()
        try:
            response = send(
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
        return _unwrap(request, response)


def _describe_gateway(error: ApiError | Unreachable) -> tuple[str, ...]:
    """Return the options that may be the reason. The key is not one if a gateway has answered."""
    suspects = GATEWAY_MARKERS.get(error.outcome, ())
    is_foreign = isinstance(error, ApiError) and not error.from_api
    return tuple(option for option in suspects if option == "api_url") if is_foreign else suspects


class _LimitWait:
    """The wait of one request that the API refuses for the rate limit, which is not a silent one."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._start: float | None = None

    def sleep(self, delay: float, outcome: RequestOutcome) -> None:
        """Sleep before the next attempt; say why, once the refusals have lasted for NOTICE_AFTER seconds."""
        if outcome == 429:
            self._start = time.monotonic() if self._start is None else self._start
            until_notice = NOTICE_AFTER - self._seconds
            if 0 <= until_notice < delay:
                time.sleep(until_notice)
                delay -= until_notice
                self._show(
                    f"The API has refused a request for {NOTICE_AFTER} seconds, since this API key makes too many"
                    " (HTTP status 429). It is sent again until the API accepts it."
                )
        time.sleep(delay)

    def describe(self, outcome: RequestOutcome) -> str:
        """Return how long the API has refused the request, if that was it."""
        was_limited = outcome == 429 and self._start is not None
        return f"It refused this request for {self._seconds:.0f} seconds." if was_limited else ""

    @property
    def _seconds(self) -> float:
        return time.monotonic() - (self._start or 0.0)


def _unwrap(request: Request, response: Response) -> Any:
    """Return the contents of the envelope."""
    if 300 <= response.status < 400:
        words = f"it redirects to {_redirect_target(response)}, which is not followed; check api_url"
        raise ApiError(str(request), response.status, words, from_api=False)
    if response.ok and response.headers.get("Content-Type", "").startswith("text/plain"):
        return response.text
    envelope = response.json()
    if not isinstance(envelope, dict):
        words = _describe_content(response)
        raise ApiError(str(request), response.status, words, headers=response.headers, from_api=False)
    if response.ok:
        return envelope.get("result")
    error, request_id = envelope.get("error") or "no reason is given", envelope.get("requestId")
    words = error[:MAX_ERROR_LENGTH] if isinstance(error, str) else abbreviate(error)
    known_as = request_id[:MAX_ERROR_LENGTH] if isinstance(request_id, str) else None
    from_api = _is_from_api(response.status, envelope)
    advice = request.advise(response.status, words) if from_api else None
    raise ApiError(str(request), response.status, words, known_as, response.headers, advice, from_api=from_api)


def _is_from_api(status: int, envelope: Mapping[str, Any]) -> bool:
    """Return whether this error has the API's own form, and not that of a gateway before it."""
    if status == 429 and envelope.get("error") == LIMIT_ERROR:
        return True
    return (envelope.get("status") == status) + bool(envelope.get("error")) + bool(envelope.get("requestId")) >= 2


def _redirect_target(response: Response) -> str:
    """Return where the answer redirects to, without what may be a secret."""
    return hide_credentials(re.split("[?#]", response.headers.get("Location", "nowhere"))[0])


def _describe_content(response: Response) -> str:
    """Return what the answer is instead of the API's JSON."""
    text = " ".join(response.text[:PAGE_HEAD].split())
    if "html" in response.headers.get("Content-Type", "").lower() or re.match(r"<(!doctype\s+)?html\b", text, re.I):
        title = re.search(r"<title[^>]*>\s*(.{1,80}?)\s*</title>", text, re.I)
        called = f" with the title {html.unescape(title.group(1))!r}" if title else ""
        return f"the answer is a web page{called} and not the API's JSON"
    return f"the answer is not the API's JSON but begins with {text[:80]!r}" if text else "the answer is empty"
