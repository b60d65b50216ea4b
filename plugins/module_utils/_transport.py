# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""One HTTP exchange with the API: address, authentication, envelope, retries."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    HOPELESS,
    NO_ANSWER,
    NOT_SENT,
    ApiError,
    MissingLibrary,
    ReadOnly,
    Unreachable,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._retry import RetryPolicy

try:
    import requests

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False

#: The version in galaxy.yml; the API's operators see it in the User-Agent.
VERSION = "0.1.0"
USER_AGENT = f"ansible-clickhouse.cloud/{VERSION}"


class Transport:
    """Sends requests to the API, again where RetryPolicy says so, and opens the envelope of the answers.

    With read_only true no write leaves the process. writes lists, in order, the writes that the API has done or may
    have done.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        read_only: bool = False,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        writes: list[str] | None = None,
    ) -> None:
        self.writes = [] if writes is None else writes
        self._connection = connection
        self._read_only = read_only
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._session = open_session(connection)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        once: bool = False,
    ) -> Any:
        """The result in the API's envelope (None when it has none), or the text of an answer that is not JSON.

        path starts behind /v1. With once true it is not sent again, since the caller will. Raises ApiError,
        Unreachable, or ReadOnly.
        """
        if self._read_only and method != "GET":
            raise ReadOnly(f"Refused to send {method} /v1{path} in check mode.")
        attempt, maybe_done = 0, False
        while True:
            attempt += 1
            try:
                result = self._exchange(method, path, body, query)
            except (ApiError, Unreachable) as error:
                maybe_done = maybe_done or error.maybe_done
                delay = None if once else self._retry.delay(attempt, method, error.outcome, error.headers)
                if delay is None:
                    self._note(method, path, maybe_done)
                    raise
                self._sleep(delay)
            else:
                self._note(method, path, done=True)
                return result

    def _note(self, method: str, path: str, done: bool) -> None:
        if done and method != "GET":
            self.writes.append(f"{method} /v1{path}")

    def _exchange(self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, Any] | None) -> Any:
        answer = send(self._session, self._connection, method, f"/v1{path}", json=body, params=query)
        return _opened(f"{method} /v1{path}", answer)


def open_session(connection: Connection) -> requests.Session:
    """A session that says who asks. Raises MissingLibrary."""
    if not HAS_REQUESTS:
        raise MissingLibrary(
            f"The Python library requests is needed by {sys.executable}: install it there,"
            " or set ansible_python_interpreter to a Python that has it."
        )
    session = requests.Session()
    # As bytes, since requests would encode text as Latin-1 and fail on anything else.
    session.auth = requests.auth.HTTPBasicAuth(connection.key.encode(), connection.secret.encode())
    session.headers["User-Agent"] = USER_AGENT
    return session


def send(
    session: requests.Session, connection: Connection, method: str, path: str, **content: Any
) -> requests.Response:
    """Send one request, once. Raises Unreachable when there is no answer."""
    try:
        return session.request(
            method,
            connection.url + path,
            timeout=(connection.connect_timeout, connection.read_timeout),
            # Given for each request, since requests lets REQUESTS_CA_BUNDLE override what a session says.
            verify=(connection.ca_path or True) if connection.validate_certs else False,
            # Nobody here redirects, and credentials must not follow where somebody else points.
            allow_redirects=False,
            **content,
        )
    except (OSError, ValueError) as error:
        # What requests raises is an OSError; what it lets through from below is one too, or a ValueError.
        raise _unreachable(f"{method} {path}", connection.url, error) from error


#: What asking again does not mend: a malformed address, a certificate that does not verify, a peer without TLS.
_HOPELESS = re.compile(r"CERTIFICATE_VERIFY_FAILED|WRONG_VERSION_NUMBER|NO_CERTIFICATE|PEM lib")


def _unreachable(request: str, url: str, error: Exception) -> Unreachable:
    """Tell a request that was never sent from one that the API may have read."""
    reason, kinds = _reason(error), _kinds(error)
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return Unreachable(
            f"{request} was not sent: the certificate of {url} does not verify ({reason})."
            " Give the authority that signed it as ca_path.",
            HOPELESS,
        )
    if _HOPELESS.search(reason) or "RequestException" not in kinds or "ValueError" in kinds:
        return Unreachable(f"{request} was not sent: {reason}. Check api_url, ca_path and the proxy.", HOPELESS)
    if "ProxyError" in kinds:
        reason = f"{reason}, by the proxy that the environment names"
    if "ConnectTimeout" in kinds or "NewConnectionError" in kinds:
        return Unreachable(f"{request} was not sent: {url} cannot be reached ({reason}).", NOT_SENT)
    return Unreachable(f"{request} got no answer from {url} ({reason}).", NO_ANSWER)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it wraps, outermost first (requests wraps urllib3, which wraps the socket's)."""
    inner: Any = error
    while isinstance(inner, BaseException):
        yield inner
        inner = getattr(inner, "reason", None) or (inner.args[-1] if inner.args else None)


def _kinds(error: BaseException) -> set[str]:
    return {kind.__name__ for inner in _chain(error) for kind in type(inner).__mro__}


def _reason(error: BaseException) -> str:
    """What the innermost error says, without what urllib3 puts before it."""
    innermost = list(_chain(error))[-1]
    noise = r"^.*?HTTPS?Connection[^:]*: (Failed to establish a new connection: )?"
    return re.sub(noise, "", str(innermost)) or type(innermost).__name__


def _opened(request: str, answer: requests.Response) -> Any:
    """What is in the envelope."""
    if 300 <= answer.status_code < 400:
        target = answer.headers.get("Location", "nowhere")
        raise ApiError(request, answer.status_code, f"it redirects to {target}, which is not followed; check api_url")
    if answer.ok and answer.headers.get("Content-Type", "").startswith("text/plain"):
        # In UTF-8, which requests does not take for granted when it is not said.
        return answer.content.decode("utf-8", "replace")
    try:
        envelope = answer.json()
    except (ValueError, RecursionError):
        envelope = None
    if not isinstance(envelope, dict):
        beginning = " ".join(answer.text[:200].split())[:80]
        words = (
            f"the answer is not the API's JSON but begins with {beginning!r}" if beginning else "the answer is empty"
        )
        raise ApiError(request, answer.status_code, words, headers=answer.headers)
    if answer.ok:
        return envelope.get("result")
    error = envelope.get("error") or "no reason is given"
    raise ApiError(request, answer.status_code, str(error), envelope.get("requestId"), answer.headers)
