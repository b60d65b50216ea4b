# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the clock of the emulator."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator, EmulatorError
from ansible_collections.clickhouse.cloud.tests.emulator.clock import parse_timestamp
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

HOUR = 3600


def is_close(text: str, moment: datetime) -> bool:
    return abs(parse_timestamp(text) - moment) < timedelta(seconds=10)


def in_a_day() -> datetime:
    return datetime.now(timezone.utc) + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T02:00:00Z", datetime(2026, 1, 31, 2, tzinfo=timezone.utc)),
        ("2026-01-31t02:00:00z", datetime(2026, 1, 31, 2, tzinfo=timezone.utc)),
        ("2026-01-31T02:00:00+01:30", datetime(2026, 1, 31, 0, 30, tzinfo=timezone.utc)),
        ("2026-01-31T02:00:00.25Z", datetime(2026, 1, 31, 2, 0, 0, 250_000, timezone.utc)),
        ("2026-01-31T02:00:00.123456789Z", datetime(2026, 1, 31, 2, 0, 0, 123_456, timezone.utc)),
    ],
)
def test_parse_timestamp(text: str, expected: datetime) -> None:
    assert parse_timestamp(text) == expected


#: Some Python versions would accept some of these.
@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026-01-31T02:00:00",
        "2026-01-31T02:00Z",
        "2026-01-31 02:00:00Z",
        "20260131T020000Z",
        "2026-W05-6T02:00:00Z",
        "2026-01-31T02:00:00.Z",
        "2026-01-31T02:00:00,25Z",
        "2026-01-31T02:00:00+0100",
        "2026-02-31T02:00:00Z",
        "2026-01-31T02:00:00Z\n",
    ],
)
def test_parse_timestamp_rejects_invalid_text(text: str) -> None:
    with pytest.raises(ValueError, match="date and time|day"):
        parse_timestamp(text)


def test_advance_moves_dates(client: Client) -> None:
    before = client.create()["createdAt"]
    assert is_close(client.emulator.advance(24 * HOUR), in_a_day())
    after = client.create()["createdAt"]
    assert is_close(after, in_a_day())
    assert parse_timestamp(after) - parse_timestamp(before) >= timedelta(days=1)
    newest = client.result("GET", f"{client.organization}/activities")[0]
    assert is_close(newest["createdAt"], in_a_day())


def test_advances_add_up_until_reset(client: Client) -> None:
    client.emulator.advance(12 * HOUR)
    assert is_close(client.emulator.advance(12.0 * HOUR), in_a_day())
    url = client.emulator.api_url[: -len("/v1")] + "/_emulator/clock"
    assert is_close(requests.get(url, timeout=100).json()["now"], in_a_day())
    assert is_close(client.emulator.advance(0), in_a_day())
    client.emulator.reset()
    assert is_close(client.emulator.advance(0), datetime.now(timezone.utc))
    assert is_close(client.create()["createdAt"], datetime.now(timezone.utc))


def test_advance_completes_transitions() -> None:
    with Emulator(600) as emulator:
        client = Client(emulator)
        service_id = client.create()["id"]
        emulator.advance(590)
        assert client.state(service_id) == "provisioning"
        emulator.advance(10)
        assert client.state(service_id) == "running"
        client.result("PATCH", client.service(service_id, "/state"), {"command": "stop"})
        emulator.advance(600)
        assert client.state(service_id) == "stopped"
        assert client.request("DELETE", client.service(service_id)).status_code == 200
        emulator.advance(600)
        assert client.error("GET", client.service(service_id))[0] == 404


def test_journal_and_rate_limit_use_real_time() -> None:
    with Emulator(0.05, "--rate-limit", "2/60") as emulator:
        client = Client(emulator)
        start = time.monotonic()
        client.request("GET", "/organizations")
        emulator.advance(24 * HOUR)
        client.request("GET", "/organizations")
        assert client.request("GET", "/organizations").status_code == 429
        times = [entry["time"] for entry in emulator.journal()]
        assert times == sorted(times)
        assert times[-1] - times[0] <= time.monotonic() - start


@pytest.mark.parametrize("seconds", [-1, "60", None, True, [1], 3651 * 24 * HOUR, 10**400])
def test_advance_rejects_invalid_seconds(client: Client, seconds: Any) -> None:
    with pytest.raises(EmulatorError, match="'advance'"):
        client.emulator.advance(seconds)
    assert is_close(client.emulator.advance(0), datetime.now(timezone.utc))


@pytest.mark.parametrize("content", ["", "{}", '{"back": 1}', '{"advance": 1, "by": 2}', '{"advance": NaN}'])
def test_clock_rejects_invalid_bodies(client: Client, content: str) -> None:
    url = client.emulator.api_url[: -len("/v1")] + "/_emulator/clock"
    response = requests.post(url, data=content, timeout=100)
    assert response.status_code == 400
    assert response.json()["error"]
