# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.billing import COST
from ansible_collections.clickhouse.cloud.plugins.modules import usage_cost_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

OCTOBER = {"from_date": "2026-10-01", "to_date": "2026-10-31"}
WAREHOUSE = "0a1b2c3d-4e5f-4061-8273-94a5b6c7d8e9"


@pytest.fixture
def other(service: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Plant 91 days of costs: 0.1 and 0.2 for two services, and 0.7 for the data warehouse of the first one."""
    emulator.request("PATCH", f"services/{service['id']}", {"tags": {"add": [{"key": "team", "value": "data"}]}})
    created: dict[str, Any] = emulator.create(name="other")["service"]
    days = [str(date(2026, 9, 1) + timedelta(days=number)) for number in range(91)]
    warehouse = {"dataWarehouseId": service["dataWarehouseId"], "entityName": "analytics storage"}
    emulator.set_usage_cost(
        *(
            record
            for day in days
            for record in (
                {"serviceId": service["id"], "date": day, "metrics": {"computeCHC": 0.1}},
                {"serviceId": created["id"], "date": day, "totalCHC": 0.2},
                {**warehouse, "date": day, "metrics": {"storageCHC": 0.5, "backupCHC": 0.2}},
            )
        )
    )
    emulator.clear_journal()
    return created


@pytest.mark.parametrize("check", [True, False])
def test_cost_of_a_month_is_the_sum_of_its_records(
    service: dict[str, Any], other: dict[str, Any], run: Run, sent: Sent, check: bool
) -> None:
    result = run("usage_cost_info", check=check, **OCTOBER)
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET usageCost"]
    cost = result["usage_cost"]
    assert (cost["from_date"], cost["to_date"], cost["by_tag"]) == ("2026-10-01", "2026-10-31", None)
    # 31 times 0.1 + 0.2 + 0.7
    assert cost["total_chc"] == 31.0
    assert len(cost["costs"]) == 93
    assert cost["by_day"] == [{"date": f"2026-10-{day:02}", "total_chc": 1.0} for day in range(1, 32)]
    warehouse = service["dataWarehouseId"]
    assert cost["by_service"] == [
        {"service_id": None, "data_warehouse_id": warehouse, "name": "analytics storage", "total_chc": 21.7},
        {
            "service_id": other["id"],
            "data_warehouse_id": other["dataWarehouseId"],
            "name": "other",
            "total_chc": 6.2,
        },
        {"service_id": service["id"], "data_warehouse_id": warehouse, "name": "analytics", "total_chc": 3.1},
    ]
    assert cost["costs"][0]["metrics"] == {"compute_chc": 0.1}


@pytest.mark.parametrize("check", [True, False])
def test_long_period_is_split(
    service: dict[str, Any], other: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    cost = run("usage_cost_info", check=check, from_date="2026-09-01", to_date="2026-11-30", group_by_tag="team")[
        "usage_cost"
    ]
    queries = [entry["query"] for entry in emulator.journal() if entry["path"].endswith("/usageCost")]
    assert queries == [
        {"from_date": ["2026-09-01"], "to_date": ["2026-10-01"]},
        {"from_date": ["2026-10-02"], "to_date": ["2026-11-01"]},
        {"from_date": ["2026-11-02"], "to_date": ["2026-11-30"]},
    ]
    assert sent() == [*["GET usageCost"] * 3, "GET services"]
    assert (cost["total_chc"], len(cost["by_day"])) == (91.0, 91)
    assert cost["by_tag"] == [{"value": "data", "total_chc": 72.8}, {"value": None, "total_chc": 18.2}]


def test_one_day_and_no_cost(other: dict[str, Any], run: Run) -> None:
    day = run("usage_cost_info", from_date="2026-11-30", to_date="2026-11-30")["usage_cost"]
    assert (day["total_chc"], day["by_day"]) == (1.0, [{"date": "2026-11-30", "total_chc": 1.0}])
    # By default, the period ends today.
    none = run("usage_cost_info", from_date="2026-11-27", tags={"team": "none"})["usage_cost"]
    assert (none["total_chc"], none["by_day"], none["by_service"], none["costs"]) == (0, [], [], [])


def test_tags_select_services(service: dict[str, Any], other: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.request("PATCH", f"services/{service['id']}", {"tags": {"add": [{"key": "spot", "value": "true"}]}})
    emulator.clear_journal()
    for tags in ({"team": "data"}, {"team": None}, {"spot": True}):
        cost = run("usage_cost_info", **OCTOBER, tags=tags)["usage_cost"]
        assert [entry["service_id"] for entry in cost["by_service"]] == [service["id"]]
        assert cost["total_chc"] == 3.1
    assert [entry["query"]["filter"] for entry in emulator.journal()] == [
        ["tag:team=data"],
        ["tag:team"],
        ["tag:spot=true"],
    ]


def test_storage_counts_for_the_tag_of_the_primary_service(
    service: dict[str, Any], other: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    warehouse = service["dataWarehouseId"]
    tags = [{"key": "team", "value": "web"}]
    place = {name: service[name] for name in ("provider", "region")}
    emulator.create(name="secondary", dataWarehouseId=warehouse, tags=tags, **place)
    by_tag = run("usage_cost_info", **OCTOBER, group_by_tag="team")["usage_cost"]["by_tag"]
    assert by_tag == [{"value": "data", "total_chc": 24.8}, {"value": None, "total_chc": 6.2}]


def test_clickpipe_counts_for_its_service(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    pipe = {"entityType": "clickpipe", "entityId": WAREHOUSE, "entityName": "pipe"}
    own = {"serviceId": service["id"], "date": "2026-10-01", "totalCHC": 1}
    emulator.set_usage_cost({**own, **pipe}, own, {**own, **pipe})
    (cost,) = run("usage_cost_info", **OCTOBER)["usage_cost"]["by_service"]
    assert (cost["name"], cost["total_chc"]) == ("analytics", 3.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"from_date": "2026-10-1"}, "from_date must be a date such as 2026-10-31; '2026-10-1' is not."),
        ({"from_date": "2026-02-30"}, "from_date must be a date such as 2026-10-31; '2026-02-30' is not."),
        ({**OCTOBER, "to_date": "now"}, "to_date must be a date such as 2026-10-31; 'now' is not."),
        (
            {**OCTOBER, "to_date": "2026-09-30"},
            "to_date (2026-09-30) must not be before from_date (2026-10-01).",
        ),
        ({}, "from_date"),
    ],
)
def test_invalid_period_fails_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    result = run("usage_cost_info", **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
def test_cost_that_the_key_may_not_read_is_null(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/usageCost$", status=403)
    result = run("usage_cost_info", check=check, **OCTOBER)
    assert result["usage_cost"] is None
    assert "The API key may not read the usage cost of the organization" in str(result["warnings"])


def test_cost_by_tag_is_null_without_the_services(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/services$", status=403)
    result = run("usage_cost_info", **OCTOBER, group_by_tag="team")
    assert (result["usage_cost"]["total_chc"], result["usage_cost"]["by_tag"]) == (0, None)
    assert "The API key may not read the services of the organization" in str(result["warnings"])


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/usageCost$", status=status, times=4)
    result = run("usage_cost_info", **OCTOBER)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to read the usage cost of the organization failed" in result["msg"]


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        (None, "The API returned null for costs; expected a list of objects."),
        ([7], "The API returned [7] for costs; expected a list of objects."),
        ([{"totalCHC": "7"}], "The API returned '7' for totalCHC; expected a number."),
    ],
)
def test_malformed_response_is_reported(emulator: Emulator, run: Run, costs: Any, message: str) -> None:
    emulator.fault(path="/usageCost$", status=200, body={"result": {"costs": costs}})
    assert run("usage_cost_info", **OCTOBER)["msg"] == message


def test_missing_fields_are_null_and_unknown_ones_are_kept(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/usageCost$", status=200, body={"result": {"costs": [{"totalCHC": 1, "newField": 2}]}})
    cost = run("usage_cost_info", **OCTOBER)["usage_cost"]
    assert cost["costs"] == [{**dict.fromkeys(COST.to_result({})), "total_chc": 1, "new_field": 2}]


def test_cost_of_no_service_has_no_tag(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    tags = [{"key": "team", "value": "data"}]
    emulator.set_service(service["id"], dataWarehouseId=None, tags=tags)
    emulator.fault(path="/usageCost$", status=200, body={"result": {"costs": [{"totalCHC": 1}]}})
    cost = run("usage_cost_info", **OCTOBER, group_by_tag="team")["usage_cost"]
    assert cost["by_tag"] == [{"value": None, "total_chc": 1.0}]
    assert cost["by_day"] == [{"date": None, "total_chc": 1.0}]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(usage_cost_info.RETURN)["usage_cost"]["contains"]["costs"]["contains"]
    assert documented.keys() == COST.to_result({}).keys()
