# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test saved queries and Query API endpoints, which are collections of a service."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client
from ansible_collections.clickhouse.cloud.tests.unit.emulator.test_emulator_permissions import create_restricted_client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
QUERY = {"name": "query", "sql": "SELECT 1", "database": "default"}
COLLECTIONS = ("saved-queries", "query-api-endpoints")
PERMISSIONS = {
    "saved-queries": ("view-services", "update-service"),
    "query-api-endpoints": ("view-query-api-endpoints", "manage-query-api-endpoints"),
}


def body_for(client: Client, collection: str, **changes: Any) -> dict[str, Any]:
    if collection == "saved-queries":
        return {**QUERY, **changes}
    keys = [key["id"] for key in client.result("GET", f"{client.organization}/keys")]
    return {**QUERY, "apiKeyIds": keys, "roles": ["reader"], **changes}


def create(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = client.request("POST", path, body)
    assert response.status_code == 201, response.text
    envelope = response.json()
    assert (list(envelope), envelope["status"]) == (["result", "requestId", "status"], 201)
    element: dict[str, Any] = envelope["result"]
    return element


def test_saved_query(client: Client) -> None:
    path = client.service(client.create()["id"], "/saved-queries")
    created = create(client, path, {**QUERY, "unknown": 1})
    assert created == {"id": created["id"], **QUERY, "parameters": {}}
    assert client.result("GET", f"{path}/{created['id'].upper()}") == created
    assert client.result("GET", path) == [{"id": created["id"], "name": "query", "database": "default"}]
    body = {"name": "other", "sql": "SELECT {n:UInt8}", "database": "", "parameters": {"n": "1"}}
    assert client.result("PUT", f"{path}/{created['id']}", body) == {"id": created["id"], **body}
    # A field that a replacement leaves out returns to its default.
    assert client.result("PUT", f"{path}/{created['id']}", QUERY) == created
    response = client.request("DELETE", f"{path}/{created['id']}")
    assert (response.status_code, list(response.json())) == (200, ["requestId", "status"])
    assert client.result("GET", path) == []
    assert client.error("DELETE", f"{path}/{created['id']}") == (404, f"NOT_FOUND: {created['id']}")


def test_names_of_saved_queries_are_unique(client: Client) -> None:
    path = client.service(client.create()["id"], "/saved-queries")
    first = create(client, path, QUERY)
    second = create(client, path, {**QUERY, "name": "second"})
    expected = (409, "CONFLICT: A saved query with the name 'query' already exists")
    assert client.error("POST", path, QUERY) == expected
    assert client.error("PUT", f"{path}/{second['id']}", QUERY) == expected
    assert client.result("PUT", f"{path}/{first['id']}", QUERY) == first
    create(client, client.service(client.create()["id"], "/saved-queries"), QUERY)


def test_query_api_endpoint(client: Client) -> None:
    path = client.service(client.create()["id"], "/query-api-endpoints")
    body = body_for(client, "query-api-endpoints")
    created = create(client, path, body)
    url = f"https://queries.clickhouse.cloud/run/{created['id']}"
    added = {"id": created["id"], "url": url, "ownerType": "queryApiEndpoint"}
    assert created == {**body, **added, "parameters": {}, "allowedOrigins": []}
    assert client.result("GET", f"{path}/{created['id']}") == created
    (listed,) = client.result("GET", path)
    assert listed == {name: value for name, value in created.items() if name not in ("sql", "parameters")}
    changed = {**body, "name": "other", "parameters": {"n": "1"}, "allowedOrigins": ["https://example.com"]}
    assert client.result("PUT", f"{path}/{created['id']}", changed) == {**changed, **added}
    assert client.result("PUT", f"{path}/{created['id']}", body) == created
    # Two endpoints may have the same name.
    assert create(client, path, body)["id"] != created["id"]
    assert client.request("DELETE", f"{path}/{created['id']}").status_code == 200
    assert client.error("GET", f"{path}/{created['id']}") == (404, f"NOT_FOUND: {created['id']}")


def test_keys_of_a_query_api_endpoint_exist(client: Client) -> None:
    path = client.service(client.create()["id"], "/query-api-endpoints")
    created = client.result("POST", f"{client.organization}/keys", {"name": "second"})["key"]
    body = body_for(client, "query-api-endpoints")
    assert created["id"] in body["apiKeyIds"]
    endpoint = create(client, path, body)
    assert client.request("DELETE", f"{client.organization}/keys/{created['id']}").status_code == 200
    # The endpoint keeps the ID of the deleted key, with which it cannot be changed.
    assert created["id"] in client.result("GET", f"{path}/{endpoint['id']}")["apiKeyIds"]
    status, error = client.error("PUT", f"{path}/{endpoint['id']}", body)
    assert (status, error) == (
        400,
        f"BAD_REQUEST: request body.apiKeyIds[1]: The API key does not exist <string:{created['id']}>",
    )


def test_endpoint_of_a_user_cannot_be_changed(client: Client) -> None:
    service_id = client.create()["id"]
    body = body_for(client, "query-api-endpoints")
    client.emulator.set_service(service_id, collections={"query-api-endpoints": [{**body, "ownerType": "user"}]})
    path = client.service(service_id, "/query-api-endpoints")
    (listed,) = client.result("GET", path)
    assert listed["ownerType"] == "user"
    for method, content in (("PUT", {**body, "name": "other"}), ("DELETE", None)):
        status, error = client.error(method, f"{path}/{listed['id']}", content)
        assert (status, error) == (
            409,
            "CONFLICT: The query of this endpoint is owned by a user. Change it in the console",
        )
    assert client.result("GET", f"{path}/{listed['id']}")["name"] == "query"


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": None},
        {"name": 1},
        {"sql": "x" * (4 * 1024 * 1024 + 1)},
        {"sql": ["SELECT 1"]},
        {"database": None},
        {"parameters": {"n": 1}},
        {"parameters": []},
    ],
)
def test_invalid_bodies(client: Client, collection: str, changes: dict[str, Any]) -> None:
    path = client.service(client.create()["id"], f"/{collection}")
    existing = create(client, path, body_for(client, collection, name="existing"))
    body = body_for(client, collection, **changes)
    for method, target in (("POST", path), ("PUT", f"{path}/{existing['id']}")):
        status, error = client.error(method, target, body)
        assert (status, error.startswith(f"BAD_REQUEST: request body.{next(iter(changes))}")) == (400, True)
    assert client.result("GET", f"{path}/{existing['id']}") == existing
    assert len(client.result("GET", path)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "},
        {"sql": " \n"},
        {"database": ""},
        {"apiKeyIds": []},
        {"apiKeyIds": ["key"]},
        {"apiKeyIds": [UNKNOWN]},
        {"roles": []},
        {"roles": [""]},
        {"allowedOrigins": "*"},
    ],
)
def test_invalid_query_api_endpoints(client: Client, changes: dict[str, Any]) -> None:
    path = client.service(client.create()["id"], "/query-api-endpoints")
    assert client.error("POST", path, body_for(client, "query-api-endpoints", **changes))[0] == 400
    assert client.result("GET", path) == []


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_required_fields(client: Client, collection: str) -> None:
    path = client.service(client.create()["id"], f"/{collection}")
    body = body_for(client, collection)
    existing = create(client, path, body_for(client, collection, name="existing"))
    for name in body:
        rest = {other: value for other, value in body.items() if other != name}
        expected = (400, f"BAD_REQUEST: request body.{name}: The value is required <undefined:undefined>")
        assert client.error("POST", path, rest) == expected
        assert client.error("PUT", f"{path}/{existing['id']}", rest) == expected
    response = client.request("POST", path, data="{")
    assert (response.status_code, response.json()["error"]) == (400, "BAD_REQUEST: request body: Invalid JSON")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_unknown_services_and_elements(client: Client, collection: str) -> None:
    body = body_for(client, collection)
    path = client.service(client.create()["id"], f"/{collection}")
    for method, content in (("GET", None), ("PUT", body), ("DELETE", None)):
        assert client.error(method, f"{path}/{UNKNOWN}", content) == (404, f"NOT_FOUND: {UNKNOWN}")
        status, error = client.error(method, f"{path}/none", content)
        assert (status, error.split(" id ")[1]) == (400, "<string:none>")
    missing = client.service(UNKNOWN, f"/{collection}")
    for method, target, content in (
        ("GET", missing, None),
        ("POST", missing, body),
        ("GET", f"{missing}/{UNKNOWN}", None),
    ):
        assert client.error(method, target, content) == (404, f"NOT_FOUND: {UNKNOWN}")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_permissions(client: Client, collection: str) -> None:
    path = client.service(client.create()["id"], f"/{collection}")
    body = body_for(client, collection)
    element = create(client, path, body)
    view, manage = PERMISSIONS[collection]
    one = f"{path}/{element['id']}"
    reads = [("GET", path, None), ("GET", one, None)]
    writes = [("POST", path, {**body, "name": "second"}), ("PUT", one, body), ("DELETE", one, None)]
    for permission, refused, accepted in ((manage, writes, reads), (view, reads, writes)):
        key = create_restricted_client(client, permission)
        for method, target, content in refused:
            assert key.error(method, target, content) == (403, "FORBIDDEN")
        for method, target, content in accepted:
            assert key.request(method, target, content).status_code in (200, 201)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_deletion_of_the_service_deletes_its_elements(client: Client, collection: str) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, f"/{collection}")
    element = create(client, path, body_for(client, collection))
    assert client.request("DELETE", client.service(service_id)).status_code == 200
    client.emulator.advance(3600)
    assert client.error("GET", path) == (404, f"NOT_FOUND: {service_id}")
    assert client.error("GET", f"{path}/{element['id']}") == (404, f"NOT_FOUND: {service_id}")


def test_elements_set_by_a_test(client: Client) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, "/saved-queries")
    client.emulator.set_service(service_id, collections={"saved-queries": [QUERY, {**QUERY, "id": UNKNOWN}]})
    assert [item["name"] for item in client.result("GET", path)] == ["query", "query"]
    assert client.result("GET", f"{path}/{UNKNOWN}") == {"id": UNKNOWN, **QUERY, "parameters": {}}
    raw = client.emulator.raw_service(service_id)["collections"]
    assert [entry["name"] for entry in raw["saved-queries"]] == ["query", "query"]
    for wrong in ({"queries": []}, {"saved-queries": {}}, {"saved-queries": [1]}, []):
        with pytest.raises(
            EmulatorError, match="Unknown collection 'queries'. The collections are saved-queries|lists of"
        ):
            client.emulator.set_service(service_id, collections=wrong)
