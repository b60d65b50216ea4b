# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backups import backup_to_result
from ansible_collections.clickhouse.cloud.plugins.modules import backup_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


def hours_ago(hours: float) -> str:
    """Return the time this number of hours ago, as the API returns it."""
    return (datetime.now(timezone.utc) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def ids(service: dict[str, Any], emulator: Emulator) -> dict[str, str]:
    """Create five backups, of which number 1 is the newest, and return their IDs by number."""
    emulator.set_service(
        service["id"],
        backups=[
            {"startedAt": hours_ago(74), "finishedAt": hours_ago(73), "type": "full", "backupName": "5"},
            {"startedAt": hours_ago(50), "finishedAt": hours_ago(49), "type": "incremental", "backupName": "4"},
            {"startedAt": hours_ago(26), "finishedAt": hours_ago(25), "type": "full", "backupName": "3"},
            {
                "startedAt": hours_ago(2),
                "finishedAt": hours_ago(1),
                "status": "error",
                "type": "incremental",
                "backupName": "2",
            },
            {"startedAt": hours_ago(0.5), "status": "in_progress", "type": "incremental", "backupName": "1"},
        ],
    )
    made = emulator.raw_service(service["id"])["backups"]
    found = {backup["backupName"]: backup["id"] for backup in made if backup.get("backupName")}
    # The emulator may also list backups that it created itself.
    assert found.keys() == set("12345")
    return found


def numbers(result: dict[str, Any]) -> str:
    return "".join(backup["backup_name"] or "" for backup in result["backups"])


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "12345"),
        ({"status": ["done"]}, "345"),
        ({"status": ["error", "in_progress"]}, "12"),
        ({"status": []}, ""),
        ({"type": "full"}, "35"),
        ({"type": "incremental", "status": ["done"]}, "4"),
        ({"max_age_hours": 24}, "12"),
        ({"max_age_hours": 0.75}, "1"),
        ({"max_age_hours": 0}, ""),
        ({"min_age_hours": 24}, "345"),
        ({"min_age_hours": 0.75}, "2345"),
        ({"min_age_hours": 24, "max_age_hours": 72}, "34"),
        ({"newest": True}, "3"),
        ({"newest": True, "status": ["done", "in_progress"]}, "1"),
        ({"newest": True, "status": ["error"]}, "2"),
        ({"newest": True, "type": "incremental"}, "4"),
        ({"newest": True, "min_age_hours": 30}, "4"),
        ({"newest": True, "max_age_hours": 24}, ""),
        ({"newest": False}, "12345"),
    ],
)
def test_filter_needs_one_request(
    service: dict[str, Any],
    ids: dict[str, str],
    run: Run,
    sent: Sent,
    options: dict[str, Any],
    expected: str,
    check: bool,
) -> None:
    result = run("backup_info", check=check, service_id=service["id"], **options)
    assert result["changed"] is False
    assert result["service_id"] == service["id"]
    assert numbers(result) == expected
    assert sent() == [f"GET services/{service['id']}/backups"]


def test_service_is_found_by_name(service: dict[str, Any], ids: dict[str, str], run: Run, sent: Sent) -> None:
    result = run("backup_info", name="analytics", newest=True)
    assert [backup["id"] for backup in result["backups"]] == [ids["3"]]
    assert result["service_id"] == service["id"]
    assert sent() == ["GET services", f"GET services/{service['id']}/backups"]


@pytest.mark.parametrize("check", [True, False])
def test_backup_is_found_by_id(service: dict[str, Any], ids: dict[str, str], run: Run, sent: Sent, check: bool) -> None:
    result = run("backup_info", check=check, service_id=service["id"], backup_id=ids["2"].upper())
    assert [backup["id"] for backup in result["backups"]] == [ids["2"]]
    assert sent() == [f"GET services/{service['id']}/backups/{ids['2']}"]
    assert run("backup_info", service_id=service["id"], backup_id=ids["2"], status=["done"])["backups"] == []


def test_unknown_backup_id_returns_empty_list(service: dict[str, Any], run: Run, sent: Sent) -> None:
    assert run("backup_info", service_id=service["id"], backup_id=UNKNOWN)["backups"] == []
    assert sent() == [f"GET services/{service['id']}/backups/{UNKNOWN}"]


def test_backup_has_option_names(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    bucket = {"bucketProvider": "AWS", "bucketPath": "s3://b", "iamRoleArn": "arn", "iamRoleSessionName": "ch"}
    emulator.set_service(
        service["id"],
        backups=[
            {
                "startedAt": hours_ago(3),
                "finishedAt": hours_ago(2),
                "backupName": "b",
                "bucket": bucket,
                "sizeInBytes": 5,
            }
        ],
    )
    backup = next(item for item in run("backup_info", name="analytics")["backups"] if item["backup_name"])
    assert backup["bucket"] == {
        "bucket_provider": "AWS",
        "bucket_path": "s3://b",
        "iam_role_arn": "arn",
        "iam_role_session_name": "ch",
    }
    assert (backup["status"], backup["type"], backup["size_in_bytes"]) == ("done", "full", 5)
    assert backup["service_id"] == service["id"]
    assert 7200 <= backup["age_in_seconds"] < 7260


@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_idle_service_is_not_woken_up(service: dict[str, Any], emulator: Emulator, run: Run, state: str) -> None:
    emulator.set_service(service["id"], state=state)
    assert "failed" not in run("backup_info", name="analytics")
    assert emulator.raw_service(service["id"])["state"] == state


ODD = [
    {"id": "c"},
    {"id": "d", "startedAt": "yesterday", "finishedAt": 5, "status": None, "bucket": None, "type": []},
    {"id": "b", "startedAt": "2026-01-01T00:00:00.123Z", "status": "paused", "newField": {"someKey": 1}},
    {"id": "a", "startedAt": "2026-01-02T00:00:00+01:00", "status": "done", "finishedAt": ""},
]


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/backups$", times=3, status=200, body={"result": ODD})
    shown = run("backup_info", service_id=service["id"])["backups"]
    assert [backup["id"] for backup in shown] == ["a", "b", "c", "d"]
    assert shown[1]["new_field"] == {"some_key": 1}
    assert isinstance(shown[0]["age_in_seconds"], int)
    assert [shown[2]["age_in_seconds"], shown[3]["age_in_seconds"]] == [None, None]
    assert shown[2].keys() == backup_to_result({}, 0).keys()
    assert set(shown[2].values()) == {"c", None}
    newest = run("backup_info", service_id=service["id"], newest=True)["backups"]
    assert [backup["id"] for backup in newest] == ["a"]
    # A backup without an age matches neither limit.
    old = run("backup_info", service_id=service["id"], min_age_hours=0)["backups"]
    assert [backup["id"] for backup in old] == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_age_hours": -1}, "max_age_hours must be 0 or more hours; -1 is not."),
        ({"min_age_hours": "nan"}, "min_age_hours must be 0 or more hours; nan is not."),
        (
            {"min_age_hours": 24, "max_age_hours": 12.5},
            "min_age_hours (24) must not be greater than max_age_hours (12.5).",
        ),
        (
            {"backup_id": "latest"},
            "backup_id must be a UUID such as 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc; 'latest' is not.",
        ),
        ({"backup_id": UNKNOWN, "newest": True}, "parameters are mutually exclusive: backup_id|newest"),
        ({"status": ["finished"]}, "status: number 1 must be done or error or in_progress; "),
        ({"type": "partial"}, "type must be full or incremental; 'partial' is not."),
    ],
)
def test_impossible_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    result = run("backup_info", service_id=UNKNOWN, **options)
    assert result["failed"] is True
    assert result["msg"].startswith(message)
    assert emulator.journal() == []


def test_empty_backup_id_counts_as_unset(service: dict[str, Any], ids: dict[str, str], run: Run) -> None:
    assert numbers(run("backup_info", name="analytics", backup_id="")) == "12345"


@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
@pytest.mark.parametrize("options", [{}, {"newest": True}, {"backup_id": "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"}])
def test_missing_service_is_reported(
    emulator: Emulator, run: Run, lookup: dict[str, str], options: dict[str, Any]
) -> None:
    assert run("backup_info", **lookup, **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("backup_info")["msg"]
    assert "one of the following is required: name, service_id" in run("backup_info", name="")["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("options", [{}, {"backup_id": UNKNOWN}])
def test_missing_view_permission_causes_warning(
    service: dict[str, Any], emulator: Emulator, run: Run, options: dict[str, str]
) -> None:
    emulator.fault(path="/backups", status=403)
    result = run("backup_info", name="analytics", **options)
    assert "failed" not in result
    assert result["backups"] is None
    assert (
        f"The API key may not read the backups of service {service['id']}: the request failed with HTTP"
        " status 403: FORBIDDEN. The role of the API key does not allow this: use a key that has the permission"
        " control-plane:service:view-backups."
    ) in str(result["warnings"])


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    organization = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    result = run("backup_info", service_id=UNKNOWN, backup_id=UNKNOWN, organization_id=organization)
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(backup_info.RETURN)["backups"]["contains"]
    assert documented.keys() == backup_to_result({}, 0).keys()
