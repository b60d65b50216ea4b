# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that every response matches the OpenAPI description of the API.

The description belongs to the vendor and is not part of this repository. Without a copy beside it, the test is skipped.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import REPOSITORY
from ansible_collections.clickhouse.cloud.tests.emulator.routes import ROUTES
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

jsonschema = pytest.importorskip("jsonschema")

FOLDER = REPOSITORY.parent / "shared" / "api"
#: The newest description has operations that the other one lacks.
DESCRIPTIONS = (FOLDER / "openapi-2026-10.json", FOLDER / "openapi.json")

pytestmark = pytest.mark.skipif(
    not all(path.exists() for path in DESCRIPTIONS), reason="there is no copy of the API's description"
)

BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": [{"source": "0.0.0.0/0"}]}
SCALED = {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16}
HORIZONTAL = {**SCALED, "autoscalingMode": "horizontal", "minReplicas": 2, "maxReplicas": 4}
ENTRY = {"name": "always", "weekdays": [0, 1, 2, 3, 4, 5, 6], "startHourUtc": 0, "endHourUtc": 24}
ENDPOINT = {"id": "vpce-0123456789abcdef0", "description": "office"}
QUERY = {"roles": ["sql_console_admin"], "openApiKeys": ["key"], "allowedOrigins": "*"}
POLICY = {"allowDeny": "ALLOW", "permissions": ["control-plane:service:view"], "resources": ["instance/*"]}
BUCKET = {
    "bucketProvider": "AWS",
    "bucketPath": "https://b.s3.amazonaws.com/",
    "iamRoleArn": "arn",
    "iamRoleExternalId": "e",
}
SAVED_QUERY = {"name": "query", "sql": "SELECT 1", "database": "default"}
QUERY_API_ENDPOINT = {**SAVED_QUERY, "apiKeyIds": [], "roles": ["reader"], "allowedOrigins": ["https://a.example"]}
#: Fields that the vendor documents, but that are missing from the OpenAPI description.
DOCUMENTED = {name: {"deletionProtection": {"type": "boolean"}} for name in ("Service", "ServiceScalingPatchResponse")}
SERVICE = "/v1/organizations/{organizationId}/services/{serviceId}"
ORGANIZATION = "/v1/organizations/{organizationId}"

# In an order in which each request finds the resources that it needs.
REQUESTS: list[tuple[str, str, Any, dict[str, str]]] = [
    ("GET", "/v1/organizations", None, {}),
    ("PATCH", ORGANIZATION, {"name": "Renamed"}, {}),
    ("POST", SERVICE + "/privateEndpoint", ENDPOINT, {}),
    ("GET", ORGANIZATION, None, {}),
    ("GET", ORGANIZATION + "/prometheus", None, {}),
    ("GET", ORGANIZATION + "/privateEndpointConfig", None, {"cloud_provider": "aws", "region_id": "us-east-1"}),
    ("GET", ORGANIZATION + "/usageCost", None, {"from_date": "2026-01-01", "to_date": "2026-01-31"}),
    ("POST", ORGANIZATION + "/keys", {"name": "second", "roles": ["developer"]}, {}),
    ("GET", ORGANIZATION + "/keys", None, {}),
    ("GET", ORGANIZATION + "/keys/{keyId}", None, {}),
    ("PATCH", ORGANIZATION + "/keys/{keyId}", {"expireAt": "2030-01-01T00:00:00Z"}, {}),
    ("DELETE", ORGANIZATION + "/keys/{keyId}", None, {}),
    ("GET", ORGANIZATION + "/roles", None, {}),
    ("POST", ORGANIZATION + "/roles", {"name": "viewers", "actors": [], "policies": [POLICY]}, {}),
    ("GET", ORGANIZATION + "/roles/{roleId}", None, {}),
    ("PATCH", ORGANIZATION + "/roles/{roleId}", {"policies": [POLICY, POLICY]}, {}),
    ("DELETE", ORGANIZATION + "/roles/{roleId}", None, {}),
    ("GET", ORGANIZATION + "/members", None, {}),
    ("GET", ORGANIZATION + "/members/{userId}", None, {}),
    ("PATCH", ORGANIZATION + "/members/{userId}", {"assignedRoleIds": []}, {}),
    ("DELETE", ORGANIZATION + "/members/{userId}", None, {}),
    ("POST", ORGANIZATION + "/invitations", {"email": "Other@example.com", "role": "admin"}, {}),
    ("GET", ORGANIZATION + "/invitations", None, {}),
    ("GET", ORGANIZATION + "/invitations/{invitationId}", None, {}),
    ("DELETE", ORGANIZATION + "/invitations/{invitationId}", None, {}),
    ("GET", ORGANIZATION + "/activities", None, {}),
    ("GET", ORGANIZATION + "/activities/{activityId}", None, {}),
    ("GET", ORGANIZATION + "/quotas", None, {}),
    ("GET", ORGANIZATION + "/quotas/{quotaCode}", None, {}),
    ("GET", ORGANIZATION + "/services", None, {}),
    ("POST", ORGANIZATION + "/services", {**BODY, **HORIZONTAL, "tags": [{"key": "a", "value": "b"}]}, {}),
    ("GET", SERVICE, None, {}),
    ("PATCH", SERVICE, {"endpoints": [{"protocol": "mysql", "enabled": True}]}, {}),
    ("PATCH", SERVICE + "/state", {"command": "start"}, {}),
    ("PATCH", SERVICE + "/scaling", {"maxTotalMemoryGb": 360}, {}),
    ("PATCH", SERVICE + "/replicaScaling", SCALED, {}),
    ("PATCH", SERVICE + "/password", {}, {}),
    ("GET", SERVICE + "/privateEndpointConfig", None, {}),
    ("GET", SERVICE + "/prometheus", None, {}),
    ("GET", SERVICE + "/backups", None, {}),
    ("GET", SERVICE + "/backups/{backupId}", None, {}),
    ("GET", SERVICE + "/backupConfiguration", None, {}),
    ("PATCH", SERVICE + "/backupConfiguration", {"backupStartTime": "02:00"}, {}),
    ("POST", SERVICE + "/serviceQueryEndpoint", QUERY, {}),
    ("GET", SERVICE + "/serviceQueryEndpoint", None, {}),
    ("DELETE", SERVICE + "/serviceQueryEndpoint", None, {}),
    ("GET", SERVICE + "/clickhouseSettings", None, {}),
    ("PATCH", SERVICE + "/clickhouseSettings", {"settings": {"max_threads": 4}}, {}),
    ("GET", SERVICE + "/clickhouseSettings/schema", None, {}),
    ("GET", SERVICE + "/clickhouseSettings/{settingName}", None, {}),
    ("DELETE", SERVICE + "/clickhouseSettings/{settingName}", None, {}),
    ("PUT", SERVICE + "/upgradeWindow", {"weekday": 1, "startHourUtc": 6}, {}),
    ("GET", SERVICE + "/upgradeWindow", None, {}),
    ("DELETE", SERVICE + "/upgradeWindow", None, {}),
    ("POST", SERVICE + "/scalingSchedule", {"entries": [ENTRY]}, {}),
    ("GET", SERVICE + "/scalingSchedule", None, {}),
    ("GET", SERVICE, None, {}),
    ("DELETE", SERVICE + "/scalingSchedule", None, {}),
    ("GET", SERVICE + "/snapshots", None, {}),
    ("GET", SERVICE + "/snapshots/{snapshotId}", None, {}),
    ("GET", SERVICE + "/snapshotConfiguration", None, {}),
    ("PATCH", SERVICE + "/snapshotConfiguration", {"enabled": True, "gap": 30, "timeFrame": 1440}, {}),
    ("GET", SERVICE + "/replicaAwareRouting", None, {}),
    ("PATCH", SERVICE + "/replicaAwareRouting", {"httpEnabled": True}, {}),
    ("POST", SERVICE + "/backupBucket", BUCKET, {}),
    ("GET", SERVICE + "/backupBucket", None, {}),
    ("PATCH", SERVICE + "/backupBucket", {**BUCKET, "iamRoleExternalId": None}, {}),
    ("DELETE", SERVICE + "/backupBucket", None, {}),
    ("GET", SERVICE + "/saved-queries", None, {}),
    ("POST", SERVICE + "/saved-queries", SAVED_QUERY, {}),
    ("GET", SERVICE + "/saved-queries/{queryId}", None, {}),
    ("PUT", SERVICE + "/saved-queries/{queryId}", {**SAVED_QUERY, "name": "other", "parameters": {"a": "b"}}, {}),
    ("DELETE", SERVICE + "/saved-queries/{queryId}", None, {}),
    ("GET", SERVICE + "/query-api-endpoints", None, {}),
    ("POST", SERVICE + "/query-api-endpoints", QUERY_API_ENDPOINT, {}),
    ("GET", SERVICE + "/query-api-endpoints/{endpointId}", None, {}),
    ("PUT", SERVICE + "/query-api-endpoints/{endpointId}", QUERY_API_ENDPOINT, {}),
    ("DELETE", SERVICE + "/query-api-endpoints/{endpointId}", None, {}),
    ("DELETE", SERVICE, None, {}),
]
#: The requests that are answered with status 201.
CREATED = (("POST", SERVICE + "/saved-queries"), ("POST", SERVICE + "/query-api-endpoints"))


def without_additional_properties(schema: Any) -> Any:
    """Return the schema with additionalProperties set to false in all objects."""
    if isinstance(schema, list):
        return [without_additional_properties(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: without_additional_properties(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        inner["additionalProperties"] = False
    return inner


def test_requests_cover_every_route() -> None:
    request_status = {(method, path) for method, path, _body, _query in REQUESTS}
    assert request_status == {(method, path) for path, methods in ROUTES.items() for method in methods}


def test_responses_match_openapi_schema(client: Client) -> None:
    newest, description = (json.loads(path.read_text(encoding="utf-8")) for path in DESCRIPTIONS)
    description["paths"] = {**newest["paths"], **description["paths"]}
    schemas, newest_schemas = description["components"]["schemas"], newest["components"]["schemas"]
    newer = {name: newest_schemas[name] for name in ("Organization", "AwsBackupBucket", "AwsBackupBucketProperties")}
    description["components"]["schemas"] = {**newest_schemas, **schemas, **newer}
    for name, fields in DOCUMENTED.items():
        description["components"]["schemas"][name]["properties"].update(fields)
    components = without_additional_properties(description["components"])
    service_id = client.running()
    (backup,) = client.result("GET", client.service(service_id, "/backups"))
    client.emulator.set_service(service_id, snapshots=[{}, {"status": "throttled"}])
    created = client.result("POST", f"{client.organization}/keys", {"name": "key"})
    invitation = client.result("POST", f"{client.organization}/invitations", {"email": "new@example.com"})
    own_key = client.result("GET", f"{client.organization}/keys")[0]["id"]
    role = client.result("POST", f"{client.organization}/roles", {"name": "new", "actors": [], "policies": []})
    ids = {
        "invitationId": invitation["id"],
        "roleId": role["id"],
        "userId": client.result("GET", f"{client.organization}/members")[1]["userId"],
        "activityId": client.result("GET", f"{client.organization}/activities")[0]["id"],
        "quotaCode": "services-per-organization",
        "settingName": "max_threads",
        "organizationId": client.emulator.organization_id,
        "serviceId": service_id,
        "backupId": backup["id"],
        "snapshotId": client.result("GET", client.service(service_id, "/snapshots"))[0]["id"],
        "keyId": created["key"]["id"],
    }
    for path, parameter, body in (
        ("/saved-queries", "queryId", {**SAVED_QUERY, "name": "first"}),
        ("/query-api-endpoints", "endpointId", {**QUERY_API_ENDPOINT, "apiKeyIds": [own_key]}),
    ):
        ids[parameter] = client.request("POST", client.service(service_id, path), body).json()["result"]["id"]
    for method, path, body, query in REQUESTS:
        if (method, path) == ("DELETE", SERVICE):
            client.emulator.set_service(service_id, state="stopped")
        if "apiKeyIds" in (body or {}):
            body = {**body, "apiKeyIds": [own_key]}
        response = client.request(method, path[len("/v1") :].format(**ids), body, params=query)
        expected = 201 if (method, path) in CREATED else 200
        assert response.status_code == expected, (method, path, response.text)
        content = description["paths"][path][method.lower()]["responses"][str(expected)]["content"]
        (media_type,) = content
        assert response.headers["Content-Type"].startswith(media_type)
        value = response.text if media_type == "text/plain" else response.json()
        schema = {**without_additional_properties(content[media_type]["schema"]), "components": components}
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        problems = [f"{method} {path} {error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        assert problems == []
