# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backup_config import BACKUP_CONFIG
from ansible_collections.clickhouse.cloud.plugins.modules import backup_config_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
DEFAULTS = {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 24, "backup_start_time": None}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["running", "idle", "stopped", "some_new_state"])
def test_configuration_by_id_needs_one_request(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    emulator.set_service(service["id"], state=state)
    by_id = run("backup_config_info", check=check, service_id=service["id"])
    assert by_id["changed"] is False
    assert by_id["service_id"] == service["id"]
    assert by_id["backup_config"] == DEFAULTS
    assert sent() == [f"GET services/{service['id']}/backupConfiguration"]

    by_name = run("backup_config_info", check=check, name="analytics")
    assert (by_name["service_id"], by_name["backup_config"]) == (service["id"], DEFAULTS)
    assert sent() == ["GET services", f"GET services/{service['id']}/backupConfiguration"]
    # The idle service is not woken up.
    assert emulator.raw_service(service["id"])["state"] == state


def test_configured_values_are_returned(service: dict[str, Any], run: Run) -> None:
    settings = {**DEFAULTS, "backup_period_in_hours": 48, "backup_start_time": "02:00"}
    run("backup_config", name="analytics", backup_period_in_hours=48, backup_start_time="02:00")
    assert run("backup_config_info", name="analytics")["backup_config"] == settings


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = {"backupPeriodInHours": None, "backupStartTime": "", "newField": [{"someKey": 1}]}
    emulator.fault(path="/backupConfiguration$", status=200, body={"result": odd})
    assert run("backup_config_info", name="analytics")["backup_config"] == {
        **dict.fromkeys(DEFAULTS),
        "new_field": [{"some_key": 1}],
    }


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    assert run("backup_config_info", **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("backup_config_info")["msg"]
    assert "one of the following is required: name, service_id" in run("backup_config_info", name="")["msg"]
    assert "service_id must be a UUID" in run("backup_config_info", service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_missing_view_permission_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/backupConfiguration$", status=403)
    result = run("backup_config_info", name="analytics")
    assert "failed" not in result
    assert result["backup_config"] is None
    assert (
        f"The API key may not read the backup configuration of service {service['id']}: the request failed with HTTP"
        " status 403: FORBIDDEN. The role of the API key does not allow this: use a key that has the permission"
        " control-plane:service:view-backups."
    ) in str(result["warnings"])


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("backup_config_info", service_id=UNKNOWN, organization_id="8d2f1c44-6a0b-4b7e-9c55-0123456789ab")
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(backup_config_info.RETURN)["backup_config"]["contains"]
    assert documented.keys() == BACKUP_CONFIG.to_result({}).keys()
