# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.query_api_endpoint import QUERY_API_ENDPOINT
from ansible_collections.clickhouse.cloud.plugins.modules import query_api_endpoint_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
IDS = [f"0b9d2f3c-5a71-4d08-9c64-21000000000{number}" for number in range(5)]


KEY = "7a2d3b4c-5e6f-4071-9283-94a5b6c7d8e9"


def describe_endpoint(number: int) -> dict[str, Any]:
    """Return what the list shows of an endpoint."""
    return {
        "id": IDS[number],
        "name": f"query {number}",
        "sql": None,
        "database": "default",
        "parameters": None,
        "api_keys": [KEY],
        "roles": ["reader"],
        "allowed_origins": [],
        "url": f"https://queries.clickhouse.cloud/run/{IDS[number]}",
        "owner_type": "user",
    }


@pytest.fixture
def path(service: dict[str, Any], emulator: Emulator) -> str:
    """Return the path of five Query API endpoints of the service."""
    common = {"database": "default", "apiKeyIds": [KEY], "roles": ["reader"], "ownerType": "user"}
    endpoints = [
        {**common, "id": IDS[number], "name": f"query {number}", "sql": f"SELECT {number}\n"} for number in range(5)
    ]
    emulator.set_service(service["id"], collections={"query-api-endpoints": endpoints})
    emulator.clear_journal()
    return f"services/{service['id']}/query-api-endpoints"


@pytest.mark.parametrize("check", [True, False])
def test_all_pages_are_read(service: dict[str, Any], path: str, run: Run, sent: Sent, check: bool) -> None:
    result = run("query_api_endpoint_info", check=check, name="analytics")
    assert (result["changed"], result["service_id"], "diff" in result) == (False, service["id"], False)
    assert result["query_api_endpoints"] == [describe_endpoint(number) for number in range(5)]
    assert sent() == ["GET services", *[f"GET {path}"] * 3]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["idle", "some_new_state"])
def test_one_endpoint_has_its_sql(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    expected = {**describe_endpoint(4), "sql": "SELECT 4", "parameters": {}}
    by_id = run("query_api_endpoint_info", check=check, service_id=service["id"], endpoint_id=IDS[4])
    assert by_id["query_api_endpoints"] == [expected]
    assert sent() == [f"GET {path}/{IDS[4]}"]
    by_name = run("query_api_endpoint_info", check=check, service_id=service["id"], endpoint_name="query 4")
    assert by_name["query_api_endpoints"] == [expected]
    assert sent() == [*[f"GET {path}"] * 3, f"GET {path}/{IDS[4]}"]
    assert emulator.raw_service(service["id"])["state"] == state


def test_unknown_endpoint_is_not_listed(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    assert run("query_api_endpoint_info", service_id=service["id"], endpoint_id=UNKNOWN)["query_api_endpoints"] == []
    assert sent() == [f"GET {path}/{UNKNOWN}", f"GET services/{service['id']}"]
    assert run("query_api_endpoint_info", name="analytics", endpoint_name="query")["query_api_endpoints"] == []


def test_endpoint_that_was_deleted_in_the_meantime_is_not_returned(path: str, emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/query-api-endpoints/", status=404)
    assert run("query_api_endpoint_info", name="analytics", endpoint_name="query 1")["query_api_endpoints"] == []


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
@pytest.mark.parametrize("query", [{}, {"endpoint_id": UNKNOWN}, {"endpoint_name": "report"}])
def test_missing_service_is_reported(
    emulator: Emulator, run: Run, options: dict[str, str], query: dict[str, str]
) -> None:
    assert run("query_api_endpoint_info", **options, **query)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_invalid_selection_is_reported(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("query_api_endpoint_info", name="")["msg"]
    both = {"endpoint_id": UNKNOWN, "endpoint_name": "report"}
    assert "mutually exclusive" in run("query_api_endpoint_info", name="analytics", **both)["msg"]
    assert (
        "endpoint_id must be a UUID" in run("query_api_endpoint_info", service_id=UNKNOWN, endpoint_id="report")["msg"]
    )
    assert emulator.journal() == []


def test_missing_view_permission_causes_warning(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    emulator.fault(path="/query-api-endpoints$", status=403)
    result = run("query_api_endpoint_info", name="analytics")
    assert ("failed" in result, result["query_api_endpoints"]) == (False, None)
    assert f"The API key may not read the Query API endpoints of service {service['id']}" in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(path: str, emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/query-api-endpoints", status=status, times=99)
    assert run("query_api_endpoint_info", name="analytics")["status"] == status


def test_unexpected_fields(path: str, emulator: Emulator, run: Run) -> None:
    odd = {"id": IDS[0], "newField": {"someKey": 1}}
    emulator.fault(path=f"/{IDS[0]}$", status=200, body={"result": odd})
    (query,) = run("query_api_endpoint_info", name="analytics", endpoint_id=IDS[0])["query_api_endpoints"]
    assert (query["new_field"], query["sql"], query["name"]) == ({"some_key": 1}, None, None)


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(query_api_endpoint_info.RETURN)["query_api_endpoints"]["contains"]
    assert documented.keys() == QUERY_API_ENDPOINT.to_result({}).keys()
