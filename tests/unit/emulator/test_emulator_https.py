# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the HTTPS endpoint of a service."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator, EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, TIMEOUT_SECONDS, Client

CODE = "X-ClickHouse-Exception-Code"


class Endpoint:
    """The HTTPS endpoint of a new service."""

    def __init__(self, client: Client, directory: Path) -> None:
        created = client.emulator.create()
        self.service_id, self.password = created["service"]["id"], created["password"]
        client.wait(self.service_id, "running")
        authority = trustme.CA()
        self.authority = str(directory / "authority.pem")
        authority.cert_pem.write_to_path(self.authority)
        certificate = str(directory / "certificate.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        endpoint = client.emulator.open_https(self.service_id, certificate)
        assert client.result("GET", client.service(self.service_id))["endpoints"][0] == endpoint
        self.url = f"https://{endpoint['host']}:{endpoint['port']}"

    def send(
        self, sql: str = "", method: str = "POST", path: str = "/", password: str | None = None, **query: str
    ) -> requests.Response:
        return requests.request(
            method,
            self.url + path,
            data=sql if method == "POST" else None,
            params={**query, **({"query": sql} if sql and method == "GET" else {})},
            auth=("default", self.password if password is None else password),
            verify=self.authority,
            timeout=TIMEOUT_SECONDS,
        )


@pytest.fixture
def endpoint(client: Client, tmp_path: Path) -> Endpoint:
    return Endpoint(client, tmp_path)


def count_workers(emulator: Emulator) -> int:
    listing = subprocess.run(["ps", "-A", "-o", "ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return sum(int(parent) == emulator.process_id and not state.startswith("Z") for parent, state in rows)


def test_login_check_needs_no_process(client: Client, endpoint: Endpoint) -> None:
    before = count_workers(client.emulator)
    accepted = endpoint.send("SELECT 1", "GET")
    assert (accepted.status_code, accepted.text, accepted.headers["X-ClickHouse-Format"]) == (
        200,
        "1\n",
        "TabSeparated",
    )
    refused = endpoint.send("SELECT 1", "GET", password="wrong")
    assert (refused.status_code, refused.headers[CODE]) == (403, "516")
    assert "AUTHENTICATION_FAILED" in refused.text
    assert endpoint.send(path="/ping").text == "Ok.\n"
    assert count_workers(client.emulator) == before
    response = client.request("PATCH", client.service(endpoint.service_id, "/password"), {})
    assert endpoint.send("SELECT 1", "GET").status_code == 403
    assert endpoint.send("SELECT 1", "GET", password=response.json()["result"]["password"]).text == "1\n"


def test_user_and_password_are_in_one_of_three_places(endpoint: Endpoint) -> None:
    def send(query: dict[str, str], headers: dict[str, str]) -> requests.Response:
        session = requests.Session()
        session.trust_env = False
        parameters = {"query": "SELECT 1", **query}
        return session.get(endpoint.url, params=parameters, headers=headers, verify=endpoint.authority, timeout=100)

    key = {"X-ClickHouse-User": "default", "X-ClickHouse-Key": endpoint.password}
    assert send({}, key).text == "1\n"
    assert send({"user": "default", "password": endpoint.password}, {}).text == "1\n"
    assert send({"user": "other", "password": endpoint.password}, {}).status_code == 403
    for headers in ({}, {"Authorization": "Basic ~"}):
        response = send({}, headers)
        assert response.status_code == 401
        assert "ClickHouse" in response.headers["WWW-Authenticate"]


def test_clickhouse_runs_the_sql(endpoint: Endpoint) -> None:
    assert endpoint.send("CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x").status_code == 200
    assert endpoint.send("1\n2\n", query="INSERT INTO t FORMAT TSV").status_code == 200
    result = endpoint.send(
        "SELECT sum(x) AS s FROM t WHERE x > {min:UInt8}", default_format="JSONEachRow", param_min="1"
    )
    assert (result.json(), result.headers["X-ClickHouse-Format"]) == ({"s": 2}, "JSONEachRow")
    assert endpoint.send("SELECT getSetting('max_threads') FORMAT CSV", max_threads="3").text == "3\n"
    assert endpoint.send("SELECT name FROM one", database="system").status_code == 404


@pytest.mark.parametrize(
    ("sql", "method", "status", "code"),
    [
        ("SELECT nothing", "POST", 404, "47"),
        ("SELEC 1", "POST", 400, "62"),
        ("SELECT 1; SELECT 2", "POST", 400, "62"),
        ("SELECT throwIf(1)", "POST", 500, "395"),
        ("CREATE TABLE t (x UInt32) ENGINE = Memory", "GET", 500, "164"),
        ("CREATE USER x", "POST", 403, "497"),
    ],
)
def test_status_of_exceptions(endpoint: Endpoint, sql: str, method: str, status: int, code: str) -> None:
    response = endpoint.send(sql, method)
    assert (response.status_code, response.headers[CODE]) == (status, code)
    assert response.text.startswith(f"Code: {code}. DB::Exception: ")


def test_idle_service_wakes_up_and_stopped_one_does_not(client: Client, endpoint: Endpoint) -> None:
    client.emulator.set_service(endpoint.service_id, state="stopped")
    assert endpoint.send("SELECT 1").status_code == 503
    assert client.state(endpoint.service_id) == "stopped"
    client.emulator.set_service(endpoint.service_id, state="idle")
    # The emulator responds when the service is awake, which takes longer than this.
    with pytest.raises(requests.ReadTimeout):
        requests.get(endpoint.url + "/ping", verify=endpoint.authority, timeout=0.5)
    assert client.state(endpoint.service_id) == "awaking"
    client.emulator.advance(STEP)
    assert endpoint.send(path="/ping").text == "Ok.\n"


def test_unknown_path(endpoint: Endpoint) -> None:
    assert endpoint.send(path="/play").status_code == 404


@pytest.mark.parametrize("body", [{}, {"certificate": "/does/not/exist"}])
def test_invalid_certificate(client: Client, body: dict[str, Any]) -> None:
    service_id = client.running()
    with pytest.raises(EmulatorError, match="'certificate' must be a file with a certificate and its key"):
        client.emulator.open_https(service_id, str(body.get("certificate", "")))
