# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS endpoints of services: the HTTP interface of ClickHouse, with the password of the service."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .engines import EngineMissing, Engines, SqlError, Statement
from .network import HOST, open_socket
from .organization import hash_text
from .responses import ApiResponse
from .service import Service
from .sql import WAKING_STATES, Query, StatementError, is_single_statement, several_statements

_DEFAULT_FORMAT = "TabSeparated"
_MEDIA_TYPES = {"TabSeparated": "text/tab-separated-values", "CSV": "text/csv", "JSON": "application/json"}
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_LOGIN_CHECK = re.compile(r"\s*SELECT\s+1\s*;?\s*", re.IGNORECASE)
# The parameters of a request that are not settings, and the prefix of those of the statement.
_NO_SETTINGS = frozenset(
    ("query", "database", "default_format", "user", "password", "query_id", "session_id", "session_timeout")
)
_PARAMETER = "param_"
# The status with which ClickHouse responds to an exception, by its code. All others are internal errors.
_BAD_REQUEST = ("6", "26", "27", "28", "38", "41", "53", "62", "69", "70", "72", "321", "377", "427", "456", "457")
_NOT_FOUND = ("46", "47", "50", "56", "60", "63", "73", "78", "81", "115", "511")
_STATUS = {
    **dict.fromkeys(_BAD_REQUEST, 400),
    **dict.fromkeys(("192", "497", "516"), 403),
    **dict.fromkeys(_NOT_FOUND, 404),
    "159": 408,
    "48": 501,
}
_REFUSED = (
    "Code: 516. DB::Exception: {user}: Authentication failed: password is incorrect, or there is no user with such"
    " name. (AUTHENTICATION_FAILED)"
)


@dataclass(frozen=True)
class Login:
    user: str
    password: str

    @classmethod
    def from_request(cls, http: Request) -> Login | None:
        """Return the user and the password, which can be in three places. Return None without a password."""
        scheme, _space, encoded = http.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            with contextlib.suppress(ValueError):
                user, _colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
                return cls(user, password)
        for source, names in (
            (http.headers, ("x-clickhouse-user", "x-clickhouse-key")),
            (http.query_params, ("user", "password")),
        ):
            user, password = (source.get(name, "") for name in names)
            if password:
                return cls(user or "default", password)
        return None


class HttpInterface:
    """The ASGI application of the HTTPS endpoint of a service."""

    def __init__(self, service: Service, engines: Engines) -> None:
        self._service = service
        self._engines = engines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = Request(scope, receive)
        response = await self._respond(http, (await http.body()).decode(errors="replace"))
        await Response(response.content, response.status, response.headers, response.media_type)(scope, receive, send)

    async def _respond(self, http: Request, content: str) -> ApiResponse:
        if not self._is_available():
            return text_response("Service unavailable\n", 503)
        if http.url.path not in ("/", "/ping"):
            return text_response(f"There is no handle {http.url.path}\n", 404)
        query = http.query_params.get("query", "")
        if http.url.path == "/ping" or not (query or content):
            return await self._build_query(Statement("SELECT 1"), b"Ok.\n").run(self._engines)
        login = Login.from_request(http)
        if login is None:
            return _respond_without_password()
        if login.user != "default" or hash_text(login.password) != self._service.password_hash:
            return _respond_to_error(SqlError(_REFUSED.format(user=login.user)))
        sql = "\n".join(part for part in (query, content) if part)
        if not is_single_statement(sql):
            return _respond_to_error(several_statements())
        statement = _parse_statement(http, sql, bool(self._service.fields["isReadonly"]))
        is_login_check = _LOGIN_CHECK.fullmatch(sql) and statement == Statement(sql, readonly=statement.readonly)
        return await self._build_query(statement, b"1\n" if is_login_check else None).run(self._engines)

    def _is_available(self) -> bool:
        """Return whether the service runs SQL, or is waking up for it."""
        lifecycle = self._service.lifecycle
        if lifecycle.state == "idle":
            lifecycle.apply_command("awake")
        return lifecycle.runs_sql or lifecycle.state in WAKING_STATES

    def _build_query(self, statement: Statement, known: bytes | None) -> Query:
        match = _FORMAT.search(statement.sql)
        form = match[1] if match else statement.format
        headers = {"X-ClickHouse-Query-Id": str(uuid.uuid4()), "X-ClickHouse-Format": form}
        media_type = _MEDIA_TYPES.get(form, "text/plain")
        return Query(
            self._service,
            statement,
            lambda content: ApiResponse(200, content, f"{media_type}; charset=UTF-8", headers),
            _respond_to_error,
            known,
        )


def _parse_statement(http: Request, sql: str, readonly: bool) -> Statement:
    given = dict(http.query_params)
    return Statement(
        sql=sql,
        format=given.get("default_format") or http.headers.get("x-clickhouse-format") or _DEFAULT_FORMAT,
        database=given.get("database") or http.headers.get("x-clickhouse-database") or "",
        parameters={name[len(_PARAMETER) :]: value for name, value in given.items() if name.startswith(_PARAMETER)},
        settings={
            name: value for name, value in given.items() if name not in _NO_SETTINGS and not name.startswith(_PARAMETER)
        },
        readonly=readonly or http.method == "GET",
    )


def text_response(text: str, status: int, headers: dict[str, str] | None = None) -> ApiResponse:
    return ApiResponse(status, text.encode(), "text/plain; charset=UTF-8", headers or {})


def _respond_without_password() -> ApiResponse:
    error = SqlError(_REFUSED.format(user="default"))
    headers = {
        "WWW-Authenticate": 'Basic realm="ClickHouse server HTTP API"',
        "X-ClickHouse-Exception-Code": error.code,
    }
    return text_response(f"{error}\n", 401, headers)


def _respond_to_error(error: StatementError) -> ApiResponse:
    if isinstance(error, SqlError):
        headers = {"X-ClickHouse-Exception-Code": error.code}
        return text_response(f"{error}\n", _STATUS.get(error.code, 500), headers)
    return text_response(f"{error}\n", 501 if isinstance(error, EngineMissing) else 504)


class _Server(uvicorn.Server):
    """A server that leaves signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpsEndpoints:
    """The servers of the endpoints, each on its own port of this machine."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._tasks: dict[asyncio.Task[None], _Server] = {}

    def open(self, service: Service, certificate: str) -> dict[str, Any]:
        """Open an endpoint of a service, with the certificate and the key in a file; return it as in the API."""
        config = uvicorn.Config(
            HttpInterface(service, self._engines),
            http="h11",
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            ssl_certfile=certificate,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        # Here, as it raises OSError if the file is not valid.
        config.load()
        listener = open_socket(0)
        listener.listen()
        server = _Server(config)
        self._tasks[asyncio.create_task(server.serve([listener]))] = server
        return {"protocol": "https", "host": HOST, "port": listener.getsockname()[1], "username": "default"}

    def close(self) -> None:
        """Close all endpoints."""
        for server in self._tasks.values():
            server.should_exit = True
        self._tasks = {task: server for task, server in self._tasks.items() if not task.done()}
