# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the usage cost of an organization."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

JANUARY = {"from_date": "2026-01-01", "to_date": "2026-01-31"}
UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"


def get_cost(client: Client, **query: Any) -> Any:
    return client.result("GET", f"{client.organization}/usageCost", params={**JANUARY, **query})


def test_usage_cost_without_records(client: Client) -> None:
    assert get_cost(client) == {"grandTotalCHC": 0, "costs": []}


@pytest.mark.parametrize(
    "query",
    [
        {"to_date": "2026-02-01"},
        {"to_date": "2025-12-31"},
        {"from_date": "soon"},
        {"from_date": "20260101"},
        {"from_date": "2026-01-01T00:00:00Z"},
        {"to_date": ""},
    ],
)
def test_invalid_period(client: Client, query: dict[str, str]) -> None:
    path = f"{client.organization}/usageCost"
    assert client.error("GET", path, params={**JANUARY, **query})[0] == 400
    assert client.error("GET", path, params={"from_date": "2026-01-01"})[0] == 400


def test_usage_cost_per_entity_and_day(client: Client) -> None:
    service = client.create(name="analytics")
    days = ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
    metrics = {"computeCHC": 1.5, "publicDataTransferCHC": 0.25}
    client.emulator.set_usage_cost(
        *({"date": day, "serviceId": service["id"], "metrics": metrics} for day in days),
        {"date": days[1], "dataWarehouseId": service["dataWarehouseId"], "metrics": {"storageCHC": 0.1}},
    )
    cost = get_cost(client)
    assert cost["grandTotalCHC"] == 3.6
    assert [(one["date"], one["entityType"]) for one in cost["costs"]] == [
        ("2026-01-01", "service"),
        ("2026-01-31", "service"),
        ("2026-01-01", "datawarehouse"),
    ]
    assert cost["costs"][0] == {
        "date": "2026-01-01",
        "serviceId": service["id"],
        "dataWarehouseId": service["dataWarehouseId"],
        "entityType": "service",
        "entityId": service["id"],
        "entityName": "analytics",
        "metrics": metrics,
        "totalCHC": 1.75,
        "locked": False,
    }
    assert cost["costs"][2]["serviceId"] is None


def test_usage_cost_by_tag(client: Client) -> None:
    tagged = client.create(tags=[{"key": "team", "value": "data"}])
    other = client.create()
    services = client.emulator.set_usage_cost(
        *({"date": "2026-01-15", "serviceId": one["id"], "totalCHC": 2} for one in (tagged, other))
    )
    assert get_cost(client)["costs"] == services
    for value in ("tag:team", "tag:team=data"):
        assert get_cost(client, filter=value) == {"grandTotalCHC": 2, "costs": services[:1]}
    assert get_cost(client, filter=["tag:team", "tag:none"])["costs"] == []
    assert client.error("GET", f"{client.organization}/usageCost", params={**JANUARY, "filter": "x"})[0] == 400


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"date": "2026-01-01"},
        {"date": "soon", "dataWarehouseId": UNKNOWN},
        {"date": "2026-01-01", "dataWarehouseId": UNKNOWN, "cost": 1},
        {"date": "2026-01-01", "dataWarehouseId": UNKNOWN, "metrics": {"storageCHC": "1"}},
        {"date": "2026-01-01", "serviceId": UNKNOWN},
    ],
)
def test_invalid_records(client: Client, record: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError):
        client.emulator.set_usage_cost(record)
    assert get_cost(client)["costs"] == []
