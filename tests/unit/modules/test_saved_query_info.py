# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.saved_query import SAVED_QUERY
from ansible_collections.clickhouse.cloud.plugins.modules import saved_query_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
IDS = [f"0b9d2f3c-5a71-4d08-9c64-21000000000{number}" for number in range(5)]


@pytest.fixture
def path(service: dict[str, Any], emulator: Emulator) -> str:
    """Return the path of five saved queries of the service."""
    queries = [
        {"id": IDS[number], "name": f"query {number}", "sql": f"SELECT {number}\n", "database": "default"}
        for number in range(5)
    ]
    emulator.set_service(service["id"], collections={"saved-queries": queries})
    emulator.clear_journal()
    return f"services/{service['id']}/saved-queries"


@pytest.mark.parametrize("check", [True, False])
def test_all_pages_are_read(service: dict[str, Any], path: str, run: Run, sent: Sent, check: bool) -> None:
    result = run("saved_query_info", check=check, name="analytics")
    assert (result["changed"], result["service_id"], "diff" in result) == (False, service["id"], False)
    assert result["saved_queries"] == [
        {
            "id": IDS[number],
            "name": f"query {number}",
            "sql": None,
            "database": "default",
            "parameters": None,
        }
        for number in range(5)
    ]
    assert sent() == ["GET services", *[f"GET {path}"] * 3]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["running", "idle", "stopped", "some_new_state"])
def test_one_query_has_its_sql(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    expected = {
        "id": IDS[4],
        "name": "query 4",
        "sql": "SELECT 4",
        "database": "default",
        "parameters": {},
    }
    by_id = run("saved_query_info", check=check, service_id=service["id"], query_id=IDS[4])
    assert by_id["saved_queries"] == [expected]
    assert sent() == [f"GET {path}/{IDS[4]}"]
    by_name = run("saved_query_info", check=check, service_id=service["id"], query_name="query 4")
    assert by_name["saved_queries"] == [expected]
    assert sent() == [*[f"GET {path}"] * 3, f"GET {path}/{IDS[4]}"]
    assert emulator.raw_service(service["id"])["state"] == state


def test_unknown_query_is_not_listed(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    assert run("saved_query_info", service_id=service["id"], query_id=UNKNOWN)["saved_queries"] == []
    assert sent() == [f"GET {path}/{UNKNOWN}", f"GET services/{service['id']}"]
    assert run("saved_query_info", name="analytics", query_id=UNKNOWN)["saved_queries"] == []
    # A service that was found by its name exists.
    assert sent() == ["GET services", f"GET {path}/{UNKNOWN}"]
    assert run("saved_query_info", name="analytics", query_name="query")["saved_queries"] == []


def test_query_that_was_deleted_in_the_meantime_is_not_returned(path: str, emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/saved-queries/", status=404)
    assert run("saved_query_info", name="analytics", query_name="query 1")["saved_queries"] == []


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
@pytest.mark.parametrize("query", [{}, {"query_id": UNKNOWN}, {"query_name": "report"}])
def test_missing_service_is_reported(
    emulator: Emulator, run: Run, options: dict[str, str], query: dict[str, str]
) -> None:
    assert run("saved_query_info", **options, **query)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_invalid_selection_is_reported(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("saved_query_info", name="")["msg"]
    both = {"query_id": UNKNOWN, "query_name": "report"}
    assert "mutually exclusive" in run("saved_query_info", name="analytics", **both)["msg"]
    assert "query_id must be a UUID" in run("saved_query_info", service_id=UNKNOWN, query_id="report")["msg"]
    assert emulator.journal() == []


def test_missing_view_permission_causes_warning(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    emulator.fault(path="/saved-queries$", status=403)
    result = run("saved_query_info", name="analytics")
    assert ("failed" in result, result["saved_queries"]) == (False, None)
    assert f"The API key may not read the saved queries of service {service['id']}" in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(path: str, emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/saved-queries", status=status, times=99)
    assert run("saved_query_info", name="analytics")["status"] == status


def test_unexpected_fields(path: str, emulator: Emulator, run: Run) -> None:
    odd = {"id": IDS[0], "newField": {"someKey": 1}}
    emulator.fault(path=f"/{IDS[0]}$", status=200, body={"result": odd})
    (query,) = run("saved_query_info", name="analytics", query_id=IDS[0])["saved_queries"]
    assert (query["new_field"], query["sql"], query["name"]) == ({"some_key": 1}, None, None)


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(saved_query_info.RETURN)["saved_queries"]["contains"]
    assert documented.keys() == SAVED_QUERY.to_result({}).keys()
