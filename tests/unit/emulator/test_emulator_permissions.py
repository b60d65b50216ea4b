# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test keys that lack permissions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.authorization import (
    REQUIRED,
    REQUIRED_WITH_FIELD,
    UNRESTRICTED,
)
from ansible_collections.clickhouse.cloud.tests.emulator.client import REPOSITORY, EmulatorError
from ansible_collections.clickhouse.cloud.tests.emulator.permissions import RULES
from ansible_collections.clickhouse.cloud.tests.emulator.roles import ORGANIZATION_PERMISSIONS, SERVICE_PERMISSIONS
from ansible_collections.clickhouse.cloud.tests.emulator.routes import ROUTES
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
READS = ("", "/privateEndpointConfig", "/backups", "/backupConfiguration", "/serviceQueryEndpoint", "/prometheus")


def create_restricted_client(client: Client, *forbidden: str) -> Client:
    emulator = client.emulator
    added = emulator.add_organization(id=emulator.organization_id, forbidden=list(forbidden))
    return Client(emulator, added["api_key"], added["api_secret"])


@pytest.mark.parametrize(
    ("permission", "parts"),
    [
        ("view-services", {""}),
        ("view-private-endpoints", {"/privateEndpointConfig"}),
        ("view-backups", {"/backups", "/backupConfiguration"}),
        ("view-query-api-endpoints", {"/serviceQueryEndpoint"}),
        ("view-metrics", {"/prometheus"}),
        ("manage-backups", set()),
    ],
)
def test_missing_read_permission(client: Client, permission: str, parts: set[str]) -> None:
    service_id = client.running()
    key = create_restricted_client(client, permission)
    for part in READS:
        status = key.request("GET", client.service(service_id, part)).status_code
        assert (status == 403) is (part in parts), part
        assert client.request("GET", client.service(service_id, part)).status_code != 403
    for part in parts:
        assert key.error("GET", client.service(service_id, part)) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("permission", "method", "part", "body"),
    [
        ("update-service", "PATCH", "", {"name": "new"}),
        ("delete-service", "DELETE", "", None),
        ("delete-service", "PATCH", "", {"deletionProtection": True}),
        ("manage-state", "PATCH", "/state", {"command": "stop"}),
        ("manage-password", "PATCH", "/password", {}),
        ("manage-scaling-config", "PATCH", "/scaling", {"numReplicas": 2}),
        ("manage-scaling-config", "PATCH", "/replicaScaling", {"numReplicas": 2}),
        ("manage-backups", "PATCH", "/backupConfiguration", {"backupPeriodInHours": 12}),
        ("manage-ip-access-list", "PATCH", "", {"ipAccessList": {"remove": []}}),
        ("manage-private-endpoints", "PATCH", "", {"privateEndpointIds": {"remove": []}}),
    ],
)
def test_missing_write_permission(client: Client, permission: str, method: str, part: str, body: Any) -> None:
    # A new service would change its state, and a running one could not be deleted.
    service_id = client.running()
    client.emulator.set_service(service_id, state="idle")
    key = create_restricted_client(client, permission)
    before = client.emulator.raw_service(service_id)
    assert key.error(method, client.service(service_id, part), body) == (403, "FORBIDDEN")
    assert client.emulator.raw_service(service_id) == before
    assert client.request(method, client.service(service_id, part), body).status_code == 200


def test_permission_for_a_single_field(client: Client) -> None:
    service_id = client.running()
    key = create_restricted_client(client, "manage-ip-access-list", "manage-backups")
    assert key.result("PATCH", client.service(service_id), {"name": "new"})["name"] == "new"
    backup = client.result("GET", client.service(service_id, "/backups"))[0]["id"]
    path = f"{client.organization}/services"
    assert key.error("POST", path, {**BODY, "backupId": backup}) == (403, "FORBIDDEN")
    assert key.result("POST", path, BODY)["service"]["name"] == "test"


def test_key_without_password_permission_can_create(client: Client) -> None:
    key = create_restricted_client(client, "manage-password")
    service_id = key.result("POST", f"{client.organization}/services", BODY)["service"]["id"]
    assert key.error("PATCH", client.service(service_id, "/password"), {}) == (403, "FORBIDDEN")
    key = create_restricted_client(client, "create-service")
    assert key.error("POST", f"{client.organization}/services", BODY) == (403, "FORBIDDEN")
    assert key.result("PATCH", client.service(service_id, "/password"), {})["password"]


@pytest.mark.parametrize("forbidden", [["view-everything"], "view-backups", [1], {"view-backups": True}])
def test_unknown_permissions(client: Client, forbidden: Any) -> None:
    with pytest.raises(EmulatorError, match="'view-everything'. The permissions are .*view-backups|a list"):
        client.emulator.add_organization(forbidden=forbidden)


def test_every_rule_matches_a_route() -> None:
    routes = [(method, path) for path, methods in ROUTES.items() for method in methods]
    for rules in RULES.values():
        for rule in rules:
            assert any(method == rule.method and path.endswith(f"/{rule.path_suffix}") for method, path in routes), rule


def test_every_request_needs_a_permission_or_is_unrestricted() -> None:
    routes = {(method, path) for path, methods in ROUTES.items() for method in methods}
    assert routes - REQUIRED.keys() - UNRESTRICTED == set()
    assert REQUIRED.keys() & UNRESTRICTED == set()


def test_required_permissions_exist() -> None:
    known = {*ORGANIZATION_PERMISSIONS, *SERVICE_PERMISSIONS}
    required = {permission for permissions in REQUIRED.values() for permission in permissions}
    assert {f"control-plane:{permission}" for permission in (*required, *REQUIRED_WITH_FIELD.values())} - known == set()


def test_every_permission_is_documented() -> None:
    text = (REPOSITORY / "tests" / "emulator" / "README.md").read_text(encoding="utf-8")
    assert [name for name in RULES if f"| `{name}` |" not in text] == []
