# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.role import ROLE
from ansible_collections.clickhouse.cloud.plugins.modules import role_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import COLLEAGUE, OWNER

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.mark.parametrize("check", [True, False])
def test_roles_are_listed(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    result = run("role_info", check=check)
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET roles"]
    by_name = {role["name"]: role for role in result["roles"]}
    assert by_name.keys() >= {"Admin", "Member", "Billing"}
    assert by_name["Member"]["actors"] == {"members": [COLLEAGUE], "api_keys": []}
    assert by_name["Member"]["policies"] == []
    organization = f"organization/{emulator.organization_id}"
    (billing,) = by_name["Billing"]["policies"]
    assert (billing["effect"], billing["resources"], billing["services"]) == ("allow", [organization], [])
    assert by_name["Billing"]["type"] == "system"


@pytest.mark.parametrize("check", [True, False])
def test_role_is_selected_by_name_or_id(run: Run, sent: Sent, check: bool) -> None:
    (admin,) = run("role_info", check=check, name="Admin")["roles"]
    assert OWNER in admin["actors"]["members"]
    assert run("role_info", check=check, name="admin")["roles"] == []
    assert sent() == ["GET roles"] * 2
    assert run("role_info", check=check, role_id=admin["id"].upper())["roles"] == [admin]
    assert run("role_info", check=check, role_id=UNKNOWN)["roles"] == []
    assert sent() == [f"GET roles/{admin['id']}", f"GET roles/{UNKNOWN}"]
    # An empty text is equivalent to an omitted option.
    assert len(run("role_info", check=check, name="", role_id="")["roles"]) > 1


@pytest.mark.parametrize("check", [True, False])
def test_roles_that_the_key_may_not_read_are_null(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/roles$", status=403)
    result = run("role_info", check=check)
    assert result["roles"] is None
    assert "The API key may not read the roles of the organization" in str(result["warnings"])
    assert "control-plane:organization:manage" in str(result["warnings"])


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/roles$", status=status, times=4)
    result = run("role_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the roles of the organization failed" in result["msg"]


def test_unknown_fields_are_kept_and_missing_fields_are_null(emulator: Emulator, run: Run) -> None:
    stranger = {"id": UNKNOWN, "name": "new", "newField": {"someKey": 1}}
    emulator.fault(path="/roles$", status=200, body={"result": [stranger]})
    (role,) = run("role_info")["roles"]
    assert role == {**dict.fromkeys(ROLE.to_result({})), "id": UNKNOWN, "name": "new", "new_field": {"some_key": 1}}


def test_options_exclude_each_other(emulator: Emulator, run: Run) -> None:
    assert "mutually exclusive" in run("role_info", name="Admin", role_id=UNKNOWN)["msg"]
    assert "role_id must be a UUID" in run("role_info", role_id="Admin")["msg"]
    assert emulator.journal() == []


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(role_info.RETURN)["roles"]["contains"]
    assert documented.keys() == ROLE.to_result({}).keys()
