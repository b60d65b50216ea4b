# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The query host, which is separate from the API, and which runs SQL on a service with an API key."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Union

from .engine_worker import quote_text
from .engines import TIMEOUT_SECONDS, EngineMissing, Engines, SqlError, Statement, StatementTimeout
from .request_context import RequestContext
from .responses import ApiError, ApiResponse, to_json
from .service import Service

_TOKEN = re.compile(
    r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`"""
    r"""|\$(\w*)\$.*?\$\1\$|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
_INLINE_DATA = re.compile(r"\s*INSERT\b.*?\bFORMAT\s+(?!VALUES\b)\w", re.IGNORECASE | re.DOTALL)
_SEVERAL = "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)"
_UNAVAILABLE = "ClickHouse service is currently unavailable. Please try again later."
_WAKE_INTERVAL = 0.02
# The states in which a statement waits until the service runs.
WAKING_STATES = ("awaking",)
# What clients send to find out whether a service responds. It needs no ClickHouse.
_ONE = {"meta": [{"name": "1", "type": "UInt8"}], "data": [{"1": 1}], "rows": 1}
_STATISTICS = {"elapsed": 0.001, "rows_read": 1, "bytes_read": 1}
_KNOWN = {("SELECT 1", "JSON"): json.dumps({**_ONE, "statistics": _STATISTICS}).encode()}
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
StatementError = Union[EngineMissing, SqlError, StatementTimeout]


@dataclass(frozen=True)
class Query:
    """A statement to run, and how to respond to its result."""

    service: Service
    statement: Statement
    respond: Callable[[bytes], ApiResponse]
    respond_to_error: Callable[[StatementError], ApiResponse]
    # The result, if it is known without running the statement.
    known: bytes | None = None

    async def run(self, engines: Engines) -> ApiResponse:
        """Run the statement as soon as the service is awake."""
        try:
            await self._wait_until_awake()
            if self.known is not None:
                return self.respond(self.known)
            # A backup whose time has come holds the data before the statement.
            self.service.catch_up()
            return self.respond(
                await engines.run(self.service.databases, self.statement, self.service.callable_functions())
            )
        except (EngineMissing, SqlError, StatementTimeout) as error:
            return self.respond_to_error(error)

    async def _wait_until_awake(self) -> None:
        lifecycle = self.service.lifecycle
        for _attempt in range(int(TIMEOUT_SECONDS / _WAKE_INTERVAL)):
            if lifecycle.runs_sql:
                return
            await asyncio.sleep(_WAKE_INTERVAL)
        raise StatementTimeout


def is_single_statement(sql: str) -> bool:
    """Return whether the text has one statement. Data that follow an INSERT are part of it."""
    return bool(_INLINE_DATA.match(sql)) or not re.search(r";\s*[^\s;]", _TOKEN.sub(" ", sql))


def several_statements() -> SqlError:
    """Return the exception of ClickHouse about several statements in a request."""
    return SqlError(_SEVERAL)


def plain_error_response(status: int, text: Any) -> ApiResponse:
    """Return an error response of this host, without the envelope of the API."""
    return ApiResponse(status, to_json({"error": text}))


def run_query(ctx: RequestContext, wake: bool) -> ApiResponse | Query:
    """Return the query to run if the service's query endpoint admits the key."""
    try:
        service, body = ctx.service, ctx.body
    except ApiError as error:
        return plain_error_response(error.status, error.text)
    endpoint = service.query_endpoint
    if endpoint is None:
        return plain_error_response(404, "Query endpoint not found")
    if ctx.key.id not in endpoint["openApiKeys"]:
        return plain_error_response(403, "Forbidden")
    asleep_response = _respond_if_asleep(service, wake)
    if asleep_response is not None:
        return asleep_response
    statement = _parse_statement(ctx, body, "sql_console_admin" not in endpoint["roles"])
    if not is_single_statement(statement.sql):
        return _respond_to_error(several_statements())
    return Query(service, statement, _respond, _respond_to_error, _KNOWN.get((statement.sql, statement.format)))


def _respond_if_asleep(service: Service, wake: bool) -> ApiResponse | None:
    """Return the response of a service that runs no statement. Return None if it does, or is being woken up."""
    state = service.lifecycle.state
    if state in ("stopped", "stopping"):
        return ApiResponse(206, to_json({"data": "Service is stopped"}))
    if state == "idle":
        if not wake:
            return ApiResponse(206, to_json({"data": "Confirm wake service"}))
        service.lifecycle.apply_command("awake")
    elif not service.lifecycle.runs_sql and state not in WAKING_STATES:
        return plain_error_response(404, _UNAVAILABLE)
    return None


def _parse_statement(ctx: RequestContext, body: dict[str, Any], readonly: bool) -> Statement:
    query = {name: values[-1] for name, values in ctx.query.items()}
    others = {name: query.pop(name, "") for name in ("format", "request_timeout", "readonly")}
    parameters = {name[len("param_") :]: value for name, value in query.items() if name.startswith("param_")}
    variables = body.get("queryVariables")
    if isinstance(variables, dict):
        parameters.update({name: format_variable(value) for name, value in variables.items()})
    return Statement(
        sql=str(body.get("sql", "")),
        format=str(body.get("format") or others["format"] or "TabSeparated"),
        database=str(body.get("database") or ""),
        parameters=parameters,
        settings={name: value for name, value in query.items() if not name.startswith("param_")},
        readonly=readonly or others["readonly"] not in ("", "0") or bool(ctx.service.fields["isReadonly"]),
        timeout=float(others["request_timeout"]) / 1000 if others["request_timeout"].isdecimal() else None,
    )


def format_variable(value: Any, nested: bool = False) -> str:
    """Return the value of a variable in the request as ClickHouse reads it."""
    if isinstance(value, list):
        return "[" + ",".join(format_variable(item, True) for item in value) + "]"
    if isinstance(value, str):
        return quote_text(value) if nested else value.translate(_ESCAPES)
    if value is None:
        return "NULL" if nested else "\\N"
    return str(value).lower()


def _respond(content: bytes) -> ApiResponse:
    return ApiResponse(content=content, media_type="text/plain")


def _respond_to_error(error: StatementError) -> ApiResponse:
    if isinstance(error, SqlError):
        # This host does not pass on the status of the service.
        return plain_error_response(400, {"code": error.code, "details": str(error)})
    if isinstance(error, StatementTimeout):
        return plain_error_response(500, "Timeout error.")
    return plain_error_response(501, str(error))
