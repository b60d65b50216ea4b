# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the emulator notes what the contract does not allow, which other tests rely on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.clickhouse.cloud.tests.contract.check import Checker
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

SERVICES = "/v1/organizations/{organizationId}/services"


@pytest.fixture
def own_client(shared_emulator: Emulator) -> Iterator[Client]:
    """Return a client of an emulator whose violations do not fail the test."""
    shared_emulator.reset()
    yield Client(shared_emulator)
    shared_emulator.reset()


def test_accepted_request_with_unknown_field_is_noted_each_time(own_client: Client) -> None:
    unknown = f"POST {SERVICES}: request: $: Additional properties are not allowed ('colour' was unexpected)"
    own_client.create(colour="red")
    assert own_client.emulator.violations() == [unknown]
    own_client.create(colour="red")
    assert own_client.emulator.violations() == [unknown] * 2
    own_client.emulator.reset()
    assert own_client.emulator.violations() == []
    own_client.create(colour="red")
    assert own_client.emulator.violations() == [unknown]


def test_refused_request_may_be_invalid(own_client: Client) -> None:
    assert own_client.error("POST", f"{own_client.organization}/services", {"colour": "red"})[0] == 400
    assert own_client.error("GET", "/nothing")[0] == 404
    assert own_client.emulator.violations() == []


def test_unknown_query_parameter_is_noted(own_client: Client) -> None:
    own_client.result("GET", f"{own_client.organization}/services", params={"color": "red"})
    assert own_client.emulator.violations() == [f"GET {SERVICES}: there is no parameter color"]


def test_values_that_the_api_never_returns_suspend_the_check(own_client: Client) -> None:
    service_id = own_client.running()
    own_client.emulator.set_service(service_id, state="idle")
    own_client.emulator.set_service(service_id, name=7)
    assert own_client.result("GET", own_client.service(service_id))["name"] == 7
    own_client.create(colour="red")
    assert own_client.emulator.violations() == []


def test_without_the_flag_nothing_is_checked() -> None:
    with Emulator(0) as emulator:
        emulator.create(colour="red")
        assert emulator.violations() == []


def test_differences_from_the_contract() -> None:
    checker = Checker()
    one = f"GET {SERVICES}/{{serviceId}}"
    envelope = {"status": 200, "requestId": "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"}
    delete = f"DELETE {SERVICES}/{{serviceId}}"
    json = "application/json"
    assert checker.check_response(delete, 200, json, envelope) == []
    assert checker.check_response(delete, 200, json, {**envelope, "result": None}) == [
        f"{delete}: response 200: $: Additional properties are not allowed ('result' was unexpected)"
    ]
    assert checker.check_response(one, 200, json, envelope) == [
        f"{one}: response 200: $: 'result' is a required property"
    ]
    assert checker.check_response(one, 418, json, {}) == [f"{one}: the contract has no response 418"]
    assert checker.check_response(one, 200, "text/html", "") == [f"{one}: a response 200 is {json}, not text/html"]
    assert checker.check_response("GET /v1/unknown", 200, json, {}) == []
    error = {**envelope, "status": 404, "error": "NOT_FOUND"}
    assert checker.check_response(one, 404, f"{json}; charset=utf-8", error) == []
    usage = "GET /v1/organizations/{organizationId}/usageCost"
    assert checker.check_request(usage, {"from_date": ["2026-01-01"]}, None) == [
        f"{usage}: the parameter to_date is required"
    ]
    assert checker.check_request(one, {}, {}) == [f"{one}: a request has no body"]
    state = f"PATCH {SERVICES}/{{serviceId}}/state"
    assert checker.check_request(state, {}, {"command": "stop"}) == []
    assert checker.check_request(state, {}, {"command": "pause"}) == [
        f"{state}: request: $.command: 'pause' is not one of ['start', 'stop', 'awake']"
    ]
    assert checker.check_request("GET /v1/unknown", {"a": ["b"]}, None) == []
