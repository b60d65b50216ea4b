# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""One HTTP request: who asks, where, and what came back or why nothing did."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection, Private
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    HOPELESS,
    NO_ANSWER,
    NOT_SENT,
    ApiError,
    MissingLibrary,
    Unreachable,
)

try:
    import requests

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False

#: The version in galaxy.yml; the API's operators see it in the User-Agent.
VERSION = "1.0.0"
USER_AGENT = f"ansible-clickhouse.cloud/{VERSION}"
#: An answer may have so many MiB; ten thousand services have about twenty.
LARGEST = 40


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The content as JSON; None when it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


class Authorization(Private):
    """Says who asks."""

    def __init__(self, connection: Connection) -> None:
        # As bytes, since requests would encode text as Latin-1 and fail on anything else.
        credentials = f"{connection.key}:{connection.secret}".encode()
        self._header = f"Basic {base64.b64encode(credentials).decode()}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def open_session(connection: Connection) -> requests.Session:
    """A session that says who asks. Raises MissingLibrary."""
    if not HAS_REQUESTS:
        raise MissingLibrary(
            f"The Python library requests is needed by {sys.executable}: install it there,"
            " or set ansible_python_interpreter to a Python that has it."
        )
    session = requests.Session()
    session.auth = Authorization(connection)
    session.headers["User-Agent"] = USER_AGENT
    # Several threads may share it. Who comes when all connections are taken waits, rather than making one more.
    for scheme in ("https://", "http://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_block=True))
    return session


def send(
    session: requests.Session,
    connection: Connection,
    method: str,
    path: str,
    request: str = "The request",
    **content: Any,
) -> Answer:
    """Send one request, once. Raises Unreachable when there is no answer, and ApiError when it has no end.

    request is what messages call it.
    """
    try:
        with session.request(
            method,
            connection.url + path,
            timeout=(connection.connect_timeout, connection.read_timeout),
            # Given for each request, since requests lets REQUESTS_CA_BUNDLE override what a session says.
            verify=(connection.ca_path or True) if connection.validate_certs else False,
            # Nobody here redirects, and credentials must not follow where somebody else points.
            allow_redirects=False,
            stream=True,
            **content,
        ) as response:
            return Answer(response.status_code, response.headers, _content(request, response))
    except (OSError, ValueError) as error:
        # What requests raises is an OSError; what it lets through from below is one too, or a ValueError.
        raise _unreachable(request, connection.url, error) from error


def _content(request: str, response: requests.Response) -> bytes:
    """The content of the answer. Raises ApiError when there is more of it than memory should be spent on."""
    content = bytearray()
    for chunk in response.iter_content(1 << 16):
        content += chunk
        if len(content) > LARGEST << 20:
            words = f"the answer is larger than {LARGEST} MiB, and was not read to its end"
            raise ApiError(request, response.status_code, words, headers=response.headers)
    return bytes(content)


NETWORK = "Check api_url and the network, or try it again later."
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
        return Unreachable(f"{request} was not sent: {url} cannot be reached ({reason}). {NETWORK}", NOT_SENT)
    return Unreachable(f"{request} got no answer from {url} ({reason}). Try it again later.", NO_ANSWER)


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
