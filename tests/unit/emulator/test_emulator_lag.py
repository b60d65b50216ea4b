# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New services that are not visible at once, and requests that take effect later than they are answered."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator, EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client, until

NEW = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
HTML = {"body": "<html><h1>504 Gateway Time-out</h1></html>", "headers": {"Content-Type": "text/html"}}


def is_visible(client: Client, service_id: str) -> bool:
    """Return whether the service is listed; it is found by its ID, and can be changed, if it is."""
    path = f"{client.organization}/services"
    listed = [service["id"] for service in client.result("GET", path)]
    for method, part, body in (("GET", "", None), ("PATCH", "", {"name": "test"}), ("PATCH", "/password", {})):
        response = client.request(method, f"{path}/{service_id}{part}", body)
        assert (response.status_code == 200) is (service_id in listed), response.text
        assert response.status_code in (200, 404)
    return service_id in listed


def test_a_new_service_is_not_visible_for_as_long_as_the_fault_says(client: Client) -> None:
    emulator = client.emulator
    emulator.hold()
    emulator.fault(path="/services$", method="POST", lag=30)
    created = client.result("POST", f"{client.organization}/services", NEW)
    assert created["password"]
    service_id = created["service"]["id"]
    assert not is_visible(client, service_id)
    # Behind the API, it is there.
    assert [service["id"] for service in emulator.raw_services()] == [service_id]
    emulator.advance(29)
    assert not is_visible(client, service_id)
    emulator.advance(1)
    assert is_visible(client, service_id)
    # The fault was for one request.
    assert is_visible(client, emulator.create()["service"]["id"])


def test_all_new_services_lag_with_the_flag() -> None:
    with Emulator(0.05, "--visibility-lag", "30") as emulator:
        client = Client(emulator)
        emulator.hold()
        service_id = emulator.create()["service"]["id"]
        assert not is_visible(client, service_id)
        emulator.advance(30)
        assert is_visible(client, service_id)


@pytest.mark.parametrize("effect", [{"status": 504, **HTML}, {"disconnect": "before"}])
@pytest.mark.parametrize("seconds", [0, 30])
def test_a_request_takes_effect_after_it_has_failed(client: Client, effect: dict[str, Any], seconds: float) -> None:
    emulator = client.emulator
    emulator.hold()
    emulator.fault(path="/services$", method="POST", acts_after=seconds, **effect)
    if "status" in effect:
        response = client.request("POST", f"{client.organization}/services", NEW)
        assert (response.status_code, response.text) == (504, HTML["body"])
    else:
        with pytest.raises(OSError, match="reset"):
            client.request("POST", f"{client.organization}/services", NEW)
    assert len(emulator.raw_services()) == (0 if seconds else 1)
    emulator.advance(seconds)
    (service,) = emulator.services()
    assert service["name"] == "test"
    assert [entry["method"] for entry in emulator.journal()] == ["POST", "GET"]


def test_what_takes_effect_later_has_the_time_of_its_effect_and_lags_from_then_on(client: Client) -> None:
    emulator = client.emulator
    emulator.hold()
    emulator.fault(path="/services$", method="POST", status=504, acts_after=30, lag=20)
    client.request("POST", f"{client.organization}/services", NEW)
    due = emulator.advance(30)
    emulator.advance(19)
    assert emulator.services() == []
    assert emulator.raw_services()[0]["createdAt"] == due
    emulator.advance(1)
    assert len(emulator.services()) == 1


def test_a_reset_forgets_what_was_to_take_effect_and_lets_the_time_pass_again(client: Client) -> None:
    emulator = client.emulator
    emulator.hold()
    emulator.fault(path="/services$", method="POST", status=504, acts_after=30)
    client.request("POST", f"{client.organization}/services", NEW)
    emulator.reset()
    emulator.advance(60)
    assert emulator.services() == []
    now = emulator.advance(0)
    until(lambda: emulator.advance(0) != now)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"lag": -1}, "'lag' must be a number of seconds"),
        ({"status": 504, "acts_after": "later"}, "'acts_after' must be a number of seconds"),
        ({"acts_after": 1}, "A fault needs one of"),
        ({"disconnect": "after", "acts_after": 1}, "'acts_after' goes with a status, or with disconnect: before"),
    ],
)
def test_faults_that_make_no_sense_are_refused(emulator: Emulator, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EmulatorError, match=sentence):
        emulator.fault(path="/services$", **fields)


def test_a_clock_is_held_or_advanced(emulator: Emulator) -> None:
    for body in ({}, {"held": False}, {"held": True, "more": 1}, {"advance": True}):
        with pytest.raises(EmulatorError, match="advance"):
            emulator._control("POST", "clock", body)
