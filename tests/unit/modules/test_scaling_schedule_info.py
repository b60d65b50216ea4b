# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema import scaling_schedule as schema
from ansible_collections.clickhouse.cloud.plugins.modules import scaling_schedule_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
ALWAYS = {"name": "always", "weekdays": [6, 5, 4, 3, 2, 1, 0], "startHourUtc": 0, "endHourUtc": 24, "numReplicas": 5}


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/scalingSchedule"


@pytest.mark.parametrize("state", ["idle", "some_new_state"])
def test_schedule_by_id_needs_one_request(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str
) -> None:
    emulator.request("POST", path, {"entries": [ALWAYS]})
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    for check in (True, False):
        by_id = run("scaling_schedule_info", check=check, service_id=service["id"])
        assert (by_id["changed"], by_id["service_id"], "diff" in by_id) == (False, service["id"], False)
        schedule = by_id["scaling_schedule"]
        (entry,) = schedule["entries"]
        assert (entry["weekdays"][0], entry["start_hour_utc"], entry["end_hour_utc"]) == ("sunday", 0, 24)
        assert (entry["num_replicas"], entry["min_replicas"], entry["is_active_now"]) == (5, None, True)
        assert (schedule["active_entry"], schedule["active_entry_id"]) == (entry, entry["id"])
        assert (schedule["base_config"]["num_replicas"], schedule["base_config"]["min_replicas"]) == (3, None)
        assert sent() == [f"GET {path}"]

    by_name = run("scaling_schedule_info", name="analytics")
    assert (by_name["service_id"], by_name["scaling_schedule"]) == (service["id"], schedule)
    assert sent() == ["GET services", f"GET {path}"]
    # The idle service is not woken up.
    assert emulator.raw_service(service["id"])["state"] == state


def test_service_without_schedule_returns_null(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    assert run("scaling_schedule_info", service_id=service["id"])["scaling_schedule"] is None
    assert sent() == [f"GET {path}", f"GET services/{service['id']}"]


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = {"entries": [{"weekdays": "all", "newField": {"aKey": 1}}, 7], "activeEntryId": "gone", "newField": [1]}
    emulator.fault(path="/scalingSchedule$", status=200, body={"result": odd})
    schedule = run("scaling_schedule_info", name="analytics")["scaling_schedule"]
    assert (schedule["active_entry_id"], schedule["active_entry"], schedule["base_config"]) == ("gone", None, None)
    assert (schedule["new_field"], schedule["entries"][1]) == ([1], 7)
    entry = schedule["entries"][0]
    assert (entry["weekdays"], entry["new_field"], entry["autoscaling_mode"]) == ("all", {"a_key": 1}, "vertical")
    emulator.fault(path="/scalingSchedule$", status=200, body={"result": {"entries": "none"}})
    assert run("scaling_schedule_info", name="analytics")["scaling_schedule"]["entries"] == "none"


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    assert run("scaling_schedule_info", **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("scaling_schedule_info")["msg"]
    assert "one of the following is required: name, service_id" in run("scaling_schedule_info", name="")["msg"]
    assert "service_id must be a UUID" in run("scaling_schedule_info", service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_missing_permission_or_feature_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"scheduledAutoscaling": False})
    result = run("scaling_schedule_info", name="analytics")
    assert ("failed" in result, result["scaling_schedule"]) == (False, None)
    (warning,) = map(str, result["warnings"])
    assert f"The API key may not read the scaling schedule of service {service['id']}" in warning
    assert "control-plane:service:view" in warning
    assert "the beta of scheduled scaling is off for the organization" in warning


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/scalingSchedule$", status=status, times=99)
    assert run("scaling_schedule_info", name="analytics")["status"] == status


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("scaling_schedule_info", service_id=UNKNOWN, organization_id="8d2f1c44-6a0b-4b7e-9c55-0123456789ab")
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(scaling_schedule_info.RETURN)["scaling_schedule"]["contains"]
    assert documented.keys() == schema.SCALING_SCHEDULE.to_result({}).keys()
    assert documented["entries"]["contains"].keys() == schema.ENTRY.to_result({}).keys()
    assert documented["base_config"]["contains"].keys() == schema.BASE_CONFIG.to_result({}).keys()
