# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""HTTP: the session with its authentication and timeouts, and one request with its response."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import ApiError, MissingLibrary
from .deadline import use_timed_responses
from .network_errors import count_as_not_sent, describe_unreachable
from .options import ClientOptions, NoPickle
from .proxy import find_proxies

try:
    import requests
except ImportError:
    HAS_REQUESTS = False
else:
    HAS_REQUESTS = True

    class TimedAdapter(requests.adapters.HTTPAdapter):
        """An adapter that limits the time of the whole response to the read timeout, through a proxy or not."""

        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options)
            use_timed_responses(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            is_new = proxy not in self.proxy_manager
            manager = super().proxy_manager_for(proxy, **options)
            if is_new:
                use_timed_responses(manager)
            return manager

        def cert_verify(self, *arguments: Any) -> None:
            with count_as_not_sent():
                super().cert_verify(*arguments)  # type: ignore[no-untyped-call]  # requests has no hints.

    class Session(requests.Session):
        """A session that follows no redirect, and marks the errors that occur before a request is sent."""

        def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
            with count_as_not_sent():
                return super().prepare_request(request)

        def get_redirect_target(self, resp: requests.Response) -> None:
            """Return None: requests would parse the target of any redirect, and fail on a malformed one."""


#: The version in galaxy.yml; the API's operators see it in the User-Agent.
VERSION = "1.0.0"
USER_AGENT = f"ansible-clickhouse.cloud/{VERSION}"
#: A larger response is refused; a list of ten thousand services has about twenty MiB.
MAX_RESPONSE_MIB = 40


@dataclass(frozen=True)
class Response:
    """A response of the API, or of another server in its place."""

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
        """Return the content as JSON; None if it is not JSON, or nested too deeply to be parsed."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


class BasicAuth(NoPickle):
    """HTTP basic authentication with the API key."""

    def __init__(self, options: ClientOptions) -> None:
        # As bytes, since requests would encode text as Latin-1 and fail on anything else.
        credentials = f"{options.key}:{options.secret}".encode()
        self._header = f"Basic {base64.b64encode(credentials).decode()}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def open_session(options: ClientOptions) -> requests.Session:
    """Return a session that authenticates its requests. Raise MissingLibrary."""
    if not HAS_REQUESTS:
        raise MissingLibrary(
            f"The Python library requests is missing in {sys.executable}: install it there,"
            " or set ansible_python_interpreter to a Python that has it."
        )
    session = Session()
    # The environment is read here: requests would also query macOS for proxies, and read .netrc.
    session.trust_env = False
    session.auth = BasicAuth(options)
    session.headers["User-Agent"] = USER_AGENT
    # Threads share the session: a request waits for a free connection, and does not open another one.
    for scheme in ("https://", "http://"):
        session.mount(scheme, TimedAdapter(pool_block=True))
    return session


def send(
    session: requests.Session,
    options: ClientOptions,
    method: str,
    path: str,
    request: object = "The request",
    **content: Any,
) -> Response:
    """Send one request. Raise Unreachable if there is no response, and ApiError if it is too large.

    This takes at most connect_timeout for each address of the host, and then read_timeout for the whole response.
    As text, request is its name in messages.
    """
    try:
        with session.request(
            method,
            options.url + path,
            timeout=(options.connect_timeout, options.read_timeout),
            proxies=find_proxies(options.url),
            verify=certificate_authorities(options) if options.validate_certs else False,
            # Credentials must not go to another server.
            allow_redirects=False,
            stream=True,
            **content,
        ) as response:
            return Response(response.status_code, response.headers, _read_limited(request, response))
    except (OSError, ValueError) as error:
        # The exceptions of requests are OSErrors; those of urllib3 and http.client that reach here may be ValueErrors.
        raise describe_unreachable(str(request), options, error) from error


def certificate_authorities(options: ClientOptions) -> str | bool:
    """Return the path of the trusted certificates, or true for those of requests."""
    return options.ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def _read_limited(request: object, response: requests.Response) -> bytes:
    """Return the content of the response. Raise ApiError if it exceeds MAX_RESPONSE_MIB."""
    content = bytearray()
    for chunk in response.iter_content(1 << 16):
        content += chunk
        if len(content) > MAX_RESPONSE_MIB << 20:
            message = f"the response is larger than {MAX_RESPONSE_MIB} MiB, and was not read completely"
            raise ApiError(str(request), response.status_code, message, headers=response.headers, from_api=False)
    return bytes(content)
