# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test notifications and their types."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client
from ansible_collections.clickhouse.cloud.tests.unit.emulator.test_emulator_permissions import create_restricted_client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
ANYWHERE = [{"source": "0.0.0.0/0"}]
DAY = 24 * 3600


def at(hour: int) -> str:
    return f"2026-11-01T{hour:02}:00:00Z"


@pytest.fixture
def service_id(client: Client) -> str:
    """Return the ID of a service with two notifications, beside which the organization has one."""
    service_id = str(client.create()["id"])
    client.emulator.set_notifications(
        {"type": "service-degraded", "resourceId": service_id, "createdAt": at(1)},
        {"type": "organization-credits-low", "createdAt": at(3)},
        {"type": "service-upgraded", "resourceId": service_id, "resourceName": "test", "createdAt": at(2)},
    )
    return service_id


def types(client: Client, **query: Any) -> list[str]:
    found = client.result("GET", f"{client.organization}/notifications", params=query)
    return [one["type"].split("-")[-1] for one in found]


def test_notifications(client: Client, service_id: str) -> None:
    response = client.request("GET", f"{client.organization}/notifications").json()
    assert list(response) == ["result", "limit", "nextCursor", "requestId", "status"]
    assert (response["limit"], response["nextCursor"]) == (100, None)
    newest, named, oldest = response["result"]
    assert (newest["resourceType"], newest["resourceId"]) == ("organization", client.emulator.organization_id)
    assert named["resourceName"] == "test"
    assert "resourceName" not in oldest
    assert (oldest["severity"], oldest["resourceId"], oldest["createdAt"]) == ("critical", service_id, at(1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["low", "upgraded", "degraded"]),
        ({"severity": "info"}, ["upgraded"]),
        ({"type": "service-degraded"}, ["degraded"]),
        ({"type": "of-the-future"}, []),
        ({"resource_type": "service"}, ["upgraded", "degraded"]),
        ({"resource_type": "postgres"}, []),
        ({"resource_id": UNKNOWN}, []),
        ({"from_date": at(2)}, ["low", "upgraded"]),
        ({"to_date": at(2)}, ["upgraded", "degraded"]),
        ({"from_date": "2026-11-01T03:00:00+02:00", "to_date": at(2)}, ["upgraded", "degraded"]),
        ({"from_date": at(4)}, []),
    ],
)
def test_filters(client: Client, service_id: str, query: dict[str, str], expected: list[str]) -> None:
    assert types(client, **query) == expected


def test_filter_by_resource(client: Client, service_id: str) -> None:
    assert types(client, resource_id=service_id) == ["upgraded", "degraded"]
    assert types(client, resource_id=service_id, resource_type="organization") == []


@pytest.mark.parametrize(
    "query",
    [
        {"severity": "high"},
        {"resource_type": "backup"},
        # Only a time is accepted, not a date.
        {"from_date": "2026-11-01"},
        {"to_date": "soon"},
        {"limit": "0"},
        {"cursor": "x"},
    ],
)
def test_invalid_queries(client: Client, query: dict[str, str]) -> None:
    status, error = client.error("GET", f"{client.organization}/notifications", params=query)
    assert (status, error.startswith(f"BAD_REQUEST: request query.{next(iter(query))}: ")) == (400, True)


def test_pages(client: Client, service_id: str) -> None:
    path = f"{client.organization}/notifications"
    first = client.request("GET", path, params={"limit": 2}).json()
    second = client.request("GET", path, params={"limit": 2, "cursor": first["nextCursor"]}).json()
    assert [one["createdAt"] for one in first["result"] + second["result"]] == [at(3), at(2), at(1)]
    assert second["nextCursor"] is None
    assert client.request("GET", path, params={"limit": 1000}).json()["limit"] == 250


def test_notifications_expire(client: Client) -> None:
    client.emulator.hold()
    client.emulator.set_notifications({"type": "service-upgraded"})
    client.emulator.advance(180 * DAY - 1)
    assert types(client) == ["upgraded"]
    client.emulator.advance(2)
    assert types(client) == []


def test_key_sees_what_it_can_access(client: Client, service_id: str) -> None:
    for role, expected in (("developer", ["low", "upgraded", "degraded"]), ("query_endpoints", [])):
        added = client.emulator.add_organization(id=client.emulator.organization_id, role=role)
        assert types(Client(client.emulator, added["api_key"], added["api_secret"])) == expected


def test_types(client: Client) -> None:
    path = f"{client.organization}/notificationTypes"
    found = {one["name"]: one for one in client.result("GET", path)}
    assert found["service-degraded"] == {
        "name": "service-degraded",
        "title": "Service degraded",
        "category": "service",
        "severity": "critical",
        "resourceType": "service",
        "isConfigurable": False,
        "isAvailable": True,
    }
    assert all(one["isAvailable"] for one in found.values())
    organization_id = client.emulator.organization_id
    added = client.emulator.add_organization(id=organization_id, role="developer", features={"snapshots": False})
    developer = Client(client.emulator, added["api_key"], added["api_secret"])
    available = {one["name"]: one["isAvailable"] for one in developer.result("GET", path)}
    assert available.keys() == found.keys() - {"service-snapshot-failed"}
    assert available["service-upgraded"] is True
    key = client.result("POST", f"{client.organization}/keys", {"name": "without roles", "ipAccessList": ANYWHERE})
    assert Client(client.emulator, key["keyId"], key["keySecret"]).error("GET", path) == (403, "FORBIDDEN")
    assert create_restricted_client(client, "view-organization").error("GET", path) == (403, "FORBIDDEN")


def test_type_without_permission_is_not_available(client: Client) -> None:
    policies = [
        {
            "allowDeny": "ALLOW",
            "permissions": ["control-plane:organization:view"],
            "resources": [f"organization/{client.emulator.organization_id}"],
        }
    ]
    key = client.result("POST", f"{client.organization}/keys", {"name": "reader", "ipAccessList": ANYWHERE})
    role = {"name": "reader", "actors": [f"apiKey/{key['key']['id']}"], "policies": policies}
    client.result("POST", f"{client.organization}/roles", role)
    reader = Client(client.emulator, key["keyId"], key["keySecret"])
    assert not any(one["isAvailable"] for one in reader.result("GET", f"{client.organization}/notificationTypes"))


@pytest.mark.parametrize(
    "notification",
    [{}, {"type": ""}, {"type": "x", "severity": "high"}, {"type": "x", "createdAt": "2026-01-01"}, 1],
)
def test_invalid_notifications_of_a_test(client: Client, notification: Any) -> None:
    with pytest.raises(EmulatorError, match="BAD_REQUEST: request notification"):
        client.emulator.set_notifications(notification)
    with pytest.raises(EmulatorError, match="Unknown key 'text': a notification has id, type"):
        client.emulator.set_notifications({"type": "x", "text": "y"})
    assert types(client) == []
