# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The Query API, which runs SQL on a service with an API key. Its server and its responses are not those of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._errors import ApiError, CloudError, UnexpectedResponse, Unreachable
from .api import Api, require_uuid
from .operations import Operation, Request
from .options import ClientOptions, is_loopback_host
from .retry import Retry
from .session import Response, send
from .transport import MAX_ERROR_LENGTH, ApiServer, describe_content, redirect_target

if TYPE_CHECKING:
    from requests import Session

MODULE = "clickhouse.cloud.service_query_endpoint"
#: What allows it is the query endpoint, not a permission.
_RUN = Operation("run", "the statement on service {service}")
#: The value of the setting readonly with which a statement can set others, but not this one.
READONLY = "2"
#: The codes for a statement that may not do what it does: READONLY and ACCESS_DENIED.
REFUSED = ("164", "497")
_EXCEPTION = re.compile(r"Code: (\d+)\. DB::Exception: .*", re.DOTALL)
_FOREIGN = "Check query_api_url, and the proxies and gateways in front of it: this is not an error of the Query API"
_NEW_KEY = "It takes up to two minutes until a change of the query endpoint applies"
#: By the HTTP status and a part of the error: the next step.
_ADVICE: tuple[tuple[int, str, str], ...] = (
    (
        401,
        "",
        f"Check api_key and api_secret, and that the API key is enabled and may be used from this address. {_NEW_KEY}",
    ),
    (403, "", f"Use {MODULE} with api_keys_mode: add to let this API key run SQL. {_NEW_KEY}"),
    (
        404,
        "endpoint",
        f"Use {MODULE} to create the query endpoint, with this API key in api_keys, and with roles:"
        f" [sql_console_read_only], or [sql_console_admin] for readonly: false. {_NEW_KEY}",
    ),
    (404, "unavailable", "Start the service with clickhouse.cloud.service_state, or wait until it runs"),
    (404, "", "Check service_id, and which organization the API key belongs to"),
)


class StatementFailed(CloudError):
    """An exception of ClickHouse. code is its number as text."""

    def __init__(self, request: Request, code: str, text: str) -> None:
        super().__init__(f"{request} failed in ClickHouse: {text[:MAX_ERROR_LENGTH].rstrip('.')}.")
        self.request_line = request.line
        self.code = code
        self.text = text
        self.append(_advise_on_exception(request, code, text))

    def details(self) -> dict[str, Any]:
        return {**super().details(), "code": int(self.code) if self.code.isdecimal() else self.code, "error": self.text}

    @property
    def forbids_readonly(self) -> bool:
        """Return whether something that sets readonly was refused: the request, or the statement itself."""
        return self.code == "164" and "'readonly' setting in readonly mode" in self.text


class ServiceAsleep(CloudError):
    """The service runs no statement in its present state."""


@dataclass(frozen=True)
class StatementRequest(Request):
    """A request to run a statement. A read-only one changes nothing."""

    readonly: bool = True

    @property
    def _operation(self) -> Operation:
        return _RUN

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_write(self) -> bool:
        return not self.readonly


@dataclass(frozen=True)
class QueryHost(ApiServer):
    """The server of the Query API. read_timeout is in seconds; with wake, an idle service wakes up."""

    url: str
    read_timeout: float
    wake: bool = True

    def send(
        self, session: Session, options: ClientOptions, request: Request, query: Mapping[str, Any] | None
    ) -> Response:
        headers = {"wake-service": "true"} if self.wake else {}
        options = replace(options, url=self.url, read_timeout=self.read_timeout)
        content = {"json": request.body, "params": query, "headers": headers}
        try:
            return send(session, options, request.method, request.path, request, **content)
        except Unreachable as error:
            error.args = (str(error).replace("api_url", "query_api_url"),)
            raise
        except ApiError as error:
            raise error.with_message(error.request, "Set max_rows, or select less") from error

    def unwrap(self, request: Request, response: Response) -> Response:
        """Return the response to a statement that has run. Raise StatementFailed, ServiceAsleep or ApiError."""
        body = response.json()
        if response.status >= 300:
            _raise_exception(request, response, body)
            raise _query_error(request, response, body)
        if response.status == 206:
            raise _asleep(request, body)
        return response

    def suspect_options(self, error: ApiError | Unreachable) -> tuple[str, ...]:
        return ("api_key", "api_secret") if error.outcome == 401 else ()


def find_query_url(api_url: str) -> str:
    """Return the URL of the Query API that belongs to this URL of the API.

    It is queries.clickhouse.cloud for api.clickhouse.cloud, and the same server if the name does not begin with api.
    """
    host = urlsplit(api_url).hostname or ""
    if is_loopback_host(host) or not host.startswith("api."):
        return api_url
    return api_url.replace(host, re.sub(r"^api\.(control-plane\.)?", "queries.", host))


def run_statement(
    api: Api, host: QueryHost, service_id: str, body: Mapping[str, Any], query: Mapping[str, str], *, readonly: bool
) -> Mapping[str, Any]:
    """Return the result of the statement in the format JSON (POST run): meta and data.

    Only a read-only statement is sent again after a lost response.
    """
    request = StatementRequest("POST", f"/service/{require_uuid('service_id', service_id)}/run", body, readonly)
    retry = Retry.LIKE_PUT if readonly else Retry.IF_SAFE
    try:
        response = api.perform(request, query, server=host, retry=retry)
    except StatementFailed as error:
        if not (error.forbids_readonly and _is_always_readonly(api, host, request.path)):
            raise
        others = {name: value for name, value in query.items() if name != "readonly"}
        response = api.perform(request, others, server=host, retry=retry)
    return _parse_result(request, response)


def _is_always_readonly(api: Api, host: QueryHost, path: str) -> bool:
    """Return whether the service refuses the setting readonly since every statement of this key is read-only.

    A statement that sets it itself is refused with the same text, so another one has to show whether that is the cause.
    """
    request = StatementRequest("POST", path, {"sql": "SELECT 1"})
    try:
        api.perform(request, {"format": "JSON", "readonly": READONLY}, server=host, retry=Retry.LIKE_PUT)
    except StatementFailed as error:
        return error.forbids_readonly
    return False


def _parse_result(request: Request, response: Response) -> Mapping[str, Any]:
    """Return the result in the format JSON; without columns if the statement has none.

    Raise StatementFailed for an exception after the first rows, and UnexpectedResponse for anything else.
    """
    body = response.json()
    if request.is_write and not response.content.strip():
        return {"meta": [], "data": []}
    _raise_exception(request, response, body)
    if isinstance(body, dict) and all(_is_list_of_objects(body.get(name)) for name in ("meta", "data")):
        return body
    error = UnexpectedResponse(
        f"{request} succeeded, but {describe_content(response)}. Leave FORMAT out of the statement, and check that"
        " query_api_url is the URL of the Query API."
    )
    error.request_line = request.line
    raise error


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _raise_exception(request: Request, response: Response, body: Any) -> None:
    """Raise StatementFailed if the response has an exception of ClickHouse, in any of the forms in which it comes."""
    fields = body if isinstance(body, dict) else {}
    error = fields.get("error")
    if isinstance(error, dict) and "details" in error:
        raise StatementFailed(request, str(error.get("code")), str(error["details"]))
    # An exception after the first rows is in the result, or behind it.
    text = fields.get("exception") if fields else response.text
    match = _EXCEPTION.search(text) if isinstance(text, str) else None
    if match:
        raise StatementFailed(request, match[1], match[0])


def _advise_on_exception(request: Request, code: str, text: str) -> str:
    """Return a sentence on what to do, "" if the exception says it."""
    if "Multi-statements" in text:
        return "A task runs one statement: use a loop for several."
    if code not in REFUSED:
        return ""
    if not request.is_write:
        return "With readonly: true, the default, a statement can only read. Set readonly: false to change something."
    return f"If it may change something, set roles: [sql_console_admin] of the query endpoint, with {MODULE}."


def _asleep(request: Request, body: Any) -> ServiceAsleep:
    state = str(body.get("data")) if isinstance(body, dict) else ""
    if "wake" in state.lower():
        reason = "the service is idle, and wake is false. Set wake: true to wake it up"
    else:
        reason = "the service is stopped. Start it with clickhouse.cloud.service_state"
    error = ServiceAsleep(f"{request} was refused: {reason}.")
    error.request_line = request.line
    return error


def _query_error(request: Request, response: Response, body: Any) -> ApiError:
    """Return the error of the query host, or of another server in its place, with advice."""
    if 300 <= response.status < 400:
        text = f"it redirects to {redirect_target(response)}, which is not followed"
        return ApiError(str(request), response.status, text, advice="Check query_api_url", from_api=False)
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str) and error:
        text = error[:MAX_ERROR_LENGTH]
        advice = _advise_on_error(request, response.status, text)
        return ApiError(str(request), response.status, text, None, response.headers, advice)
    text = describe_content(response)
    advice = _FOREIGN if response.status < 500 else None
    return ApiError(str(request), response.status, text, None, response.headers, advice, from_api=False)


def _advise_on_error(request: Request, status: int, error: str) -> str | None:
    """Return the next step; None for the usual one."""
    if "timeout" in error.lower():
        if not request.is_write:
            return "The statement may still be running. Set a longer timeout, or make the statement faster"
        return "The statement may still be running, or have had its effect. Check that before you run it again"
    steps = (step for code, part, step in _ADVICE if code == status and part in error.lower())
    return next(steps, None)
