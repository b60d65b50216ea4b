# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.role import ROLE
from ansible_collections.clickhouse.cloud.plugins.modules import role
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import COLLEAGUE, OWNER

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
VIEW, MANAGE, DELETE = (f"control-plane:service:{name}" for name in ("view", "manage", "delete"))
VIEW_ORGANIZATION = "control-plane:organization:view"
SQL = "sql-console:database:access"
MINIMAL: dict[str, Any] = {"name": "reporting", "policies": [{"permissions": [VIEW], "services": ["*"]}]}


def policy(*permissions: str, services: list[str] | None = None, **others: Any) -> dict[str, Any]:
    """Return a policy as the module returns it."""
    empty = {"effect": "allow", "resources": [], "sql_console_role": None, "grants": []}
    return {**empty, "permissions": sorted(permissions), "services": services or [], **others}


def actors(*members: str, api_keys: tuple[str, ...] = ()) -> dict[str, list[str]]:
    return {"members": [*members], "api_keys": [*api_keys]}


def bodies(emulator: Emulator) -> list[Any]:
    return [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"]


def find_role(emulator: Emulator, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(role for role in emulator.request("GET", "roles") if role["name"] == name)
    return found


@pytest.fixture
def existing(emulator: Emulator) -> dict[str, Any]:
    """Return a role with one policy and one actor, which other fields of its policies do not change."""
    policies = [{"allowDeny": "ALLOW", "permissions": [VIEW], "resources": ["instance/*"]}]
    created: dict[str, Any] = emulator.request(
        "POST", "roles", {"name": "reporting", "actors": [f"user/{OWNER}"], "policies": policies}
    )
    emulator.clear_journal()
    return created


def test_role_is_created_changed_and_deleted_idempotently(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    """Run each step in check mode, for real, and again."""
    scope = f"instance/{service['id']}"
    organization = f"organization/{emulator.organization_id}"
    declared = [
        {"permissions": [MANAGE, VIEW], "services": ["analytics"]},
        {"permissions": [VIEW_ORGANIZATION]},
        {"permissions": [SQL], "services": ["*"], "sql_console_role": "sql-console-readonly", "grants": ["sales"]},
    ]
    shown = [
        policy(VIEW_ORGANIZATION, resources=[organization]),
        policy(MANAGE, VIEW, services=[service["id"]]),
        policy(SQL, services=["*"], sql_console_role="sql-console-readonly", grants=["sales"]),
    ]
    sent_policies = [
        {"allowDeny": "ALLOW", "permissions": [MANAGE, VIEW], "resources": [scope]},
        {"allowDeny": "ALLOW", "permissions": [VIEW_ORGANIZATION], "resources": [organization]},
        {
            "allowDeny": "ALLOW",
            "permissions": [SQL],
            "resources": ["instance/*"],
            "tags": {"roleV2": "sql-console-readonly", "grants": ["sales"]},
        },
    ]
    # The API adds this permission by itself.
    stored = [shown[0], policy(MANAGE, VIEW, DELETE, services=[service["id"]]), shown[2]]
    denied = [{"effect": "deny", "permissions": [MANAGE], "services": [service["id"].upper()]}]
    steps: list[tuple[dict[str, Any], str, Any, dict[str, Any], list[str]]] = [
        (
            {"policies": declared, "actors": {"members": ["OWNER@example.com"]}},
            "POST",
            {"name": "reporting", "policies": sent_policies, "actors": [f"user/{OWNER}"]},
            {"before": {}, "after": {"name": "reporting", "policies": shown, "actors": actors(OWNER)}},
            ["GET services", "GET members"],
        ),
        (
            {"policies": denied, "actors": {"members": [COLLEAGUE]}, "actors_mode": "add"},
            "PATCH",
            {
                "policies": [
                    {
                        "allowDeny": "DENY",
                        "permissions": [MANAGE],
                        "resources": [scope],
                    }
                ],
                "actors": [f"user/{OWNER}", f"user/{COLLEAGUE}"],
            },
            {
                "before": {"policies": stored, "actors": actors(OWNER)},
                "after": {
                    "policies": [policy(MANAGE, effect="deny", services=[service["id"]])],
                    "actors": actors(OWNER, COLLEAGUE),
                },
            },
            [],
        ),
        (
            {"actors": {"members": [OWNER, COLLEAGUE]}, "actors_mode": "remove"},
            "PATCH",
            {"actors": []},
            {"before": {"actors": actors(OWNER, COLLEAGUE)}, "after": {"actors": actors()}},
            [],
        ),
        (
            {"state": "absent"},
            "DELETE",
            None,
            {
                "before": {
                    "name": "reporting",
                    "policies": [policy(MANAGE, effect="deny", services=[service["id"]])],
                    "actors": actors(),
                },
                "after": {},
            },
            [],
        ),
    ]
    role_id = None
    for options, method, body, diff, lookups in steps:
        plan = run("role", check=True, name="reporting", **options)
        assert plan["changed"] is True
        assert sent() == ["GET roles", *lookups]
        done = run("role", name="reporting", **options)
        deleted = {"role_id": role_id} if method == "DELETE" else {}
        assert (done["changed"], done["diff"]) == (True, {**diff, "before": {**deleted, **diff["before"]}})
        assert plan["diff"] == done["diff"]
        assert bodies(emulator) == [body]
        role_id = role_id or done["role"]["id"]
        target = "roles" if method == "POST" else f"roles/{role_id}"
        assert sent() == ["GET roles", *lookups, f"{method} {target}", f"GET roles/{role_id}"]
        for check in (True, False):
            again = run("role", check=check, name="reporting", **options)
            assert (again["changed"], again["role"]) == (False, done["role"])
            assert again["diff"] == {"before": {}, "after": {}}
            assert sent() == ["GET roles", *lookups]


@pytest.mark.parametrize("check", [True, False])
def test_policies_are_compared_regardless_of_order_and_division(
    emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    first = {"permissions": [VIEW, MANAGE], "services": ["*"]}
    second = {"effect": "deny", "permissions": [DELETE], "services": [UNKNOWN, "*"]}
    run("role", name="reporting", policies=[first, second])
    emulator.clear_journal()
    turned = [
        {"effect": "deny", "permissions": [DELETE], "services": ["*", UNKNOWN.upper()]},
        {"permissions": [MANAGE], "services": ["*"]},
        {"permissions": [VIEW], "resources": ["instance/*"]},
    ]
    assert run("role", check=check, name="reporting", policies=turned)["changed"] is False
    assert sent() == ["GET roles"]
    returned = run("role_info", name="reporting")["roles"][0]["policies"]
    assert run("role", check=check, name="reporting", policies=returned)["changed"] is False
    # A permission that the API does not add by itself is removed.
    fewer = [{"permissions": [MANAGE], "services": ["*"]}, second]
    assert run("role", check=check, name="reporting", policies=fewer)["changed"] is True


def test_permission_that_only_denies_is_not_added_by_the_api(emulator: Emulator, run: Run) -> None:
    policies = [{"effect": "deny", "permissions": [MANAGE, DELETE], "services": ["*"]}]
    run("role", name="reporting", policies=policies)
    policies[0]["permissions"] = [MANAGE]
    assert run("role", name="reporting", policies=policies)["changed"] is True


def test_unknown_permission_that_the_api_adds_is_reported(emulator: Emulator, run: Run) -> None:
    added = {**emulator.request("POST", "roles", {"name": "other", "actors": [], "policies": []}), "name": "reporting"}
    added["policies"] = [
        {"allowDeny": "ALLOW", "permissions": [VIEW, "control-plane:service:new"], "resources": ["instance/*"]}
    ]
    emulator.fault(path="/roles$", method="POST", status=200, body={"result": added})
    emulator.fault(path=f"/roles/{added['id']}$", method="GET", status=200, body={"result": added})
    result = run("role", **MINIMAL, wait_timeout=1)
    assert ("failed" in result, result["changed"]) == (False, True)
    assert (
        "The API has added permissions to the policies of the role by itself: control-plane:service:new. Add them to"
        " policies, so that the next run does not try to remove them." in str(result["warnings"])
    )


@pytest.mark.parametrize("check", [True, False])
def test_kind_of_actors_that_is_not_set_stays(existing: dict[str, Any], run: Run, check: bool) -> None:
    for chosen in ({"api_keys": []}, {}, {"members": None, "api_keys": []}):
        result = run("role", check=check, name="reporting", actors=chosen)
        assert (result["changed"], result["role"]["actors"]) == (False, actors(OWNER))


def test_other_kinds_of_actors_are_kept(existing: dict[str, Any], emulator: Emulator, run: Run) -> None:
    changed = {**existing, "actors": ["group/1", f"user/{OWNER.upper()}", 7, None]}
    emulator.fault(path="/roles$", method="GET", status=200, body={"result": [changed]})
    emulator.fault(path="/roles/", method="PATCH", status=200, body={"result": changed})
    result = run("role", name="reporting", actors={"members": [COLLEAGUE], "api_keys": []}, wait=False)
    assert result["diff"]["before"] == {"actors": actors(OWNER)}
    assert bodies(emulator) == [{"actors": ["group/1", f"user/{COLLEAGUE}"]}]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"policies": [{"permissions": [VIEW], "services": ["analytic"]}]},
            "policies[1].services: there is no service 'analytic'. Did you mean 'analytics'? Name a service of the"
            " organization, or use its ID, which is a UUID.",
        ),
        (
            {"actors": {"members": ["owner@exampel.com"]}},
            "actors.members: there is no member 'owner@exampel.com'. Did you mean 'owner@example.com'? Someone who is"
            " invited becomes a member by accepting the invitation. Name a member of the organization, or use its ID,"
            " which is a UUID.",
        ),
        (
            {"actors": {"api_keys": ["nightly"]}},
            "actors.api_keys: there is no API key 'nightly'. Name an API key of the organization, or use its ID, which"
            " is a UUID.",
        ),
    ],
)
def test_unknown_name_is_explained(
    service: dict[str, Any],
    existing: dict[str, Any],
    emulator: Emulator,
    run: Run,
    options: dict[str, Any],
    message: str,
    check: bool,
) -> None:
    result = run("role", check=check, name="reporting", **options)
    assert (result["failed"], result["changed"], result["msg"]) == (True, False, message)
    assert bodies(emulator) == []


def test_ambiguous_name_is_refused(existing: dict[str, Any], emulator: Emulator, run: Run) -> None:
    ids = [emulator.request("POST", "keys", {"name": "nightly"})["key"]["id"] for _number in range(2)]
    result = run("role", name="reporting", actors={"api_keys": ["nightly"]})
    assert result["msg"] == (
        f"actors.api_keys: 2 API keys are named 'nightly': {ids[0]} (enabled), {ids[1]} (enabled). Use the ID of"
        " one of them."
    )


@pytest.mark.parametrize("check", [True, False])
def test_actor_to_remove_need_not_exist(existing: dict[str, Any], run: Run, sent: Sent, check: bool) -> None:
    gone = {"members": ["gone@example.com"], "api_keys": ["First key"]}
    result = run("role", check=check, name="reporting", actors=gone, actors_mode="remove")
    assert result["changed"] is False
    assert "there is no member 'gone@example.com'" in str(result["warnings"])
    assert sent() == ["GET roles", "GET members", "GET keys"]


@pytest.mark.parametrize("check", [True, False])
def test_role_in_use_is_only_deleted_by_force(
    existing: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    result = run("role", check=check, name="reporting", state="absent")
    assert result["msg"] == (
        f"The role 'reporting' is not deleted, since these have it: user/{OWNER}. Remove them from actors first, or set"
        " force to delete it anyway."
    )
    assert run("role", check=check, name="reporting", state="absent", force=True)["changed"] is True
    assert [item["method"] for item in emulator.journal() if item["method"] != "GET"] == ([] if check else ["DELETE"])


@pytest.mark.parametrize("check", [True, False])
def test_system_role_cannot_be_changed_or_deleted(emulator: Emulator, run: Run, check: bool) -> None:
    result = run("role", check=check, **{**MINIMAL, "name": "Admin"})
    assert result["msg"] == (
        "The role 'Admin' is a system role, of which only the actors can be changed. Leave policies out, or create a"
        " role of another name."
    )
    result = run("role", check=check, name="Member", state="absent", force=True)
    assert result["msg"] == (
        "The role 'Member' is a system role, which cannot be deleted. To take it from everyone, set actors to empty"
        " lists."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("mode", "members"), [("set", []), ("remove", [OWNER])])
def test_last_administrator_stays(emulator: Emulator, run: Run, mode: str, members: list[str], check: bool) -> None:
    result = run("role", check=check, name="Admin", actors={"members": members}, actors_mode=mode)
    assert result["msg"] == (
        "actors: without these members, no member of the organization would have the role Admin. Leave at least one."
    )
    assert bodies(emulator) == []
    admin = {"name": "Admin", "actors": {"members": [COLLEAGUE]}}
    assert run("role", check=check, **admin, actors_mode=mode)["changed"] is (mode == "set")


def test_system_role_that_the_api_does_not_change_is_given_to_each_actor(
    emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"systemRoleActors": False})
    own_key = emulator.request("GET", "keys")[0]["id"]
    reader = find_role(emulator, "Org API reader")["id"]
    admin = find_role(emulator, "Admin")["id"]
    emulator.clear_journal()
    # The key of the task is the last one to be changed.
    for options, changes in (
        (
            {"actors": {"members": [OWNER], "api_keys": [own_key]}},
            ["GET keys", f"PATCH members/{OWNER}", f"PATCH keys/{own_key}"],
        ),
        ({"actors": {"members": [OWNER]}, "actors_mode": "remove"}, [f"PATCH members/{OWNER}"]),
    ):
        plan = run("role", check=True, name="Org API reader", **options)
        assert sent() == ["GET roles"]
        result = run("role", name="Org API reader", **options)
        assert sent() == ["GET roles", f"PATCH roles/{reader}", "GET roles", *changes, f"GET roles/{reader}"]
        assert (result["changed"], result["diff"], result["role"]["actors"]) == (
            True,
            plan["diff"],
            plan["role"]["actors"],
        )
        assert run("role", name="Org API reader", **options)["changed"] is False
        sent()
    member = {**emulator.request("GET", f"members/{OWNER}")}
    assert [item["roleId"] for item in member["assignedRoles"]] == [admin]
    key = emulator.request("GET", f"keys/{own_key}")
    assert {item["roleId"] for item in key["assignedRoles"]} == {admin, reader}


# The key that the task uses


@pytest.fixture
def own_role(emulator: Emulator) -> str:
    """Return the ID of the key of the tasks, which has the role "reporting"."""
    key_id: str = emulator.request("GET", "keys")[0]["id"]
    policies = [{"allowDeny": "ALLOW", "permissions": [VIEW, MANAGE], "resources": [f"instance/{UNKNOWN}"]}]
    role = {"name": "reporting", "actors": [f"apiKey/{key_id}"], "policies": policies}
    emulator.request("POST", "roles", role)
    emulator.clear_journal()
    return key_id


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("policies", "lost"),
    [
        ([], f"{DELETE}, {MANAGE}, {VIEW}"),
        ([{"permissions": [VIEW], "services": [UNKNOWN]}], f"{DELETE}, {MANAGE}"),
        ([{"permissions": [VIEW, MANAGE], "services": [OWNER]}], f"{DELETE}, {MANAGE}, {VIEW}"),
        ([{"permissions": [VIEW, MANAGE], "services": [UNKNOWN], "grants": ["a"]}], f"{DELETE}, {MANAGE}, {VIEW}"),
        (
            [
                {"permissions": [VIEW, MANAGE], "services": [UNKNOWN]},
                {"permissions": [MANAGE], "services": ["*"], "effect": "deny"},
            ],
            MANAGE,
        ),
    ],
)
def test_key_in_use_keeps_its_permissions(
    emulator: Emulator, run: Run, own_role: str, policies: list[dict[str, Any]], lost: str, check: bool
) -> None:
    result = run("role", check=check, name="reporting", policies=policies)
    assert result["msg"] == (
        "The policies of the role 'reporting' are not changed, since this task uses the API key 'First key', which has"
        f" the role and would lose permissions: {lost}. Use another key for this task: set api_key and api_secret."
    )
    assert bodies(emulator) == []


def test_role_of_the_key_in_use_may_get_more(emulator: Emulator, run: Run, own_role: str, sent: Sent) -> None:
    for services in ([UNKNOWN, OWNER], ["*"]):
        policies = [
            {"permissions": [MANAGE], "services": services},
            {"permissions": [VIEW, "control-plane:service:view-backups"], "services": services},
        ]
        assert run("role", name="reporting", policies=policies)["changed"] is True
        assert "GET keys" not in sent()
    # Another key may have the role, too, and lose it.
    other = emulator.request("POST", "keys", {"name": "other"})["key"]["id"]
    role = find_role(emulator, "reporting")
    emulator.request("PATCH", f"roles/{role['id']}", {"actors": [f"apiKey/{other}"]})
    assert run("role", name="reporting", policies=[])["changed"] is True


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "options", [{"state": "absent", "force": True}, {"actors": {"api_keys": []}}, {"actors": {"members": []}}]
)
def test_key_in_use_keeps_its_role(
    emulator: Emulator, run: Run, own_role: str, options: dict[str, Any], check: bool
) -> None:
    result = run("role", check=check, name="reporting", **options)
    if "members" in options.get("actors", ()):
        assert result["changed"] is False
    else:
        assert result["msg"] == (
            "The role 'reporting' is not taken from the API key 'First key', since this task uses it. Use another key"
            " for this task: set api_key and api_secret."
        )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: role_id, name"),
        ({"name": ""}, "one of the following is required: role_id, name"),
        (
            {"name": "a", "policies": [{"permissions": []}]},
            "policies[1] has no permissions. Name at least one, or remove the policy.",
        ),
        (
            {"name": "a", "policies": [{"permissions": [VIEW_ORGANIZATION, VIEW]}]},
            f"policies[1] does not say what {VIEW} applies to. Set services, to names or IDs of services or to '*' for"
            " all, or resources.",
        ),
        ({"name": "a", "policies": [{"services": ["*"]}]}, "permissions"),
        ({"name": "a", "policies": [{"permissions": [VIEW], "effect": "ALLOW"}]}, "effect"),
    ],
)
def test_invalid_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str, check: bool
) -> None:
    result = run("role", check=check, **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
def test_what_is_missing_for_a_creation_is_named(emulator: Emulator, run: Run, check: bool) -> None:
    result = run("role", check=check, name="reporting", actors={"members": []})
    assert result["msg"] == "The organization has no role 'reporting'. To create it, set policies."
    result = run("role", check=check, role_id=UNKNOWN, policies=[])
    assert result["msg"] == (
        f"The organization has no role {UNKNOWN}. Check role_id, or select one with name, which creates it if"
        " there is none."
    )


def test_role_can_have_no_policies(emulator: Emulator, run: Run) -> None:
    created = run("role", name="reporting", policies=[], actors={"members": [OWNER]}, actors_mode="remove")
    assert (created["changed"], created["role"]["policies"]) == (True, [])
    assert bodies(emulator) == [{"name": "reporting", "policies": [], "actors": []}]


@pytest.mark.parametrize("check", [True, False])
def test_role_is_renamed_by_id(existing: dict[str, Any], run: Run, sent: Sent, check: bool) -> None:
    renamed = run("role", check=check, role_id=existing["id"].upper(), name="reports")
    assert renamed["diff"] == {"before": {"name": "reporting"}, "after": {"name": "reports"}}
    requests = [f"PATCH roles/{existing['id']}", f"GET roles/{existing['id']}"]
    assert sent() == [f"GET roles/{existing['id']}", "GET roles", *([] if check else requests)]


@pytest.mark.usefixtures("fast_clock")
def test_role_whose_response_was_lost_is_adopted(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/roles$", method="POST", disconnect="after")
    result = run("role", **MINIMAL)
    assert ("failed" in result, result["changed"]) == (False, True)
    assert len(bodies(emulator)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"policies": [7]},
        {"policies": [{"allowDeny": 7}]},
        {"policies": [{"allowDeny": "ALLOW", "resources": {}, "permissions": []}]},
        {"policies": [{"allowDeny": "ALLOW", "resources": [7], "permissions": []}]},
        {"policies": [{"allowDeny": "ALLOW", "resources": [], "permissions": [7]}]},
        {"policies": [{"allowDeny": "ALLOW", "resources": [], "permissions": [], "tags": 7}]},
        {"policies": 7},
        {"actors": 7},
    ],
)
def test_malformed_role_is_reported(
    existing: dict[str, Any], emulator: Emulator, run: Run, body: dict[str, Any]
) -> None:
    emulator.fault(path="/roles$", method="GET", status=200, body={"result": [{**existing, **body}]})
    result = run("role", **MINIMAL, actors={"members": [COLLEAGUE]})
    assert result["failed"] is True
    assert "The API returned " in result["msg"]
    assert "exception" not in result
    assert bodies(emulator) == []


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_list_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/roles$", status=status, times=99, body={"error": "no", "status": status, "requestId": "r"})
    result = run("role", **MINIMAL)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    if status == 403:
        assert "The API key may not read the roles of the organization" in result["msg"]
        assert "control-plane:organization:manage" in result["msg"]


def test_refused_change_of_a_role_is_reported(existing: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/roles/", method="PATCH", status=400)
    result = run("role", name="reporting", actors={"members": [COLLEAGUE]})
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert f"The request to change the role {existing['id']} failed" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(role.RETURN)["role"]["contains"]
    assert documented.keys() == ROLE.to_result({}).keys()
