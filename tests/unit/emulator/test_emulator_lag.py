# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test new services that become visible late, and requests that take effect after their response."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator, EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client, wait_until

NEW = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
HTML = {"body": "<html><h1>504 Gateway Time-out</h1></html>", "headers": {"Content-Type": "text/html"}}


def is_visible(client: Client, service_id: str) -> bool:
    """Return whether the service is listed, and assert that it can be read and changed only if it is."""
    path = f"{client.organization}/services"
    visible_ids = [service["id"] for service in client.result("GET", path)]
    for method, part, body in (("GET", "", None), ("PATCH", "", {"name": "test"}), ("PATCH", "/password", {})):
        response = client.request(method, f"{path}/{service_id}{part}", body)
        assert (response.status_code == 200) is (service_id in visible_ids), response.text
        assert response.status_code in (200, 404)
    return service_id in visible_ids


def test_fault_lag_delays_visibility(client: Client) -> None:
    emulator = client.emulator
    emulator.hold()
    emulator.fault(path="/services$", method="POST", lag=30)
    created = client.result("POST", f"{client.organization}/services", NEW)
    assert created["password"]
    service_id = created["service"]["id"]
    assert not is_visible(client, service_id)
    # It exists behind the API.
    assert [service["id"] for service in emulator.raw_services()] == [service_id]
    emulator.advance(29)
    assert not is_visible(client, service_id)
    emulator.advance(1)
    assert is_visible(client, service_id)
    # The fault applied to one request only.
    assert is_visible(client, emulator.create()["service"]["id"])


def test_visibility_lag_flag_applies_to_all_services() -> None:
    with Emulator(0.05, "--visibility-lag", "30") as emulator:
        client = Client(emulator)
        emulator.hold()
        service_id = emulator.create()["service"]["id"]
        assert not is_visible(client, service_id)
        emulator.advance(30)
        assert is_visible(client, service_id)


@pytest.mark.parametrize("effect", [{"status": 504, **HTML}, {"disconnect": "before"}])
@pytest.mark.parametrize("seconds", [0, 30])
def test_fault_acts_after(client: Client, effect: dict[str, Any], seconds: float) -> None:
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


def test_delayed_creation_uses_its_own_time_for_date_and_lag(client: Client) -> None:
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


def test_reset_drops_delayed_requests_and_restarts_clock(client: Client) -> None:
    emulator = client.emulator
    emulator.hold()
    emulator.fault(path="/services$", method="POST", status=504, acts_after=30)
    client.request("POST", f"{client.organization}/services", NEW)
    emulator.reset()
    emulator.advance(60)
    assert emulator.services() == []
    now = emulator.advance(0)
    wait_until(lambda: emulator.advance(0) != now)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"lag": -1}, "'lag' must be a number of seconds"),
        ({"status": 504, "acts_after": "later"}, "'acts_after' must be a number of seconds"),
        ({"acts_after": 1}, "A fault needs one of"),
        ({"disconnect": "after", "acts_after": 1}, "'acts_after' goes with a status, or with disconnect: before"),
    ],
)
def test_invalid_lag_faults(emulator: Emulator, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EmulatorError, match=sentence):
        emulator.fault(path="/services$", **fields)


def test_clock_requires_held_or_advance(emulator: Emulator) -> None:
    for body in ({}, {"held": False}, {"held": True, "more": 1}, {"advance": True}):
        with pytest.raises(EmulatorError, match="advance"):
            emulator._request_control("POST", "clock", body)
