# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.snapshot_config import SNAPSHOT_CONFIG
from ansible_collections.clickhouse.cloud.plugins.modules import snapshot_config_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
BETA_IS_OFF = (
    " failed with HTTP status 403: FORBIDDEN. The beta of snapshots is off for the organization: ask ClickHouse"
    " support to turn it on. The API's request id is "
)
EVERY_30 = {"enabled": True, "gap": 30, "time_frame": 1440}


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/snapshotConfiguration"


@pytest.mark.parametrize("state", ["running", "idle", "some_new_state"])
def test_configuration_by_id_needs_one_request(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str
) -> None:
    emulator.request("PATCH", path, {"enabled": True, "gap": 30, "timeFrame": 1440})
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    by_id = run("snapshot_config_info", check=True, service_id=service["id"])
    assert (by_id["changed"], by_id["service_id"], by_id["snapshot_config"]) == (False, service["id"], EVERY_30)
    assert "diff" not in by_id
    assert sent() == [f"GET {path}"]

    by_name = run("snapshot_config_info", name="analytics")
    assert (by_name["service_id"], by_name["snapshot_config"]) == (service["id"], EVERY_30)
    assert sent() == ["GET services", f"GET {path}"]
    # The idle service is not woken up.
    assert emulator.raw_service(service["id"])["state"] == state


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = {"enabled": None, "gap": "often", "newField": [{"someKey": 1}]}
    emulator.fault(path="/snapshotConfiguration$", status=200, body={"result": odd})
    assert run("snapshot_config_info", name="analytics")["snapshot_config"] == {
        "enabled": None,
        "gap": "often",
        "time_frame": None,
        "new_field": [{"some_key": 1}],
    }


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    assert run("snapshot_config_info", **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("snapshot_config_info")["msg"]
    assert "one of the following is required: name, service_id" in run("snapshot_config_info", name="")["msg"]
    assert "service_id must be a UUID" in run("snapshot_config_info", service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_beta_that_is_off_causes_a_warning_that_names_it(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"snapshots": False})
    emulator.clear_journal()
    result = run("snapshot_config_info", service_id=service["id"])
    assert ("failed" in result, result["snapshot_config"]) == (False, None)
    assert f"The request to read the snapshot configuration of service {service['id']}" + BETA_IS_OFF in str(
        result["warnings"]
    )
    assert "permission" not in str(result["warnings"])
    assert sent() == [f"GET {path}", "GET /v1/organizations"]


def test_missing_view_permission_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/snapshotConfiguration$", status=403)
    result = run("snapshot_config_info", name="analytics")
    assert ("failed" in result, result["snapshot_config"]) == (False, None)
    assert (
        f"The API key may not read the snapshot configuration of service {service['id']}: the request failed with HTTP"
        " status 403: FORBIDDEN. The role of the API key does not allow this: use a key that has the permission"
        " control-plane:service:view-snapshots."
    ) in str(result["warnings"])
    assert "beta" not in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/snapshotConfiguration$", status=status, times=99)
    assert run("snapshot_config_info", name="analytics")["status"] == status


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("snapshot_config_info", service_id=UNKNOWN, organization_id="8d2f1c44-6a0b-4b7e-9c55-0123456789ab")
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(snapshot_config_info.RETURN)["snapshot_config"]["contains"]
    assert documented.keys() == SNAPSHOT_CONFIG.to_result({}).keys()
