# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.saved_query import SAVED_QUERY
from ansible_collections.clickhouse.cloud.plugins.modules import saved_query
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
SetQueries = Callable[..., None]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
IDS = [f"0b9d2f3c-5a71-4d08-9c64-21000000000{number}" for number in range(7)]
NEW = {"query_name": "report", "sql": "SELECT 1", "database": "default"}
#: The query as a return value.
SAVED = {"name": "report", "sql": "SELECT 1", "database": "default"}


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/saved-queries"


@pytest.fixture
def set_queries(service: dict[str, Any], emulator: Emulator) -> SetQueries:
    """Return a function that replaces the saved queries of the service by those with these names."""

    def _set(*names: str) -> None:
        queries = [
            {"id": IDS[number], "name": name, "sql": "SELECT 1", "database": "default"}
            for number, name in enumerate(names)
        ]
        emulator.set_service(service["id"], collections={"saved-queries": queries})
        emulator.clear_journal()

    return _set


def bodies(emulator: Emulator) -> list[Any]:
    return [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_query_is_created_changed_and_deleted_idempotently(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    finds = ["GET services"] if by == "name" else []
    second = {"sql": "SELECT {n:UInt8}", "parameters": {"n": "5", "all": "true", "none": ""}}
    steps: list[tuple[dict[str, Any], str, Any, dict[str, Any], Any]] = [
        (
            NEW,
            "POST",
            {"name": "report", "sql": "SELECT 1", "database": "default"},
            {"before": {}, "after": NEW},
            {**SAVED, "parameters": {}},
        ),
        (
            {"sql": "SELECT {n:UInt8}\n", "parameters": {"n": 5, "all": True, "none": None}},
            "PUT",
            # PUT replaces all fields, so that the others are sent, too.
            {"name": "report", "database": "default", **second},
            {"before": {"sql": "SELECT 1", "parameters": {}}, "after": second},
            {**SAVED, **second},
        ),
        ({"state": "absent"}, "DELETE", None, {"before": {**NEW, **second}, "after": {}}, None),
    ]
    query_id = None
    for options, method, body, diff, after in steps:
        looks = [*finds, f"GET {path}", *([f"GET {path}/{query_id}"] if query_id else [])]
        plan = run("saved_query", check=True, **lookup, **{"query_name": "report", **options})
        assert plan["changed"] is True
        planned = plan["saved_query"]
        assert planned == (after and {"id": query_id, **after, "parameters": planned["parameters"]})
        assert sent() == looks

        changed = run("saved_query", **lookup, **{"query_name": "report", **options})
        assert changed["diff"] == plan["diff"]
        deleted = {"query_id": query_id} if after is None else {}
        assert (changed["changed"], changed["diff"]) == (True, {**diff, "before": {**deleted, **diff["before"]}})
        assert changed["service_id"] == service["id"]
        assert bodies(emulator) == [body]
        query_id = query_id or changed["saved_query"]["id"]
        assert changed["saved_query"] == (after and {"id": query_id, **after})
        element = f"{path}/{query_id}"
        target = path if method == "POST" else element
        assert sent() == [*looks, f"{method} {target}", f"GET {element}"]

        for check in (True, False):
            again = run("saved_query", check=check, **lookup, **{"query_name": "report", **options})
            assert (again["changed"], again["saved_query"]) == (False, changed["saved_query"])
            assert again["diff"] == {"before": {}, "after": {}}
            assert sent() == [*finds, f"GET {path}", *([f"GET {element}"] if after else [])]


def test_query_on_the_third_page_is_found(set_queries: SetQueries, path: str, run: Run, sent: Sent) -> None:
    set_queries("a", "b", "c", "d", "e")
    result = run("saved_query", name="analytics", query_name="e", sql="SELECT 1")
    assert (result["changed"], result["saved_query"]["id"]) == (False, IDS[4])
    assert sent() == ["GET services", *[f"GET {path}"] * 3, f"GET {path}/{IDS[4]}"]


def test_ambiguous_name_is_refused(set_queries: SetQueries, service: dict[str, Any], run: Run, sent: Sent) -> None:
    set_queries("report", "other", "report")
    for options in ({"sql": "SELECT 2"}, {"state": "absent"}):
        result = run("saved_query", name="analytics", query_name="report", **options)
        assert result["msg"] == (
            f"2 saved queries of service {service['id']} are named 'report': {IDS[0]}, {IDS[2]}."
            " Select one of them with query_id."
        )
    assert {request.split()[0] for request in sent()} == {"GET"}
    absent = {"query_id": IDS[2], "state": "absent", "confirm_name": "report"}
    assert run("saved_query", name="analytics", **absent)["changed"] is True


def test_query_by_id_needs_one_request(
    set_queries: SetQueries, service: dict[str, Any], path: str, run: Run, sent: Sent
) -> None:
    set_queries("report")
    selected = {"service_id": service["id"], "query_id": IDS[0].upper()}
    assert run("saved_query", **selected, database="default")["changed"] is False
    assert sent() == [f"GET {path}/{IDS[0]}"]


@pytest.mark.parametrize("check", [True, False])
def test_query_is_renamed_by_id(
    set_queries: SetQueries, emulator: Emulator, path: str, run: Run, sent: Sent, check: bool
) -> None:
    set_queries("report", "other")
    renamed = run("saved_query", check=check, name="analytics", query_id=IDS[0], query_name="daily")
    assert renamed["diff"] == {"before": {"query_name": "report"}, "after": {"query_name": "daily"}}
    assert renamed["saved_query"]["name"] == "daily"
    element = f"{path}/{IDS[0]}"
    assert sent() == [
        "GET services",
        f"GET {element}",
        f"GET {path}",
        *([] if check else [f"PUT {element}", f"GET {element}"]),
    ]
    taken = run("saved_query", check=check, name="analytics", query_id=IDS[0], query_name="other")
    assert taken["msg"] == (
        f"The saved query {IDS[0]} is not renamed, since {IDS[1]} is named 'other'."
        " Choose another query_name, or leave it out."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_deletion_by_id_needs_the_name(
    set_queries: SetQueries, emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    set_queries("report")
    absent = {"name": "analytics", "state": "absent", "query_id": IDS[0]}
    assert run("saved_query", check=check, **absent)["msg"] == (
        "To delete a saved query by query_id, set confirm_name to its name, or select it with query_name instead of"
        " query_id."
    )
    assert sent() == []
    for selected in (absent, {"name": "analytics", "state": "absent", "query_name": "report"}):
        result = run("saved_query", check=check, **selected, confirm_name="other")
        assert result["msg"] == (
            f"The saved query {IDS[0]} is not deleted, since its name is 'report'; confirm_name is 'other'."
        )
    assert bodies(emulator) == []
    assert run("saved_query", check=check, **absent, confirm_name="report")["changed"] is True
    unknown = {**absent, "query_id": UNKNOWN, "confirm_name": "report"}
    assert run("saved_query", check=check, **unknown)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
def test_what_is_missing_for_a_creation_is_named(
    service: dict[str, Any], emulator: Emulator, run: Run, check: bool
) -> None:
    place = f"service {service['id']}"
    result = run("saved_query", check=check, name="analytics", query_name="report", parameters={"a": 1})
    assert result["msg"] == f"{place.capitalize()} has no saved query 'report'. To create it, set sql and database."
    result = run("saved_query", check=check, name="analytics", query_id=UNKNOWN, sql="SELECT 1", database="default")
    assert result["msg"] == (
        f"{place.capitalize()} has no saved query {UNKNOWN}. Check query_id, or select one with query_name, which"
        " creates it if there is none."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: query_id, query_name"),
        ({"query_name": ""}, "one of the following is required: query_id, query_name"),
        ({**NEW, "parameters": {"a": [1]}}, "parameters: the value of 'a' must be text, a number"),
        ({**NEW, "database": "a\nb"}, "database contains a control character"),
        ({**NEW, "sql": ["SELECT 1"]}, "sql must be text"),
    ],
)
def test_invalid_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str
) -> None:
    result = run("saved_query", name="analytics", **options)
    assert message in result["msg"]
    assert sent() == []


def test_long_sql_is_rejected_without_being_repeated() -> None:
    with pytest.raises(InvalidOption, match="sql must have at most 4194304 characters; 'aaa") as failure:
        SAVED_QUERY.desired({"sql": "a" * (4 * 1024 * 1024 + 1)})
    assert len(str(failure.value)) < 200


def test_ids_must_be_uuids(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    selected = {"service_id": service["id"], "query_id": "../keys"}
    assert "query_id must be a UUID" in run("saved_query", **selected, sql="SELECT 1")["msg"]
    assert "service_id must be a UUID" in run("saved_query", **NEW, service_id="analytics")["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [NEW, {"query_id": UNKNOWN, "state": "absent", "confirm_name": "report"}])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_wrong_service_does_not_count_as_absent(
    emulator: Emulator, run: Run, lookup: dict[str, str], options: dict[str, Any], check: bool
) -> None:
    result = run("saved_query", check=check, **lookup, **options)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_unspecific_404_is_verified(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.fault(path=f"/{IDS[0]}$", status=404, body={"error": "NOT_FOUND: gone", "requestId": "r", "status": 404})
    absent = {"service_id": service["id"], "query_id": IDS[0], "state": "absent", "confirm_name": "report"}
    assert run("saved_query", **absent)["changed"] is False
    assert sent() == [f"GET {path}/{IDS[0]}", f"GET services/{service['id']}"]
    emulator.fault(path=f"/{IDS[0]}$", status=404, body={"error": "NOT_FOUND: gone", "requestId": "r", "status": 404})
    result = run("saved_query", **{**absent, "service_id": UNKNOWN})
    assert result["msg"] == f"There is no service '{UNKNOWN}'." + HINT


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_list_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(
        path="/saved-queries$", status=status, times=99, body={"error": "no", "status": status, "requestId": "r"}
    )
    result = run("saved_query", name="analytics", **NEW)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"service {service['id']}" in result["msg"]


@pytest.mark.usefixtures("fast_clock")
def test_query_whose_response_was_lost_is_adopted(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.fault(path="/saved-queries$", method="POST", disconnect="after")
    # The list lags behind.
    emulator.fault(path="/saved-queries$", method="GET", skip=1, status=200, body={"result": []})
    emulator.fault(path="/saved-queries$", method="GET", skip=1, status=400)
    result = run("saved_query", name="analytics", **NEW)
    assert ("failed" in result, result["changed"]) == (False, True)
    element = f"{path}/{result['saved_query']['id']}"
    assert sent() == [
        "GET services",
        f"GET {path}",
        f"POST {path}",
        *[f"GET {path}"] * 3,
        *[f"GET {element}"] * 2,
    ]


@pytest.mark.usefixtures("fast_clock")
def test_query_that_is_not_found_is_not_created_again(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/saved-queries$", method="POST", disconnect="before")
    result = run("saved_query", name="analytics", **NEW)
    assert (result["failed"], result["changed"]) == (True, True)
    assert (
        "Whether there is a saved query of this name is not known. Run the task again: it creates one only"
        in (result["msg"])
    )
    assert len(bodies(emulator)) == 1
    assert run("saved_query", name="analytics", **NEW)["changed"] is True


@pytest.mark.parametrize(("sql", "is_same"), [("SELECT 1", True), ("SELECT 2", False)])
def test_query_that_another_task_has_created_is_no_change(
    set_queries: SetQueries, emulator: Emulator, run: Run, sql: str, is_same: bool
) -> None:
    set_queries("report")
    emulator.fault(path="/saved-queries$", method="GET", status=200, body={"result": []})
    result = run("saved_query", name="analytics", **{**NEW, "sql": sql})
    assert ("failed" in result, result["changed"]) == (not is_same, False)
    if not is_same:
        assert "A saved query with the name 'report' already exists" in result["msg"]
        assert result["status"] == 409


def test_refused_creation_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/saved-queries$", method="POST", status=400)
    result = run("saved_query", name="analytics", **NEW)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert "The request to create the saved query 'report' of service" in result["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("options", "method"), [({"sql": "SELECT 2"}, "PUT"), ({"state": "absent"}, "DELETE")])
def test_lost_response_is_not_a_failure(
    set_queries: SetQueries, emulator: Emulator, run: Run, options: dict[str, Any], method: str
) -> None:
    set_queries("report")
    emulator.fault(path="/saved-queries/", method=method, disconnect="after")
    result = run("saved_query", name="analytics", query_name="report", **options)
    assert ("failed" in result, result["changed"]) == (False, True)


def test_query_that_was_deleted_in_the_meantime(set_queries: SetQueries, emulator: Emulator, run: Run) -> None:
    set_queries("report")
    gone = {"error": f"NOT_FOUND: {IDS[0]} not found", "requestId": "r", "status": 404}
    emulator.fault(path="/saved-queries/", method="PUT", status=404, body=gone)
    result = run("saved_query", name="analytics", query_name="report", sql="SELECT 2")
    assert "The saved query was deleted in the meantime: run the task again." in result["msg"]
    set_queries()
    stale = {"id": IDS[0], "name": "report", "sql": "SELECT 1", "database": "default", "parameters": {}}
    emulator.fault(path="/saved-queries$", status=200, body={"result": [stale]})
    emulator.fault(path="/saved-queries/", status=200, body={"result": stale})
    result = run("saved_query", name="analytics", query_name="report", state="absent")
    assert ("failed" in result, result["changed"], result["saved_query"]) == (False, False, None)


def test_service_that_is_only_planned(emulator: Emulator, run: Run) -> None:
    run("service", check=True, name="new", provider="aws", region="us-east-1", ip_access_list=[])
    result = run("saved_query", check=True, name="new", **NEW)
    # A separate process does not find it.
    assert result["changed"] is not result.get("failed", False)
    assert bodies(emulator) == []


def test_unknown_field_is_returned_and_not_sent(set_queries: SetQueries, emulator: Emulator, run: Run) -> None:
    set_queries("report")
    query = {"id": IDS[0], "name": "report", "sql": "SELECT 1", "database": "x", "parameters": {}, "newField": 1}
    emulator.fault(path="/saved-queries/", status=200, method="GET", body={"result": query})
    result = run("saved_query", name="analytics", query_id=IDS[0], sql="SELECT 2", wait=False)
    assert result["diff"]["before"] == {"sql": "SELECT 1"}
    assert bodies(emulator) == [{"name": "report", "sql": "SELECT 2", "database": "x", "parameters": {}}]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(saved_query.RETURN)["saved_query"]["contains"]
    assert documented.keys() == SAVED_QUERY.to_result({}).keys()
