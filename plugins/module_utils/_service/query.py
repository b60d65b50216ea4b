# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Run a statement of SQL on a service over the Query API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._client.options import DEFAULT_URL, check_seconds, encode_utf8, normalize_base_url
from .._client.query_api import READONLY, QueryHost, ServiceAsleep, find_query_url, run_statement
from .._errors import InvalidOption
from .._json import abbreviate, to_json_safe
from .._module.context import ModuleContext
from .._module.options import Spec, nonempty_env
from .find import get_service, resolve_service_id
from .service import is_planned

#: The options of a statement.
STATEMENT_SPEC: Spec = {
    "sql": {"type": "str", "required": True},
    "parameters": {"type": "dict"},
    "database": {"type": "str"},
    "settings": {"type": "dict"},
    "readonly": {"type": "bool", "default": True},
    "wake": {"type": "bool", "default": True},
    "max_rows": {"type": "int"},
    "timeout": {"type": "float"},
    "query_api_url": {"type": "str", "fallback": (nonempty_env, ["CLICKHOUSE_CLOUD_QUERY_HOST"])},
}
#: Seconds by which a response may be later than the timeout of its statement.
_MARGIN = 10
#: The option to use instead of a setting, or of another parameter of the Query API.
_INSTEAD = {"readonly": "readonly", "database": "database", "request_timeout": "timeout", "query": "sql", "format": ""}
#: The settings that max_rows sets.
_ROW_LIMIT = ("max_result_rows", "result_overflow_mode")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def check_statement(options: Mapping[str, Any]) -> None:
    """Raise InvalidOption for options that no statement can have."""
    texts = {"sql": options["sql"], **{f"parameters, {name}": value for name, value in _parameters(options).items()}}
    for label, text in texts.items():
        # Line breaks and tabs are a part of SQL.
        encode_utf8(label, re.sub(r"[\t\n\r]", " ", text if isinstance(text, str) else ""))
    if options["max_rows"] is not None and options["max_rows"] < 1:
        raise InvalidOption(f"max_rows must be at least 1; {options['max_rows']} is not.")
    for name, value in (options["settings"] or {}).items():
        _check_setting(name, value)
        if options["max_rows"] is not None and name in _ROW_LIMIT:
            raise InvalidOption(f"settings: {name} would replace max_rows. Set only one of them.")


def run_query(ctx: ModuleContext) -> None:
    """Run the statement on the service that the options name, and return its rows. In check mode, only read."""
    service_id, options = _find_service(ctx), ctx.options
    ctx.set_result(service_id=service_id)
    if ctx.check_mode and (is_planned(service_id) or not options["readonly"]):
        result: Mapping[str, Any] = {"meta": [], "data": []}
    else:
        body, query = build_body(options), build_query(options)
        result = run_statement(ctx.api, _find_host(options), service_id, body, query, readonly=options["readonly"])
    if not options["readonly"]:
        ctx.add_diff({}, {"sql": options["sql"]})
    rows, limit = to_json_safe(result["data"]), options["max_rows"]
    ctx.set_result(
        columns=[{name: column.get(name) for name in ("name", "type")} for column in result["meta"]],
        rows=rows[:limit],
        truncated=len(rows) > len(rows[:limit]),
    )


def build_body(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the request. SQL and values are in it, since a URL may be logged."""
    body = {"sql": options["sql"], "database": options["database"], "queryVariables": _parameters(options)}
    return {name: value for name, value in body.items() if value}


def build_query(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters in the URL of the request: the format of the result, settings and the timeout."""
    query = {"format": "JSON"}
    if options["readonly"]:
        query["readonly"] = READONLY
    if options["timeout"] is not None:
        query["request_timeout"] = str(round(check_seconds("timeout", options["timeout"]) * 1000))
    if options["max_rows"] is not None:
        # ClickHouse stops at the end of a block. One more row shows that there are more.
        query.update(max_result_rows=str(options["max_rows"] + 1), result_overflow_mode="break")
    settings = options["settings"] or {}
    return {
        **query,
        **{name: str(int(value) if isinstance(value, bool) else value) for name, value in settings.items()},
    }


def _parameters(options: Mapping[str, Any]) -> dict[str, Any]:
    return options["parameters"] or {}


def _check_setting(name: str, value: Any) -> None:
    """Raise InvalidOption for what is not a setting, or has an option."""
    if name in _INSTEAD or name.startswith("param_") or not _SETTING.fullmatch(name):
        instead = _INSTEAD.get(name, "parameters" if name.startswith("param_") else "")
        advice = f"Use the option {instead}." if instead else "Remove it."
        raise InvalidOption(f"settings: {abbreviate(name)} is not a setting that can be changed here. {advice}")
    if not isinstance(value, (str, int, float)):
        raise InvalidOption(f"settings: the value of {name} must be text, a number, or true or false.")


def _find_service(ctx: ModuleContext) -> str:
    """Return the ID of the service. Raise ServiceAsleep if it is not to wake up, and idle."""
    if ctx.options["wake"]:
        return resolve_service_id(ctx.api, ctx.options)
    service = get_service(ctx.api, ctx.options)
    if service.state == "idle":
        raise ServiceAsleep(f"{service.label} is idle, and wake is false. Set wake: true to wake it up.")
    return service.id.lower()


def _find_host(options: Mapping[str, Any]) -> QueryHost:
    url, allow_http = options["query_api_url"], options["allow_http"]
    if url:
        base_url = normalize_base_url(url, allow_http, "query_api_url")
    else:
        base_url = find_query_url(normalize_base_url(options["api_url"] or DEFAULT_URL, allow_http))
    read_timeout = max(options["read_timeout"], (options["timeout"] or 0) + _MARGIN)
    return QueryHost(base_url, read_timeout, options["wake"])
