# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""One HTTP exchange with the API: address, authentication, envelope, retries."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable
from urllib.parse import urlsplit

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    NO_ANSWER,
    NOT_SENT,
    UNTRUSTED,
    ApiError,
    InvalidOption,
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
DEFAULT_URL = "https://api.clickhouse.cloud"


@dataclass(frozen=True)
class Connection:
    """Where the API is, and who asks. Empty values count as not given."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    organization: str = ""
    url: str = DEFAULT_URL
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    validate_certs: bool = True
    ca_path: str = ""

    @classmethod
    def of(cls, option: Callable[[str], Any]) -> Connection:
        """Read the options of a module (params.get) or of a plugin (get_option).

        Raises InvalidOption for a missing credential or a malformed URL.
        """
        for name in ("api_key", "api_secret"):
            if not option(name):
                raise InvalidOption(
                    f"{name} is missing: set the option {name}"
                    f" or the environment variable CLICKHOUSE_CLOUD_{name.upper()}."
                )
        for name in ("connect_timeout", "read_timeout"):
            if option(name) <= 0:
                raise InvalidOption(f"{name} must be greater than 0 seconds; {option(name)} is not.")
        ca_path = option("ca_path") or ""
        if ca_path and not os.path.exists(ca_path):
            raise InvalidOption(f"ca_path names no file or directory: {ca_path}.")
        return cls(
            key=option("api_key"),
            secret=option("api_secret"),
            organization=option("organization_id") or "",
            url=_base_url(option("api_url") or DEFAULT_URL),
            connect_timeout=option("connect_timeout"),
            read_timeout=option("read_timeout"),
            validate_certs=option("validate_certs"),
            ca_path=ca_path,
        )


def _base_url(url: str) -> str:
    """The URL without a slash or /v1 at its end."""
    wrong = f"api_url must be an http or https URL such as {DEFAULT_URL}, with or without /v1"
    try:
        parts = urlsplit(url.strip())
        port_is_a_number = parts.port is None or parts.port >= 0
    except ValueError as error:
        raise InvalidOption(f"{wrong}: {error}.") from error
    if parts.username or parts.password:
        raise InvalidOption("api_url must not hold credentials: use api_key and api_secret.")
    if parts.scheme not in ("http", "https") or not (parts.hostname and port_is_a_number):
        raise InvalidOption(f"{wrong}; {url!r} is not.")
    if parts.query or parts.fragment:
        raise InvalidOption(f"{wrong}, and nothing behind it; {url!r} has more.")
    path = parts.path.rstrip("/")
    if path.endswith("/v1"):
        path = path[: -len("/v1")].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


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
    ) -> None:
        if not HAS_REQUESTS:
            raise MissingLibrary(
                f"The Python library requests is needed by {sys.executable}: install it there,"
                " or set ansible_python_interpreter to a Python that has it."
            )
        self.writes: list[str] = []
        self._connection = connection
        self._read_only = read_only
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._session = requests.Session()
        # As bytes, since requests would encode text as Latin-1 and fail on anything else.
        self._session.auth = requests.auth.HTTPBasicAuth(connection.key.encode(), connection.secret.encode())
        self._session.headers["User-Agent"] = USER_AGENT

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """The result in the API's envelope (None when it has none), or the text of an answer that is not JSON.

        path starts behind /v1. Raises ApiError, Unreachable, or ReadOnly.
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
                delay = self._retry.delay(attempt, method, error.outcome, error.headers)
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
        connection = self._connection
        request = f"{method} /v1{path}"
        try:
            answer = self._session.request(
                method,
                f"{connection.url}/v1{path}",
                json=body,
                params=query,
                timeout=(connection.connect_timeout, connection.read_timeout),
                # Given for each request, since requests lets REQUESTS_CA_BUNDLE override what a session says.
                verify=(connection.ca_path or True) if connection.validate_certs else False,
                # The API never redirects, and credentials must not follow where somebody else points.
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _unreachable(request, connection.url, error) from error
        return _opened(request, answer)


def _unreachable(request: str, url: str, error: requests.RequestException) -> Unreachable:
    """Tell a request that was never sent from one that the API may have read."""
    reason = _reason(error)
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return Unreachable(
            f"{request} was not sent: the certificate of {url} does not verify ({reason})."
            " Give the authority that signed it as ca_path.",
            UNTRUSTED,
        )
    if isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in _kinds(error):
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
        return answer.text
    try:
        envelope = answer.json()
    except ValueError:
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
