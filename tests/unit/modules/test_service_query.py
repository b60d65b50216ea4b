# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import session
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.query_api import find_query_url
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.service import PLANNED_ID
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
READ, WRITE = "sql_console_read_only", "sql_console_admin"
ONE = [{"1": 1}]
JSON = {"Content-Type": "application/json"}
EXCEPTION = "Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)"


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"/service/{service['id']}/run"


@pytest.fixture
def allow(service: dict[str, Any], emulator: Emulator) -> Callable[[str], None]:
    """Return a function that lets the key of the environment run SQL with a role."""
    key_id = emulator.request("GET", "keys")[0]["id"]

    def _allow(role: str) -> None:
        body = {"openApiKeys": [key_id], "roles": [role]}
        emulator.request("POST", f"services/{service['id']}/serviceQueryEndpoint", body)
        emulator.clear_journal()

    return _allow


@pytest.fixture
def admin(allow: Callable[[str], None]) -> None:
    allow(WRITE)


@pytest.mark.usefixtures("admin")
def test_statements_run_on_clickhouse(
    service: dict[str, Any], allow: Callable[[str], None], emulator: Emulator, run: Run
) -> None:
    lookup = {"service_id": service["id"]}
    assert run("service_query", sql="CREATE TABLE t (n Int64, s String) ORDER BY n", readonly=False, **lookup)[
        "changed"
    ]
    insert = "INSERT INTO t\nSELECT number, concat('a\tb', toString(number)) FROM numbers(5)"
    done = run("service_query", sql=insert, readonly=False, **lookup)
    assert (done["changed"], done["rows"], done["columns"], done["truncated"]) == (True, [], [], False)
    assert done["diff"] == {"before": {}, "after": {"sql": insert}}

    sql = "SELECT n, s FROM t WHERE n >= {least:UInt8} AND n IN {some:Array(Int64)} AND s != {no:String} ORDER BY n"
    found = run(
        "service_query",
        sql=sql,
        parameters={"least": 1, "some": [0, 1, 2], "no": "it's\n'"},
        settings={"output_format_json_quote_64bit_integers": True, "max_threads": 1},
        database="default",
        **lookup,
    )
    assert "failed" not in found, found["msg"]
    assert found["rows"] == [{"n": "1", "s": "a\tb1"}, {"n": "2", "s": "a\tb2"}]
    assert found["columns"] == [{"name": "n", "type": "Int64"}, {"name": "s", "type": "String"}]
    assert (found["changed"], found["truncated"], "diff" in found) == (False, False, False)

    some = run("service_query", sql="SELECT n FROM t ORDER BY n", max_rows=2, **lookup)
    assert ([int(row["n"]) for row in some["rows"]], some["truncated"]) == ([0, 1], True)
    all_rows = run("service_query", sql="SELECT n FROM t", max_rows=5, **lookup)
    assert (len(all_rows["rows"]), all_rows["truncated"]) == (5, False)

    # The server refuses a change, whatever the role.
    refused = run("service_query", sql="DROP TABLE t", **lookup)
    assert (refused["failed"], refused["changed"], refused["code"]) == (True, False, 164)
    assert "Set readonly: false to change something." in refused["msg"]
    allow(READ)
    refused = run("service_query", sql="DROP TABLE t", readonly=False, **lookup)
    assert (refused["failed"], refused["changed"], refused["code"]) == (True, False, 164)
    assert "set roles: [sql_console_admin] of the query endpoint" in refused["msg"]

    for sql, code, text in (
        ("SELECT * FROM u", 60, "in ClickHouse: Code: 60. DB::Exception: "),
        ("SELECT 1; SELECT 2", 62, "A task runs one statement: use a loop for several."),
        ("SELECT 1 FORMAT CSV", None, "Leave FORMAT out of the statement"),
    ):
        failed = run("service_query", sql=sql, **lookup)
        assert (failed["failed"], failed["changed"], failed.get("code")) == (True, False, code)
        assert text in failed["msg"]
        assert "failed with HTTP status" not in failed["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("by", ["name", "service_id"])
@pytest.mark.usefixtures("admin")
def test_read_only_statement_is_sent_in_check_mode(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, by: str, check: bool
) -> None:
    lookup = {by: service["name" if by == "name" else "id"]}
    result = run("service_query", check=check, sql="SELECT 1", timeout=5, **lookup)
    assert (result["changed"], result["rows"], result["service_id"]) == (False, ONE, service["id"])
    entry = emulator.journal()[-1]
    assert entry["body"] == {"sql": "SELECT 1"}
    assert entry["query"] == {"format": ["JSON"], "readonly": ["2"], "request_timeout": ["5000"]}
    assert sent() == [*(["GET services"] if by == "name" else []), f"POST {path}"]


@pytest.mark.usefixtures("admin")
def test_write_is_skipped_in_check_mode(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    options = {"sql": "SELECT 1", "readonly": False, "name": "analytics"}
    plan = run("service_query", check=True, **options)
    assert (plan["changed"], plan["rows"], plan["columns"]) == (True, [], [])
    assert sent() == ["GET services"]
    done = run("service_query", **options)
    assert (done["changed"], done["diff"], done["rows"]) == (True, plan["diff"], ONE)
    assert "readonly" not in emulator.journal()[-1]["query"]
    assert sent() == ["GET services", f"POST {path}"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sql": ""}, "sql is missing."),
        ({"sql": "SELECT '\0'"}, "sql contains a control character"),
        ({"sql": "SELECT 1", "parameters": {"a": "\0"}}, "parameters, a contains a control character"),
        ({"sql": "SELECT 1", "max_rows": 0}, "max_rows must be at least 1; 0 is not."),
        ({"sql": "SELECT 1", "timeout": 0}, "timeout must be greater than 0 seconds"),
        ({"sql": "SELECT 1", "settings": {"readonly": 0}}, "changed here. Use the option readonly."),
        ({"sql": "SELECT 1", "settings": {"param_a": 0}}, "Use the option parameters."),
        (
            {"sql": "SELECT 1", "settings": {"format": "CSV"}},
            "'format' is not a setting that can be changed here. Remove",
        ),
        ({"sql": "SELECT 1", "settings": {"a&b": 1}}, "'a&b' is not a setting"),
        ({"sql": "SELECT 1", "settings": {"a": []}}, "the value of a must be text, a number, or true or false."),
        (
            {"sql": "SELECT 1", "query_api_url": "http://queries.example"},
            "query_api_url http://queries.example would send",
        ),
        ({"sql": "SELECT 1", "query_api_url": "queries.example"}, "such as https://queries.clickhouse.cloud"),
        ({"sql": "SELECT 1", "service_id": "analytics"}, "service_id must be a UUID"),
    ],
)
def test_impossible_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str
) -> None:
    result = run("service_query", **{"service_id": service["id"], **options})
    assert (result["failed"], result.get("changed", False)) == (True, False)
    assert message in result["msg"]
    assert sent() == []


def test_missing_endpoint_and_key_are_explained(
    service: dict[str, Any], allow: Callable[[str], None], emulator: Emulator, run: Run
) -> None:
    options = {"service_id": service["id"], "sql": "SELECT 1"}
    result = run("service_query", **options)
    assert (result["failed"], result["status"], result["error"]) == (True, 404, "Query endpoint not found")
    assert (
        "Use clickhouse.cloud.service_query_endpoint to create the query endpoint, with this API key in api_keys, and"
        " with roles: [sql_console_read_only], or [sql_console_admin] for readonly: false."
    ) in result["msg"]
    emulator.request("POST", f"services/{service['id']}/serviceQueryEndpoint", {"openApiKeys": [], "roles": [READ]})
    result = run("service_query", **options)
    assert result["status"] == 403
    assert "with api_keys_mode: add to let this API key run SQL." in result["msg"]
    result = run("service_query", **{**options, "api_secret": "wrong"})
    assert result["status"] == 401
    assert "Check api_key and api_secret, and that the API key is enabled" in result["msg"]
    assert "CLICKHOUSE_CLOUD_API_KEY" in result["msg"]
    result = run("service_query", **{**options, "service_id": UNKNOWN})
    assert result["status"] == 404
    assert "Check service_id, and which organization the API key belongs to." in result["msg"]


@pytest.mark.usefixtures("admin")
def test_idle_service_wakes_up_unless_wake_is_false(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.set_service(service["id"], state="idle")
    label = f"Service 'analytics' ({service['id']}) is idle, and wake is false. Set wake: true to wake it up."
    for lookup, requests in (
        ({"service_id": service["id"]}, [f"GET services/{service['id']}"]),
        ({"name": "analytics"}, ["GET services"]),
    ):
        result = run("service_query", sql="SELECT 1", wake=False, **lookup)
        assert (result["failed"], result["msg"]) == (True, label)
        assert sent() == requests
    assert run("service_query", sql="SELECT 1", service_id=service["id"])["rows"] == ONE
    assert sent() == [f"POST {path}"]
    assert run("service_query", sql="SELECT 1", service_id=service["id"], wake=False)["rows"] == ONE


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (206, {"data": "Confirm wake service"}, "the service is idle, and wake is false. Set wake: true"),
        (206, {"data": "Service is stopped"}, "the service is stopped. Start it with clickhouse.cloud.service_state."),
        (206, [], "the service is stopped"),
        (404, {"error": "ClickHouse service is currently unavailable."}, "Start the service with"),
        (500, {"error": "Timeout error."}, "The statement may still be running. Set a longer timeout"),
        (302, "", "it redirects to nowhere, which is not followed. Check query_api_url."),
        (400, "<html><title>Proxy</title></html>", "Check query_api_url, and the proxies and gateways in front of it"),
        (400, {"error": 7}, "this is not an error of the Query API"),
        (200, {"data": []}, "Leave FORMAT out of the statement"),
        (200, {"meta": [], "data": [], "exception": EXCEPTION}, f"failed in ClickHouse: {EXCEPTION}."),
        (200, f'{{"meta": [], "data": [ {EXCEPTION}', f"failed in ClickHouse: {EXCEPTION}."),
        (500, EXCEPTION, f"failed in ClickHouse: {EXCEPTION}."),
        (400, {"error": {"code": "NAMED", "details": "Something is wrong."}}, "in ClickHouse: Something is wrong."),
    ],
)
def test_responses_of_the_query_host_are_explained(
    service: dict[str, Any], emulator: Emulator, run: Run, status: int, body: Any, message: str
) -> None:
    emulator.fault(path="/run$", status=status, body=body, headers=JSON if not isinstance(body, str) else {})
    result = run("service_query", sql="SELECT 'secret'", service_id=service["id"])
    assert (result["failed"], result["changed"]) == (True, False)
    assert message in result["msg"]
    assert "secret" not in str({**result, "invocation": ""})
    assert result["request"] == f"POST /service/{service['id']}/run"


@pytest.mark.usefixtures("admin", "fast_clock")
@pytest.mark.parametrize(("readonly", "attempts"), [(True, 2), (False, 1)])
def test_only_a_read_only_statement_is_sent_again(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, readonly: bool, attempts: int
) -> None:
    emulator.fault(path="/run$", disconnect="after")
    result = run("service_query", sql="SELECT 1", service_id=service["id"], readonly=readonly)
    assert ("failed" in result, result["changed"]) == (not readonly, not readonly)
    assert sent() == [f"POST {path}"] * attempts
    if not readonly:
        assert "may have made: ran the statement on service" in result["msg"]
        assert "query_api_url" not in result["msg"]


@pytest.mark.usefixtures("admin")
def test_timeout_of_a_write_is_explained(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/run$", status=500, body={"error": "Timeout error."}, headers=JSON)
    result = run("service_query", sql="SELECT 1", service_id=service["id"], readonly=False)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "or have had its effect. Check that before you run it again." in result["msg"]


@pytest.mark.usefixtures("admin")
def test_fixed_readonly_mode_is_accepted(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    text = "Code: 164. DB::Exception: Cannot modify 'readonly' setting in readonly mode. (READONLY)"
    for _number in range(2):
        emulator.fault(path="/run$", status=400, body={"error": {"code": "164", "details": text}}, headers=JSON)
    assert run("service_query", sql="SELECT 1", service_id=service["id"])["rows"] == ONE
    assert [entry["query"].get("readonly") for entry in emulator.journal()] == [["2"], ["2"], None]
    assert sent() == [f"POST {path}"] * 3


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t SETTINGS readonly = 0 VALUES (1)",
        "INSERT INTO t SETTINGS readonly = 0 SELECT 1",
        "INSERT INTO t SELECT 1 SETTINGS readonly = 0",
    ],
)
def test_statement_cannot_leave_the_readonly_mode(service: dict[str, Any], run: Run, sql: str, check: bool) -> None:
    lookup = {"service_id": service["id"]}
    run("service_query", sql="CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x", readonly=False, **lookup)
    result = run("service_query", check=check, sql=sql, **lookup)
    assert (result["failed"], result["code"]) == (True, 164)
    assert "With readonly: true, the default, a statement can only read." in result["msg"]
    assert run("service_query", sql="SELECT count() AS rows FROM t", **lookup)["rows"] == [{"rows": 0}]


def test_settings_do_not_replace_max_rows(service: dict[str, Any], run: Run, sent: Sent) -> None:
    for name, value in (("max_result_rows", 5), ("result_overflow_mode", "throw")):
        result = run("service_query", sql="SELECT 1", service_id=service["id"], max_rows=1, settings={name: value})
        assert result["msg"].startswith(f"settings: {name} would replace max_rows. Set only one of them.")
    assert sent() == []


@pytest.mark.usefixtures("admin")
def test_other_query_host(
    service: dict[str, Any], emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = emulator.api_url[: -len("/v1")]
    api = {"api_url": "http://127.0.0.1:9/", "service_id": service["id"], "sql": "SELECT 1"}
    assert run("service_query", query_api_url=url, **api)["rows"] == ONE
    monkeypatch.setenv("CLICKHOUSE_CLOUD_QUERY_HOST", url)
    assert run("service_query", **api)["rows"] == ONE


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("readonly", [True, False])
def test_large_result_is_not_read(
    service: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch, readonly: bool
) -> None:
    monkeypatch.setattr(session, "MAX_RESPONSE_MIB", 0)
    result = run("service_query", service_id=service["id"], sql="SELECT 1", readonly=readonly)
    assert (result["failed"], result["changed"]) == (True, not readonly)
    assert "and was not read completely. Set max_rows, or select less." in result["msg"]


def test_planned_service_has_no_rows(emulator: Emulator, run: Run) -> None:
    result = run("service_query", check=True, service_id=PLANNED_ID + "0" * 12, sql="SELECT 1")
    assert (result["changed"], result["rows"]) == (False, [])
    assert emulator.journal() == []


@pytest.mark.usefixtures("fast_clock")
def test_unreachable_query_host_is_reported(service: dict[str, Any], run: Run, sent: Sent) -> None:
    url = "http://127.0.0.1:9"
    result = run("service_query", service_id=service["id"], sql="SELECT 'secret'", query_api_url=url, settings={"a": 5})
    assert result["msg"].startswith(f"The request to run the statement on service {service['id']} was not sent: {url}")
    assert "Check query_api_url and the network" in result["msg"]
    assert "secret" not in str({**result, "invocation": ""})
    assert sent() == []


@pytest.mark.parametrize(
    ("api_url", "query_url"),
    [
        ("https://api.clickhouse.cloud", "https://queries.clickhouse.cloud"),
        ("https://api.control-plane.clickhouse-staging.example", "https://queries.clickhouse-staging.example"),
        ("https://gateway.example:8443/cloud", "https://gateway.example:8443/cloud"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
    ],
)
def test_query_host_belongs_to_the_api(api_url: str, query_url: str) -> None:
    assert find_query_url(api_url) == query_url
