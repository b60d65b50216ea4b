# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the query host, and what backups do with the data."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trustme

from ansible_collections.clickhouse.cloud.tests.emulator import engines
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.emulator.engines import MAX_WORKERS
from ansible_collections.clickhouse.cloud.tests.emulator.sql import is_single_statement
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import (
    STEP,
    TIMEOUT_SECONDS,
    Client,
    Queries,
    wait_until,
)

TABLE = "CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x"
DAY = 24 * 3600


def find_children(parent: int) -> list[int]:
    """Return the IDs of the processes that a process has started and that still run."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, ppid, stat in rows if int(ppid) == parent and not stat.startswith("Z")]


def find_state(process_id: int) -> str:
    """Return the state of a process, such as Z for a zombie; an empty text if there is none."""
    listing = subprocess.run(["ps", "-o", "stat=", "-p", str(process_id)], capture_output=True, text=True, check=False)
    return listing.stdout.strip()


def is_alive(process_id: int) -> bool:
    state = find_state(process_id)
    # Further letters follow, as in ZN for a process with a low priority.
    return bool(state) and not state.startswith("Z")


@pytest.fixture
def queries(client: Client) -> Queries:
    return Queries(client)


def test_query_requires_endpoint_with_key(client: Client) -> None:
    queries = Queries(client, role="")
    assert queries.send({"sql": "SELECT 1"}).status_code == 404
    queries.allow("sql_console_admin")
    assert queries.run("SELECT 1") == "1\n"
    (queries.key_id,) = [key["id"] for key in client.result("GET", f"{client.organization}/keys")[:1]]
    queries.allow("sql_console_admin")
    assert queries.send({"sql": "SELECT 1"}).status_code == 403


def test_clickhouse_runs_the_sql(queries: Queries) -> None:
    queries.run(TABLE)
    queries.run("INSERT INTO t FORMAT CSV\n1\n2\n")
    queries.run("INSERT INTO t VALUES (3)")
    assert (
        queries.run("SELECT groupArray(x), toTypeName(any(x)) FROM (SELECT x FROM t ORDER BY x)") == "[1,2,3]\tUInt32\n"
    )


def test_format_is_that_of_the_request_or_the_statement(queries: Queries) -> None:
    assert queries.send({"sql": "SELECT 1 AS one"}, {"format": "JSONEachRow"}).json() == {"one": 1}
    assert queries.send({"sql": "SELECT 1 AS one", "format": "JSONCompactEachRow"}).text == "[1]\n"
    result = queries.send({"sql": "SELECT 1 AS one FORMAT JSON"}, {"format": "CSV"}).json()
    assert (result["data"], result["rows"]) == ([{"one": 1}], 1)


def test_parameters_and_database(queries: Queries) -> None:
    sql = "SELECT {a:UInt8} + 1, {b:String}, currentDatabase()"
    queries.run("CREATE DATABASE `a``b`")
    body = {"sql": sql, "database": "a`b", "queryVariables": {"a": 1, "b": "it's"}}
    assert queries.send(body).text == "2\tit\\'s\ta`b\n"
    assert queries.send({"sql": sql}, {"param_a": "2", "param_b": "x"}).text == "3\tx\tdefault\n"
    sql = "SELECT {a:Array(Nullable(String))}, {b:Bool}, {c:Nullable(UInt8)}, {d:String}"
    body = {"sql": sql, "queryVariables": {"a": ["it's", None], "b": True, "c": None, "d": "a\tb\\"}}
    assert queries.send(body).text == "['it\\'s',NULL]\ttrue\t\\N\ta\\tb\\\\\n"


def test_settings_are_in_the_query_string(queries: Queries) -> None:
    sql = {"sql": "SELECT getSetting('max_threads')"}
    assert queries.send(sql, {"max_threads": "3", "readonly": "2"}).text == "3\n"
    assert queries.send(sql, {"no_such_setting": "3"}).json()["error"]["code"] == "115"
    refused = queries.send({"sql": TABLE}, {"readonly": "1"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "164")
    late = queries.send({"sql": "SELECT sleep(3)"}, {"request_timeout": "100"})
    assert (late.status_code, late.json()) == (500, {"error": "Timeout error."})


def test_each_statement_has_its_session(queries: Queries) -> None:
    queries.run("SET max_threads = 1")
    queries.run("CREATE TEMPORARY TABLE u (x UInt8)")
    queries.allow("sql_console_read_only")
    queries.run("SELECT 1")
    queries.allow("sql_console_admin")
    queries.run(TABLE)
    assert queries.error("SELECT * FROM u")[:2] == (400, "60")


@pytest.mark.parametrize(
    ("sql", "code", "text"),
    [
        ("SELECT nothing", "47", "Code: 47. DB::Exception: Unknown expression identifier `nothing`"),
        ("SELEC 1", "62", "Code: 62. DB::Exception: Syntax error"),
        ("SELECT 1; SELECT 2", "62", "Multi-statements are not allowed"),
        ("SELECT * FROM file('/etc/passwd', 'LineAsString')", "497", "Not enough privileges"),
        ("SELECT * FROM url('http://127.0.0.1/', 'LineAsString')", "497", "Not enough privileges"),
        ("CREATE USER x", "497", "Not enough privileges"),
        ("SYSTEM SHUTDOWN", "497", "Not enough privileges"),
    ],
)
def test_exceptions_of_clickhouse_are_passed_on(queries: Queries, sql: str, code: str, text: str) -> None:
    status, found, details = queries.error(sql)
    assert (status, found) == (400, code)
    assert text in details


@pytest.mark.parametrize(
    ("sql", "is_single"),
    [
        ("SELECT 1;\n", True),
        ("SELECT ';', `;`, \";\", '\\';', $a$;$a$ -- ; x\n # ; y\n /* ; z */ ;", True),
        ("INSERT INTO t FORMAT CSV\n1;2\n", True),
        ("INSERT INTO t FORMAT Values (1); SELECT 2", False),
        ("SELECT 1;; SELECT 2", False),
        ("", True),
    ],
)
def test_single_statement(sql: str, is_single: bool) -> None:
    assert is_single_statement(sql) is is_single


def test_query_writes_require_admin_role(queries: Queries) -> None:
    queries.run(TABLE)
    queries.run("INSERT INTO t VALUES (1), (2), (3)")
    queries.allow("sql_console_read_only")
    assert queries.run("SELECT sum(x) FROM t") == "6\n"
    for sql in ("DROP TABLE t", "INSERT INTO t VALUES (1)", "SET readonly = 0"):
        assert queries.error(sql)[:2] == (400, "164")


def test_stopped_service_runs_no_sql(client: Client, queries: Queries) -> None:
    client.emulator.set_service(queries.service_id, state="stopped")
    response = queries.send({"sql": "SELECT 1"})
    assert (response.status_code, response.json()) == (206, {"data": "Service is stopped"})
    for state in ("starting", "terminating", "failed"):
        client.emulator.set_service(queries.service_id, state=state)
        response = queries.send({"sql": "SELECT 1"})
        assert response.status_code == 404
        assert "currently unavailable" in response.json()["error"]


def test_query_of_idle_service_waits_until_it_is_awake(client: Client, queries: Queries) -> None:
    client.emulator.set_service(queries.service_id, state="idle")
    assert queries.send({"sql": "SELECT 1"}).json() == {"data": "Confirm wake service"}
    assert client.state(queries.service_id) == "idle"
    answers: list[str] = []
    thread = threading.Thread(
        target=lambda: answers.append(queries.send({"sql": "SELECT 1"}, **{"wake-service": "true"}).text)
    )
    thread.start()
    wait_until(lambda: client.state(queries.service_id) == "awaking")
    assert answers == []
    client.emulator.advance(STEP)
    thread.join(TIMEOUT_SECONDS)
    assert answers == ["1\n"]
    assert client.state(queries.service_id) == "running"


def restore(client: Client, backup_id: str) -> Queries:
    return Queries(client, client.running(name="copy", backupId=backup_id))


def list_backup_ids(client: Client, service_id: str) -> list[str]:
    """Return the IDs of the backups, the newest first."""
    return [backup["id"] for backup in client.result("GET", client.service(service_id, "/backups"))]


def test_restored_service_has_the_data_of_the_backup(client: Client, queries: Queries) -> None:
    configuration = {"backupPeriodInHours": 24, "backupRetentionPeriodInHours": 720}
    client.result("PATCH", client.service(queries.service_id, "/backupConfiguration"), configuration)
    queries.run(TABLE)
    queries.run("INSERT INTO t VALUES (1)")
    client.emulator.advance(DAY)
    # The backup has started, but nothing has asked for it.
    queries.run("INSERT INTO t VALUES (2)")
    client.emulator.advance(DAY)
    queries.run("DROP TABLE t")
    third, second, first = list_backup_ids(client, queries.service_id)
    client.emulator.advance(60)
    assert restore(client, first).error("SELECT count() FROM t")[:2] == (400, "60")
    assert restore(client, second).run("SELECT groupArray(x) FROM t") == "[1]\n"
    copy = restore(client, third)
    assert copy.run("SELECT sum(x) FROM t") == "3\n"
    copy.run("INSERT INTO t VALUES (4)")
    assert restore(client, third).run("SELECT sum(x) FROM t") == "3\n"


def test_copy_has_the_data_also_after_deletion_of_the_original(client: Client, queries: Queries) -> None:
    queries.run(TABLE)
    queries.run("INSERT INTO t VALUES (5)")
    client.emulator.advance(DAY + 60)
    copy_id = client.running(name="copy", backupId=list_backup_ids(client, queries.service_id)[0])
    queries.run("TRUNCATE TABLE t")
    client.result("PATCH", client.service(queries.service_id, "/state"), {"command": "stop"})
    client.emulator.advance(STEP)
    assert client.request("DELETE", client.service(queries.service_id)).status_code == 200
    client.emulator.advance(STEP)
    assert Queries(client, copy_id).run("SELECT x FROM t") == "5\n"


def test_services_of_a_data_warehouse_share_the_data(client: Client, queries: Queries) -> None:
    queries.run(TABLE)
    queries.run("INSERT INTO t VALUES (1)")
    warehouse = client.result("GET", client.service(queries.service_id))["dataWarehouseId"]
    secondary = Queries(client, client.running(name="second", dataWarehouseId=warehouse))
    secondary.run("INSERT INTO t VALUES (2)")
    assert queries.run("SELECT sum(x) FROM t") == "3\n"
    body = {"name": "third", "dataWarehouseId": warehouse, "isReadonly": True}
    reader = Queries(client, client.running(**body))
    assert reader.run("SELECT sum(x) FROM t") == "3\n"
    assert reader.error("INSERT INTO t VALUES (3)")[:2] == (400, "164")


def test_data_outlive_the_process_of_the_service(client: Client, queries: Queries) -> None:
    queries.run(TABLE)
    queries.run("INSERT INTO t VALUES (7)")
    for number in range(MAX_WORKERS):
        assert Queries(client, client.running(name=f"other-{number}")).run("SELECT 1") == "1\n"
    assert queries.run("SELECT x FROM t") == "7\n"


def test_long_statement_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "TIMEOUT_SECONDS", 20)

    async def run() -> bytes:
        pool, databases = engines.Engines(), engines.Databases()
        try:
            await pool.run(databases, engines.Statement(TABLE))
            monkeypatch.setattr(engines, "TIMEOUT_SECONDS", 0.1)
            with pytest.raises(engines.StatementTimeout):
                await pool.run(databases, engines.Statement("SELECT sleep(3)"))
            monkeypatch.undo()
            return await pool.run(databases, engines.Statement("SELECT count() FROM t"))
        finally:
            await pool.end()

    assert asyncio.run(run()) == b"0\n"


def test_statement_of_a_process_that_has_ended_runs_in_another_one(client: Client, queries: Queries) -> None:
    queries.run(TABLE)
    (worker,) = find_children(client.emulator.process_id)
    os.kill(worker, signal.SIGKILL)
    # As a zombie, it may have threads that still keep its pipes open.
    wait_until(lambda: not find_state(worker))
    queries.run("INSERT INTO t VALUES (1)")
    assert queries.run("SELECT x FROM t") == "1\n"


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize(
    ("end", "cause"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "by the signal SIGSEGV"),
        ("sys.exit(3)", "with the exit status 3"),
    ],
)
def test_only_a_readonly_statement_that_ends_the_process_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, cause: str, readonly: bool
) -> None:
    # Its first process ends with the first statement.
    mark = tmp_path / "mark"
    (tmp_path / "ending_worker.py").write_text(
        f"""
import os, pathlib, runpy, signal, sys
mark = pathlib.Path({str(mark)!r})
if not mark.exists():
    mark.touch()
    sys.stdin.readline()
    {end}
runpy.run_module({engines._WORKER!r}, run_name="__main__")
""",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(engines, "_WORKER", "ending_worker")

    async def run() -> str:
        pool, databases = engines.Engines(), engines.Databases()
        try:
            return (await pool.run(databases, engines.Statement("SELECT 1", readonly=readonly))).decode()
        except engines.SqlError as error:
            return str(error)
        finally:
            await pool.end()

    text = f"Code: 236. DB::Exception: The process of the service has ended {cause}. (ABORTED)"
    assert asyncio.run(run()) == ("1\n" if readonly else text)


def test_insert_takes_no_statement_for_data(tmp_path: Path) -> None:
    program = f"""
from tests.emulator.engine_worker import Databases, separate_streams

source, results = separate_streams()
databases = Databases({str(tmp_path / "data")!r})
statement = {{"database": "", "settings": {{}}, "readonly": False, "format": "CSV"}}
statement |= {{"parameters": {{}}, "functions": ""}}
for sql in ({TABLE!r}, "INSERT INTO t FORMAT CSV\\n1\\n"):
    databases.run({{**statement, "sql": sql}})
results.write(source.readline())
results.flush()
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=engines._REPOSITORY,
        input="the next statement\n",
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("the next statement\n", "", 0)


def test_processes_and_files_end_with_the_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for end in ("stop", "kill"):
        with Emulator(0.0) as emulator:
            queries = Queries(Client(emulator))
            queries.run("SELECT 1")
            parent = emulator.process_id
            (worker,) = find_children(parent)
            if end == "kill":
                os.kill(parent, signal.SIGKILL)
            else:
                emulator.stop()
            wait_until(lambda ended=worker: not is_alive(ended))
            assert list(tmp_path.glob("clickhouse-emulator-*")) == []


def test_reset_deletes_the_data(client: Client) -> None:
    queries = Queries(client)
    queries.run(TABLE)
    client.emulator.reset()
    wait_until(lambda: find_children(client.emulator.process_id) == [])
    assert Queries(client).error("SELECT * FROM t")[:2] == (400, "60")


def test_emulator_that_has_run_sql_ends_without_a_message(tmp_path: Path) -> None:
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "certificate.pem"))
    with Emulator(0.0) as emulator:
        queries = Queries(Client(emulator))
        queries.run("SELECT 1")
        emulator.open_https(queries.service_id, str(tmp_path / "certificate.pem"))
        os.kill(emulator.process_id, signal.SIGTERM)
        wait_until(lambda: not is_alive(emulator.process_id))
        assert emulator.read_errors() == ""


def test_process_ends_with_the_service() -> None:
    with Emulator(0.0) as emulator:
        client = Client(emulator)
        queries = Queries(client)
        queries.run("SELECT 1")
        (worker,) = find_children(emulator.process_id)
        client.result("PATCH", client.service(queries.service_id, "/state"), {"command": "stop"})
        assert client.request("DELETE", client.service(queries.service_id)).status_code == 200
        wait_until(lambda: not is_alive(worker))


def test_sql_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A module of this name that is on the path, but cannot be found.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['chdb'] = None\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Emulator(0.0) as emulator:
        queries = Queries(Client(emulator))
        response = queries.send({"sql": "SELECT 1"})
        assert response.status_code == 501
        assert "chdb-core-lite" in response.json()["error"]
