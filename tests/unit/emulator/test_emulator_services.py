# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how services are created, returned and changed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.validation import is_uuid4
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
OFFICE = {"source": "203.0.113.10/32", "description": "office"}
HOME = {"source": "203.0.113.11", "description": ""}
UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"


def create_error(client: Client, **changes: Any) -> str:
    status, error = client.error("POST", f"{client.organization}/services", {**BODY, **changes})
    assert status == 400
    return error


def test_response_envelope(client: Client) -> None:
    response = client.request("POST", f"{client.organization}/services", BODY)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert list(response.json()) == ["result", "requestId", "status"]
    assert response.json()["status"] == 200
    assert is_uuid4(response.json()["requestId"])
    assert response.json()["result"].keys() == {"service", "password"}


def test_create_service_with_defaults(client: Client) -> None:
    service = client.create(name="plain")
    host = service["endpoints"][0]["host"]
    assert re.fullmatch(r"[a-z0-9]{10}\.us-east-1\.aws\.clickhouse\.cloud", host)
    assert [(endpoint["protocol"], endpoint["port"]) for endpoint in service["endpoints"]] == [
        ("https", 8443),
        ("nativesecure", 9440),
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", service["createdAt"])
    assert is_uuid4(service["id"])
    assert is_uuid4(service["dataWarehouseId"])
    assert service["isPrimary"] is True
    assert service["isReadonly"] is False
    assert service["idleScaling"] is True
    assert service["releaseChannel"] == "default"
    assert service["ipAccessList"] == service["tags"] == service["privateEndpointIds"] == []
    assert service["numReplicas"] == 3
    assert not service.keys() & {"tier", "minReplicas", "maxReplicas", "replicaMemoryGb", "byocId", "backupId"}


def test_integral_numbers_are_integers(client: Client) -> None:
    body = {
        **BODY,
        "minReplicaMemoryGb": 8.0,
        "maxReplicaMemoryGb": 16.0,
        "numReplicas": 3.0,
        "idleTimeoutMinutes": 5.0,
    }
    text = client.request("POST", f"{client.organization}/services", body).text
    assert not re.search(r":\d+\.\d", text)
    service = json.loads(text)["result"]["service"]
    assert (service["minReplicaMemoryGb"], service["maxReplicaMemoryGb"]) == (8, 16)
    assert (service["numReplicas"], service["idleTimeoutMinutes"]) == (3, 5)
    assert (service["minTotalMemoryGb"], service["maxTotalMemoryGb"]) == (24, 48)


@pytest.mark.parametrize("name", ["name", "provider", "region"])
def test_missing_required_field(client: Client, name: str) -> None:
    body = {field: value for field, value in BODY.items() if field != name}
    status, error = client.error("POST", f"{client.organization}/services", body)
    assert (status, error) == (400, f"BAD_REQUEST: request body.{name}: The value is required <undefined:undefined>")


@pytest.mark.parametrize(
    ("changes", "start", "end"),
    [
        ({"name": ""}, "body.name: ", "<string:>"),
        ({"name": "x" * 51}, "body.name: ", f"<string:{'x' * 51}>"),
        ({"name": 3}, "body.name: ", "<number:3>"),
        ({"name": None}, "body.name: ", "<null:null>"),
        ({"provider": "ibm"}, "body.provider: ", "<string:ibm>"),
        ({"region": "us-east1"}, "body.region: ", "<string:us-east1>"),
        ({"region": "mars-1"}, "body.region: ", "<string:mars-1>"),
        ({"ipAccessList": {}}, "body.ipAccessList: ", "<object:{}>"),
        ({"ipAccessList": [{}]}, "body.ipAccessList[0].source: ", "<undefined:undefined>"),
        ({"ipAccessList": [{"source": "anywhere"}]}, "body.ipAccessList[0].source: ", "<string:anywhere>"),
        ({"minReplicaMemoryGb": 6}, "body.minReplicaMemoryGb: The value must be a multiple of 4 ", "<number:6>"),
        ({"minReplicaMemoryGb": 4}, "body.minReplicaMemoryGb: ", "<number:4>"),
        ({"maxReplicaMemoryGb": 360}, "body.maxReplicaMemoryGb: ", "<number:360>"),
        ({"minReplicaMemoryGb": 64, "maxReplicaMemoryGb": 32}, "body.minReplicaMemoryGb: ", "<number:64>"),
        ({"minTotalMemoryGb": 32}, "body.minTotalMemoryGb: The value must be a multiple of 12 ", "<number:32>"),
        ({"numReplicas": 0}, "body.numReplicas: ", "<number:0>"),
        ({"numReplicas": 51}, "body.numReplicas: ", "<number:51>"),
        ({"numReplicas": 2.5}, "body.numReplicas: The value must be an integer ", "<number:2.5>"),
        ({"numReplicas": "3"}, "body.numReplicas: ", "<string:3>"),
        ({"idleTimeoutMinutes": 4}, "body.idleTimeoutMinutes: ", "<number:4>"),
        ({"idleScaling": "yes"}, "body.idleScaling: ", "<string:yes>"),
        ({"releaseChannel": ""}, "body.releaseChannel: ", "<string:>"),
        ({"tags": [{"key": "a b"}]}, "body.tags[0].key: ", "<string:a b>"),
        ({"tags": [{"key": "a", "value": ""}]}, "body.tags[0].value: ", "<string:>"),
        ({"tags": [{"key": "x" * 129}]}, "body.tags[0].key: ", f"<string:{'x' * 129}>"),
        ({"endpoints": [{"protocol": "https", "enabled": True}]}, "body.endpoints[0].protocol: ", "<string:https>"),
        ({"backupId": "none"}, "body.backupId: ", "<string:none>"),
        ({"dataWarehouseId": UNKNOWN}, "body.dataWarehouseId: ", f"<string:{UNKNOWN}>"),
        ({"tier": "production"}, "body.tier: ", "<string:production>"),
    ],
)
def test_invalid_value(client: Client, changes: dict[str, Any], start: str, end: str) -> None:
    error = create_error(client, **changes)
    assert error.startswith(f"BAD_REQUEST: request {start}")
    assert error.endswith(f" {end}")
    assert client.emulator.services() == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"minTotalMemoryGb": 12}, "Invalid minimum memory size: 12"),
        ({"maxTotalMemoryGb": 1080}, "Invalid maximum memory size: 1080"),
        ({"numReplicas": 3, "minReplicas": 1, "maxReplicas": 3}, "mutually exclusive"),
        ({"minReplicas": 1}, "must be provided together"),
        ({"isReadonly": True}, "isReadonly"),
        ({"backupEncryptionConfig": {}}, "backupEncryptionConfig requires a backupId"),
        ({"tags": [{"key": "a"}, {"key": "a", "value": "b"}]}, "Duplicate tag key 'a'"),
        ({"minTotalMemoryGb": 24, "minReplicaMemoryGb": 8}, "together"),
    ],
)
def test_invalid_combination_of_values(client: Client, changes: dict[str, Any], error: str) -> None:
    assert error in create_error(client, **changes)


def test_too_many_tags(client: Client) -> None:
    tags = [{"key": f"tag{number}"} for number in range(51)]
    assert create_error(client, tags=tags).startswith("BAD_REQUEST: request body.tags: ")
    service_id = client.create(tags=tags[:50])["id"]
    status, error = client.error("PATCH", client.service(service_id), {"tags": {"add": tags[50:]}})
    assert (status, error) == (400, "BAD_REQUEST: A service can have at most 50 tags")


def test_body_must_be_a_json_object(client: Client) -> None:
    path = f"{client.organization}/services"
    assert client.error("POST", path, ["a"]) == (
        400,
        'BAD_REQUEST: request body: The value must be an object <array:["a"]>',
    )
    for data in (b"{", b'{"name": NaN}', b"\xff", b'{"numReplicas": 1e999}', b"[" * 100_000):
        response = client.request("POST", path, data=data)
        assert response.status_code == 400
        assert response.json()["error"] == "BAD_REQUEST: request body: Invalid JSON"


def test_unknown_fields_are_ignored(client: Client) -> None:
    service = client.create(colour="blue", isReadonly=False, privatePreviewTermsChecked=True)
    assert "colour" not in service
    client.result("PATCH", client.service(service["id"]), {"region": "eu-west-1", "colour": "red"})
    assert client.result("GET", client.service(service["id"])) == {**service, "state": client.state(service["id"])}


def test_service_names_are_not_unique(client: Client) -> None:
    first, second = client.create(name="twin"), client.create(name="twin")
    assert first["id"] != second["id"]
    assert [service["id"] for service in client.emulator.services()] == [first["id"], second["id"]]


def test_filter_by_tags(client: Client) -> None:
    def names(*filters: str) -> list[str]:
        services = client.result(
            "GET", f"{client.organization}/services", params=[("filter", item) for item in filters]
        )
        return [service["name"] for service in services]

    client.create(name="one", tags=[{"key": "env", "value": "prod"}, {"key": "active"}])
    client.create(name="two", tags=[{"key": "env", "value": "test"}, {"key": "active"}])
    client.create(name="three")
    assert names() == ["one", "two", "three"]
    assert names("tag:active") == ["one", "two"]
    assert names("tag:env=prod") == ["one"]
    assert names("tag:active", "tag:env=test") == ["two"]
    assert names("tag:env=other") == []
    path = f"{client.organization}/services"
    assert client.error("GET", path, params={"filter": "name:one"})[0] == 400


def test_ip_access_list_keeps_order_and_spelling(client: Client) -> None:
    anywhere = {"source": "0.0.0.0/0", "description": "Anywhere"}
    service_id = client.create(ipAccessList=[OFFICE, HOME])["id"]

    def change(**lists: Any) -> Any:
        return client.result("PATCH", client.service(service_id), {"ipAccessList": lists})["ipAccessList"]

    assert change(add=[anywhere]) == [OFFICE, HOME, anywhere]
    assert change(remove=[{"source": HOME["source"]}]) == [OFFICE, anywhere]
    renamed = {**OFFICE, "description": "new office"}
    assert change(remove=[{**OFFICE, "description": "other"}], add=[renamed]) == [anywhere, renamed]
    assert change(add=[], remove=[]) == [anywhere, renamed]
    assert change(remove=[{"source": "198.51.100.1"}]) == [anywhere, renamed]
    assert client.result("GET", client.service(service_id))["ipAccessList"] == [anywhere, renamed]


def test_duplicate_private_endpoint(client: Client) -> None:
    service_id = client.create()["id"]
    identifier = "vpce-0123456789abcdef0"

    def change(**lists: Any) -> dict[str, Any]:
        return {"privateEndpointIds": lists}

    path = client.service(service_id)
    assert client.result("PATCH", path, change(add=[identifier]))["privateEndpointIds"] == [identifier]
    assert client.error("PATCH", path, change(add=[identifier]))[0] == 400
    again = change(remove=[identifier], add=[identifier])
    assert client.result("PATCH", path, again)["privateEndpointIds"] == [identifier]
    assert client.result("PATCH", path, change(remove=[identifier]))["privateEndpointIds"] == []


def test_remove_tags_by_key_or_by_key_and_value(client: Client) -> None:
    env, active = {"key": "env", "value": "prod"}, {"key": "active"}
    service_id = client.create(tags=[env, active])["id"]

    def change(**lists: Any) -> Any:
        return client.result("PATCH", client.service(service_id), {"tags": lists})["tags"]

    assert change(remove=[{"key": "env", "value": "other"}]) == [env, active]
    assert change(remove=[env], add=[{"key": "env", "value": "test"}]) == [active, {"key": "env", "value": "test"}]
    assert change(remove=[{"key": "env"}]) == [active]
    assert change(remove=[{"key": "active"}]) == []


def test_patch_lists_must_be_objects(client: Client) -> None:
    path = client.service(client.create()["id"])
    for name in ("ipAccessList", "privateEndpointIds", "tags"):
        error = client.error("PATCH", path, {name: []})
        assert error == (400, f"BAD_REQUEST: request body.{name}: The value must be an object <array:[]>")


def test_rejected_patch_changes_nothing(client: Client) -> None:
    service_id = client.running()
    before = client.result("GET", client.service(service_id))
    assert client.error("PATCH", client.service(service_id), {"name": "new", "releaseChannel": "often"})[0] == 400
    body = {"name": "new", "tags": {"add": [{"key": "a"}, {"key": "a"}]}}
    assert client.error("PATCH", client.service(service_id), body)[0] == 400
    assert client.result("GET", client.service(service_id)) == before
    assert client.result("PATCH", client.service(service_id), {}) == before


def test_patch_service(client: Client) -> None:
    service_id = client.create()["id"]
    body = {
        "name": "renamed",
        "releaseChannel": "fast",
        "enableCoreDumps": False,
        "endpoints": [{"protocol": "mysql", "enabled": True}],
    }
    service = client.result("PATCH", client.service(service_id), body)
    assert (service["name"], service["releaseChannel"], service["enableCoreDumps"]) == ("renamed", "fast", False)
    assert [(endpoint["protocol"], endpoint["port"]) for endpoint in service["endpoints"]][-1] == ("mysql", 3306)
    off = {"endpoints": [{"protocol": "mysql", "enabled": False}]}
    assert len(client.result("PATCH", client.service(service_id), off)["endpoints"]) == 2


def test_encryption_key_options(client: Client) -> None:
    key = {"transparentDataEncryptionKeyId": "arn:aws:kms:key"}
    plain = client.create()["id"]
    assert client.error("PATCH", client.service(plain), key)[0] == 400
    encrypted = client.create(hasTransparentDataEncryption=True)
    assert encrypted["encryptionRoleId"]
    service = client.result("PATCH", client.service(encrypted["id"]), key)
    assert service["transparentDataEncryptionKeyId"] == "arn:aws:kms:key"


def test_warehouse_services_share_a_region(client: Client) -> None:
    warehouse = client.create()["dataWarehouseId"]
    assert "body.region" in create_error(client, dataWarehouseId=warehouse, region="us-east-2")


@pytest.mark.parametrize("memory", [48, 232])
def test_byoc_memory_sizes(client: Client, memory: int) -> None:
    assert client.create(byocId="byoc", minReplicaMemoryGb=memory, maxReplicaMemoryGb=memory)["byocId"] == "byoc"
    assert "body.minReplicaMemoryGb" in create_error(
        client, byocId="byoc", minReplicaMemoryGb=16, maxReplicaMemoryGb=48
    )


def test_release_channel_is_that_of_the_warehouse(client: Client) -> None:
    primary = client.create(releaseChannel="slow")
    secondary = client.create(dataWarehouseId=primary["dataWarehouseId"], releaseChannel="fast")
    other = client.create()
    assert secondary["releaseChannel"] == "slow"
    for changed, channel in ((secondary, "fast"), (primary, "default")):
        assert client.result("PATCH", client.service(changed["id"]), {"releaseChannel": channel})
        for service in (primary, secondary):
            assert client.result("GET", client.service(service["id"]))["releaseChannel"] == channel
    client.result("PATCH", client.service(primary["id"]), {"releaseChannel": "fast"})
    assert client.result("GET", client.service(other["id"]))["releaseChannel"] == "default"


def test_core_dumps_follow_the_organization(client: Client) -> None:
    service = client.create()
    assert service["enableCoreDumps"] is True
    client.result("PATCH", client.organization, {"enableCoreDumps": False})
    path = client.service(service["id"])
    assert client.result("GET", path)["enableCoreDumps"] is False
    assert client.create()["enableCoreDumps"] is False
    expected = (400, "BAD_REQUEST: Core dumps are disabled for the organization")
    assert client.error("PATCH", path, {"enableCoreDumps": True}) == expected
    body = {"name": "a", "provider": "aws", "region": "us-east-1", "ipAccessList": [], "enableCoreDumps": True}
    assert client.error("POST", f"{client.organization}/services", body) == expected
    assert client.result("PATCH", path, {"enableCoreDumps": False})["enableCoreDumps"] is False
    client.result("PATCH", client.organization, {"enableCoreDumps": True})
    assert client.result("GET", path)["enableCoreDumps"] is False
    assert client.result("PATCH", path, {"enableCoreDumps": True})["enableCoreDumps"] is True


def test_missing_ip_access_list(client: Client) -> None:
    body = {name: value for name, value in BODY.items() if name != "ipAccessList"}
    expected = (400, "BAD_REQUEST: request body.ipAccessList value is not an array: undefined")
    assert client.error("POST", f"{client.organization}/services", body) == expected


def test_encryption_key_is_no_longer_a_field_of_a_request(client: Client) -> None:
    service = client.create(encryptionKey="arn:key", encryptionAssumedRoleIdentifier="arn:role")
    assert not service.keys() & {"encryptionKey", "encryptionAssumedRoleIdentifier"}


def test_profiles(client: Client) -> None:
    assert "body.profile: The profile does not exist" in create_error(client, profile="v1-fast")
    byoc = {"byocId": "b", "profile": "v1-standard-byoc-4", "minReplicaMemoryGb": 48, "maxReplicaMemoryGb": 48}
    assert client.create(**byoc)["profile"] == "v1-standard-byoc-4"
    assert "the memory of the profile" in create_error(client, **{**byoc, "maxReplicaMemoryGb": 116})
    assert client.create(profile="v1-highmem-xl")["profile"] == "v1-highmem-xl"


def test_backup_in_an_own_bucket_needs_its_encryption(client: Client) -> None:
    service_id = client.running()
    backups = client.service(service_id, "/backups")
    own = client.result("GET", backups)[0]["id"]
    config = {"backupEncryptionConfig": {"version": 1}}
    assert "accepted only" in create_error(client, backupId=own, **config)
    assert client.create(backupId=own)["hasTransparentDataEncryption"] is False
    bucket = {"bucketProvider": "AWS", "bucketPath": "b", "iamRoleArn": "arn:aws:iam::1:role/b"}
    client.result("POST", client.service(service_id, "/backupBucket"), bucket)
    client.emulator.advance(25 * 3600)
    exported = client.result("GET", backups)[0]["id"]
    assert "backupEncryptionConfig is required" in create_error(client, backupId=exported)
    assert "must be an object" in create_error(client, backupId=exported, backupEncryptionConfig="{}")
    restored = client.create(backupId=exported, **config)
    assert restored["hasTransparentDataEncryption"] is True


def test_development_tier(client: Client) -> None:
    added = client.emulator.add_organization(tier="legacy")
    legacy = Client(client.emulator, added["api_key"], added["api_secret"])
    path = f"/organizations/{added['organization_id']}/services"
    body = {**BODY, "tier": "development"}
    assert legacy.result("POST", path, body)["service"]["tier"] == "development"
    azure = {**body, "provider": "azure", "region": "eastus2"}
    assert legacy.error("POST", path, azure)[0] == 400
    assert legacy.result("POST", path, {**azure, "tier": "production"})["service"]["provider"] == "azure"
    for name in ("minReplicaMemoryGb", "maxTotalMemoryGb"):
        assert legacy.error("POST", path, {**body, name: 24})[0] == 400
    assert legacy.error("POST", path, {**body, "tier": "dedicated_high_mem"})[0] == 400
