# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.upgrade_window import UPGRADE_WINDOW
from ansible_collections.clickhouse.cloud.plugins.modules import upgrade_window_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/upgradeWindow"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["running", "idle", "stopped", "some_new_state"])
def test_window_by_id_needs_one_request(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    emulator.request("PUT", path, {"weekday": 6, "startHourUtc": 18})
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    expected = {"weekday": "saturday", "start_hour_utc": 18, "duration": 6}
    by_id = run("upgrade_window_info", check=check, service_id=service["id"])
    assert (by_id["changed"], by_id["service_id"], by_id["upgrade_window"]) == (False, service["id"], expected)
    assert "diff" not in by_id
    assert sent() == [f"GET {path}"]

    by_name = run("upgrade_window_info", check=check, name="analytics")
    assert (by_name["service_id"], by_name["upgrade_window"]) == (service["id"], expected)
    assert sent() == ["GET services", f"GET {path}"]
    # The idle service is not woken up.
    assert emulator.raw_service(service["id"])["state"] == state


def test_service_without_window_returns_null(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    assert run("upgrade_window_info", service_id=service["id"])["upgrade_window"] is None
    assert sent() == [f"GET {path}", f"GET services/{service['id']}"]
    # A service that was found by its name exists.
    assert run("upgrade_window_info", name="analytics")["upgrade_window"] is None
    assert sent() == ["GET services", f"GET {path}"]


def test_secondary_service_has_the_window_of_its_primary(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    warehouse = service["dataWarehouseId"]
    emulator.create(name="reports", provider="aws", region="eu-central-1", dataWarehouseId=warehouse)
    assert run("upgrade_window_info", name="reports")["upgrade_window"] is None
    emulator.request("PUT", path, {"weekday": 1, "startHourUtc": 0})
    assert run("upgrade_window_info", name="reports")["upgrade_window"]["weekday"] == "monday"


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = {"weekday": "sunday", "newField": [{"someKey": 1}]}
    emulator.fault(path="/upgradeWindow$", status=200, body={"result": odd})
    assert run("upgrade_window_info", name="analytics")["upgrade_window"] == {
        "weekday": "sunday",
        "start_hour_utc": None,
        "duration": None,
        "new_field": [{"some_key": 1}],
    }


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    assert run("upgrade_window_info", **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("upgrade_window_info")["msg"]
    assert "one of the following is required: name, service_id" in run("upgrade_window_info", name="")["msg"]
    assert "service_id must be a UUID" in run("upgrade_window_info", service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_missing_view_permission_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/upgradeWindow$", status=403)
    result = run("upgrade_window_info", name="analytics")
    assert ("failed" in result, result["upgrade_window"]) == (False, None)
    assert f"The API key may not read the upgrade window of service {service['id']}" in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/upgradeWindow$", status=status, times=99)
    assert run("upgrade_window_info", name="analytics")["status"] == status


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("upgrade_window_info", service_id=UNKNOWN, organization_id="8d2f1c44-6a0b-4b7e-9c55-0123456789ab")
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(upgrade_window_info.RETURN)["upgrade_window"]["contains"]
    assert documented.keys() == UPGRADE_WINDOW.to_result({}).keys()
