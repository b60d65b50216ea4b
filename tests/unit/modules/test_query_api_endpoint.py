# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.query_api_endpoint import QUERY_API_ENDPOINT
from ansible_collections.clickhouse.cloud.plugins.modules import query_api_endpoint
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Keys = dict[str, str]
SetEndpoints = Callable[..., None]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
IDS = [f"0b9d2f3c-5a71-4d08-9c64-21000000000{number}" for number in range(5)]
READER = "sql_console_read_only"


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/query-api-endpoints"


@pytest.fixture
def keys(emulator: Emulator) -> Keys:
    """Create two keys, and return their IDs by their names."""
    created = [emulator.request("POST", "keys", {"name": name})["key"] for name in ("reports", "dashboards")]
    emulator.clear_journal()
    return {key["name"]: key["id"] for key in created}


@pytest.fixture
def set_endpoints(service: dict[str, Any], emulator: Emulator, keys: Keys) -> SetEndpoints:
    """Return a function that replaces the endpoints of the service by those with these names, for the key reports."""

    def _set(*names: str, **fields: Any) -> None:
        common = {"sql": "SELECT 1", "database": "default", "roles": [READER], "apiKeyIds": [keys["reports"]]}
        endpoints = [{**common, "id": IDS[number], "name": name, **fields} for number, name in enumerate(names)]
        emulator.set_service(service["id"], collections={"query-api-endpoints": endpoints})
        emulator.clear_journal()

    return _set


def new(**options: Any) -> dict[str, Any]:
    required = {"sql": "SELECT 1", "database": "default", "api_keys": ["reports"], "roles": [READER]}
    return {"endpoint_name": "report", **required, **options}


def bodies(emulator: Emulator) -> list[Any]:
    return [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_endpoint_is_created_changed_and_deleted_idempotently(
    service: dict[str, Any], path: str, emulator: Emulator, keys: Keys, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    finds = ["GET services"] if by == "name" else []
    created = new(api_keys=[keys["reports"]])
    saved = {"name": "report", **{option: value for option, value in created.items() if option != "endpoint_name"}}
    body = {"name": "report", "sql": "SELECT 1", "database": "default", "roles": [READER]}
    changed_keys = [keys["dashboards"], keys["reports"]]
    more = {"parameters": {"n": "5"}, "allowed_origins": ["https://a.example"]}
    steps: list[tuple[dict[str, Any], str, Any, dict[str, Any], Any]] = [
        (
            new(sql="SELECT 1\n", api_keys=["reports", keys["reports"].upper()]),
            "POST",
            {**body, "apiKeyIds": [keys["reports"]]},
            {"before": {}, "after": created},
            {**saved, "parameters": {}, "allowed_origins": []},
        ),
        (
            {
                "api_keys": ["dashboards", keys["reports"]],
                "parameters": {"n": 5},
                "allowed_origins": ["https://a.example"],
            },
            "PUT",
            # PUT replaces all fields, so that the others are sent, too.
            {**body, "apiKeyIds": changed_keys, "parameters": {"n": "5"}, "allowedOrigins": ["https://a.example"]},
            {
                "before": {"api_keys": [keys["reports"]], "parameters": {}, "allowed_origins": []},
                "after": {"api_keys": changed_keys, **more},
            },
            {**saved, "api_keys": changed_keys, **more},
        ),
        (
            {"state": "absent"},
            "DELETE",
            None,
            {"before": {**created, "api_keys": changed_keys, **more}, "after": {}},
            None,
        ),
    ]
    # They have two pages.
    list_keys = ["GET keys", "GET keys"]
    endpoint_id = None
    for options, method, expected_body, diff, after in steps:
        reads = [*finds, f"GET {path}", *([f"GET {path}/{endpoint_id}"] if endpoint_id else [])]
        looks = [*reads, *(list_keys if after else [])]
        plan = run("query_api_endpoint", check=True, **lookup, **{"endpoint_name": "report", **options})
        assert plan["changed"] is True
        planned = plan["query_api_endpoint"]
        # The API adds these to a new endpoint.
        unknown = {name: None for name in ("parameters", "allowed_origins") if planned and planned[name] is None}
        assert planned == (after and {**planned, **after, **unknown})
        assert sent() == looks

        changed = run("query_api_endpoint", **lookup, **{"endpoint_name": "report", **options})
        assert changed["diff"] == plan["diff"]
        deleted = {"endpoint_id": endpoint_id} if after is None else {}
        assert (changed["changed"], changed["diff"]) == (True, {**diff, "before": {**deleted, **diff["before"]}})
        assert changed["service_id"] == service["id"]
        assert bodies(emulator) == [expected_body]
        endpoint_id = endpoint_id or changed["query_api_endpoint"]["id"]
        added = {
            "id": endpoint_id,
            "url": f"https://queries.clickhouse.cloud/run/{endpoint_id}",
            "owner_type": "queryApiEndpoint",
        }
        assert changed["query_api_endpoint"] == (after and {**added, **after})
        element = f"{path}/{endpoint_id}"
        target = path if method == "POST" else element
        assert sent() == [*looks, f"{method} {target}", f"GET {element}"]

        for check in (True, False):
            again = run("query_api_endpoint", check=check, **lookup, **{"endpoint_name": "report", **options})
            assert (again["changed"], again["query_api_endpoint"]) == (False, changed["query_api_endpoint"])
            assert again["diff"] == {"before": {}, "after": {}}
            assert sent() == [*finds, f"GET {path}", *([f"GET {element}", *list_keys] if after else [])]


def test_endpoint_by_id_needs_one_request(
    set_endpoints: SetEndpoints, service: dict[str, Any], keys: Keys, path: str, run: Run, sent: Sent
) -> None:
    set_endpoints("report")
    selected = {"service_id": service["id"], "endpoint_id": IDS[0].upper()}
    options = {"sql": "SELECT 1", "api_keys": [keys["reports"].upper()], "roles": [READER]}
    assert run("query_api_endpoint", **selected, **options)["changed"] is False
    assert sent() == [f"GET {path}/{IDS[0]}"]


def test_endpoint_on_the_third_page_is_found(set_endpoints: SetEndpoints, path: str, run: Run, sent: Sent) -> None:
    set_endpoints("a", "b", "c", "d", "e")
    result = run("query_api_endpoint", name="analytics", endpoint_name="e", sql="SELECT 1")
    assert (result["changed"], result["query_api_endpoint"]["id"]) == (False, IDS[4])
    assert sent() == ["GET services", *[f"GET {path}"] * 3, f"GET {path}/{IDS[4]}"]


def test_ambiguous_name_is_refused(
    set_endpoints: SetEndpoints, service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    set_endpoints("report", "other", "report")
    for options in ({"sql": "SELECT 2"}, {"state": "absent"}):
        result = run("query_api_endpoint", name="analytics", endpoint_name="report", **options)
        assert result["msg"] == (
            f"2 Query API endpoints of service {service['id']} are named 'report': {IDS[0]}, {IDS[2]}."
            " Select one of them with endpoint_id."
        )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_endpoint_is_renamed_by_id(
    set_endpoints: SetEndpoints, emulator: Emulator, keys: Keys, run: Run, check: bool
) -> None:
    set_endpoints("report", "other")
    selected = {"name": "analytics", "endpoint_id": IDS[0]}
    renamed = run("query_api_endpoint", check=check, **selected, endpoint_name="daily")
    assert renamed["diff"] == {"before": {"endpoint_name": "report"}, "after": {"endpoint_name": "daily"}}
    assert [body["name"] for body in bodies(emulator)] == ([] if check else ["daily"])
    taken = run("query_api_endpoint", check=check, **selected, endpoint_name="other")
    assert taken["msg"] == (
        f"The Query API endpoint {IDS[0]} is not renamed, since {IDS[1]} is named 'other'."
        " Choose another endpoint_name, or leave it out."
    )


@pytest.mark.parametrize("check", [True, False])
def test_deletion_needs_the_name(set_endpoints: SetEndpoints, emulator: Emulator, run: Run, check: bool) -> None:
    set_endpoints("report")
    absent = {"name": "analytics", "state": "absent", "endpoint_id": IDS[0]}
    assert run("query_api_endpoint", check=check, **absent)["msg"] == (
        "To delete a Query API endpoint by endpoint_id, set confirm_name to its name, or select it with endpoint_name"
        " instead of endpoint_id."
    )
    result = run("query_api_endpoint", check=check, **absent, confirm_name="other")
    assert result["msg"] == (
        f"The Query API endpoint {IDS[0]} is not deleted, since its name is 'report'; confirm_name is 'other'."
    )
    assert bodies(emulator) == []
    assert run("query_api_endpoint", check=check, **absent, confirm_name="report")["changed"] is True


@pytest.mark.parametrize("check", [True, False])
def test_endpoint_of_a_user_is_only_read(
    set_endpoints: SetEndpoints, emulator: Emulator, run: Run, check: bool
) -> None:
    set_endpoints("report", ownerType="user")
    selected = {"name": "analytics", "endpoint_name": "report"}
    same = run("query_api_endpoint", check=check, **selected, sql="SELECT 1", api_keys=["reports"])
    assert (same["changed"], same["query_api_endpoint"]["owner_type"]) == (False, "user")
    for options, done in (({"sql": "SELECT 2"}, "changed"), ({"state": "absent"}, "deleted")):
        result = run("query_api_endpoint", check=check, **selected, **options)
        assert result["msg"] == (
            f"The Query API endpoint {IDS[0]} is not {done}: a user owns its query, so that an API key can neither"
            " change nor delete it. Use the SQL console for this."
        )
    assert bodies(emulator) == []


@pytest.mark.parametrize("options", [{"sql": "SELECT 2"}, {"state": "absent"}])
def test_refusal_because_of_the_owner_is_explained(
    set_endpoints: SetEndpoints, emulator: Emulator, run: Run, options: dict[str, Any]
) -> None:
    set_endpoints("report", ownerType="user")
    # The API does not say who owns it.
    hidden = {"id": IDS[0], "name": "report", "sql": "SELECT 1", "apiKeyIds": [], "database": "d", "roles": ["r"]}
    emulator.fault(path="/query-api-endpoints/", method="GET", status=200, times=9, body={"result": hidden})
    keys = {} if "state" in options else {"api_keys": ["reports"]}
    result = run("query_api_endpoint", name="analytics", endpoint_name="report", **options, **keys)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 409)
    assert (
        "If a user owns its query, so that an API key can neither change nor delete it, use the SQL console."
        in result["msg"]
    )


@pytest.mark.usefixtures("fast_clock")
def test_change_that_another_task_overwrites_is_sent_again(
    set_endpoints: SetEndpoints, path: str, keys: Keys, emulator: Emulator, run: Run
) -> None:
    """Another task adds a key, and sends the SQL that it has read before. Then a third one adds another key."""
    set_endpoints("report")
    stored = emulator.request("GET", f"{path}/{IDS[0]}")
    emulator.clear_journal()
    other = [keys["reports"], keys["dashboards"]]
    for values in ({"apiKeyIds": other}, {"apiKeyIds": [*other, UNKNOWN], "sql": "SELECT 2"}):
        emulator.fault(path=f"/{IDS[0]}$", method="GET", skip=1, status=200, body={"result": {**stored, **values}})
    result = run("query_api_endpoint", name="analytics", endpoint_name="report", sql="SELECT 2")
    assert ("failed" in result, result["changed"]) == (False, True)
    assert result["query_api_endpoint"]["api_keys"] == [*other, UNKNOWN]
    assert [(body["sql"], body["apiKeyIds"]) for body in bodies(emulator)] == [
        ("SELECT 2", [keys["reports"]]),
        ("SELECT 2", other),
    ]


def test_deleted_key_does_not_prevent_a_change(
    set_endpoints: SetEndpoints, emulator: Emulator, keys: Keys, run: Run
) -> None:
    set_endpoints("report", apiKeyIds=[keys["dashboards"], keys["reports"]])
    selected = {"name": "analytics", "endpoint_name": "report"}
    emulator.request("DELETE", f"keys/{keys['dashboards']}")
    emulator.clear_journal()
    result = run("query_api_endpoint", **selected, sql="SELECT 2")
    assert result["diff"] == {
        "before": {"sql": "SELECT 1", "api_keys": [keys["dashboards"], keys["reports"]]},
        "after": {"sql": "SELECT 2", "api_keys": [keys["reports"]]},
    }
    assert result["warnings"] == [
        f"The Query API endpoint {IDS[0]} contains IDs of deleted API keys, which this change removes:"
        f" {keys['dashboards']}."
    ]
    emulator.request("DELETE", f"keys/{keys['reports']}")
    emulator.clear_journal()
    result = run("query_api_endpoint", **selected, sql="SELECT 3")
    assert result["msg"] == (
        f"The Query API endpoint {IDS[0]} has no API key that still exists. To change it, set api_keys."
    )
    named = run("query_api_endpoint", **selected, sql="SELECT 3", api_keys=[keys["reports"]])
    assert "that each ID in api_keys is the UUID of an API key that exists" in named["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_what_is_missing_for_a_creation_is_named(
    service: dict[str, Any], keys: Keys, emulator: Emulator, run: Run, check: bool
) -> None:
    result = run("query_api_endpoint", check=check, name="analytics", endpoint_name="report", parameters={"a": 1})
    assert result["msg"] == (
        f"Service {service['id']} has no Query API endpoint 'report'."
        " To create it, set sql, database, api_keys and roles."
    )
    result = run("query_api_endpoint", check=check, name="analytics", **new(endpoint_id=UNKNOWN))
    assert f"has no Query API endpoint {UNKNOWN}." in result["msg"]
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: endpoint_id, endpoint_name"),
        (
            new(api_keys=[]),
            "api_keys is empty. Name at least one API key, or delete the endpoint with state: absent.",
        ),
        (
            new(roles=[]),
            "roles is empty. Name at least one database role, or delete the endpoint with state: absent.",
        ),
        (new(parameters={"a": [1]}), "parameters: the value of 'a' must be text, a number"),
        (new(sql=["SELECT 1"]), "sql must be text"),
    ],
)
def test_invalid_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str
) -> None:
    assert message in run("query_api_endpoint", name="analytics", **options)["msg"]
    assert sent() == []


def test_unknown_key_is_reported(service: dict[str, Any], keys: Keys, emulator: Emulator, run: Run) -> None:
    result = run("query_api_endpoint", name="analytics", **new(api_keys=["report"]))
    assert result["msg"] == (
        "api_keys: there is no API key 'report'. Did you mean 'reports'? Name an API key of the organization, or use"
        " its ID, which is a UUID."
    )
    result = run("query_api_endpoint", name="analytics", **new(api_keys=[UNKNOWN]))
    assert (result["failed"], result["status"]) == (True, 400)
    assert "that each ID in api_keys is the UUID of an API key that exists" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_wrong_service_does_not_count_as_absent(
    emulator: Emulator, run: Run, lookup: dict[str, str], check: bool
) -> None:
    absent = {"endpoint_id": UNKNOWN, "state": "absent", "confirm_name": "report"}
    result = run("query_api_endpoint", check=check, **lookup, **absent)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_list_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    failure = {"error": "no", "status": status, "requestId": "r"}
    emulator.fault(path="/query-api-endpoints$", status=status, times=99, body=failure)
    result = run("query_api_endpoint", name="analytics", **new())
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"the Query API endpoints of service {service['id']}" in result["msg"]


def test_service_that_is_only_planned(emulator: Emulator, run: Run) -> None:
    run("service", check=True, name="new", provider="aws", region="us-east-1", ip_access_list=[])
    result = run("query_api_endpoint", check=True, name="new", **new(api_keys=["First key"]))
    # A separate process does not find it.
    assert result["changed"] is not result.get("failed", False)
    assert bodies(emulator) == []


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(query_api_endpoint.RETURN)["query_api_endpoint"]["contains"]
    assert documented.keys() == QUERY_API_ENDPOINT.to_result({}).keys()
