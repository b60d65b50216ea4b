# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backups import backup_to_result
from ansible_collections.clickhouse.cloud.plugins.modules import snapshot_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
BETA_IS_OFF = (
    " failed with HTTP status 403: FORBIDDEN. The beta of snapshots is off for the organization: ask ClickHouse"
    " support to turn it on. The API's request id is "
)


def hours_ago(hours: float) -> str:
    """Return the time this number of hours ago, as the API returns it."""
    return (datetime.now(timezone.utc) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/snapshots"


@pytest.fixture
def ids(service: dict[str, Any], emulator: Emulator) -> dict[str, str]:
    """Create five snapshots, of which number 1 is the newest, and return their IDs by number."""
    emulator.set_service(
        service["id"],
        snapshots=[
            {"startedAt": hours_ago(9), "finishedAt": hours_ago(8), "backupName": "5"},
            {"startedAt": hours_ago(6), "finishedAt": hours_ago(5), "backupName": "4"},
            {"startedAt": hours_ago(3), "finishedAt": hours_ago(2), "status": "error", "backupName": "3"},
            {"startedAt": hours_ago(1), "status": "in_progress", "backupName": "2"},
            {"startedAt": hours_ago(0.5), "status": "throttled", "backupName": "1"},
        ],
    )
    made = emulator.raw_service(service["id"])["snapshots"]
    assert len(made) == 5
    return {snapshot["backupName"]: snapshot["id"] for snapshot in made}


def numbers(result: dict[str, Any]) -> str:
    return "".join(snapshot["backup_name"] for snapshot in result["snapshots"])


#: Options, and the numbers of the snapshots that match them.
SELECTIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "12345"),
    ({"status": ["done"]}, "45"),
    ({"status": ["throttled", "error"]}, "13"),
    ({"max_age_hours": 4}, "123"),
    ({"min_age_hours": 4, "max_age_hours": 7}, "4"),
    ({"newest": True}, "4"),
    ({"newest": True, "status": ["throttled"]}, "1"),
    ({"newest": True, "max_age_hours": 4}, ""),
]


def test_selection_needs_one_request(
    service: dict[str, Any], ids: dict[str, str], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.limit_pages(250)
    for check, (options, expected) in zip(itertools.cycle((True, False)), SELECTIONS):
        result = run("snapshot_info", check=check, service_id=service["id"], **options)
        assert (result["changed"], result["service_id"], numbers(result)) == (False, service["id"], expected)
        assert "diff" not in result
        assert sent() == [f"GET {path}"]


def test_all_pages_are_read(
    service: dict[str, Any], ids: dict[str, str], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.limit_pages(2)
    assert numbers(run("snapshot_info", name="analytics")) == "12345"
    assert sent() == ["GET services", *[f"GET {path}"] * 3]
    # The newest completed one is on the second page.
    assert numbers(run("snapshot_info", name="analytics", newest=True)) == "4"


def test_failure_of_a_further_page_is_reported(
    service: dict[str, Any], ids: dict[str, str], emulator: Emulator, run: Run
) -> None:
    emulator.limit_pages(2)
    emulator.fault(path="/snapshots$", skip=1, status=400)
    result = run("snapshot_info", service_id=service["id"])
    assert (result["failed"], result["status"]) == (True, 400)
    assert "snapshots" not in result


@pytest.mark.parametrize("check", [True, False])
def test_snapshot_is_found_by_id(
    service: dict[str, Any], ids: dict[str, str], path: str, run: Run, sent: Sent, check: bool
) -> None:
    result = run("snapshot_info", check=check, service_id=service["id"], snapshot_id=ids["3"].upper())
    assert [snapshot["id"] for snapshot in result["snapshots"]] == [ids["3"]]
    assert sent() == [f"GET {path}/{ids['3']}"]
    assert run("snapshot_info", service_id=service["id"], snapshot_id=ids["3"], status=["done"])["snapshots"] == []


def test_unknown_snapshot_id_returns_empty_list(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    assert run("snapshot_info", service_id=service["id"], snapshot_id=UNKNOWN)["snapshots"] == []
    assert sent() == [f"GET {path}/{UNKNOWN}"]


def test_backup_is_not_a_snapshot(service: dict[str, Any], ids: dict[str, str], run: Run) -> None:
    for backup in run("backup_info", name="analytics")["backups"]:
        assert backup["id"] not in ids.values()
        assert run("snapshot_info", name="analytics", snapshot_id=backup["id"])["snapshots"] == []


def test_snapshot_has_option_names(service: dict[str, Any], ids: dict[str, str], run: Run) -> None:
    snapshot = run("snapshot_info", service_id=service["id"], snapshot_id=ids["4"])["snapshots"][0]
    assert (snapshot["status"], snapshot["type"], snapshot["service_id"]) == ("done", "full", service["id"])
    assert 5 * 3600 <= snapshot["age_in_seconds"] < 5 * 3600 + 60


@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_idle_service_is_not_woken_up(service: dict[str, Any], emulator: Emulator, run: Run, state: str) -> None:
    emulator.set_service(service["id"], state=state)
    assert "failed" not in run("snapshot_info", name="analytics")
    assert emulator.raw_service(service["id"])["state"] == state


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = [
        {"id": "b"},
        {"id": "a", "startedAt": "2026-01-01T00:00:00Z", "status": "paused", "newField": {"someKey": 1}},
    ]
    emulator.fault(path="/snapshots$", status=200, body={"result": odd})
    shown = run("snapshot_info", service_id=service["id"])["snapshots"]
    assert [snapshot["id"] for snapshot in shown] == ["a", "b"]
    assert shown[0]["new_field"] == {"some_key": 1}
    assert set(shown[1].values()) == {"b", None}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_age_hours": -1}, "max_age_hours must be 0 or more hours; -1 is not."),
        ({"min_age_hours": 2, "max_age_hours": 1}, "min_age_hours (2) must not be greater than max_age_hours (1)."),
        (
            {"snapshot_id": "latest"},
            "snapshot_id must be a UUID such as 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc; 'latest' is not.",
        ),
        ({"snapshot_id": UNKNOWN, "newest": True}, "parameters are mutually exclusive: snapshot_id|newest"),
        ({"status": ["finished"]}, "status: number 1 must be done or error or in_progress or throttled; "),
        ({"type": "full"}, "type is not an option."),
    ],
)
def test_impossible_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    result = run("snapshot_info", service_id=UNKNOWN, **options)
    assert result["failed"] is True
    assert result["msg"].startswith(message)
    assert emulator.journal() == []


def test_empty_snapshot_id_counts_as_unset(service: dict[str, Any], ids: dict[str, str], run: Run) -> None:
    assert numbers(run("snapshot_info", name="analytics", snapshot_id="")) == "12345"


@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
@pytest.mark.parametrize("options", [{"newest": True}, {"snapshot_id": "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"}])
def test_missing_service_is_reported(
    emulator: Emulator, run: Run, lookup: dict[str, str], options: dict[str, Any]
) -> None:
    assert run("snapshot_info", **lookup, **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("snapshot_info")["msg"]
    assert "one of the following is required: name, service_id" in run("snapshot_info", name="")["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize(
    ("options", "read"), [({}, "list the snapshots"), ({"snapshot_id": UNKNOWN}, "read a snapshot")]
)
def test_beta_that_is_off_causes_a_warning_that_names_it(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, options: dict[str, str], read: str
) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"snapshots": False})
    emulator.clear_journal()
    result = run("snapshot_info", service_id=service["id"], **options)
    assert ("failed" in result, result["snapshots"]) == (False, None)
    assert f"The request to {read} of service {service['id']}" + BETA_IS_OFF in str(result["warnings"])
    assert sent()[1:] == ["GET /v1/organizations"]


@pytest.mark.parametrize("options", [{}, {"snapshot_id": UNKNOWN}])
def test_missing_view_permission_causes_warning(
    service: dict[str, Any], emulator: Emulator, run: Run, options: dict[str, str]
) -> None:
    emulator.fault(path="/snapshots", status=403)
    result = run("snapshot_info", name="analytics", **options)
    assert ("failed" in result, result["snapshots"]) == (False, None)
    assert (
        f"The API key may not read the snapshots of service {service['id']}: the request failed with HTTP"
        " status 403: FORBIDDEN. The role of the API key does not allow this: use a key that has the permission"
        " control-plane:service:view-snapshots."
    ) in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/snapshots$", status=status, times=99)
    assert run("snapshot_info", name="analytics")["status"] == status


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("snapshot_info", service_id=UNKNOWN, organization_id="8d2f1c44-6a0b-4b7e-9c55-0123456789ab")
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(snapshot_info.RETURN)["snapshots"]["contains"]
    assert documented.keys() == backup_to_result({}, 0).keys()
