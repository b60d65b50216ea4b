# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.query_endpoint import QUERY_ENDPOINT
from ansible_collections.clickhouse.cloud.plugins.modules import service_query_endpoint
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
READ, WRITE = "sql_console_read_only", "sql_console_admin"
NAMES = ("reports", "dashboards", "old")


@pytest.fixture
def keys(emulator: Emulator, service: dict[str, Any]) -> dict[str, str]:
    """Return the IDs of API keys by their names. The last ones are on the second page of the list."""
    ids = {name: emulator.request("POST", "keys", {"name": name})["key"]["id"] for name in NAMES}
    emulator.clear_journal()
    return ids


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/serviceQueryEndpoint"


@pytest.fixture
def endpoint(keys: dict[str, str], emulator: Emulator, path: str) -> dict[str, Any]:
    """Return a query endpoint of the service that has the keys reports and old."""
    body = {"openApiKeys": [keys["reports"], keys["old"]], "roles": [READ], "allowedOrigins": "https://a.example"}
    stored: dict[str, Any] = emulator.request("POST", path, body)
    emulator.clear_journal()
    return stored


def bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of the changes of query endpoints, and clear the journal."""
    sent = [entry["body"] for entry in emulator.journal() if entry["method"] == "POST"]
    emulator.clear_journal()
    return sent


def delete_key(emulator: Emulator, key_id: str) -> None:
    emulator.request("DELETE", f"keys/{key_id}")
    emulator.clear_journal()


#: The options of consecutive tasks, the number of requests for keys, the body, and the diff. {name} is the ID of a key.
COURSE: list[tuple[dict[str, Any], int, Any, dict[str, Any]]] = [
    (
        {"api_keys": ["{reports}"], "roles": [READ]},
        0,
        {"openApiKeys": ["{reports}"], "roles": [READ]},
        {"before": {}, "after": {"api_keys": ["{reports}"], "roles": [READ]}},
    ),
    (
        {
            "api_keys": ["dashboards"],
            "api_keys_mode": "add",
            "allowed_origins": ["https://a.example", "https://b.example"],
        },
        2,
        {
            "openApiKeys": ["{reports}", "{dashboards}"],
            "roles": [READ],
            "allowedOrigins": "https://a.example,https://b.example",
        },
        {
            "before": {"api_keys": ["{reports}"], "allowed_origins": []},
            "after": {
                "api_keys": ["{reports}", "{dashboards}"],
                "allowed_origins": ["https://a.example", "https://b.example"],
            },
        },
    ),
    (
        {"roles": [WRITE, READ, WRITE], "allowed_origins": "https://b.example"},
        2,
        {"openApiKeys": ["{reports}", "{dashboards}"], "roles": [WRITE, READ], "allowedOrigins": "https://b.example"},
        {
            "before": {"roles": [READ], "allowed_origins": ["https://a.example", "https://b.example"]},
            "after": {"roles": [WRITE, READ], "allowed_origins": ["https://b.example"]},
        },
    ),
    (
        {"api_keys": ["{REPORTS}"], "api_keys_mode": "remove"},
        2,
        {"openApiKeys": ["{dashboards}"], "roles": [WRITE, READ], "allowedOrigins": "https://b.example"},
        {"before": {"api_keys": ["{reports}", "{dashboards}"]}, "after": {"api_keys": ["{dashboards}"]}},
    ),
    (
        {"api_keys": [], "roles": [READ, WRITE], "allowed_origins": []},
        0,
        {"openApiKeys": [], "roles": [WRITE, READ], "allowedOrigins": ""},
        {
            "before": {"api_keys": ["{dashboards}"], "allowed_origins": ["https://b.example"]},
            "after": {"api_keys": [], "allowed_origins": []},
        },
    ),
    (
        {"state": "absent", "roles": [], "confirm_name": "analytics"},
        0,
        None,
        {"before": {"api_keys": [], "roles": [WRITE, READ], "allowed_origins": []}, "after": {}},
    ),
]


def fill_in(value: Any, keys: dict[str, str]) -> Any:
    """Return the value with the IDs of keys."""
    text = yaml.safe_dump(value)
    for name, key_id in keys.items():
        text = text.replace(f"'{{{name}}}'", f"'{key_id}'").replace(f"'{{{name.upper()}}}'", f"'{key_id.upper()}'")
    return yaml.safe_load(text)


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_endpoint_is_created_changed_and_deleted_idempotently(
    service: dict[str, Any], keys: dict[str, str], path: str, emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    finds = ["GET services"] if by == "name" else []
    exists = False
    for options, pages, body, diff in fill_in(COURSE, keys):
        is_deletion = "state" in options
        verifies = [f"GET services/{service['id']}"] if by != "name" and is_deletion is exists else []
        looks = [*finds, f"GET {path}", *verifies, *["GET keys"] * pages]
        plan = run("service_query_endpoint", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"]) == (True, diff)
        assert sent() == looks

        done = run("service_query_endpoint", **lookup, **options)
        assert (done["changed"], done["diff"], done["service_id"]) == (True, diff, service["id"])
        # What the API decides is not known before.
        for name, value in (plan["query_endpoint"] or {}).items():
            assert value is None or done["query_endpoint"][name] == value
        exists = options.get("state") != "absent"
        assert (done["query_endpoint"] is not None) is exists
        assert bodies(emulator) == ([body] if exists else [])

        for check in (True, False):
            again = run("service_query_endpoint", check=check, **lookup, **options)
            assert (again["changed"], again["query_endpoint"]) == (False, done["query_endpoint"])
            assert again["diff"] == {"before": {}, "after": {}}
        sent()


def test_no_change_by_id_needs_one_request(
    service: dict[str, Any], endpoint: dict[str, Any], keys: dict[str, str], path: str, run: Run, sent: Sent
) -> None:
    options = {"api_keys": [keys["old"], keys["reports"]], "roles": [READ], "allowed_origins": ["https://a.example"]}
    result = run("service_query_endpoint", service_id=service["id"], name="other", **options)
    assert (result["changed"], result["query_endpoint"]["id"]) == (False, endpoint["id"])
    assert sent() == [f"GET {path}"]


def test_origins_are_compared_as_the_api_stores_them(endpoint: dict[str, Any], emulator: Emulator, run: Run) -> None:
    """The API has one text. An element that is such a text, or has spaces, must not differ from it forever."""
    options = {"name": "analytics", "allowed_origins": [" https://b.example ", "https://a.example, https://b.example"]}
    for check in (True, False):
        result = run("service_query_endpoint", check=check, **options)
        assert result["query_endpoint"]["allowed_origins"] == ["https://b.example", "https://a.example"]
    assert [body["allowedOrigins"] for body in bodies(emulator)] == ["https://b.example,https://a.example"]
    assert run("service_query_endpoint", **options)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "removed"),
    [
        ({"api_keys": ["{old}"]}, ["{reports}"]),
        ({"api_keys": ["dashboards"]}, ["{reports} (reports)", "{old} (old)"]),
        ({"api_keys": ["{reports}", "{old}"], "roles": [WRITE]}, []),
        ({"api_keys": ["{old}"], "api_keys_mode": "remove"}, []),
        ({"api_keys": ["dashboards"], "api_keys_mode": "add"}, []),
        ({"roles": [WRITE]}, []),
        # All of them, and so no task that adds one can be forgotten.
        ({"api_keys": []}, []),
    ],
)
def test_keys_that_the_mode_set_removes_are_named(
    service: dict[str, Any],
    endpoint: dict[str, Any],
    keys: dict[str, str],
    run: Run,
    options: dict[str, Any],
    removed: list[str],
    check: bool,
) -> None:
    result = run("service_query_endpoint", check=check, service_id=service["id"], **fill_in(options, keys))
    assert result["changed"] is True
    names = " and ".join(name.format(**keys) for name in removed)
    warning = (
        f"api_keys_mode: set removes from the query endpoint of service {service['id']} what api_keys does not contain:"
        f" {names}. If other tasks add it, use api_keys_mode: add."
    )
    assert result.get("warnings", []) == ([warning] if removed else [])


def another_writer(
    emulator: Emulator, path: str, times: int = 1, **written: Any
) -> Callable[[str], list[tuple[str, Any]]]:
    """Let reads after a change show what another task has written over it. Return a function that lists the changes."""
    emulator.fault(path=f"/{path}$", method="GET", skip=1, status=200, body={"result": written}, times=times)
    return lambda name: [(entry["method"], entry["body"][name]) for entry in emulator.journal() if entry["body"]]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(
    "options", [{"roles": [WRITE]}, {"api_keys": ["{dashboards}"], "api_keys_mode": "add"}, {"allowed_origins": []}]
)
def test_what_another_task_changes_meanwhile_is_not_waited_for(
    endpoint: dict[str, Any], keys: dict[str, str], path: str, emulator: Emulator, run: Run, options: dict[str, Any]
) -> None:
    """The API shows the change of this task together with a key that another task has added."""
    values = {"roles": options.get("roles", [READ]), "allowedOrigins": "" if "allowed_origins" in options else "x"}
    changes = another_writer(emulator, path, **{**endpoint, **values, "openApiKeys": [*keys.values(), UNKNOWN]})
    result = run("service_query_endpoint", name="analytics", **fill_in(options, keys))
    assert ("failed" in result, result["changed"]) == (False, True)
    assert result["query_endpoint"]["api_keys"] == [*keys.values(), UNKNOWN]
    assert [method for method, _keys in changes("openApiKeys")] == ["POST"]


@pytest.mark.usefixtures("fast_clock")
def test_change_that_another_task_overwrites_is_sent_again(
    endpoint: dict[str, Any], keys: dict[str, str], path: str, emulator: Emulator, run: Run
) -> None:
    other = emulator.request("POST", "keys", {"name": "other"})["key"]["id"]
    emulator.clear_journal()
    changes = another_writer(emulator, path, **{**endpoint, "openApiKeys": [keys["reports"], other]})
    result = run("service_query_endpoint", name="analytics", api_keys=["dashboards"], api_keys_mode="add")
    assert ("failed" in result, result["changed"]) == (False, True)
    assert changes("openApiKeys") == [
        ("POST", [keys["reports"], keys["old"], keys["dashboards"]]),
        ("POST", [keys["reports"], other, keys["dashboards"]]),
    ]
    assert result["query_endpoint"]["api_keys"] == [keys["reports"], other, keys["dashboards"]]


@pytest.mark.usefixtures("fast_clock")
def test_old_values_are_not_those_of_another_task(
    endpoint: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    changes = another_writer(emulator, path, times=2, **endpoint)
    assert run("service_query_endpoint", name="analytics", roles=[WRITE])["changed"] is True
    assert changes("roles") == [("POST", [WRITE])]


@pytest.mark.usefixtures("fast_clock")
def test_task_that_overwrites_each_change_is_named(
    endpoint: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    for number in range(3):
        another_writer(emulator, path, **{**endpoint, "allowedOrigins": f"https://{number}.example"})
    result = run("service_query_endpoint", name="analytics", roles=[WRITE])
    assert (result["failed"], result["changed"]) == (True, True)
    assert (
        f"The query endpoint of service {result['service_id']} still has roles ['{READ}'], since another task has"
        " overwritten the change 3 times. Run the task again when no other task changes the same."
    ) in result["msg"]


@pytest.mark.usefixtures("fast_clock")
def test_key_that_another_task_has_just_created_is_kept(
    endpoint: dict[str, Any], keys: dict[str, str], path: str, emulator: Emulator, run: Run
) -> None:
    """The list of the keys that the task has read for the name dashboards does not have it yet."""
    older = {"result": [{"id": keys["dashboards"], "name": "dashboards"}, {"id": keys["old"], "name": "old"}]}
    emulator.fault(path="/keys$", status=200, body=older)
    result = run("service_query_endpoint", name="analytics", api_keys=["dashboards"], api_keys_mode="add")
    assert result["query_endpoint"]["api_keys"] == [keys[name] for name in ("reports", "old", "dashboards")]
    assert "warnings" not in result


def test_id_of_deleted_key_is_removed_with_a_change(
    endpoint: dict[str, Any], keys: dict[str, str], emulator: Emulator, run: Run
) -> None:
    delete_key(emulator, keys["old"])
    unchanged = run("service_query_endpoint", name="analytics", api_keys=["reports"], api_keys_mode="add")
    assert (unchanged["changed"], "warnings" in unchanged) == (False, False)
    options = {"name": "analytics", "api_keys": ["dashboards"], "api_keys_mode": "add"}
    plan = run("service_query_endpoint", check=True, **options)
    done = run("service_query_endpoint", **options)
    assert plan["diff"] == done["diff"]
    assert done["query_endpoint"]["api_keys"] == [keys["reports"], keys["dashboards"]]
    for result in (plan, done):
        assert f"contains IDs of deleted API keys, which this change removes: {keys['old']}." in str(result["warnings"])
    assert run("service_query_endpoint", **options)["changed"] is False


def test_id_of_deleted_key_can_be_removed(
    endpoint: dict[str, Any], keys: dict[str, str], emulator: Emulator, run: Run
) -> None:
    delete_key(emulator, keys["old"])
    result = run("service_query_endpoint", name="analytics", api_keys=[keys["old"]], api_keys_mode="remove")
    assert (result["changed"], "warnings" in result) == (True, False)
    assert result["query_endpoint"]["api_keys"] == [keys["reports"]]


def test_key_that_may_not_list_keys_keeps_the_others(
    endpoint: dict[str, Any], keys: dict[str, str], emulator: Emulator, run: Run
) -> None:
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["view-api-keys"])
    options = {"name": "analytics", "api_keys_mode": "add", **{name: added[name] for name in ("api_key", "api_secret")}}
    result = run("service_query_endpoint", api_keys=[keys["dashboards"]], **options)
    assert result["query_endpoint"]["api_keys"] == [keys[name] for name in ("reports", "old", "dashboards")]
    refused = run("service_query_endpoint", api_keys=["reports"], **options)
    assert (refused["failed"], refused["status"]) == (True, 403)
    assert "control-plane:organization:view-api-keys" in refused["msg"]
    delete_key(emulator, keys["old"])
    refused = run("service_query_endpoint", roles=[WRITE], **options)
    assert (refused["failed"], refused["changed"], refused["status"]) == (True, False, 400)
    assert "is left out if the key of this task may list the API keys" in refused["msg"]


@pytest.mark.usefixtures("fast_clock")
def test_failed_list_of_keys_is_reported(endpoint: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/keys$", status=500, times=99)
    result = run("service_query_endpoint", name="analytics", roles=[WRITE])
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 500)
    assert "The request to list the API keys of the organization failed" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_unknown_and_ambiguous_names_are_reported(
    endpoint: dict[str, Any], keys: dict[str, str], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    result = run("service_query_endpoint", check=check, name="analytics", api_keys=["Report"])
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        "api_keys: there is no API key 'Report'. Did you mean 'reports'? Name an API key of the organization, or"
        " use its ID, which is a UUID."
    )
    twin = emulator.request("POST", "keys", {"name": "old"})["key"]["id"]
    result = run("service_query_endpoint", check=check, name="analytics", api_keys=["old"], api_keys_mode="remove")
    assert result["msg"] == (
        f"api_keys: 2 API keys are named 'old': {keys['old']} (enabled), {twin} (enabled). Use the ID of one of them."
    )
    assert [request for request in sent() if not request.startswith("GET")] == ["POST keys"]


def test_missing_name_to_remove_is_no_change(endpoint: dict[str, Any], run: Run) -> None:
    result = run("service_query_endpoint", name="analytics", api_keys=["xyz"], api_keys_mode="remove")
    assert (result["changed"], "failed" in result) == (False, False)
    assert result["warnings"] == [
        "api_keys: there is no API key 'xyz'. Name an API key of the organization, or use its ID, which is a UUID."
    ]


def test_id_of_no_key_is_refused_by_the_api(endpoint: dict[str, Any], run: Run) -> None:
    result = run("service_query_endpoint", name="analytics", api_keys=[UNKNOWN])
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert "Check that each ID in api_keys is the UUID of an API key that exists." in result["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "missing"),
    [({}, "api_keys and roles"), ({"api_keys": [UNKNOWN]}, "roles"), ({"roles": [READ]}, "api_keys")],
)
def test_creation_needs_keys_and_roles(
    service: dict[str, Any], path: str, run: Run, sent: Sent, options: dict[str, Any], missing: str, check: bool
) -> None:
    result = run("service_query_endpoint", check=check, name="analytics", **options)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == f"There is no query endpoint yet. To create one, set {missing}."
    assert sent() == ["GET services", f"GET {path}"]


def test_removal_of_keys_creates_no_endpoint(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    result = run("service_query_endpoint", name="analytics", api_keys=["any"], api_keys_mode="remove", roles=[READ])
    assert (result["changed"], result["query_endpoint"]) == (False, None)
    assert result["diff"] == {"before": {}, "after": {}}
    assert sent() == ["GET services", f"GET {path}"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"roles": []}, f"roles is empty. Name {READ} or {WRITE}, or delete it with state: absent."),
        ({"roles": ["admin"]}, f"roles: number 1 must be {READ} or {WRITE}; 'admin' is not."),
        ({"api_keys": [""]}, "api_keys"),
        ({"api_keys": ["a"], "api_keys_mode": "append"}, "api_keys_mode must be set or add or remove"),
        ({"api_keys": "a\tb"}, "api_keys: of number 1 contains a control character"),
    ],
)
def test_impossible_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str
) -> None:
    result = run("service_query_endpoint", name="analytics", **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert sent() == []


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("service_query_endpoint")["msg"]
    assert "service_id must be a UUID" in run("service_query_endpoint", service_id="analytics")["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
def test_deletion_is_confirmed_by_the_name_of_the_service(
    service: dict[str, Any], endpoint: dict[str, Any], path: str, emulator: Emulator, run: Run, check: bool
) -> None:
    absent = {"state": "absent", "service_id": service["id"]}
    assert run("service_query_endpoint", check=check, **absent)["msg"] == (
        "To delete the query endpoint by service_id, set confirm_name to the name of the service, or select the service"
        " with name instead of service_id."
    )
    assert emulator.journal() == []
    for lookup in (absent, {"state": "absent", "name": "analytics"}):
        refused = run("service_query_endpoint", check=check, **lookup, confirm_name="reports")
        assert (refused["failed"], refused["changed"]) == (True, False)
        assert refused["msg"] == (
            f"The query endpoint is not deleted from service 'analytics' ({service['id']}), since confirm_name is"
            " 'reports', which is not the name of the service."
        )
    # The service was deleted in the meantime.
    emulator.fault(path=f"/{path}$", body={"result": endpoint}, status=200)
    emulator.fault(path=f"/{service['id']}$", status=404, body={"status": 404, "error": f"NOT_FOUND: {service['id']}"})
    gone = run("service_query_endpoint", check=check, **absent, confirm_name="analytics")
    assert gone["msg"].startswith(f"There is no service '{service['id']}'.")
    assert {entry["method"] for entry in emulator.journal()} == {"GET"}


ABSENT = {"state": "absent", "confirm_name": "analytics"}


@pytest.mark.parametrize("options", [{"api_keys": ["First key"], "roles": [READ]}, ABSENT])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_wrong_service_does_not_count_as_absent(
    emulator: Emulator, run: Run, lookup: dict[str, str], options: dict[str, Any]
) -> None:
    result = run("service_query_endpoint", **lookup, **options)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_secondary_service_has_its_endpoint(
    service: dict[str, Any], endpoint: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.create(name="second", provider="aws", region="eu-central-1", dataWarehouseId=service["dataWarehouseId"])
    result = run("service_query_endpoint", name="second", api_keys=["old"], roles=[WRITE])
    assert (result["changed"], result["query_endpoint"]["id"] == endpoint["id"]) == (True, False)


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("options", "method"), [({"roles": [WRITE]}, "POST"), ({"state": "absent"}, "DELETE")])
def test_lost_response_is_not_a_failure(
    endpoint: dict[str, Any], emulator: Emulator, run: Run, options: dict[str, Any], method: str
) -> None:
    emulator.fault(path="/serviceQueryEndpoint$", method=method, disconnect="after")
    result = run("service_query_endpoint", name="analytics", **options)
    assert ("failed" in result, result["changed"]) == (False, True)
    assert (result["query_endpoint"] or {}).get("roles") == options.get("roles")


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 403, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/serviceQueryEndpoint$", method="GET", status=status, times=99)
    result = run("service_query_endpoint", service_id=service["id"], **ABSENT)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"service {service['id']}" in result["msg"]


def test_unexpected_values_are_replaced_or_reported(
    service: dict[str, Any], keys: dict[str, str], emulator: Emulator, run: Run
) -> None:
    odd = {"openApiKeys": [7], "roles": [{"a": 1}], "newField": {"someKey": 1}}
    emulator.fault(path="/serviceQueryEndpoint$", status=200, body={"result": odd})
    plan = run("service_query_endpoint", check=True, service_id=service["id"], api_keys=["old"], roles=[READ])
    assert "The API returned a malformed entry in openApiKeys: 7." in plan["msg"]
    emulator.fault(path="/serviceQueryEndpoint$", status=200, body={"result": {**odd, "openApiKeys": []}})
    plan = run("service_query_endpoint", check=True, service_id=service["id"], roles=[READ])
    assert plan["diff"] == {"before": {"roles": []}, "after": {"roles": [READ]}}
    assert plan["query_endpoint"]["new_field"] == {"some_key": 1}
    emulator.fault(path="/serviceQueryEndpoint$", status=200, body={"result": {"roles": "all"}})
    result = run("service_query_endpoint", service_id=service["id"], roles=[READ])
    assert "The API returned 'all' for roles; expected a list." in result["msg"]


def test_return_values_and_choices_are_documented() -> None:
    documented = yaml.safe_load(service_query_endpoint.RETURN)["query_endpoint"]
    assert documented["contains"].keys() == QUERY_ENDPOINT.to_result({}).keys()
    options = yaml.safe_load(service_query_endpoint.DOCUMENTATION)["options"]
    for name, rule in QUERY_ENDPOINT.argument_spec().items():
        assert options[name].get("choices") == rule.get("choices")
