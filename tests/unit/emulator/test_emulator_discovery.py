# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test who a key is, what Prometheus discovers, and the profiles of services."""

from __future__ import annotations

from typing import Any

import requests

from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, Client
from ansible_collections.clickhouse.cloud.tests.unit.emulator.test_emulator_permissions import create_restricted_client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
ANYWHERE = [{"source": "0.0.0.0/0"}]
# In 2027.
LATER = 400 * 24 * 3600


def targets(client: Client, **query: Any) -> list[dict[str, Any]]:
    response = client.request("GET", f"{client.organization}/prometheus/discovery", params=query)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("application/json")
    groups: list[dict[str, Any]] = response.json()
    return groups


def test_key_that_sends_a_request(client: Client) -> None:
    (key,) = client.result("GET", f"{client.organization}/keys")
    expected = {"keyId": key["id"], "name": key["name"], "organizationId": client.emulator.organization_id}
    assert client.result("GET", "/whoami") == {"actorType": "apiKey", **expected}
    other = client.result("POST", f"{client.organization}/keys", {"name": "without roles", "ipAccessList": ANYWHERE})
    caller = Client(client.emulator, other["keyId"], other["keySecret"]).result("GET", "/whoami")
    assert (caller["keyId"], caller["name"]) == (other["key"]["id"], "without roles")
    assert requests.get(f"{client.emulator.api_url}/whoami", timeout=100).status_code == 401
    assert client.request("POST", "/whoami").status_code == 405


def test_targets(client: Client) -> None:
    assert targets(client) == []
    tags = [{"key": "team.name", "value": "data"}, {"key": "flag"}]
    service_id = client.create(name="one", provider="gcp", region="us-east1", tags=tags)["id"]
    (group,) = targets(client)
    host = client.emulator.api_url.split("/")[2]
    assert group["targets"] == [host]
    organization_id = client.emulator.organization_id
    assert group["labels"] == {
        "__scheme__": "http",
        "__metrics_path__": f"/v1/organizations/{organization_id}/services/{service_id}/prometheus",
        "__param_filtered_metrics": "true",
        "clickhouse_org_id": organization_id,
        "clickhouse_service_id": service_id,
        "clickhouse_discovery_service_name": "one",
        "__meta_clickhouse_region": "us-east1",
        "__meta_clickhouse_provider": "gcp",
        "__meta_clickhouse_tag_team_name": "data",
        "__meta_clickhouse_tagpresent_team_name": "true",
        "__meta_clickhouse_tagpresent_flag": "true",
    }
    labels = targets(client, filtered_metrics="false")[0]["labels"]
    assert labels["__param_filtered_metrics"] == "false"
    path = f"{client.organization}/prometheus/discovery"
    assert client.error("GET", path, params={"filtered_metrics": "yes"})[0] == 400
    # What a target describes can be scraped.
    url = f"{labels['__scheme__']}://{group['targets'][0]}{labels['__metrics_path__']}"
    credentials = (client.emulator.api_key, client.emulator.api_secret)
    assert "ClickHouse_ServiceInfo" in requests.get(url, auth=credentials, timeout=100).text


def test_deleted_service_is_no_target(client: Client) -> None:
    stays, goes = client.create(name="stays")["id"], client.create(name="goes")["id"]
    assert client.request("DELETE", client.service(goes)).status_code == 200
    assert client.state(goes) == "terminating"
    assert [group["labels"]["clickhouse_service_id"] for group in targets(client)] == [stays]
    client.emulator.advance(STEP)
    assert len(targets(client)) == 1


def test_targets_of_a_key_are_what_it_may_view(client: Client) -> None:
    client.create()
    key = client.result("POST", f"{client.organization}/keys", {"name": "without roles", "ipAccessList": ANYWHERE})
    assert targets(Client(client.emulator, key["keyId"], key["keySecret"])) == []


def test_profiles(client: Client) -> None:
    path = f"{client.organization}/serviceProfiles"
    profiles = client.result("GET", path, params={"region_id": "us-east-1"})
    assert [one["profile"] for one in profiles][:2] == ["v1-default", "v1-highmem-xs"]
    assert all(list(one) == ["profile", "cpuCores", "memoryGi"] for one in profiles)
    assert client.error("GET", path)[0] == 400
    assert client.error("GET", path, params={"region_id": "us-east-9"})[0] == 400
    assert client.error("GET", path, params={"byoc_id": "x"})[0] == 400
    assert client.error("GET", path, params={"byoc_id": UNKNOWN}) == (404, f"NOT_FOUND: {UNKNOWN}")
    client.emulator.add_organization(
        id=client.emulator.organization_id, byocConfig=[{"id": UNKNOWN, "regionId": "us-east-1"}]
    )
    own = client.result("GET", path, params={"byoc_id": UNKNOWN})
    assert own[0] == {"profile": "v1-standard-byoc-12", "cpuCores": 12, "memoryGi": 48}
    assert client.result("GET", path, params={"byoc_id": UNKNOWN, "region_id": "us-east-1"}) == own
    assert client.error("GET", path, params={"byoc_id": UNKNOWN, "region_id": "us-east-2"})[0] == 400
    key = create_restricted_client(client, "view-organization")
    assert key.error("GET", path, params={"region_id": "us-east-1"}) == (403, "FORBIDDEN")
    added = client.emulator.add_organization(tier="SCALE")
    scale = Client(client.emulator, added["api_key"], added["api_secret"])
    other = f"/organizations/{added['organization_id']}/serviceProfiles"
    assert scale.result("GET", other, params={"region_id": "us-east-1"}) == []


def test_metrics_of_all_services_end(client: Client) -> None:
    path = f"{client.organization}/prometheus"
    client.emulator.advance(LATER)
    assert client.error("GET", path) == (403, "FORBIDDEN")
    organization_id = client.emulator.organization_id
    client.emulator.add_organization(id=organization_id, features={"organizationMetrics": True})
    assert client.request("GET", path).status_code == 200
    assert targets(client) == []
    client.emulator.reset()
    client.emulator.add_organization(id=organization_id, features={"organizationMetrics": False})
    assert client.error("GET", path) == (403, "FORBIDDEN")
