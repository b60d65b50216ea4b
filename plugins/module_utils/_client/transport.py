# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Requests to the API with rate limit, retries and error messages; no write in check mode."""

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
from .network_errors import hide_credentials
from .operations import Request
from .options import ClientOptions
from .progress import Progress
from .rate_limiter import RateLimiter
from .retry import Retry, RetryPolicy
from .session import Response, open_session, send

if TYPE_CHECKING:
    from requests import Session

#: Characters of an error message of the API that are passed on.
MAX_ERROR_LENGTH = 1000
#: Characters at the beginning of a web page in which its title is searched for.
PAGE_HEAD = 4000
#: The whole error message of the API when it refuses a request for the rate limit.
LIMIT_ERROR = "TOO_MANY_REQUESTS"
#: Seconds of refusals for the rate limit after which a line explains the wait.
NOTICE_AFTER = 30

#: The options that may be wrong, by the outcome of a request.
SUSPECT_OPTIONS: Mapping[RequestOutcome, tuple[str, ...]] = {
    401: ("api_key", "api_secret"),
    404: ("organization_id", "api_url", "api_key"),
    NOT_SENT: ("api_url",),
    NOT_RETRYABLE: ("api_url",),
}


class ApiServer:
    """The server of the API: how a request is sent to it, and how its responses are read."""

    def send(
        self, session: Session, options: ClientOptions, request: Request, query: Mapping[str, Any] | None
    ) -> Response:
        """Send the request once. Raise what session.send() raises."""
        path = f"/v1{request.path}"
        return send(session, options, request.method, path, request, json=request.body, params=query)

    def unwrap(self, request: Request, response: Response) -> Any:
        """Return the result in the envelope, or plain text. Raise ApiError for anything but a success of the API."""
        return _unwrap(request, response)

    def suspect_options(self, error: ApiError | Unreachable) -> tuple[str, ...]:
        """Return the options that may be wrong. If a gateway has responded, the key is not among them."""
        suspects = SUSPECT_OPTIONS.get(error.outcome, ())
        is_foreign = isinstance(error, ApiError) and not error.from_api
        return tuple(option for option in suspects if option == "api_url") if is_foreign else suspects


_API_SERVER = ApiServer()


class Transport:
    """A sender of requests to the API, which retries as RetryPolicy says and returns the result in the response.

    In check mode, no write is sent. write_log describes, in order, the writes that the API has or may have carried out;
    last_write_at is the time after the latest of them, by time.monotonic(). Several transports may share a session.
    Once cancelled is set, also by another thread, or is_abandoned returns true, nothing more is sent, and Interrupted
    is raised. warn is called with warnings; progress shows lines that cannot wait for the end of the task.
    """

    def __init__(
        self,
        options: ClientOptions,
        *,
        check_mode: bool = False,
        write_log: list[str] | None = None,
        session: Session | None = None,
        cancelled: threading.Event | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
        warn: Callable[[str], None] = warnings.warn,
        progress: Progress | None = None,
    ) -> None:
        self.url = options.url
        self.write_log = [] if write_log is None else write_log
        self.last_write_at = float("-inf")
        self._options = options
        self._check_mode = check_mode
        self._retry_policy = RetryPolicy()
        self.progress = progress or Progress()
        self._warn = warn
        self._rate_limiter = RateLimiter.from_options(options, warn)
        self._session = session or open_session(options)
        self._cancelled = cancelled or threading.Event()
        self._is_abandoned = is_abandoned

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        retry: Retry = Retry.ALWAYS,
        before_send: Callable[[], None] | None = None,
    ) -> Any:
        """Return the result in the API's envelope (None if there is none), or a response that is plain text.

        path starts after /v1. before_send is called immediately before each attempt, after any wait. Raise ApiError,
        Unreachable, CheckModeViolation, Interrupted, or what before_send raises.
        """
        return self.perform(Request(method, path, body), query, retry=retry, before_send=before_send)

    def perform(
        self,
        request: Request,
        query: Mapping[str, Any] | None = None,
        *,
        server: ApiServer = _API_SERVER,
        retry: Retry = Retry.ALWAYS,
        before_send: Callable[[], None] | None = None,
    ) -> Any:
        """Send the request to the server as call() does, and return what the server makes of the response."""
        if self._check_mode and request.is_write:
            raise CheckModeViolation(f"Refused to send {request.line} in check mode.")
        attempt, may_have_acted, limit_wait = 0, False, _LimitWait(self.progress, self._warn)
        while True:
            attempt += 1
            try:
                return self._send_once(request, query, server, before_send)
            except (ApiError, Unreachable) as error:
                # The API may have acted on an earlier attempt, whatever the outcome of this one.
                error.may_have_been_applied = may_have_acted = may_have_acted or error.may_have_been_applied
                delay = self._retry_delay(attempt, error, request.method, retry)
                if delay is None:
                    self._complete_error(error, request, server, limit_wait)
                    raise
                limit_wait.sleep(delay, error.outcome, request)

    def _retry_delay(self, attempt: int, error: ApiError | Unreachable, method: str, retry: Retry) -> float | None:
        """Return the seconds to wait before the next attempt, or None if there is to be none."""
        if retry is Retry.NEVER:
            return None
        return self._retry_policy.delay(
            attempt,
            error.outcome,
            error.headers,
            retry.method(method),
            may_have_been_applied=error.may_have_been_applied,
        )

    def _complete_error(
        self, error: ApiError | Unreachable, request: Request, server: ApiServer, limit_wait: _LimitWait
    ) -> None:
        """Add the request to the error, and a hint; log a write that may have been applied."""
        if error.may_have_been_applied:
            self._log_write(request)
        error.request_line = request.line
        origin = self._options.describe_origin(server.suspect_options(error))
        error.append(origin or limit_wait.describe(error.outcome))

    def check_cancelled(self) -> None:
        """Raise Interrupted if the task has ended."""
        if self._cancelled.is_set() or self._is_abandoned():
            raise Interrupted("Interrupted, since the task has ended.")

    def _describe_timeout(self) -> str:
        return f"for up to {self._options.read_timeout:g} seconds"

    def _log_write(self, request: Request) -> None:
        if request.is_write:
            self.write_log.append(request.done)
            self.last_write_at = time.monotonic()

    def _send_once(
        self,
        request: Request,
        query: Mapping[str, Any] | None,
        server: ApiServer,
        before_send: Callable[[], None] | None,
    ) -> Any:
        self._rate_limiter.acquire(self.progress)
        self.check_cancelled()
        if before_send:
            before_send()
        try:
            with self.progress.watch(lambda: f"Waiting for the response to {request.line}", self._describe_timeout):
                response = server.send(self._session, self._options, request, query)
        except KeyboardInterrupt:
            # The request may have been sent.
            self._log_write(request)
            raise
        result = server.unwrap(request, response)
        self._log_write(request)
        return result


class Page(list[Any]):
    """A list in a response, and the cursor of its next page, as the API returns it; None for the last page."""

    def __init__(self, items: list[Any], next_cursor: object) -> None:
        super().__init__(items)
        self.next_cursor = next_cursor


class _LimitWait:
    """The wait of one request until it is sent again. A long one for the rate limit is explained by a warning.

    A task that shows its progress has explained it by then.
    """

    def __init__(self, progress: Progress, warn: Callable[[str], None]) -> None:
        self._progress, self._warn = progress, warn
        self._start: float | None = None

    def sleep(self, delay: float, outcome: RequestOutcome, request: Request) -> None:
        """Sleep before the next attempt; warn after NOTICE_AFTER seconds of refusals."""
        if outcome == 429:
            self._start = time.monotonic() if self._start is None else self._start
            until_notice = NOTICE_AFTER - self._seconds
            if 0 <= until_notice < delay and not self._progress.is_shown:
                time.sleep(until_notice)
                delay -= until_notice
                self._warn(
                    f"The API has refused a request for {NOTICE_AFTER} seconds, since this API key makes too many"
                    " (HTTP status 429). It is sent again until the API accepts it."
                )
        why = "the API refuses it for the rate limit (HTTP status 429)" if outcome == 429 else f"it failed ({outcome})"
        self._progress.pause(
            delay,
            lambda: f"Waiting to send {request.line} again, since {why}",
            lambda: f"for {delay:.0f} more seconds before the next attempt",
        )

    def describe(self, outcome: RequestOutcome) -> str:
        """Return how long the API has refused the request, or "" for another outcome."""
        was_limited = outcome == 429 and self._start is not None
        return f"It refused this request for {self._seconds:.0f} seconds." if was_limited else ""

    @property
    def _seconds(self) -> float:
        return time.monotonic() - (self._start or 0.0)


def _unwrap(request: Request, response: Response) -> Any:
    """Return the result in the envelope, or plain text. Raise ApiError for anything but a success of the API."""
    if 300 <= response.status < 400:
        message = f"it redirects to {redirect_target(response)}, which is not followed; check api_url"
        raise ApiError(str(request), response.status, message, from_api=False)
    if response.ok and response.headers.get("Content-Type", "").startswith("text/plain"):
        return response.text
    envelope = response.json()
    if not isinstance(envelope, dict):
        message = describe_content(response)
        raise ApiError(str(request), response.status, message, headers=response.headers, from_api=False)
    if response.ok:
        result, cursor = envelope.get("result"), envelope.get("nextCursor")
        return Page(result, cursor) if isinstance(result, list) else result
    raise _api_error(request, response, envelope)


def _api_error(request: Request, response: Response, envelope: Mapping[str, Any]) -> ApiError:
    """Return the error that the envelope describes, with advice if the role of the key is the reason."""
    error, request_id = envelope.get("error") or "no reason is given", envelope.get("requestId")
    message = error[:MAX_ERROR_LENGTH] if isinstance(error, str) else abbreviate(error)
    reference = request_id[:MAX_ERROR_LENGTH] if isinstance(request_id, str) else None
    from_api = _is_from_api(response.status, envelope)
    advice = request.advise(response.status, message) if from_api else None
    return ApiError(str(request), response.status, message, reference, response.headers, advice, from_api=from_api)


def _is_from_api(status: int, envelope: Mapping[str, Any]) -> bool:
    """Return whether the error has the form of the API's errors, and does not come from a gateway in front of it."""
    if status == 429 and envelope.get("error") == LIMIT_ERROR:
        return True
    return (envelope.get("status") == status) + bool(envelope.get("error")) + bool(envelope.get("requestId")) >= 2


def redirect_target(response: Response) -> str:
    """Return the target of the redirect, without parts that may be secret."""
    return hide_credentials(re.split("[?#]", response.headers.get("Location", "nowhere"))[0])


def describe_content(response: Response) -> str:
    """Describe the content of a response that is not the JSON of the API."""
    text = " ".join(response.text[:PAGE_HEAD].split())
    if "html" in response.headers.get("Content-Type", "").lower() or re.match(r"<(!doctype\s+)?html\b", text, re.I):
        title = re.search(r"<title[^>]*>\s*(.{1,80}?)\s*</title>", text, re.I)
        description = f" with the title {html.unescape(title.group(1))!r}" if title else ""
        return f"the response is a web page{description} and not the API's JSON"
    return f"the response is not the API's JSON but begins with {text[:80]!r}" if text else "the response is empty"
