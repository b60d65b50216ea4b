# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host of queries, which lies beside the API: enough SQL to see that an endpoint for queries works."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

from .request_context import Call
from .responses import Answer, ApiError, to_json
from .service import Service

_ENGINE = re.compile(r"\bENGINE\b.*", re.IGNORECASE | re.DOTALL)


def plain_error(status: int, text: str) -> Answer:
    """Errors of this host have no envelope."""
    return Answer(status, to_json({"error": text}))


def run_query(call: Call, wake: bool) -> Answer:
    """Answer a query of a key, if the service's query endpoint lets the key in."""
    try:
        service, body = call.service, call.body
    except ApiError as error:
        return plain_error(error.status, error.text)
    endpoint = service.query_endpoint
    if endpoint is None:
        return plain_error(404, "Query endpoint not found")
    if call.key.fields["id"] not in endpoint["openApiKeys"]:
        return plain_error(403, "Forbidden")
    asleep = _asleep(service, wake)
    if asleep is not None:
        return asleep
    readonly = "sql_console_admin" not in endpoint["roles"]
    return _execute(service, str(body.get("sql", "")), call.query.get("format", ["TabSeparated"])[-1], readonly)


def _asleep(service: Service, wake: bool) -> Answer | None:
    """What a service says that cannot answer; an idle one can be woken, a stopped one cannot."""
    state = service.machine.state
    if state in ("stopped", "stopping"):
        return Answer(206, to_json({"data": "Service is stopped"}))
    if state == "idle":
        if not wake:
            return Answer(206, to_json({"data": "Confirm wake service"}))
        service.machine.command("awake")
    return None


def _execute(service: Service, sql: str, form: str, readonly: bool) -> Answer:
    if service.database is None:
        service.database = _new_database()
    database = service.database
    database.execute(f"PRAGMA query_only = {int(readonly)}")
    try:
        cursor = database.execute(_ENGINE.sub("", sql) if sql.lstrip().upper().startswith("CREATE") else sql)
        rows, names = cursor.fetchall(), [column[0] for column in cursor.description or ()]
        database.commit()
    except (sqlite3.Error, sqlite3.Warning) as error:
        return plain_error(400, str(error))
    if form == "JSONEachRow":
        lines = [json.dumps(dict(zip(names, row))) for row in rows]
    else:
        lines = ["\t".join("\\N" if value is None else str(value) for value in row) for row in rows]
    return Answer(content="".join(f"{line}\n" for line in lines).encode(), media_type="text/plain")


def _new_database() -> sqlite3.Connection:
    """A database in memory, which reaches no files."""

    def allow(action: int, *_arguments: Any) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK

    database = sqlite3.connect(":memory:")
    database.set_authorizer(allow)
    return database
