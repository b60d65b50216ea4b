# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test members, roles and quotas."""

from __future__ import annotations

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.emulator.organization import MEMBERS
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"


def test_update_member_roles(client: Client) -> None:
    members = f"{client.organization}/members"
    assert [member["userId"] for member in client.result("GET", members)] == list(MEMBERS)
    member = client.result("GET", f"{members}/{list(MEMBERS)[1]}")
    roles = client.result("GET", f"{client.organization}/roles")
    assert [role["roleName"] for role in member["assignedRoles"]] == ["Member"]
    path = f"{members}/{member['userId']}"
    changed = client.result("PATCH", path, {"assignedRoleIds": [roles[0]["id"]]})
    assert [role["roleName"] for role in changed["assignedRoles"]] == ["Admin"]
    assert client.error("PATCH", path, {"role": "admin"})[0] == 400
    assert client.error("PATCH", path, {"assignedRoleIds": [UNKNOWN]})[0] == 400
    assert client.request("DELETE", path).status_code == 200
    assert client.error("GET", path)[0] == 404


def test_create_and_delete_invitation(client: Client) -> None:
    invitations = f"{client.organization}/invitations"
    invitation = client.result("POST", invitations, {"email": "New@example.com", "role": "developer"})
    assert (invitation["email"], invitation["role"]) == ("new@example.com", "developer")
    assert client.result("GET", invitations) == [invitation]
    assert client.request("DELETE", f"{invitations}/{invitation['id']}").status_code == 200
    assert client.result("GET", invitations) == []
    assert client.error("POST", invitations, {"email": "nobody"})[0] == 400


def test_manage_custom_roles(client: Client) -> None:
    roles = f"{client.organization}/roles"
    system = client.result("GET", roles)[0]
    assert client.error("DELETE", f"{roles}/{system['id']}")[0] == 400
    policy = {"allowDeny": "ALLOW", "permissions": ["control-plane:service:view"], "resources": ["instance/*"]}
    role = client.result("POST", roles, {"name": "viewers", "actors": [], "policies": [policy]})
    assert role["type"] == "custom"
    assert role["policies"][0].items() >= policy.items()
    changed = client.result("PATCH", f"{roles}/{role['id']}", {"policies": [policy, policy]})
    assert len(changed["policies"]) == 2
    assert client.request("DELETE", f"{roles}/{role['id']}").status_code == 200
    assert client.error("GET", f"{roles}/{role['id']}")[0] == 404


def test_quota_usage_counts_services(client: Client) -> None:
    client.create()
    quota = client.result("GET", f"{client.organization}/quotas/services-per-organization")
    assert quota["usage"] == 1
    assert quota in client.result("GET", f"{client.organization}/quotas")
    assert client.error("GET", f"{client.organization}/quotas/none")[0] == 404


def test_limits_of_quotas(client: Client) -> None:
    client.emulator.set_quotas(services_per_organization=1)
    client.create()
    path = f"{client.organization}/quotas/services-per-organization"
    assert [client.result("GET", path)[name] for name in ("value", "usage")] == [1, 1]
    body = {"name": "more", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
    assert client.error("POST", f"{client.organization}/services", body) == (
        400,
        "BAD_REQUEST: The organization can have at most 1 services",
    )
    client.emulator.reset()
    assert client.result("GET", path)["value"] == 20


@pytest.mark.parametrize("limits", [{"services_per_organization": -1}, {"services": 1}])
def test_invalid_limits_of_quotas(client: Client, limits: dict[str, int]) -> None:
    with pytest.raises(EmulatorError, match="services"):
        client.emulator.set_quotas(**limits)
