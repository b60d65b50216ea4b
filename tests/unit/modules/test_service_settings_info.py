# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.service_settings import DEFINITION
from ansible_collections.clickhouse.cloud.plugins.modules import service_settings_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.emulator.settings import SETTINGS

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."


@pytest.fixture
def path(service: dict[str, Any], emulator: Emulator) -> str:
    """Return the path of the settings of a service, two of which are set."""
    path = f"services/{service['id']}/clickhouseSettings"
    emulator.request("PATCH", path, {"settings": {"compatibility": "26.2", "max_threads": 4}})
    emulator.clear_journal()
    return path


@pytest.mark.parametrize(("state", "check"), [("running", False), ("idle", True), ("some_new_state", False)])
def test_settings_by_id_need_one_request(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    emulator.set_service(service["id"], state=state)
    expected = {"compatibility": "26.2", "max_threads": 4}
    by_id = run("service_settings_info", check=check, service_id=service["id"])
    assert (by_id["changed"], by_id["service_id"], by_id["settings"]) == (False, service["id"], expected)
    assert by_id.keys().isdisjoint({"diff", "schema"})
    assert sent() == [f"GET {path}"]

    by_name = run("service_settings_info", check=check, name="analytics")
    assert (by_name["service_id"], by_name["settings"]) == (service["id"], expected)
    assert sent() == ["GET services", f"GET {path}"]
    assert emulator.raw_service(service["id"])["state"] == state


def test_schema_describes_what_can_be_changed(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    result = run("service_settings_info", service_id=service["id"], schema=True)
    assert sent() == [f"GET {path}", f"GET {path}/schema"]
    described = {setting["name"]: setting for setting in result["schema"]}
    assert described.keys() == SETTINGS.keys()
    assert described["async_insert"] == {
        "name": "async_insert",
        "type": "integer",
        "description": SETTINGS["async_insert"].description,
        "enum": [0, 1],
        "warning": None,
        "deprecation_notice": None,
        "example": "1",
    }


def test_unexpected_and_unknown_values_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    listed = [{"name": "maxThreads", "value": {"aB": 1}}, {"name": "unset"}]
    emulator.fault(path="/clickhouseSettings$", status=200, body={"result": {"settings": listed}})
    described = [{"name": "x", "newField": {"someKey": 1}, "enum": 7}]
    emulator.fault(path="/schema$", status=200, body={"result": {"settings": described}})
    result = run("service_settings_info", name="analytics", schema=True)
    assert result["settings"] == {"maxThreads": {"aB": 1}}
    (only,) = result["schema"]
    assert (only["new_field"], only["enum"], only["type"]) == ({"some_key": 1}, 7, None)


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    assert run("service_settings_info", **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("service_settings_info")["msg"]
    assert "one of the following is required: name, service_id" in run("service_settings_info", name="")["msg"]
    assert "service_id must be a UUID" in run("service_settings_info", service_id="analytics")["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize(
    ("part", "value", "name"),
    [("", "settings", "ClickHouse settings"), ("/schema", "schema", "schema of the ClickHouse settings")],
)
def test_missing_view_permission_causes_warning(
    service: dict[str, Any], emulator: Emulator, run: Run, part: str, value: str, name: str
) -> None:
    emulator.fault(path=f"/clickhouseSettings{part}$", status=403)
    result = run("service_settings_info", name="analytics", schema=True)
    assert ("failed" in result, result[value]) == (False, None)
    (warning,) = result["warnings"]
    assert f"The API key may not read the {name} of service {service['id']}" in warning
    assert "control-plane:service:view" in warning


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("part", "status"), [("", 401), ("/schema", 500)])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int, part: str) -> None:
    emulator.fault(path=f"/clickhouseSettings{part}$", status=status, times=99)
    assert run("service_settings_info", name="analytics", schema=True)["status"] == status


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("service_settings_info", service_id=UNKNOWN, organization_id="8d2f1c44-6a0b-4b7e-9c55-0123456789ab")
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(service_settings_info.RETURN)["schema"]["contains"]
    assert documented.keys() == DEFINITION.to_result({}).keys()
