# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.notification import (
    NOTIFICATION,
    NOTIFICATION_TYPE,
)
from ansible_collections.clickhouse.cloud.plugins.modules import notification_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


@pytest.fixture
def planted(service: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Add two notifications about the service, and one about the organization; return the service."""
    about = {"resourceId": service["id"]}
    emulator.set_notifications(
        {"type": "service-degraded", **about, "createdAt": "2026-11-01T01:00:00Z", "resourceName": "analytics"},
        {"type": "service-upgraded", **about, "createdAt": "2026-11-02T02:00:00Z"},
        {"type": "organization-credits-low", "createdAt": "2026-11-03T03:00:00Z"},
    )
    emulator.limit_pages(100)
    return service


def types(result: dict[str, Any]) -> list[str]:
    return [one["type"].split("-")[-1] for one in result["notifications"]]


def queries(emulator: Emulator) -> list[dict[str, Any]]:
    return [entry["query"] for entry in emulator.journal() if entry["path"].endswith("/notifications")]


@pytest.mark.parametrize("check", [True, False])
def test_notifications_are_returned(planted: dict[str, Any], run: Run, sent: Sent, check: bool) -> None:
    result = run("notification_info", check=check)
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET notifications"]
    assert types(result) == ["low", "upgraded", "degraded"]
    assert result["notification_types"] is None
    degraded = result["notifications"][-1]
    assert (degraded["severity"], degraded["resource_type"], degraded["resource_id"]) == (
        "critical",
        "service",
        planted["id"],
    )
    assert (degraded["resource_name"], degraded["title"]) == ("analytics", "Service degraded")


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    ("options", "query", "expected"),
    [
        ({"types": "", "severities": "", "resource_id": "", "from_date": ""}, {}, ["low", "upgraded", "degraded"]),
        ({"severities": "critical"}, {"severity": ["critical"]}, ["degraded"]),
        ({"severities": ["critical", "warning"]}, {}, ["low", "degraded"]),
        ({"types": ["service-upgraded"]}, {"type": ["service-upgraded"]}, ["upgraded"]),
        (
            {"types": ["service-upgraded", "service-degraded"], "severities": ["info"]},
            {"severity": ["info"]},
            ["upgraded"],
        ),
        ({"resource_type": "organization"}, {"resource_type": ["organization"]}, ["low"]),
        ({"from_date": "2026-11-02"}, {"from_date": ["2026-11-02T00:00:00Z"]}, ["low", "upgraded"]),
        ({"to_date": "2026-11-02"}, {"to_date": ["2026-11-03T00:00:00Z"]}, ["upgraded", "degraded"]),
        ({"to_date": "2026-11-02T04:00:00+02:00"}, {"to_date": ["2026-11-02T02:00:01Z"]}, ["upgraded", "degraded"]),
    ],
)
def test_selection(
    emulator: Emulator, run: Run, options: dict[str, Any], query: dict[str, list[str]], expected: list[str]
) -> None:
    assert types(run("notification_info", **options)) == expected
    assert queries(emulator) == [{"limit": ["250"], **query}]


def test_notifications_about_one_service(planted: dict[str, Any], run: Run) -> None:
    assert types(run("notification_info", resource_id=planted["id"])) == ["upgraded", "degraded"]


def test_last_hours(emulator: Emulator, run: Run) -> None:
    emulator.set_notifications(
        {"type": "service-upgraded"}, {"type": "service-degraded", "createdAt": "2026-11-01T01:00:00Z"}
    )
    assert types(run("notification_info", hours=0.5)) == ["upgraded"]


def test_all_pages_are_read(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_notifications(*({"type": f"type-{number}"} for number in range(7)))
    emulator.limit_pages(3)
    assert len(run("notification_info")["notifications"]) == 7
    assert sent() == ["GET notifications"] * 3


@pytest.mark.usefixtures("planted")
def test_types_are_returned(run: Run, sent: Sent) -> None:
    kinds = {one["name"]: one for one in run("notification_info", include_types=True)["notification_types"]}
    assert sent() == ["GET notifications", "GET notificationTypes"]
    degraded = kinds["service-degraded"]
    assert (degraded["severity"], degraded["category"], degraded["is_configurable"]) == ("critical", "service", False)
    assert (degraded["is_available"], degraded["description"]) == (True, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"from_date": "soon"}, "from_date must be a day such as 2026-10-31"),
        ({"hours": -1}, "hours must be greater than 0"),
        ({"hours": 1, "to_date": "2026-11-01"}, "mutually exclusive: hours|to_date"),
        ({"severities": ["high"]}, "must be info or warning or critical; 'high' is not."),
        ({"resource_type": "backup"}, "must be service or organization or clickpipe or postgres; 'backup' is not."),
    ],
)
def test_invalid_option_fails_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    result = run("notification_info", **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        ("/notifications$", "notifications", "the notifications"),
        ("/notificationTypes$", "notification_types", "the types of notifications"),
    ],
)
def test_what_the_key_may_not_read_is_null(
    emulator: Emulator, run: Run, path: str, value: str, name: str, check: bool
) -> None:
    emulator.fault(path=path, status=403)
    result = run("notification_info", check=check, include_types=True)
    assert [key for key in ("notifications", "notification_types") if result[key] is None] == [value]
    assert f"The API key may not read {name} of the organization" in str(result["warnings"])


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/notifications$", status=status, times=4)
    result = run("notification_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the notifications of the organization failed" in result["msg"]


def test_missing_fields_are_null_and_unknown_ones_are_kept(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/notifications$", status=200, body={"result": [{"id": "a", "newField": 1}]})
    emulator.fault(path="/notificationTypes$", status=200, body={"result": [{"title": "b", "newField": 1}]})
    result = run("notification_info", hours=1, include_types=True)
    empty, empty_type = NOTIFICATION.to_result({}), NOTIFICATION_TYPE.to_result({})
    assert result["notifications"] == [{**dict.fromkeys(empty), "id": "a", "new_field": 1}]
    assert result["notification_types"] == [{**dict.fromkeys(empty_type), "title": "b", "new_field": 1}]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(notification_info.RETURN)
    assert documented["notifications"]["contains"].keys() == NOTIFICATION.to_result({}).keys()
    assert documented["notification_types"]["contains"].keys() == NOTIFICATION_TYPE.to_result({}).keys()
