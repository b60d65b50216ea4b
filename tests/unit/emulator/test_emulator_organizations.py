# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test keys, roles and the isolation of organizations."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
NIL = "00000000-0000-0000-0000-000000000000"
BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}


def add_organization_client(client: Client, **fields: Any) -> tuple[Client, str]:
    added = client.emulator.add_organization(**fields)
    return Client(client.emulator, added["api_key"], added["api_secret"]), added["organization_id"]


def test_key_is_limited_to_its_organization(client: Client) -> None:
    other, organization_id = add_organization_client(client, name="Other")
    assert [organization["id"] for organization in client.result("GET", "/organizations")] == [
        client.emulator.organization_id
    ]
    (seen,) = other.result("GET", "/organizations")
    assert (seen["id"], seen["name"]) == (organization_id, "Other")
    service_id = client.create()["id"]
    assert other.error("GET", client.organization) == (404, "NOT_FOUND")
    assert other.error("GET", client.service(service_id)) == (404, "NOT_FOUND")
    path = f"/organizations/{organization_id}/services"
    assert other.error("GET", f"{path}/{service_id}") == (404, f"NOT_FOUND: {service_id}")
    assert other.result("GET", path) == []


def test_ids_in_paths_are_validated(client: Client) -> None:
    assert client.error("GET", f"/organizations/{UNKNOWN}") == (404, "NOT_FOUND")
    assert client.error("GET", f"/organizations/{UNKNOWN}/services") == (404, "NOT_FOUND")
    descriptions = {
        "not-a-uuid": "<string:not-a-uuid>",
        NIL: f'string:"{NIL}"',
        "c232ab00-9414-11ec-b3c8-9f68deced846": 'string:"c232ab00-9414-11ec-b3c8-9f68deced846"',
    }
    for wrong, end in descriptions.items():
        path = f"/organizations/{wrong}"
        assert client.error("GET", path) == (400, f"BAD_REQUEST: Invalid organization id {end}")
        assert client.error("GET", client.service(wrong)) == (400, f"BAD_REQUEST: Invalid service id {end}")


def test_unknown_paths_and_methods(client: Client) -> None:
    assert client.error("GET", "/nothing") == (404, "NOT_FOUND")
    assert client.error("GET", f"{client.organization}/services/") == (404, "NOT_FOUND")
    response = client.request("PUT", f"{client.organization}/services")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST"
    assert client.request("GET", "").status_code == 200


@pytest.mark.parametrize("credentials", [None, ("emulator", "wrong"), ("", "")])
def test_invalid_credentials(client: Client, credentials: tuple[str, str] | None) -> None:
    url = client.emulator.api_url + client.organization
    response = requests.get(url, auth=credentials, timeout=100)
    assert response.status_code == 401
    assert list(response.json()) == ["requestId", "error", "status"]
    assert response.json()["error"] == "UNAUTHORIZED"
    for header in ("Bearer x", "Basic x", "Basic " + "=" * 9, "Basic"):
        assert requests.get(url, headers={"Authorization": header}, timeout=100).status_code == 401


def test_developer_key_is_read_only(client: Client) -> None:
    developer, organization_id = add_organization_client(client, id=client.emulator.organization_id, role="developer")
    assert organization_id == client.emulator.organization_id
    service_id = client.create()["id"]
    assert developer.result("GET", client.service(service_id))["id"] == service_id
    assert developer.error("PATCH", client.service(service_id), {"name": "new"}) == (403, "FORBIDDEN")
    assert developer.error("POST", f"{client.organization}/services", BODY) == (403, "FORBIDDEN")


def test_legacy_organization_requires_service_tier(client: Client) -> None:
    legacy, organization_id = add_organization_client(client, tier="legacy")
    path = f"/organizations/{organization_id}/services"
    status, error = legacy.error("POST", path, BODY)
    assert (status, error) == (400, "BAD_REQUEST: request body.tier: The value is required <undefined:undefined>")
    service = legacy.result("POST", path, {**BODY, "tier": "development"})["service"]
    assert service["tier"] == "development"
    channel = {"releaseChannel": "fast"}
    assert "body.releaseChannel" in legacy.error("POST", path, {**BODY, "tier": "development", **channel})[1]
    assert "body.releaseChannel" in legacy.error("PATCH", f"{path}/{service['id']}", channel)[1]
    scaling = f"{path}/{service['id']}/replicaScaling"
    assert legacy.error("PATCH", scaling, {"minReplicaMemoryGb": 8})[0] == 400
    backups = f"{path}/{service['id']}/backupConfiguration"
    assert legacy.error("PATCH", backups, {"backupPeriodInHours": 12}) == (403, "FORBIDDEN")
    assert legacy.request("GET", backups).status_code == 200


def test_scale_tier_rejects_profiles(client: Client) -> None:
    scale, organization_id = add_organization_client(client, tier="SCALE")
    path = f"/organizations/{organization_id}/services"
    assert scale.error("POST", path, {**BODY, "profile": "v1-highmem-s"})[0] == 403
    assert client.create(profile="v1-highmem-s")["profile"] == "v1-highmem-s"


def test_basic_tier_rejects_upgrade_windows_and_schedules(client: Client) -> None:
    basic, organization_id = add_organization_client(client, tier="BASIC")
    path = f"/organizations/{organization_id}/services"
    service = f"{path}/{basic.result('POST', path, BODY)['service']['id']}"
    assert basic.error("PUT", f"{service}/upgradeWindow", {"weekday": 1, "startHourUtc": 6}) == (403, "FORBIDDEN")
    assert basic.error("POST", f"{service}/scalingSchedule", {"entries": []}) == (403, "FORBIDDEN")
    assert basic.error("GET", f"{service}/scalingSchedule") == (403, "FORBIDDEN")
    assert basic.error("DELETE", f"{service}/scalingSchedule") == (403, "FORBIDDEN")
    assert basic.error("GET", f"{service}/upgradeWindow")[0] == 404


def test_update_organization(client: Client) -> None:
    organization = client.result("PATCH", client.organization, {"name": "Renamed", "enableCoreDumps": False})
    assert (organization["name"], organization["enableCoreDumps"]) == ("Renamed", False)
    endpoint = {"id": "vpce-0123456789abcdef0", "cloudProvider": "aws", "region": "us-east-1"}
    client.result("PATCH", client.organization, {"privateEndpoints": {"add": [endpoint]}})
    assert client.create()["availablePrivateEndpointIds"] == [endpoint["id"]]
    client.result("PATCH", client.organization, {"privateEndpoints": {"remove": [endpoint]}})
    assert client.result("GET", client.organization)["privateEndpoints"] == []
    assert client.error("PATCH", client.organization, {"name": ""})[0] == 400


def test_organization_private_endpoint_config_requires_a_service(client: Client) -> None:
    path = f"{client.organization}/privateEndpointConfig"
    place = {"cloud_provider": "aws", "region_id": "us-east-1"}
    status, error = client.error("GET", path, params=place)
    assert status == 400
    assert error == "BAD_REQUEST: organization has no created instances in aws us-east-1"
    client.create()
    assert client.result("GET", path, params=place)["endpointServiceId"].startswith("com.amazonaws.vpce.us-east-1.")
    assert client.error("GET", path)[0] == 400
    assert client.error("GET", path, params={"cloud_provider": "x", "region_id": "y"})[0] == 400


def test_organization_metrics(client: Client) -> None:
    client.emulator.add_organization(id=client.emulator.organization_id, features={"organizationMetrics": True})
    path = f"{client.organization}/prometheus"
    assert client.request("GET", path).text == ""
    client.running(name="one")
    client.create(name="two")
    text = client.request("GET", path).text
    assert text.count("# TYPE ClickHouse_ServiceInfo untyped") == 1
    assert 'clickhouse_service_name="one"' in text
    assert 'clickhouse_service_name="two"' in text


def test_deletion_protection(client: Client) -> None:
    service_id = client.create(deletionProtection=True)["id"]
    path = client.service(service_id)
    assert client.result("GET", path)["deletionProtection"] is True
    for state in ("running", "stopped"):
        client.emulator.set_service(service_id, state=state)
        status, error = client.error("DELETE", path)
        assert (status, error.split(":")[0]) == (409, "CONFLICT")
        assert "Deletion protection" in error
    assert client.error("PATCH", path, {"deletionProtection": "no"})[0] == 400
    assert client.result("PATCH", path, {"deletionProtection": False})["deletionProtection"] is False
    assert client.request("DELETE", path).status_code == 200
    assert client.create()["deletionProtection"] is False


def test_basic_tier_rejects_deletion_protection(client: Client) -> None:
    basic, organization_id = add_organization_client(client, tier="BASIC")
    path = f"/organizations/{organization_id}/services"
    body = {"name": "a", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
    expected = (400, "BAD_REQUEST: Deletion protection is not available for this organization")
    assert basic.error("POST", path, {**body, "deletionProtection": True}) == expected
    # It can always be disabled.
    created = basic.result("POST", path, {**body, "deletionProtection": False})["service"]
    assert basic.error("PATCH", f"{path}/{created['id']}", {"deletionProtection": True}) == expected
    assert basic.result("PATCH", f"{path}/{created['id']}", {"deletionProtection": False})["name"] == "a"
