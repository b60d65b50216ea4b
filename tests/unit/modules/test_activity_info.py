# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.activity import ACTIVITY
from ansible_collections.clickhouse.cloud.plugins.modules import activity_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

SERVICE = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
LOG = [
    {"id": "d", "createdAt": "2026-11-02T00:00:00Z", "type": "key_create", "actorType": "user", "actorId": "u1"},
    {
        "id": "c",
        "createdAt": "2026-11-01T23:59:59.7Z",
        "type": "service_update_name",
        "actorType": "user",
        "actorId": "u1",
        "actorDetails": "Alice@example.com",
        "serviceId": SERVICE,
    },
    {"id": "b", "createdAt": "2026-11-01T08:00:00Z", "type": "service_stop", "actorType": "support"},
    {"id": "a", "createdAt": "2026-10-31T23:59:59Z", "type": "service_stop", "actorType": "api", "actorId": "k1"},
]


def ids(result: dict[str, Any]) -> str:
    return "".join(activity["id"] for activity in result["activities"])


def queries(emulator: Emulator) -> list[dict[str, Any]]:
    return [entry["query"] for entry in emulator.journal() if entry["path"].endswith("/activities")]


@pytest.mark.parametrize("check", [True, False])
def test_activities_of_the_last_hours(
    emulator: Emulator, service: dict[str, Any], run: Run, sent: Sent, check: bool
) -> None:
    emulator.request("PATCH", f"services/{service['id']}", {"name": "reports"})
    emulator.clear_journal()
    result = run("activity_info", check=check, hours=1, actor=" first KEY")
    (query,) = queries(emulator)
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET activities"]
    # The API may refuse a time.
    assert query.keys() == {"from_date"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", query["from_date"][0])
    newest, oldest = result["activities"]
    assert (newest["type"], oldest["type"]) == ("service_update_name", "service_create")
    assert (newest["service_id"], newest["actor_type"], newest["actor_details"]) == (service["id"], "api", "First key")
    assert newest["target_role_ids"] is None


@pytest.mark.parametrize(
    ("options", "query", "expected"),
    [
        ({}, {}, "dcba"),
        ({"types": "", "actor": " ", "service_id": "", "from_date": ""}, {}, "dcba"),
        ({"from_date": "2026-11-01"}, {"from_date": ["2026-11-01"]}, "dcb"),
        ({"from_date": "2026-11-01T10:00:00+02:00"}, {"from_date": ["2026-11-01"]}, "dcb"),
        ({"from_date": "2026-11-01T00:30:00+02:00"}, {"from_date": ["2026-10-31"]}, "dcba"),
        ({"to_date": "2026-11-01"}, {"to_date": ["2026-11-02"]}, "cba"),
        ({"to_date": "2026-11-01T23:00:00Z"}, {"to_date": ["2026-11-02"]}, "ba"),
        ({"to_date": "9999-12-31"}, {}, "dcba"),
        ({"from_date": "2026-11-01", "to_date": "2026-11-01"}, None, "cb"),
        ({"types": ["service_stop", "key_create"]}, {}, "dba"),
        ({"types": "service_stop"}, {}, "ba"),
        ({"types": []}, {}, "dcba"),
        ({"actor_types": ["user", "api"]}, {}, "dca"),
        ({"actor": "k1"}, {}, "a"),
        ({"actor": "alice"}, {}, "c"),
        ({"actor": "k"}, {}, ""),
        ({"service_id": SERVICE.upper()}, {}, "c"),
        ({"types": "service_stop", "actor_types": "user"}, {}, ""),
    ],
)
def test_selection(
    emulator: Emulator, run: Run, options: dict[str, Any], query: dict[str, list[str]] | None, expected: str
) -> None:
    emulator.fault(path="/activities$", status=200, body={"result": LOG})
    assert ids(run("activity_info", **options)) == expected
    assert query is None or queries(emulator) == [query]


def test_days_of_the_api_are_read_in_full(emulator: Emulator, run: Run) -> None:
    emulator.create(name="new")
    today = datetime.now(timezone.utc).date()
    assert len(run("activity_info", from_date=str(today - timedelta(days=1)), to_date=str(today))["activities"]) == 1
    assert run("activity_info", to_date=str(today - timedelta(days=2)))["activities"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"from_date": "2026-11-1"},
            "from_date must be a day such as 2026-10-31, or a time such as 2026-10-31T08:00:00Z; '2026-11-1' is"
            " neither.",
        ),
        ({"to_date": "2026-02-30"}, "to_date must be a day such as 2026-10-31"),
        ({"to_date": "now"}, "to_date must be a day such as 2026-10-31"),
        (
            {"from_date": "2026-11-02", "to_date": "2026-11-01"},
            "to_date (2026-11-01) must not be before from_date (2026-11-02).",
        ),
        ({"hours": 0}, "hours must be greater than 0, and at most 876600; 0.0 is not."),
        ({"hours": "nan"}, "hours must be greater than 0, and at most 876600; nan is not."),
        ({"hours": 1e9}, "hours must be greater than 0"),
        ({"hours": 1, "from_date": "2026-11-01"}, "mutually exclusive: hours|from_date"),
        ({"hours": 1, "to_date": "2026-11-01"}, "mutually exclusive: hours|to_date"),
        ({"service_id": "analytics"}, "service_id must be a UUID"),
        (
            {"actor_types": ["member"]},
            "actor_types: number 1 must be user or support or system or api; 'member' is not.",
        ),
    ],
)
def test_invalid_option_fails_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    result = run("activity_info", **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
def test_activities_that_the_key_may_not_read_are_null(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/activities$", status=403)
    result = run("activity_info", check=check)
    assert result["activities"] is None
    assert "The API key may not read the activities of the organization" in str(result["warnings"])
    assert "control-plane:organization:view-activities" in str(result["warnings"])


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/activities$", status=status, times=4)
    result = run("activity_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the activities of the organization failed" in result["msg"]


def test_all_pages_are_read(emulator: Emulator, run: Run, sent: Sent) -> None:
    page = {"result": LOG[:2], "nextCursor": "more"}
    emulator.fault(path="/activities$", status=200, body=page)
    emulator.fault(path="/activities$", status=200, body={"result": LOG[2:], "nextCursor": None})
    assert ids(run("activity_info")) == "dcba"
    assert sent() == ["GET activities", "GET activities"]


def test_missing_fields_are_null_and_unknown_ones_are_kept(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/activities$", status=200, body={"result": [{"id": "a", "newField": 1}]})
    (activity,) = run("activity_info", hours=1)["activities"]
    assert activity == {**dict.fromkeys(ACTIVITY.to_result({})), "id": "a", "new_field": 1}


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(activity_info.RETURN)["activities"]["contains"]
    assert documented.keys() == ACTIVITY.to_result({}).keys()
