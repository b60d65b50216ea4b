# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    COLLEAGUE,
    OWNER,
    Scenario,
    add_nothing,
    add_role,
    add_running_service,
)

PERMISSIONS = {
    "organization:manage": "",
    "organization:view": "for members by email address",
    "organization:view-api-keys": "for API keys by name, and to change those of a system role if the API requires it",
    "service:view": "for services by name",
}

VIEW_BILLING = ["control-plane:organization:view", "control-plane:organization:view-billing"]


def find_roles(env: Environment, name: str) -> list[dict[str, Any]]:
    return [role for role in env.emulator.request("GET", "roles") if role["name"] == name]


def has_role(*actors: str, **policy: Any) -> Callable[[Environment], None]:
    """Return a check that exactly one role has the name, and these actors, and perhaps this policy."""

    def verify(env: Environment) -> None:
        (role,) = find_roles(env, "reporting")
        assert role["actors"] == [*actors], f"the actors are {role['actors']}"
        found = [{name: value for name, value in one.items() if name in policy} for one in role["policies"]]
        assert not policy or found == [policy], f"the policies are {found}"

    return verify


def has_no_role(env: Environment) -> None:
    assert not find_roles(env, "reporting"), "the role still exists"


def refuse_system_roles(env: Environment) -> None:
    """Let the API refuse every change of a system role."""
    env.emulator.add_organization(id=env.emulator.organization_id, features={"systemRoleActors": False})


def are_members(*members: str) -> Callable[[Environment], None]:
    """Return a check that these have the role Member."""

    def verify(env: Environment) -> None:
        (role,) = find_roles(env, "Member")
        assert {*role["actors"]} == {*members}, f"the actors are {role['actors']}"

    return verify


def member_options(**actors: Any) -> Mapping[str, Any]:
    return {"name": "Member", "actors": actors}


def key_id(env: Environment) -> str:
    return str(env.emulator.request("GET", "keys")[0]["id"])


def owner_and_key_are_members(env: Environment) -> None:
    are_members(f"user/{OWNER}", f"apiKey/{key_id(env)}")(env)


SCENARIOS = [
    Scenario(
        "create, by names",
        {
            "name": "reporting",
            "policies": [
                {"permissions": ["control-plane:service:view"], "services": ["analytics"]},
            ],
            "actors": {"members": ["Owner@example.com"], "api_keys": ["First key"]},
        },
        ["GET roles", "GET services", "GET members", "GET keys", "POST roles", "GET roles/{id}"],
        lambda env: has_role(
            f"user/{OWNER}",
            f"apiKey/{key_id(env)}",
            permissions=["control-plane:service:view"],
            resources=[f"instance/{next(iter(env.services))}"],
        )(env),
        setup=add_running_service,
    ),
    Scenario(
        "change, by IDs",
        {
            "name": "reporting",
            "policies": [{"permissions": VIEW_BILLING}],
            "actors": {"members": [COLLEAGUE]},
            "actors_mode": "add",
        },
        ["GET roles", "PATCH roles/{id}", "GET roles/{id}"],
        has_role(
            f"user/{OWNER}",
            f"user/{COLLEAGUE}",
            permissions=VIEW_BILLING,
        ),
        setup=add_role,
    ),
    Scenario(
        "actors of a system role",
        member_options(members=[OWNER]),
        ["GET roles", "PATCH roles/{id}", "GET roles/{id}"],
        are_members(f"user/{OWNER}"),
        setup=add_nothing,
    ),
    Scenario(
        "actors of a system role that cannot be changed",
        member_options(members=[OWNER], api_keys=["First key"]),
        [
            "GET roles",
            "GET keys",
            "PATCH roles/{id}",
            "GET roles",
            "GET keys",
            "PATCH members/{id}",
            "PATCH members/{id}",
            "PATCH keys/{id}",
            "GET roles/{id}",
        ],
        owner_and_key_are_members,
        setup=refuse_system_roles,
    ),
    Scenario(
        "delete, by ID",
        {"role_id": "{role}", "confirm_name": "reporting", "force": True, "state": "absent"},
        ["GET roles/{id}", "DELETE roles/{id}", "GET roles/{id}"],
        has_no_role,
        setup=add_role,
        optional_part="role",
    ),
]
