# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, add_nothing

PERMISSIONS = {"organization:view": "", "organization:manage": "to change something"}
ALICE = "alice@example.com"
COLLEAGUE_EMAIL = "colleague@example.com"


def roles_by_email(env: Environment, path: str) -> Mapping[str, Any]:
    """Return the names of the roles of each member or invitation."""
    found = env.emulator.request("GET", path)
    emails = [one["email"] for one in found]
    assert len(emails) == len({*emails}), f"more than one of {path} has the same email: {emails}"
    return {one["email"]: [role["roleName"] for role in one["assignedRoles"]] for one in found}


def has_invitations(**roles: list[str]) -> Callable[[Environment], None]:
    """Return a check that these are the invitations, by the name before the @."""

    def verify(env: Environment) -> None:
        found = {email.split("@")[0]: names for email, names in roles_by_email(env, "invitations").items()}
        assert found == roles, f"the invitations are {found}"

    return verify


def colleague_has(*names: str) -> Callable[[Environment], None]:
    def verify(env: Environment) -> None:
        found = roles_by_email(env, "members")[COLLEAGUE_EMAIL]
        assert {*found} == {*names}, f"the roles are {found}"

    return verify


def colleague_is_removed(env: Environment) -> None:
    assert COLLEAGUE_EMAIL not in roles_by_email(env, "members"), "the member still exists"


def invite(env: Environment) -> None:
    env.emulator.set_invitations({"email": ALICE, "roles": ["Member"]})


def invite_in_vain(env: Environment) -> None:
    env.emulator.set_invitations({"email": ALICE, "roles": ["Member"], "expireAt": "2026-01-01T00:00:00Z"})


SCENARIOS = [
    Scenario(
        "invite",
        {"email": "Alice@example.com", "roles": ["Member", "Billing"]},
        ["GET members", "GET invitations", "GET roles", "POST invitations", "GET invitations/{id}"],
        has_invitations(alice=["Billing", "Member"]),
        setup=add_nothing,
    ),
    Scenario(
        "replace an expired invitation",
        {"email": ALICE, "roles": ["Member"]},
        [
            "GET members",
            "GET invitations",
            "GET roles",
            "DELETE invitations/{id}",
            "GET invitations/{id}",
            "POST invitations",
            "GET invitations/{id}",
        ],
        has_invitations(alice=["Member"]),
        setup=invite_in_vain,
    ),
    Scenario(
        "change roles",
        {"email": COLLEAGUE_EMAIL, "roles": ["Billing"], "roles_mode": "add"},
        ["GET members", "GET roles", "PATCH members/{id}", "GET members/{id}"],
        colleague_has("Member", "Billing"),
        setup=add_nothing,
    ),
    Scenario(
        "remove",
        {"email": COLLEAGUE_EMAIL, "state": "absent"},
        ["GET members", "DELETE members/{id}", "GET members/{id}", "GET invitations"],
        colleague_is_removed,
        setup=add_nothing,
        optional_part="member",
    ),
    Scenario(
        "withdraw an invitation",
        {"email": ALICE, "state": "absent"},
        ["GET members", "GET invitations", "DELETE invitations/{id}", "GET invitations/{id}"],
        has_invitations(),
        setup=invite,
        optional_part="invitation",
    ),
]
