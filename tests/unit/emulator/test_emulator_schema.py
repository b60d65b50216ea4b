# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that every response is one that the contract allows."""

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.contract.check import Checker
from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.emulator.routes import ROUTES
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, Client, upload_source

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
SERVICE = "/v1/organizations/{organizationId}/services/{serviceId}"
ORGANIZATION = "/v1/organizations/{organizationId}"
UDF = ORGANIZATION + "/udfs/{functionName}"
FUNCTION: dict[str, Any] = {
    "uploadId": "",
    "runtime": "python3.11",
    "type": "executable",
    "arguments": [{"name": "input", "type": "String"}],
    "returnType": "String",
}

# In an order in which each request finds the resources that it needs.
REQUESTS: list[tuple[str, str, Any, dict[str, str]]] = [
    ("GET", "/v1/whoami", None, {}),
    ("GET", "/v1/organizations", None, {}),
    ("PATCH", ORGANIZATION, {"name": "Renamed"}, {}),
    ("POST", SERVICE + "/privateEndpoint", ENDPOINT, {}),
    ("GET", ORGANIZATION, None, {}),
    ("GET", ORGANIZATION + "/prometheus", None, {}),
    ("GET", ORGANIZATION + "/prometheus/discovery", None, {}),
    ("GET", ORGANIZATION + "/creditBalances", None, {}),
    ("GET", ORGANIZATION + "/activeBalances", None, {}),
    ("GET", ORGANIZATION + "/notifications", None, {}),
    ("GET", ORGANIZATION + "/notificationTypes", None, {}),
    ("GET", ORGANIZATION + "/serviceProfiles", None, {"region_id": "us-east-1"}),
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
    ("POST", ORGANIZATION + "/udfUploads/url", None, {}),
    ("GET", ORGANIZATION + "/udfs", None, {}),
    ("POST", ORGANIZATION + "/udfs", {**FUNCTION, "functionName": "other", "type": "executable_pool"}, {}),
    ("GET", UDF, None, {}),
    ("GET", UDF + "/versions", None, {}),
    ("PUT", UDF + "/attachments/{serviceId}", {"version": 1}, {}),
    ("GET", UDF + "/attachments/{serviceId}", None, {}),
    ("GET", UDF + "/attachments", None, {}),
    ("DELETE", UDF + "/attachments/{serviceId}", None, {}),
    ("POST", UDF + "/versions", {**FUNCTION, "returnName": None, "memoryLimitMib": 64}, {}),
    ("DELETE", UDF + "/versions/{version}", None, {}),
    ("DELETE", UDF, None, {}),
    ("DELETE", SERVICE, None, {}),
]


def test_requests_cover_every_route() -> None:
    request_status = {(method, path) for method, path, _body, _query in REQUESTS}
    assert request_status == {(method, path) for path, methods in ROUTES.items() for method in methods}


def test_there_is_a_route_for_every_operation() -> None:
    assert {f"{method} {path}" for path, methods in ROUTES.items() for method in methods} == set(load().operations)


def test_requests_and_responses_match_the_contract(client: Client) -> None:
    checker = Checker()
    problems: list[str] = []
    service_id = client.running()
    (backup,) = client.result("GET", client.service(service_id, "/backups"))
    client.emulator.set_balances({"totalAmount": 100}, {"totalAmount": 10.5, "type": "trial"})
    client.emulator.set_notifications({"type": "service-upgraded", "resourceId": service_id}, {"type": "new"})
    client.emulator.add_organization(id=client.emulator.organization_id, features={"organizationMetrics": True})
    client.emulator.set_service(service_id, snapshots=[{}, {"status": "throttled"}])
    created = client.result("POST", f"{client.organization}/keys", {"name": "key"})
    invitation = client.result("POST", f"{client.organization}/invitations", {"email": "new@example.com"})
    own_key = client.result("GET", f"{client.organization}/keys")[0]["id"]
    role = client.result("POST", f"{client.organization}/roles", {"name": "new", "actors": [], "policies": []})
    client.emulator.set_functions({"functionName": "greet", "versions": 2})
    ids = {
        "functionName": "greet",
        "version": "1",
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
        if method == "DELETE" and path.startswith(UDF):
            # Builds and changes of attachments have to be done.
            client.emulator.advance(2 * STEP)
        if body is not None and "uploadId" in body:
            body = {**body, "uploadId": upload_source(client)}
        elif body is not None:
            body = {name: [own_key] if name in ("apiKeyIds", "openApiKeys") else value for name, value in body.items()}
        response = client.request(method, path[len("/v1") :].format(**ids), body, params=query)
        line = f"{method} {path}"
        assert response.status_code == min(load().operations[line]["responses"]), (line, response.text)
        value = response.text if response.headers["Content-Type"].startswith("text/plain") else response.json()
        problems += checker.check_request(line, dict(query), body)
        problems += checker.check_response(line, response.status_code, response.headers["Content-Type"], value)
    assert problems == []


def test_any_path_gets_a_response_of_the_api(client: Client) -> None:
    """A newline in a path is not one that a web framework's patterns match."""
    status, error = client.error("GET", "/organizations/%0Ax")
    assert (status, error.partition(":")[0]) == (400, "BAD_REQUEST")
    assert client.error("GET", "/%0Ax") == (404, "NOT_FOUND")
