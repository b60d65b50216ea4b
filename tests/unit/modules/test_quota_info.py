# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.quota import QUOTA
from ansible_collections.clickhouse.cloud.plugins.modules import quota_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.usefixtures("service")
def test_quotas_are_returned(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    emulator.set_quotas(services_per_organization=7)
    result = run("quota_info", check=check, quota_code="")
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET quotas"]
    quotas = {quota["quota_code"]: quota for quota in result["quotas"]}
    assert len(quotas) == 4
    services = quotas["services-per-organization"]
    assert (services["value"], services["usage"], services["scope"]) == (7, 1, "organization")
    assert (services["name"], services["adjustable"]) == ("Services per organization", True)
    replicas = quotas["replicas-per-warehouse"]
    assert (replicas["value"], replicas["usage"], replicas["scope"]) == (50, None, "warehouse")


@pytest.mark.usefixtures("emulator")
def test_one_quota(run: Run) -> None:
    (quota,) = run("quota_info", quota_code="api-keys-per-organization")["quotas"]
    assert (quota["value"], quota["usage"]) == (100, 1)
    assert run("quota_info", quota_code="tables-per-service")["quotas"] == []


@pytest.mark.parametrize("check", [True, False])
def test_quotas_that_the_key_may_not_read_are_null(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/quotas$", status=403)
    result = run("quota_info", check=check)
    assert result["quotas"] is None
    assert "The API key may not read the quotas of the organization" in str(result["warnings"])


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/quotas$", status=status, times=4)
    result = run("quota_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the quotas of the organization failed" in result["msg"]


def test_missing_fields_are_null_and_unknown_ones_are_kept(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/quotas$", status=200, body={"result": [{"quotaCode": "a", "newField": 1}]})
    assert run("quota_info")["quotas"] == [{**dict.fromkeys(QUOTA.to_result({})), "quota_code": "a", "new_field": 1}]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(quota_info.RETURN)["quotas"]["contains"]
    assert documented.keys() == QUOTA.to_result({}).keys()
