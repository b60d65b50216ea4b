# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The object storage that takes the source of functions, at a URL of the API that is valid for one upload."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._errors import ApiError, Unreachable
from .api import Api
from .operations import Operation, Request
from .options import ClientOptions, is_loopback_host
from .session import Response, send
from .transport import ApiServer, describe_content, redirect_target

if TYPE_CHECKING:
    from requests import PreparedRequest, Session

_UPLOAD = Operation("upload", "the source of the function {function}")
_UPLOAD_ADVICE = "Run the task again: it uploads the source to a new URL"
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")


@dataclass(frozen=True)
class UploadRequest(Request):
    """A request to upload the source of a function. Its path is secret, since it allows any upload."""

    path: str = field(repr=False)

    @property
    def _operation(self) -> Operation:
        return _UPLOAD

    @property
    def line(self) -> str:
        return f"{self.method} to the upload URL"


@dataclass(frozen=True)
class UploadHost(ApiServer):
    """The server of an upload URL, and the content of the request, which has no credentials of the API."""

    url: str
    content: bytes = field(repr=False)

    def send(
        self, session: Session, options: ClientOptions, request: Request, query: Mapping[str, Any] | None
    ) -> Response:
        options = replace(options, url=self.url)
        headers = {"Content-Type": "application/zip"}
        content = {"data": self.content, "headers": headers, "auth": _without_credentials}
        try:
            return send(session, options, request.method, request.path, str(request), **content)
        except Unreachable as error:
            error.args = (str(error).replace("api_url", "the proxy, the firewall"),)
            raise

    def unwrap(self, request: Request, response: Response) -> None:
        """Return nothing if the upload has succeeded. Raise ApiError."""
        if response.status < 300:
            return
        if response.status < 400:
            text = f"it redirects to {redirect_target(response)}, which is not followed"
        else:
            # The rest of the error repeats the signature of the URL.
            code = _CODE.search(response.text)
            text = f"the error of the storage is {code[1]}" if code else describe_content(response)
        advice = _UPLOAD_ADVICE if response.status < 500 else None
        raise ApiError(str(request), response.status, text, None, response.headers, advice, from_api=False)

    def suspect_options(self, error: ApiError | Unreachable) -> tuple[str, ...]:
        return ()


def _without_credentials(request: PreparedRequest) -> PreparedRequest:
    """Return the request as it is: the storage refuses credentials, and must not see those of the API."""
    return request


def upload_source(api: Api, url: str, name: str, content: bytes) -> None:
    """Upload the source of the function to the URL that create_upload() has returned. Raise ApiError."""
    host, path = _split(api, url)
    api.perform(UploadRequest("PUT", path, {"functionName": name}), server=UploadHost(host, content))


def _split(api: Api, url: str) -> tuple[str, str]:
    """Return the beginning of the URL with the host, and the rest. Raise ApiError if the URL is not one of https.

    If the API itself is used without TLS, the storage may be, too.
    """
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        is_secure = parts.scheme == "https" or is_loopback_host(parts.hostname or "")
        if parts.hostname and (is_secure or parts.scheme == urlsplit(api.services_url).scheme):
            return f"{parts.scheme}://{parts.netloc}", f"{parts.path}?{parts.query}"
    advice = "Check that api_url is the URL of the API, and run the task again"
    text = "the API has returned an upload URL that is not one of https"
    raise ApiError("The request to create a URL for the source of a function", 201, text, advice=advice, from_api=False)
