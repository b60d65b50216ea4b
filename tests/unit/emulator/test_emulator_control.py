# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the control endpoints: the journal, faults, the rate limit and others."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.app import FreezableClock
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator, EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client, wait_until

BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
SERVICES = "/services$"


def statuses(client: Client) -> list[Any]:
    return [entry["status"] for entry in client.emulator.journal()]


def test_journal(client: Client) -> None:
    path = f"{client.organization}/services"
    client.request("POST", path, BODY)
    client.request("GET", path, params=[("filter", "tag:a"), ("filter", "tag:b")])
    client.request("PATCH", client.service(UNKNOWN), data=b"{not json")
    requests.get(client.emulator.api_url + "/organizations", timeout=100)
    journal = client.emulator.journal()
    times = [entry.pop("time") for entry in journal]
    assert times == sorted(times)
    assert all(isinstance(moment, float) for moment in times)
    clients = [entry.pop("client") for entry in journal]
    # The session has one connection; the second request uses another one.
    assert clients[:3] == [clients[0]] * 3
    assert clients[0] != clients[3]
    key, full = client.emulator.api_key, "/v1" + path
    assert journal == [
        {"method": "POST", "path": full, "query": {}, "body": BODY, "status": 200, "key": key},
        {
            "method": "GET",
            "path": full,
            "query": {"filter": ["tag:a", "tag:b"]},
            "body": None,
            "status": 200,
            "key": key,
        },
        {
            "method": "PATCH",
            "path": f"{full}/{UNKNOWN}",
            "query": {},
            "body": "{not json",
            "status": 400,
            "key": key,
        },
        {"method": "GET", "path": "/v1/organizations", "query": {}, "body": None, "status": 401, "key": None},
    ]
    client.emulator.clear_journal()
    assert client.emulator.journal() == []


def test_reset(client: Client) -> None:
    other = client.emulator.add_organization()
    client.create()
    client.emulator.fault(path=".", status=500)
    client.emulator.reset()
    assert client.emulator.journal() == []
    assert client.emulator.services() == []
    assert Client(client.emulator, other["api_key"], other["api_secret"]).error("GET", "/organizations")[0] == 401


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BAD_REQUEST"),
        (401, "UNAUTHORIZED"),
        (403, "FORBIDDEN"),
        (409, "CONFLICT"),
        (500, "Internal error"),
        (503, "Service Unavailable"),
    ],
)
def test_fault_status_has_the_api_error(client: Client, status: int, error: str) -> None:
    client.emulator.fault(method="post", path=SERVICES, status=status)
    path = f"{client.organization}/services"
    assert client.result("GET", path) == []
    assert client.error("POST", path, BODY) == (status, error)
    assert client.result("GET", path) == []
    assert statuses(client) == [200, status, 200]


def test_fault_status_429(client: Client) -> None:
    client.emulator.fault(path=SERVICES, status=429, headers={"X-RateLimit-Reset": "3"}, times=2)
    for _number in range(2):
        response = client.request("GET", f"{client.organization}/services")
        assert (response.status_code, response.json()) == (429, {"error": "TOO_MANY_REQUESTS"})
        assert response.headers["X-RateLimit-Reset"] == "3"
    assert client.request("GET", f"{client.organization}/services").status_code == 200


@pytest.mark.parametrize(
    ("body", "text"),
    [({"error": "own"}, '{"error":"own"}'), ("<html>", "<html>"), ("", ""), ("null", "null"), ([1], "[1]"), (0, "0")],
)
def test_fault_status_with_body(client: Client, body: Any, text: str) -> None:
    client.emulator.fault(path=SERVICES, status=502, body=body)
    response = client.request("GET", f"{client.organization}/services")
    assert (response.status_code, response.text) == (502, text)


def test_fault_body_replaces_the_response(client: Client) -> None:
    client.emulator.fault(path=SERVICES, body="{half of it", headers={"X-Test": "yes"})
    response = client.request("POST", f"{client.organization}/services", BODY)
    assert (response.status_code, response.text, response.headers["X-Test"]) == (200, "{half of it", "yes")
    assert len(client.emulator.services()) == 1


@pytest.mark.parametrize(("disconnect", "services"), [("before", 0), ("after", 1)])
def test_fault_disconnect(client: Client, disconnect: str, services: int) -> None:
    client.emulator.fault(path=SERVICES, method="POST", disconnect=disconnect)
    with pytest.raises(requests.ConnectionError):
        client.request("POST", f"{client.organization}/services", BODY)
    assert statuses(client) == [None]
    assert len(client.emulator.services()) == services


def test_gateway_reports_a_timeout_of_work_that_was_done(client: Client) -> None:
    page = "<html><h1>504 Gateway Time-out</h1></html>"
    client.emulator.fault(path=SERVICES, method="POST", status=504, body=page, acts_after=0)
    body = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
    response = client.request("POST", f"{client.organization}/services", body)
    assert (response.status_code, response.text) == (504, page)
    assert response.headers["Content-Type"].startswith("text/html")
    assert [service["name"] for service in client.emulator.services()] == ["test"]


def test_fault_disconnect_after_delay(client: Client) -> None:
    client.emulator.fault(path=SERVICES, disconnect="delay", delay=0.3)
    start = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        client.request("POST", f"{client.organization}/services", BODY)
    assert time.monotonic() - start >= 0.3
    assert client.emulator.services() == []


def test_held_connection_outlasts_client_timeout(client: Client) -> None:
    client.emulator.fault(path=SERVICES, disconnect="delay")
    url = f"{client.emulator.api_url}{client.organization}/services"
    with pytest.raises(requests.Timeout):
        requests.get(url, timeout=1)
    assert client.emulator.services() == []


def test_late_disconnect_acts_after_client_timeout(client: Client) -> None:
    client.emulator.fault(path=SERVICES, method="POST", disconnect="late")
    url = f"{client.emulator.api_url}{client.organization}/services"
    auth = (client.emulator.api_key, client.emulator.api_secret)
    with pytest.raises(requests.Timeout):
        requests.post(url, json=BODY, auth=auth, timeout=1)
    wait_until(lambda: len(client.emulator.services()) == 1)


def test_late_disconnect_acts_after_delay(client: Client) -> None:
    client.emulator.fault(path=SERVICES, method="POST", disconnect="late", delay=0.1)
    with pytest.raises(requests.ConnectionError):
        client.request("POST", f"{client.organization}/services", BODY)
    assert len(client.emulator.services()) == 1


def test_fault_delay(client: Client) -> None:
    client.emulator.fault(path=SERVICES, delay=0.3)
    start = time.monotonic()
    assert client.result("POST", f"{client.organization}/services", BODY)["service"]["name"] == "test"
    assert time.monotonic() - start >= 0.3


def request_status(client: Client) -> int:
    return client.request("GET", client.organization + "/services").status_code


def test_fault_skip(client: Client) -> None:
    client.emulator.fault(path=SERVICES, status=500, skip=2)
    client.emulator.fault(path=SERVICES, status=503, skip=1)
    assert [request_status(client) for _number in range(5)] == [200, 503, 500, 200, 200]


def is_listening(client: Client) -> bool:
    try:
        return request_status(client) == 200
    except requests.ConnectionError:
        return False


def test_fault_refuse_until_cleared(client: Client) -> None:
    client.emulator.fault(path=SERVICES, refuse=600)
    response = client.request("GET", client.organization + "/services")
    assert response.headers["Connection"] == "close"
    assert len(response.json()["result"]) == 0
    for _number in range(3):
        with pytest.raises(requests.ConnectionError, match="Connection refused"):
            request_status(client)
    client.emulator.clear_faults()
    wait_until(lambda: is_listening(client))
    assert len(client.emulator.journal()) == 2


def test_fault_refuse_ends_after_its_time(client: Client) -> None:
    client.emulator.fault(path=SERVICES, refuse=0.2)
    request_status(client)
    wait_until(lambda: is_listening(client))


def test_faults_apply_in_order_until_cleared(client: Client) -> None:
    client.emulator.fault(path=SERVICES, status=500)
    client.emulator.fault(path=SERVICES, status=503)
    client.emulator.fault(path=SERVICES, status=504)
    path = f"{client.organization}/services"
    assert [client.request("GET", path).status_code for _number in range(2)] == [500, 503]
    client.emulator.clear_faults()
    assert client.request("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"path": "x", "status": 500, "colour": "red"}, "Unknown key 'colour'"),
        ({"path": "(", "status": 500}, "not a valid regular expression"),
        ({"status": 500}, "'path' is required"),
        ({"path": "x"}, "needs one of"),
        ({"path": "x", "times": 0, "status": 500}, "'times' must be"),
        ({"path": "x", "status": "500"}, "'status' must be"),
        ({"path": "x", "status": 500, "disconnect": "before"}, "either"),
        ({"path": "x", "refuse": 1, "disconnect": "before"}, "either"),
        ({"path": "x", "refuse": 0}, "'refuse' must be"),
        ({"path": "x", "skip": -1, "status": 500}, "'skip' must be"),
        ({"path": "x", "disconnect": "sometimes"}, "'disconnect' must be"),
        ({"path": "x", "delay": -1}, "'delay' must be"),
        ({"path": "x", "body": None}, "'body' must be"),
    ],
)
def test_invalid_fault(client: Client, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EmulatorError, match=sentence.replace("(", "[(]")):
        client.emulator.fault(**fields)


def test_set_service_fields(client: Client) -> None:
    service_id = client.create()["id"]
    service = client.emulator.set_service(
        service_id, name="set", state="idle", numReplicas=None, minTotalMemoryGb=36, idleTimeoutMinutes=30.0, future=1
    )
    assert client.result("GET", client.service(service_id)) == service
    assert (service["name"], service["state"], service["minTotalMemoryGb"]) == ("set", "idle", 36)
    assert (service["idleTimeoutMinutes"], service["future"]) == (30, 1)
    assert "numReplicas" not in service
    body = {"minReplicaMemoryGb": 8, "numReplicas": 2}
    changed = client.result("PATCH", client.service(service_id, "/replicaScaling"), body)
    assert (changed["minTotalMemoryGb"], changed["numReplicas"]) == (24, 2)


@pytest.mark.parametrize("name", ["tags", "ipAccessList", "privateEndpointIds"])
def test_patch_adds_to_a_list_set_to_null(client: Client, name: str) -> None:
    service_id = client.create()["id"]
    entry = {"tags": {"key": "env"}, "ipAccessList": {"source": "10.0.0.1", "description": ""}}.get(name, "vpce-1")
    client.emulator.set_service(service_id, **{name: None})
    assert name not in client.result("GET", client.service(service_id))
    assert client.result("GET", f"{client.organization}/services?filter=tag:env") == []
    assert client.result("PATCH", client.service(service_id), {name: {"add": [entry]}})[name] == [entry]


def test_raw_services_include_hidden_fields(client: Client) -> None:
    ids = [client.create(name=name)["id"] for name in ("one", "two")]
    client.result("PATCH", client.service(ids[1], "/backupConfiguration"), {"backupPeriodInHours": 12})
    client.emulator.clear_journal()
    services = client.emulator.raw_services()
    assert [service["id"] for service in services] == ids
    assert services == [client.emulator.raw_service(service_id) for service_id in ids]
    assert [service["backupConfiguration"]["backupPeriodInHours"] for service in services] == [24, 12]
    assert client.emulator.journal() == []


def test_set_fields_of_unknown_service(client: Client) -> None:
    with pytest.raises(EmulatorError, match="NOT_FOUND"):
        client.emulator.set_service(UNKNOWN, state="idle")
    service_id = client.create()["id"]
    with pytest.raises(EmulatorError, match="'state' must be a string"):
        client.emulator.set_service(service_id, state=1)
    with pytest.raises(EmulatorError, match="'backups' must be"):
        client.emulator.set_service(service_id, backups=[1])


@pytest.mark.parametrize("fields", [{"id": "x"}, {"tier": "GOLD"}, {"role": "king"}, {"size": "big"}, {"name": 3}])
def test_invalid_organization(client: Client, fields: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError, match="must be|Unknown key"):
        client.emulator.add_organization(**fields)


def test_invalid_control_requests(client: Client) -> None:
    url = client.emulator.api_url[: -len("/v1")] + "/_emulator/"
    for data in (b"{", b"[]"):
        response = requests.post(url + "faults", data=data, timeout=100)
        assert response.status_code == 400
        assert response.json()["error"]
    assert requests.get(url + "nothing", timeout=100).status_code == 404
    assert client.emulator.journal() == []


def test_clock_is_frozen_during_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))
    clock = FreezableClock()
    with clock.frozen():
        assert clock.seconds() == clock.seconds()
    assert clock.seconds() < clock.seconds()


@pytest.fixture(scope="module")
def limited() -> Iterator[Emulator]:
    with Emulator(0.05, "--rate-limit", "3/60") as emulator:
        yield emulator


def test_rate_limit_is_per_key(limited: Emulator) -> None:
    client = Client(limited)
    responses = [client.request("GET", "/organizations") for _number in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert responses[-1].json() == {"error": "TOO_MANY_REQUESTS"}
    assert 0 < int(responses[-1].headers["X-RateLimit-Reset"]) <= 60
    assert statuses(client) == [200, 200, 200, 429]
    other = limited.add_organization()
    assert Client(limited, other["api_key"], other["api_secret"]).request("GET", "/organizations").status_code == 200
    limited.reset()
    assert client.request("GET", "/organizations").status_code == 200


def test_emulator_is_no_proxy(client: Client) -> None:
    host, port = client.emulator.api_url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"CONNECT api.clickhouse.cloud:443 HTTP/1.1\r\nHost: api.clickhouse.cloud\r\n\r\n")
        # The status depends on the parser.
        assert connection.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 404")
    assert client.emulator.journal() == []
