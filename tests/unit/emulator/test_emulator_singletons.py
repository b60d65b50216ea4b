# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the parts that a service has once: replica aware routing and the backup bucket."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client
from ansible_collections.clickhouse.cloud.tests.unit.emulator.test_emulator_permissions import create_restricted_client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
ROLE = "arn:aws:iam::123456789012:role/backups"
AWS = {
    "bucketProvider": "AWS",
    "bucketPath": "https://backups.s3.us-east-1.amazonaws.com/clickhouse",
    "iamRoleArn": ROLE,
    "iamRoleSessionName": "backups",
    "iamRoleExternalId": "external",
}
GCP = {"bucketProvider": "GCP", "bucketPath": "gs://backups", "accessKeyId": "GOOG1E", "secretAccessKey": "secret"}
AZURE = {"bucketProvider": "AZURE", "containerName": "backups", "connectionString": "AccountKey=secret"}
# Path, methods of writing with a valid body, the permission to read and that to write.
PARTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("replicaAwareRouting", {"PATCH": {"httpEnabled": True}}, "view-services", "update-service"),
    (
        "snapshotConfiguration",
        {"PATCH": {"enabled": True, "gap": 30, "timeFrame": 1440}},
        "view-snapshots",
        "manage-snapshots",
    ),
    ("backupBucket", {"PATCH": AWS, "DELETE": None, "POST": AWS}, "view-backups", "manage-backups"),
]


def test_replica_aware_routing(client: Client) -> None:
    path = client.service(client.create()["id"], "/replicaAwareRouting")
    off = {"httpEnabled": False, "nativeEnabled": False}
    assert client.result("GET", path) == off
    assert client.result("PATCH", path, {"httpEnabled": True, "unknown": 1}) == {**off, "httpEnabled": True}
    assert client.result("PATCH", path, {"nativeEnabled": True}) == {"httpEnabled": True, "nativeEnabled": True}
    assert client.result("GET", path) == {"httpEnabled": True, "nativeEnabled": True}
    for body in ({}, {"unknown": True}):
        expected = (400, "BAD_REQUEST: At least one of httpEnabled, nativeEnabled must be provided")
        assert client.error("PATCH", path, body) == expected
    for value in (None, "true", 1):
        status, error = client.error("PATCH", path, {"httpEnabled": value})
        assert (status, error.split(": ")[1]) == (400, "request body.httpEnabled")
    assert client.result("GET", path) == {"httpEnabled": True, "nativeEnabled": True}
    assert client.result("GET", client.service(client.create()["id"], "/replicaAwareRouting")) == off


def test_replica_aware_routing_needs_the_feature(client: Client) -> None:
    path = client.service(client.create()["id"], "/replicaAwareRouting")
    organization_id = client.emulator.organization_id
    client.emulator.add_organization(id=organization_id, features={"replicaAwareRouting": False})
    assert client.error("PATCH", path, {"httpEnabled": True}) == (403, "FORBIDDEN")
    assert client.result("GET", path)["httpEnabled"] is False
    client.emulator.add_organization(id=organization_id, features={"replicaAwareRouting": True})
    assert client.result("PATCH", path, {"httpEnabled": True})["httpEnabled"] is True


@pytest.mark.parametrize("features", [{"backups": True}, {"snapshots": "yes"}, ["snapshots"]])
def test_unknown_features(client: Client, features: Any) -> None:
    with pytest.raises(EmulatorError, match="Unknown feature 'backups'. The features are snapshots|object of booleans"):
        client.emulator.add_organization(features=features)


def test_backup_bucket(client: Client) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, "/backupBucket")
    for method, body in (("GET", None), ("PATCH", AWS), ("DELETE", None)):
        assert client.error(method, path, body) == (404, f"NOT_FOUND: {service_id}")
    created = client.result("POST", path, AWS)
    assert created == {"id": created["id"], **AWS}
    assert client.result("GET", path) == created
    assert client.error("POST", path, AWS) == (400, "BAD_REQUEST: The service already has a backupBucket")
    change = {"bucketProvider": "AWS", "iamRoleArn": f"{ROLE}2", "iamRoleExternalId": None}
    changed = client.result("PATCH", path, change)
    rest = {name: value for name, value in created.items() if name != "iamRoleExternalId"}
    assert changed == client.result("GET", path) == {**rest, "iamRoleArn": f"{ROLE}2"}
    response = client.request("DELETE", path)
    assert (response.status_code, list(response.json())) == (200, ["requestId", "status"])
    assert client.error("GET", path) == (404, f"NOT_FOUND: {service_id}")
    assert client.result("POST", path, AWS)["id"] != created["id"]


@pytest.mark.parametrize(
    ("provider", "region", "bucket", "secret"),
    [("gcp", "us-east1", GCP, "secretAccessKey"), ("azure", "eastus2", AZURE, "connectionString")],
)
def test_secrets_of_a_bucket_are_never_returned(
    client: Client, provider: str, region: str, bucket: dict[str, Any], secret: str
) -> None:
    service_id = client.create(provider=provider, region=region)["id"]
    path = client.service(service_id, "/backupBucket")
    without = {name: value for name, value in bucket.items() if name != secret}
    required = (400, f"BAD_REQUEST: request body.{secret}: The value is required <undefined:undefined>")
    assert client.error("POST", path, without) == required
    created = client.result("POST", path, bucket)
    assert created == client.result("GET", path) == {"id": created["id"], **without}
    # Every change repeats the secrets.
    assert client.error("PATCH", path, without) == required
    assert client.result("PATCH", path, {**bucket, secret: "new"}) == created
    assert client.emulator.raw_service(service_id)["parts"]["backupBucket"][secret] == "new"


@pytest.mark.parametrize(
    "body",
    [
        {},
        GCP,
        {**AWS, "bucketProvider": "aws"},
        {**AWS, "bucketPath": ""},
        {**AWS, "iamRoleArn": None},
        {**AWS, "iamRoleSessionName": None},
        {**AWS, "iamRoleExternalId": 1},
        {"bucketProvider": "AWS", "bucketPath": "b"},
        {"bucketProvider": "AWS", "iamRoleArn": ROLE},
    ],
)
def test_invalid_buckets(client: Client, body: dict[str, Any]) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, "/backupBucket")
    status, error = client.error("POST", path, body)
    assert (status, error.startswith("BAD_REQUEST: request body.")) == (400, True)
    assert client.error("GET", path)[0] == 404


def test_invalid_change_of_a_bucket(client: Client) -> None:
    path = client.service(client.create()["id"], "/backupBucket")
    created = client.result("POST", path, AWS)
    for body in ({}, GCP, {"bucketProvider": "AWS"}, {**AWS, "bucketPath": None}, {**AWS, "iamRoleSessionName": 1}):
        assert client.error("PATCH", path, body)[0] == 400
    assert client.result("GET", path) == created


def test_secondary_service_has_no_bucket_and_no_snapshots(client: Client) -> None:
    primary = client.create()
    service_id = client.create(dataWarehouseId=primary["dataWarehouseId"])["id"]
    assert client.error("POST", client.service(service_id, "/backupBucket"), AWS)[0] == 400
    path = client.service(service_id, "/snapshotConfiguration")
    assert client.result("GET", path) == {"enabled": False}
    expected = (400, "BAD_REQUEST: Snapshots are configured on the primary service of the data warehouse")
    assert client.error("PATCH", path, {"enabled": True, "gap": 30, "timeFrame": 1440}) == expected
    assert client.result("GET", client.service(service_id, "/snapshots")) == []


def test_backups_of_a_bucket_name_it(client: Client) -> None:
    service_id = client.running()
    (own,) = client.result("GET", client.service(service_id, "/backups"))
    assert not own.keys() & {"bucket", "backupName"}
    client.result("POST", client.service(service_id, "/backupBucket"), AWS)
    client.emulator.advance(24 * 3600)
    newest, oldest = client.result("GET", client.service(service_id, "/backups"))
    assert (newest["bucket"], newest["backupName"]) == (AWS, f"{service_id}/{newest['startedAt']}")
    assert oldest == own
    client.request("DELETE", client.service(service_id, "/backupBucket"))
    assert client.result("GET", client.service(service_id, f"/backups/{newest['id']}"))["bucket"] == AWS


@pytest.mark.parametrize(("part", "writes", "view", "manage"), PARTS)
def test_permissions(client: Client, part: str, writes: dict[str, Any], view: str, manage: str) -> None:
    path = client.service(client.create()["id"], f"/{part}")
    if "POST" in writes:
        client.result("POST", path, writes["POST"])
    for permission, can_read in ((manage, True), (view, False)):
        key = create_restricted_client(client, permission)
        assert (key.request("GET", path).status_code == 200) is can_read
        for method, body in writes.items():
            if can_read:
                assert key.error(method, path, body) == (403, "FORBIDDEN")
            else:
                assert key.request(method, path, body).status_code == 200
    assert create_restricted_client(client, view).error("GET", path) == (403, "FORBIDDEN")


@pytest.mark.parametrize(("part", "writes", "view", "manage"), PARTS)
def test_unknown_service_and_bad_bodies(
    client: Client, part: str, writes: dict[str, Any], view: str, manage: str
) -> None:
    missing = client.service(UNKNOWN, f"/{part}")
    for method, body in {"GET": None, **writes}.items():
        assert client.error(method, missing, body) == (404, f"NOT_FOUND: {UNKNOWN}")
        assert client.error(method, client.service("none", f"/{part}"), body)[0] == 400
    assert client.request("PUT", missing).status_code == 405
    path = client.service(client.create()["id"], f"/{part}")
    if "POST" in writes:
        client.result("POST", path, writes["POST"])
    for content, error in (("{", "Invalid JSON"), ("[]", "The value must be an object <array:[]>")):
        response = client.request("PATCH", path, data=content)
        assert (response.status_code, response.json()["error"]) == (400, f"BAD_REQUEST: request body: {error}")


@pytest.mark.parametrize(("part", "writes", "view", "manage"), PARTS)
def test_deletion_of_the_service_deletes_its_parts(
    client: Client, part: str, writes: dict[str, Any], view: str, manage: str
) -> None:
    service_id = client.create()["id"]
    assert client.request("DELETE", client.service(service_id)).status_code == 200
    client.emulator.advance(3600)
    assert client.error("GET", client.service(service_id, f"/{part}")) == (404, f"NOT_FOUND: {service_id}")
