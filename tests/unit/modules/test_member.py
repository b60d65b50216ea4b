# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.member import INVITATION, MEMBER
from ansible_collections.clickhouse.cloud.plugins.modules import member
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import COLLEAGUE, OWNER

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
ALICE = "alice@example.com"
LOOKUPS = ["GET members", "GET invitations"]


def bodies(emulator: Emulator) -> list[Any]:
    return [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"]


@pytest.fixture
def role_ids(emulator: Emulator) -> dict[str, str]:
    """Return the ID of each role by its name."""
    found = {role["name"]: role["id"] for role in emulator.request("GET", "roles")}
    emulator.clear_journal()
    return found


def test_someone_is_invited_idempotently_and_the_invitation_is_withdrawn(
    emulator: Emulator, run: Run, sent: Sent, role_ids: dict[str, str]
) -> None:
    """Run each step in check mode, for real, and again."""
    options = {"email": " Alice@Example.com ", "roles": ["Member", role_ids["Billing"].upper()]}
    plan = run("member", check=True, **options)
    assert sent() == [*LOOKUPS, "GET roles"]
    done = run("member", **options)
    assert bodies(emulator) == [{"email": ALICE, "assignedRoleIds": [role_ids["Member"], role_ids["Billing"]]}]
    invitation = done["invitation"]
    created = ["POST invitations", f"GET invitations/{invitation['id']}"]
    assert sent() == [*LOOKUPS, "GET roles", *created]
    after = {"email": ALICE, "roles": ["Billing", "Member"]}
    assert plan["diff"] == done["diff"] == {"before": {}, "after": after}
    assert (plan["changed"], plan["invitation"]["id"], plan["invitation"]["roles"]) == (True, None, after["roles"])
    assert (done["member"], invitation["email"], invitation["roles"]) == (None, ALICE, after["roles"])
    for check in (True, False):
        for again in (options, {"email": ALICE}, {"email": ALICE, "roles": ["Member"], "roles_mode": "add"}):
            result = run("member", check=check, **again)
            assert (result["changed"], result["invitation"]) == (False, invitation)
            assert result["diff"] == {"before": {}, "after": {}}
            assert sent() == LOOKUPS

    absent = {"email": ALICE.upper(), "state": "absent"}
    plan = run("member", check=True, **absent)
    assert sent() == LOOKUPS
    gone = run("member", **absent)
    path = f"invitations/{invitation['id']}"
    assert sent() == [*LOOKUPS, f"DELETE {path}", f"GET {path}"]
    assert plan["diff"] == gone["diff"] == {"before": {"invitation_id": invitation["id"], **after}, "after": {}}
    assert (plan["changed"], gone["changed"], gone["invitation"]) == (True, True, None)
    for check in (True, False):
        result = run("member", check=check, **absent)
        assert (result["changed"], result["diff"]) == (False, {"before": {}, "after": {}})
        assert sent() == LOOKUPS


@pytest.mark.parametrize(
    "other", [{"roles": ["Billing"]}, {"roles": ["Member"], "expireAt": "2026-01-01T00:00:00Z"}, {"roles": ["Admin"]}]
)
def test_other_or_expired_invitations_are_replaced(emulator: Emulator, run: Run, other: dict[str, Any]) -> None:
    # Two invitations of one email address are both replaced.
    planted = emulator.set_invitations({"email": ALICE, **other}, {"email": ALICE, **other})
    emulator.clear_journal()
    options = {"email": ALICE, "roles": ["Member"]}
    plan = run("member", check=True, **options)
    assert bodies(emulator) == []
    done = run("member", **options)
    assert plan["diff"] == done["diff"]
    assert done["diff"] == {
        "before": {"invitation_id": planted[1]["id"], "email": ALICE, "roles": other["roles"]},
        "after": {"email": ALICE, "roles": ["Member"]},
    }
    methods = [entry["method"] for entry in emulator.journal() if entry["method"] != "GET"]
    assert methods == ["DELETE", "DELETE", "POST"]
    (left,) = emulator.request("GET", "invitations")
    assert left["id"] == done["invitation"]["id"]
    assert run("member", **options)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [{}, {"roles": ["Billing"], "roles_mode": "add"}])
def test_invitation_is_not_replaced_without_all_roles(
    emulator: Emulator, run: Run, options: dict[str, Any], check: bool
) -> None:
    emulator.set_invitations({"email": ALICE, "roles": ["Member"], "expireAt": "2026-01-01T00:00:00Z"})
    assert run("member", check=check, email=ALICE, **options)["msg"] == (
        f"The invitation of {ALICE} has expired or has other roles. An invitation cannot be changed: to replace it, set"
        " roles to all roles, with roles_mode: set."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_stranger_is_only_invited_with_roles(emulator: Emulator, run: Run, check: bool) -> None:
    assert run("member", check=check, email=ALICE)["msg"] == (
        f"There is neither a member nor an invitation with the email {ALICE}. To invite it, set roles."
    )
    result = run("member", check=check, email=ALICE, roles=["Billing"], roles_mode="remove")
    assert (result["changed"], result["member"], result["invitation"]) == (False, None, None)
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("options", "after"),
    [
        ({"roles": ["Billing"]}, ["Billing"]),
        ({"roles": ["Billing", "Member"]}, ["Billing", "Member"]),
        ({"roles": ["Billing"], "roles_mode": "add"}, ["Billing", "Member"]),
        ({"roles": ["Member", "Billing"], "roles_mode": "remove"}, []),
        ({"roles": []}, []),
    ],
)
def test_roles_of_a_member_are_changed(
    emulator: Emulator, run: Run, sent: Sent, role_ids: dict[str, str], options: dict[str, Any], after: list[str]
) -> None:
    options = {"email": "COLLEAGUE@example.com", **options}
    plan = run("member", check=True, **options)
    reads = ["GET members", "GET roles"] if options["roles"] else ["GET members"]
    assert sent() == reads
    done = run("member", **options)
    path = f"members/{COLLEAGUE}"
    assert sent() == [*reads, f"PATCH {path}", f"GET {path}"]
    assert plan["diff"] == done["diff"] == {"before": {"roles": ["Member"]}, "after": {"roles": after}}
    assert plan["member"] == done["member"]
    assert (done["changed"], done["member"]["roles"], done["invitation"]) == (True, after, None)
    (entry,) = bodies(emulator) or [None]
    for check in (True, False):
        again = run("member", check=check, **options)
        assert (again["changed"], again["member"]) == (False, done["member"])
        assert sent() == ["GET members"]
    member_now = emulator.request("GET", path)
    assert {role["roleId"] for role in member_now["assignedRoles"]} == {role_ids[name] for name in after}
    assert entry is None or {*entry["assignedRoleIds"]} == {role_ids[name] for name in after}


@pytest.mark.parametrize("check", [True, False])
def test_member_without_roles_in_the_task_is_not_changed(run: Run, sent: Sent, emulator: Emulator, check: bool) -> None:
    result = run("member", check=check, email="owner@example.com")
    assert (result["changed"], result["member"]["roles"], result["invitation"]) == (False, ["Admin"], None)
    assert sent() == ["GET members"]


def test_member_is_removed_with_the_invitations(emulator: Emulator, run: Run, sent: Sent) -> None:
    (invitation,) = emulator.set_invitations({"email": "colleague@example.com"})
    options = {"email": "colleague@example.com", "state": "absent"}
    plan = run("member", check=True, **options)
    assert sent() == LOOKUPS
    done = run("member", **options)
    member_path, invitation_path = f"members/{COLLEAGUE}", f"invitations/{invitation['id']}"
    assert sent() == [
        "GET members",
        f"DELETE {member_path}",
        f"GET {member_path}",
        "GET invitations",
        f"DELETE {invitation_path}",
        f"GET {invitation_path}",
    ]
    assert plan["diff"] == done["diff"]
    assert (done["changed"], done["member"], done["invitation"]) == (True, None, None)
    assert done["diff"]["before"]["user_id"] == COLLEAGUE
    for check in (True, False):
        assert run("member", check=check, **options)["changed"] is False
        assert sent() == LOOKUPS


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [{"state": "absent"}, {"roles": ["Member"]}, {"roles": []}])
def test_last_administrator_stays(
    emulator: Emulator, run: Run, role_ids: dict[str, str], options: dict[str, Any], check: bool
) -> None:
    assert run("member", check=check, email="owner@example.com", **options)["msg"] == (
        "owner@example.com is the only member with the role Admin, and keeps it. Give the role to another member first."
    )
    assert bodies(emulator) == []
    emulator.request("PATCH", f"members/{COLLEAGUE}", {"assignedRoleIds": [role_ids["Admin"]]})
    assert run("member", check=check, email="owner@example.com", **options)["changed"] is True


@pytest.mark.parametrize("check", [True, False])
def test_custom_role_of_the_name_admin_makes_no_administrator(emulator: Emulator, run: Run, check: bool) -> None:
    """Only the system role counts, whose name is not reserved."""
    fake = emulator.request("POST", "roles", {"name": "Fake", "actors": [f"user/{COLLEAGUE}"], "policies": []})
    members = emulator.request("GET", "members")
    for role in (role for one in members for role in one["assignedRoles"]):
        role["roleName"] = "Admin" if role["roleId"] == fake["id"] else role["roleName"]
    emulator.clear_journal()
    emulator.fault(path="/members$", times=2, status=200, body={"result": members})
    (owner,) = [one["email"] for one in members if one["userId"] == OWNER]
    result = run("member", check=check, email=owner, state="absent")
    assert "is the only member with the role Admin, and keeps it." in result["msg"]
    # The custom role in place of the system role.
    roles = emulator.request("GET", "roles")
    roles = [{**role, "name": "Admin"} if role["id"] == fake["id"] else role for role in roles]
    emulator.fault(path="/roles$", status=200, body={"result": roles})
    result = run("member", check=check, email=owner, roles=[fake["id"]])
    assert "is the only member with the role Admin, and keeps it." in result["msg"]
    assert {entry["method"] for entry in emulator.journal()} == {"GET"}


@pytest.mark.parametrize("email", [ALICE, "colleague@example.com"])
@pytest.mark.parametrize(
    ("role", "message"),
    [
        (
            "Memer",
            "roles: there is no role 'Memer'. Did you mean 'Member'? Name a role of the organization, or use its ID,"
            " which is a UUID.",
        ),
        (UNKNOWN, f"roles: there is no role with the ID {UNKNOWN}. Use the name of one that exists."),
    ],
)
def test_unknown_role_is_explained(emulator: Emulator, run: Run, email: str, role: str, message: str) -> None:
    assert run("member", email=email, roles=[role])["msg"] == message
    assert run("member", check=True, email=email, roles=[UNKNOWN])["failed"]
    # An earlier task may have planned it.
    planned = run("member", check=True, email=email, roles=["Memer", "Billing"])
    assert planned["diff"]["after"]["roles"] == ["Billing", "Memer"]
    assert planned["warnings"] == [
        "roles: there is no role 'Memer'. Did you mean 'Member'? Name a role of the organization, or use its ID, which"
        " is a UUID. Outside check mode, the task fails unless the role is created first, for example with"
        " clickhouse.cloud.role."
    ]
    assert bodies(emulator) == []


@pytest.mark.parametrize("email", ["alice", "@example.com", "alice@", "a@b@c", "a b@example.com"])
def test_malformed_email_is_rejected_before_any_request(emulator: Emulator, run: Run, email: str) -> None:
    result = run("member", email=email, roles=["Member"])
    assert result["msg"] == f"email must be an email address such as alice@example.com; {email!r} is not."
    assert emulator.journal() == []


def test_email_is_required(emulator: Emulator, run: Run) -> None:
    for options in ({}, {"email": ""}):
        assert "email" in run("member", roles=["Member"], **options)["msg"]
    assert emulator.journal() == []


@pytest.mark.usefixtures("fast_clock")
def test_invitation_whose_response_was_lost_is_adopted(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/invitations$", method="POST", disconnect="after")
    result = run("member", email=ALICE, roles=["Member"])
    assert ("failed" in result, result["changed"]) == (False, True)
    assert len(emulator.request("GET", "invitations")) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_list_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    body = {"error": "no", "status": status, "requestId": "r"}
    emulator.fault(path="/members$", status=status, times=99, body=body)
    result = run("member", email=ALICE, roles=["Member"])
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)


def test_other_member_in_a_response_is_reported(emulator: Emulator, run: Run) -> None:
    other = emulator.request("GET", f"members/{OWNER}")
    emulator.fault(path="/members/", method="PATCH", status=200, body={"result": other})
    result = run("member", email="colleague@example.com", roles=["Billing"])
    assert f"The API returned the member '{OWNER}' in place of {COLLEAGUE}." in result["msg"]


@pytest.mark.parametrize("roles", [None, 7, [7, {}]])
def test_unusual_roles_are_read(emulator: Emulator, run: Run, roles: Any) -> None:
    stranger = {"userId": UNKNOWN, "email": ALICE, "assignedRoles": roles}
    emulator.fault(path="/members$", status=200, body={"result": [stranger]})
    result = run("member", check=True, email=ALICE, roles=["Member"])
    assert result["changed"] is not result.get("failed", False)
    assert "exception" not in result


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(member.RETURN)
    assert documented["member"]["contains"].keys() == MEMBER.to_result({}).keys()
    assert documented["invitation"]["contains"].keys() == INVITATION.to_result({}).keys()
