# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test API keys: their rights, their expiry, and from where they can be used."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.emulator.roles import SYSTEM_ROLES
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
LOCAL = {"source": "127.0.0.0/8", "description": "this machine"}
BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}


def role_id(client: Client, name: str) -> str:
    (found,) = (role["id"] for role in client.result("GET", f"{client.organization}/roles") if role["name"] == name)
    return str(found)


def create_role(client: Client, *policies: dict[str, Any], name: str = "custom") -> str:
    body = {"name": name, "actors": [], "policies": list(policies)}
    return str(client.result("POST", f"{client.organization}/roles", body)["id"])


def allow(resource: str, *permissions: str, effect: str = "ALLOW") -> dict[str, Any]:
    names = [f"control-plane:{permission}" for permission in permissions]
    return {"allowDeny": effect, "permissions": names, "resources": [resource]}


def create_key(client: Client, **body: Any) -> tuple[Client, dict[str, Any]]:
    """Return a client that uses a new key, and the key as an API resource."""
    body = {"name": "second", "ipAccessList": [LOCAL], **body}
    created = client.result("POST", f"{client.organization}/keys", body)
    return Client(client.emulator, created["keyId"], created["keySecret"]), created["key"]


def key_path(client: Client, key: dict[str, Any]) -> str:
    return f"{client.organization}/keys/{key['id']}"


def test_list_keys_includes_the_current_key(client: Client) -> None:
    (key,) = client.result("GET", f"{client.organization}/keys")
    assert key["keySuffix"] == client.emulator.api_key[-4:]
    assert (key["state"], key["roles"]) == ("enabled", ["admin"])
    assert [role["roleName"] for role in key["assignedRoles"]] == ["Admin"]
    assert "keySecret" not in key


def test_create_update_and_delete_key(client: Client) -> None:
    keys = f"{client.organization}/keys"
    created = client.result("POST", keys, {"name": "second", "ipAccessList": [LOCAL]})
    assert list(created) == ["key", "keyId", "keySecret"]
    assert created["key"]["keySuffix"] == created["keyId"][-4:]
    path = f"{keys}/{created['key']['id']}"
    assert client.result("GET", path) == created["key"]
    second = Client(client.emulator, created["keyId"], created["keySecret"])
    assert second.result("GET", "/organizations")[0]["id"] == client.emulator.organization_id
    assert client.result("PATCH", path, {"state": "disabled"})["state"] == "disabled"
    assert second.error("GET", "/organizations")[0] == 401
    assert client.result("PATCH", path, {"state": "enabled", "name": "renamed"})["name"] == "renamed"
    assert client.request("DELETE", path).status_code == 200
    assert client.error("GET", path)[0] == 404
    assert second.error("GET", "/organizations")[0] == 401
    assert client.error("GET", f"{keys}/none") == (400, "BAD_REQUEST: Invalid key id <string:none>")


def test_assigned_roles_decide_what_a_key_may_do(client: Client) -> None:
    service_id = client.create()["id"]
    second, key = create_key(client)
    assert (key["roles"], key["assignedRoles"]) == ([], [])
    assert second.error("GET", client.organization) == (403, "FORBIDDEN")
    assert second.result("GET", f"{client.organization}/services") == []
    assert second.error("GET", client.service(service_id)) == (403, "FORBIDDEN")
    assigned = client.result("PATCH", key_path(client, key), {"assignedRoleIds": [role_id(client, "Admin")]})
    assert assigned["assignedRoles"] == [
        {"roleId": role_id(client, "Admin"), "roleName": "Admin", "roleType": "system"},
    ]
    assert second.result("PATCH", client.service(service_id), {"name": "new"})["name"] == "new"
    assert second.result("POST", f"{client.organization}/services", BODY)["service"]["name"] == "test"
    assert client.result("PATCH", key_path(client, key), {"assignedRoleIds": []})["assignedRoles"] == []
    assert second.error("PATCH", client.service(service_id), {"name": "new"}) == (403, "FORBIDDEN")


def test_deprecated_roles_have_no_effect(client: Client) -> None:
    second, key = create_key(client, roles=["admin"])
    assert (key["roles"], key["assignedRoles"]) == (["admin"], [])
    assert second.error("GET", client.organization) == (403, "FORBIDDEN")
    # They keep the value that they have.
    assert client.result("PATCH", key_path(client, key), {"roles": ["developer"]})["roles"] == ["admin"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_unknown_roles_of_a_key(client: Client, method: str) -> None:
    _second, key = create_key(client)
    path = f"{client.organization}/keys" if method == "POST" else key_path(client, key)
    for roles in ([UNKNOWN], [role_id(client, "Admin"), UNKNOWN], ["Admin"]):
        assert client.error(method, path, {"name": "third", "assignedRoleIds": roles})[0] == 400
    assert len(client.result("GET", f"{client.organization}/keys")) == 2
    assert client.result("GET", key_path(client, key)) == key


def test_policies_of_a_custom_role(client: Client) -> None:
    first, other = client.create()["id"], client.create()["id"]
    custom = create_role(
        client,
        allow("instance/*", "service:view", "service:manage"),
        allow(f"instance/{first}", "service:view-backups"),
        allow(f"instance/{other}", "service:manage", effect="DENY"),
    )
    second, key = create_key(client, assignedRoleIds=[custom])
    assert [(role["roleName"], role["roleType"]) for role in key["assignedRoles"]] == [("custom", "custom")]
    assert len(second.result("GET", f"{client.organization}/services")) == 2
    assert second.result("PATCH", client.service(first), {"name": "new"})["name"] == "new"
    assert second.error("PATCH", client.service(other), {"name": "new"}) == (403, "FORBIDDEN")
    assert second.request("GET", client.service(first, "/backups")).status_code == 200
    assert second.error("GET", client.service(other, "/backups")) == (403, "FORBIDDEN")
    # A new service needs both permissions.
    assert second.error("POST", f"{client.organization}/services", BODY) == (403, "FORBIDDEN")
    assert client.request("DELETE", f"{client.organization}/roles/{custom}").status_code == 200
    assert client.result("GET", key_path(client, key))["assignedRoles"] == []
    assert second.error("GET", client.service(first)) == (403, "FORBIDDEN")


def test_key_sees_only_services_that_it_may_view(client: Client) -> None:
    first = client.running(name="first")
    client.running(name="second")
    custom = create_role(client, allow(f"instance/{first}", "service:view"))
    second, _key = create_key(client, assignedRoleIds=[custom])
    assert [service["id"] for service in second.result("GET", f"{client.organization}/services")] == [first]
    client.emulator.add_organization(id=client.emulator.organization_id, features={"organizationMetrics": True})
    assert 'clickhouse_service_name="second"' not in second.request("GET", f"{client.organization}/prometheus").text


@pytest.mark.parametrize(
    ("body", "permission"),
    [
        ({"ipAccessList": {"add": [LOCAL]}}, "service:manage-ip-access-list"),
        ({"privateEndpointIds": {"add": ["vpce-0123456789abcdef0"]}}, "service:manage-private-endpoints"),
    ],
)
def test_fields_with_their_own_permission(client: Client, body: dict[str, Any], permission: str) -> None:
    service_id = client.create()["id"]
    names = ("service:manage", permission)
    roles = [create_role(client, allow("instance/*", one), name=one) for one in names]
    second, key = create_key(client, assignedRoleIds=roles[:1])
    assert second.error("PATCH", client.service(service_id), body) == (403, "FORBIDDEN")
    client.result("PATCH", key_path(client, key), {"assignedRoleIds": roles})
    assert second.request("PATCH", client.service(service_id), body).status_code == 200


def test_deletion_protection_needs_the_permission_to_delete(client: Client) -> None:
    service_id = client.create()["id"]
    denied = allow("instance/*", "service:delete", effect="DENY")
    manager = create_role(client, allow("instance/*", "service:manage"))
    second, key = create_key(client, assignedRoleIds=[manager, create_role(client, denied, name="denied")])
    assert second.error("PATCH", client.service(service_id), {"deletionProtection": True}) == (403, "FORBIDDEN")
    client.result("PATCH", key_path(client, key), {"assignedRoleIds": [manager]})
    assert second.request("PATCH", client.service(service_id), {"deletionProtection": True}).status_code == 200


@pytest.mark.parametrize("name", SYSTEM_ROLES)
def test_system_roles(client: Client, name: str) -> None:
    service_id = client.create()["id"]
    second, _key = create_key(client, assignedRoleIds=[role_id(client, name)])
    views_organization = second.request("GET", client.organization).status_code == 200
    views_service = second.request("GET", client.service(service_id)).status_code == 200
    changes_service = second.request("PATCH", client.service(service_id), {"name": "new"}).status_code == 200
    assert views_organization is (name in ("Admin", "Billing", "Org API reader"))
    assert views_service is (name in ("Admin", "Service API reader", "Service API admin"))
    assert changes_service is (name in ("Admin", "Service API admin"))
    assert (second.request("PATCH", client.organization, {"name": "new"}).status_code == 200) is (name == "Admin")


def test_roles_list_their_keys(client: Client) -> None:
    admin = f"{client.organization}/roles/{role_id(client, 'Admin')}"
    _second, key = create_key(client, assignedRoleIds=[role_id(client, "Admin")])
    assert f"apiKey/{key['id']}" in client.result("GET", admin)["actors"]
    assert client.request("DELETE", key_path(client, key)).status_code == 200
    assert f"apiKey/{key['id']}" not in client.result("GET", admin)["actors"]


def test_release_channel_needs_a_permission_on_the_primary_service(client: Client) -> None:
    primary = client.create()
    secondary = client.create(dataWarehouseId=primary["dataWarehouseId"])
    roles = [
        create_role(client, allow(f"instance/{one['id']}", "service:manage"), name=one["id"])
        for one in (secondary, primary)
    ]
    second, key = create_key(client, assignedRoleIds=roles[:1])
    path = client.service(secondary["id"])
    assert second.result("PATCH", path, {"name": "new"})["name"] == "new"
    assert second.error("PATCH", path, {"releaseChannel": "fast"}) == (403, "FORBIDDEN")
    client.result("PATCH", key_path(client, key), {"assignedRoleIds": roles})
    assert second.result("PATCH", path, {"releaseChannel": "fast"})["releaseChannel"] == "fast"


def test_expired_key(client: Client) -> None:
    expiry = client.emulator.advance(0)[:4]
    second, key = create_key(client, expireAt=f"{int(expiry) + 2}-01-01T00:00:00Z")
    assert second.request("GET", "/organizations").status_code == 200
    client.emulator.advance(3 * 366 * 86400)
    assert second.error("GET", "/organizations") == (401, "UNAUTHORIZED")
    # An empty value means that the key never expires.
    for never in ("", None):
        client.result("PATCH", key_path(client, key), {"expireAt": "2026-01-01T00:00:00Z"})
        assert second.error("GET", "/organizations") == (401, "UNAUTHORIZED")
        assert client.result("PATCH", key_path(client, key), {"expireAt": never})["expireAt"] is None
        assert second.request("GET", "/organizations").status_code == 200
    assert client.error("PATCH", key_path(client, key), {"expireAt": "2026-13-01T00:00:00Z"})[0] == 400


@pytest.mark.parametrize(
    ("sources", "status"), [([], 403), (["203.0.113.0/24"], 403), (["127.0.0.1"], 200), (["0.0.0.0/0"], 200)]
)
def test_ip_access_list_of_a_key(client: Client, sources: list[str], status: int) -> None:
    second, key = create_key(client, ipAccessList=[{"source": source} for source in sources])
    assert second.request("GET", "/organizations").status_code == status
    client.result("PATCH", key_path(client, key), {"ipAccessList": []})
    assert second.error("GET", "/organizations") == (403, "FORBIDDEN")


def test_key_without_ip_access_list_has_no_access(client: Client) -> None:
    created = client.result("POST", f"{client.organization}/keys", {"name": "second"})
    assert created["key"]["ipAccessList"] == []
    second = Client(client.emulator, created["keyId"], created["keySecret"])
    assert second.error("GET", "/organizations") == (403, "FORBIDDEN")


def test_last_use_of_a_key(client: Client) -> None:
    client.emulator.hold()
    second, key = create_key(client)
    assert "usedAt" not in key
    assert "usedAt" not in client.result("GET", key_path(client, key))
    now = client.emulator.advance(600)
    second.request("GET", "/organizations")
    assert client.result("GET", key_path(client, key))["usedAt"] == f"{now[:16]}:00Z"


def hash_text(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_key_from_hashes(client: Client) -> None:
    hashes = {"keyIdHash": hash_text("own-key-id"), "keyIdSuffix": "y-id", "keySecretHash": hash_text("own secret")}
    body = {"name": "own", "hashData": hashes, "ipAccessList": [LOCAL]}
    created = client.result("POST", f"{client.organization}/keys", body)
    assert list(created) == ["key"]
    assert created["key"]["keySuffix"] == "y-id"
    own = Client(client.emulator, "own-key-id", "own secret")
    assert own.request("GET", "/organizations").status_code == 200
    for key_id, secret in (("own-key-id", "other"), (hashes["keyIdHash"], hashes["keySecretHash"])):
        assert Client(client.emulator, key_id, secret).error("GET", "/organizations")[0] == 401
    assert client.error("POST", f"{client.organization}/keys", {**body, "hashData": {"keyIdHash": "x"}})[0] == 400


def test_key_in_use_cannot_be_deleted(client: Client) -> None:
    second, key = create_key(client, assignedRoleIds=[role_id(client, "Admin")])
    assert second.error("DELETE", key_path(client, key))[0] == 400
    assert client.request("DELETE", key_path(client, key)).status_code == 200


def test_flags_set_the_rights_of_the_first_key(emulator: Emulator) -> None:
    added = emulator.add_organization(id=emulator.organization_id, role="query_endpoints")
    limited = Client(emulator, added["api_key"], added["api_secret"])
    assert limited.error("GET", limited.organization) == (403, "FORBIDDEN")


def list_pages(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return the envelopes of all pages of a list."""
    pages = [client.request("GET", path, params=query).json()]
    while pages[-1]["nextCursor"]:
        pages.append(client.request("GET", path, params={**query, "cursor": pages[-1]["nextCursor"]}).json())
    return pages


def names_on(pages: list[dict[str, Any]]) -> list[list[str]]:
    return [[resource["name"] for resource in page["result"]] for page in pages]


def test_keys_are_listed_in_pages(client: Client) -> None:
    for name in ("second", "third", "fourth", "fifth"):
        create_key(client, name=name)
    path = f"{client.organization}/keys"
    names = ["First key", "second", "third", "fourth", "fifth"]
    (page,) = list_pages(client, path)
    assert names_on([page]) == [names]
    assert (page["limit"], page["totalCount"], page["nextCursor"]) == (250, 5, None)
    pages = list_pages(client, path, limit=2)
    assert names_on(pages) == [names[:2], names[2:4], names[4:]]
    assert [(page["limit"], page["totalCount"]) for page in pages] == [(2, 5)] * 3
    client.emulator.limit_pages(2)
    assert names_on(list_pages(client, path)) == [names[:2], names[2:4], names[4:]]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"limit": "1.5"}, {"cursor": "x"}])
def test_invalid_pages_of_keys(client: Client, query: dict[str, str]) -> None:
    assert client.error("GET", f"{client.organization}/keys", params=query)[0] == 400
    assert client.request("GET", f"{client.organization}/keys", params={"limit": 1000}).json()["limit"] == 250


def test_organizations_are_listed_in_pages(client: Client) -> None:
    page = client.request("GET", "/organizations", params={"limit": 1}).json()
    assert [organization["id"] for organization in page["result"]] == [client.emulator.organization_id]
    assert (page["limit"], page["nextCursor"]) == (1, None)
    assert "totalCount" not in page
    assert client.error("GET", "/organizations", params={"limit": "0"})[0] == 400
