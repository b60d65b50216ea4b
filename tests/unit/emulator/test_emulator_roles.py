# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test roles, whose actors are the members and keys that show them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.organization import MEMBERS
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
POLICY = {"allowDeny": "ALLOW", "permissions": ["control-plane:service:view"], "resources": ["instance/*"]}
OWNER, COLLEAGUE = MEMBERS


@pytest.fixture
def roles(client: Client) -> str:
    """Return the path of the roles."""
    return f"{client.organization}/roles"


def system_role(client: Client, roles: str, name: str) -> dict[str, Any]:
    (role,) = (role for role in client.result("GET", roles) if role["name"] == name)
    assert role["type"] == "system"
    found: dict[str, Any] = role
    return found


def create(client: Client, roles: str, **fields: Any) -> dict[str, Any]:
    body = {"name": "custom", "actors": [], "policies": [POLICY], **fields}
    role: dict[str, Any] = client.result("POST", roles, body)
    return role


def role_names(client: Client, path: str) -> list[str]:
    return [role["roleName"] for role in client.result("GET", f"{client.organization}/{path}")["assignedRoles"]]


def test_actors_of_a_system_role_can_be_changed(client: Client, roles: str) -> None:
    member = system_role(client, roles, "Member")
    assert member["actors"] == [f"user/{COLLEAGUE}"]
    path = f"{roles}/{member['id']}"
    changed = client.result("PATCH", path, {"actors": [f"user/{OWNER}"]})
    assert (changed["actors"], changed["policies"]) == ([f"user/{OWNER}"], member["policies"])
    assert role_names(client, f"members/{OWNER}") == ["Admin", "Member"]
    assert role_names(client, f"members/{COLLEAGUE}") == []
    expected = (400, "BAD_REQUEST: The name and the policies of a system role cannot be changed")
    for body in ({"name": "Other"}, {"policies": [POLICY]}, {"actors": [], "name": "Member"}):
        assert client.error("PATCH", path, body) == expected
    assert client.result("GET", path)["actors"] == [f"user/{OWNER}"]
    assert client.error("DELETE", path) == (400, "BAD_REQUEST: System roles cannot be deleted")


def test_actor_has_a_role_once(client: Client, roles: str) -> None:
    owner, colleague = f"user/{OWNER}", f"user/{COLLEAGUE}"
    role = create(client, roles, actors=[colleague, owner, colleague])
    assert role["actors"] == [colleague, owner]
    path = f"{roles}/{role['id']}"
    assert client.result("PATCH", path, {"actors": [owner, owner]})["actors"] == [owner]
    assert client.result("GET", path)["actors"] == [owner]


def test_actors_and_assigned_roles_are_one_relation(client: Client, roles: str) -> None:
    key = client.result("POST", f"{client.organization}/keys", {"name": "second"})["key"]
    actors = [f"apiKey/{key['id']}", f"user/{COLLEAGUE}"]
    role = create(client, roles, actors=actors)
    assert role_names(client, f"keys/{key['id']}") == ["custom"]
    assert role_names(client, f"members/{COLLEAGUE}") == ["Member", "custom"]
    client.result("PATCH", f"{client.organization}/members/{COLLEAGUE}", {"assignedRoleIds": []})
    assert client.result("GET", f"{roles}/{role['id']}")["actors"] == [f"apiKey/{key['id']}"]
    body = {"assignedRoleIds": [role["id"].upper()]}
    assert client.result("PATCH", f"{client.organization}/members/{COLLEAGUE}", body)["assignedRoles"] == [
        {"roleId": role["id"], "roleName": "custom", "roleType": "custom"}
    ]
    assert client.request("DELETE", f"{client.organization}/keys/{key['id']}").status_code == 200
    assert client.request("DELETE", f"{client.organization}/members/{COLLEAGUE}").status_code == 200
    assert client.result("GET", f"{roles}/{role['id']}")["actors"] == []


def test_deleted_role_is_gone_everywhere(client: Client, roles: str) -> None:
    role = create(client, roles, actors=[f"user/{COLLEAGUE}"])
    body = {"email": "new@example.com", "assignedRoleIds": [role["id"]]}
    invitation = client.result("POST", f"{client.organization}/invitations", body)
    key = client.result("POST", f"{client.organization}/keys", {"name": "a", "assignedRoleIds": [role["id"]]})["key"]
    paths = (f"members/{COLLEAGUE}", f"invitations/{invitation['id']}", f"keys/{key['id']}")
    for path in paths:
        assert "custom" in role_names(client, path)
    assert client.result("PATCH", f"{roles}/{role['id']}", {"name": "renamed"})["name"] == "renamed"
    for path in paths:
        assert "renamed" in role_names(client, path)
    assert client.request("DELETE", f"{roles}/{role['id']}").status_code == 200
    for path in paths:
        assert "renamed" not in role_names(client, path)
    assert client.error("GET", f"{roles}/{role['id']}") == (404, f"NOT_FOUND: {role['id']}")


def test_managing_a_service_brings_deleting_it(client: Client, roles: str) -> None:
    def permissions(*names: str, effect: str = "ALLOW") -> list[str]:
        given = [f"control-plane:service:{name}" for name in names]
        policy = {**POLICY, "permissions": given, "allowDeny": effect}
        role = create(client, roles, name="-".join((*names, effect)), policies=[policy])
        stored = client.result("GET", f"{roles}/{role['id']}")["policies"][0]["permissions"]
        return [name.split(":")[2] for name in stored]

    assert permissions("manage") == ["manage", "delete"]
    assert permissions("delete", "manage") == ["delete", "manage"]
    assert permissions("view") == ["view"]
    assert permissions("manage", effect="DENY") == ["manage"]


@pytest.mark.parametrize(
    "changes",
    [
        {"permissions": []},
        {"permissions": ["control-plane:service:fly"]},
        {"permissions": ["service:view"]},
        {"permissions": ["control-plane:service:view", "control-plane:organization:view"]},
        {"resources": []},
        {"resources": ["*"]},
        {"resources": ["instance/*", f"organization/{UNKNOWN}"]},
        {"allowDeny": "allow"},
    ],
)
def test_invalid_policies(client: Client, roles: str, changes: dict[str, Any]) -> None:
    role = create(client, roles)
    policies = [POLICY, {**POLICY, **changes}]
    for method, path, body in (
        ("POST", roles, {"name": "other", "actors": [], "policies": policies}),
        ("PATCH", f"{roles}/{role['id']}", {"policies": policies}),
    ):
        status, error = client.error(method, path, body)
        assert (status, error.startswith("BAD_REQUEST: request body.policies[1]")) == (400, True)
    assert client.result("GET", f"{roles}/{role['id']}") == role


def test_organization_policies(client: Client, roles: str) -> None:
    resource = f"organization/{client.emulator.organization_id}"
    policy = {**POLICY, "permissions": ["control-plane:organization:view"], "resources": [resource]}
    assert create(client, roles, policies=[policy])["policies"][0].items() >= policy.items()


def test_policies_of_the_sql_console(client: Client, roles: str) -> None:
    policy = {
        "allowDeny": "ALLOW",
        "permissions": ["sql-console:database:access"],
        "resources": ["instance/*"],
        "tags": {"roleV2": "sql-console-readonly"},
    }
    (created,) = create(client, roles, policies=[policy])["policies"]
    assert {name: created[name] for name in policy} == policy


@pytest.mark.parametrize("actor", [f"user/{UNKNOWN}", f"apiKey/{UNKNOWN}", OWNER])
def test_unknown_actors(client: Client, roles: str, actor: str) -> None:
    role = create(client, roles)
    body = {"name": "other", "actors": [f"user/{OWNER}", actor], "policies": []}
    expected = (400, f"BAD_REQUEST: request body.actors[1]: The actor does not exist <string:{actor}>")
    assert client.error("POST", roles, body) == expected
    assert client.error("PATCH", f"{roles}/{role['id']}", {"actors": body["actors"]}) == expected
    assert client.result("GET", f"{roles}/{role['id']}")["actors"] == []


def test_names_of_roles_are_unique(client: Client, roles: str) -> None:
    role = create(client, roles)
    body = {"name": "custom", "actors": [], "policies": []}
    assert client.error("POST", roles, body) == (409, "CONFLICT: A role with the name 'custom' already exists")
    assert client.error("POST", roles, {**body, "name": "Admin"})[0] == 409
    assert client.error("PATCH", f"{roles}/{role['id']}", {"name": "Member"})[0] == 409
    assert client.result("PATCH", f"{roles}/{role['id']}", {"name": "custom"})["name"] == "custom"


def test_quotas(client: Client) -> None:
    quotas = {quota["quotaCode"]: quota for quota in client.result("GET", f"{client.organization}/quotas")}
    assert list(quotas) == [
        "services-per-organization",
        "postgres-services-per-organization",
        "replicas-per-warehouse",
        "api-keys-per-organization",
    ]
    assert quotas["replicas-per-warehouse"]["value"] == 50
    assert "usage" not in quotas["replicas-per-warehouse"]
    assert (quotas["api-keys-per-organization"]["value"], quotas["api-keys-per-organization"]["usage"]) == (100, 1)
    client.result("POST", f"{client.organization}/keys", {"name": "second"})
    assert client.result("GET", f"{client.organization}/quotas/api-keys-per-organization")["usage"] == 2
