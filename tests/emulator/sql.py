# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The query host, which is separate from the API, with enough SQL to test query endpoints."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

from .request_context import RequestContext
from .responses import ApiError, ApiResponse, to_json
from .service import Service

_ENGINE = re.compile(r"\bENGINE\b.*", re.IGNORECASE | re.DOTALL)


def plain_error_response(status: int, text: str) -> ApiResponse:
    """Return an error response of this host, without the envelope of the API."""
    return ApiResponse(status, to_json({"error": text}))


def run_query(ctx: RequestContext, wake: bool) -> ApiResponse:
    """Run a query if the service's query endpoint admits the key."""
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
    readonly = "sql_console_admin" not in endpoint["roles"]
    return _execute(service, str(body.get("sql", "")), ctx.query.get("format", ["TabSeparated"])[-1], readonly)


def _respond_if_asleep(service: Service, wake: bool) -> ApiResponse | None:
    """Return the response of a stopped or idle service. Return None if it can run a query, or is being woken up."""
    state = service.lifecycle.state
    if state in ("stopped", "stopping"):
        return ApiResponse(206, to_json({"data": "Service is stopped"}))
    if state == "idle":
        if not wake:
            return ApiResponse(206, to_json({"data": "Confirm wake service"}))
        service.lifecycle.apply_command("awake")
    return None


def _execute(service: Service, sql: str, output_format: str, readonly: bool) -> ApiResponse:
    if service.database is None:
        service.database = _new_database()
    database = service.database
    database.execute(f"PRAGMA query_only = {int(readonly)}")
    try:
        cursor = database.execute(_ENGINE.sub("", sql) if sql.lstrip().upper().startswith("CREATE") else sql)
        rows, names = cursor.fetchall(), [column[0] for column in cursor.description or ()]
        database.commit()
    except (sqlite3.Error, sqlite3.Warning) as error:
        return plain_error_response(400, str(error))
    if output_format == "JSONEachRow":
        lines = [json.dumps(dict(zip(names, row))) for row in rows]
    else:
        lines = ["\t".join("\\N" if value is None else str(value) for value in row) for row in rows]
    return ApiResponse(content="".join(f"{line}\n" for line in lines).encode(), media_type="text/plain")


def _new_database() -> sqlite3.Connection:
    """Return a database in memory that cannot access files."""

    def authorize(action: int, *_arguments: Any) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK

    database = sqlite3.connect(":memory:")
    database.set_authorizer(authorize)
    return database
