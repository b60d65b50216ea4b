# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the audit log of an organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.organization import MEMBERS
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
MEMORY = {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 32}
ENTRY = {"name": "night", "weekdays": [1], "startHourUtc": 0, "endHourUtc": 6}
MEMORY_TYPE = "service_update_autoscaling_memory"
REPLICAS_TYPE = "service_update_autoscaling_replicas"
IDLING_TYPE = "service_update_autoscaling_idling"


@pytest.fixture
def logged(client: Client) -> Callable[[], list[dict[str, Any]]]:
    """Return a function that returns the activities since its last call, oldest first."""
    path, seen = f"{client.organization}/activities", 0

    def _logged() -> list[dict[str, Any]]:
        nonlocal seen
        activities = client.result("GET", path)[::-1]
        start, seen = seen, len(activities)
        return activities[start:]

    return _logged


Logged = Callable[[], list[dict[str, Any]]]


def test_activities_are_newest_first(client: Client) -> None:
    service_id = client.create()["id"]
    client.result("PATCH", client.service(service_id), {"name": "new"})
    client.result("PATCH", client.service(service_id, "/state"), {"command": "stop"})
    activities = client.result("GET", f"{client.organization}/activities")
    assert [activity["type"] for activity in activities] == ["service_stop", "service_update_name", "service_create"]
    assert {activity["serviceId"] for activity in activities} == {service_id}
    path = f"{client.organization}/activities"
    assert client.result("GET", f"{path}/{activities[0]['id']}") == activities[0]
    assert client.error("GET", f"{path}/12345678") == (400, "BAD_REQUEST: length is too small: 8 < 20")
    assert client.error("GET", f"{path}/{UNKNOWN}")[0] == 404


def test_activities_between_dates(client: Client) -> None:
    client.create()
    client.emulator.advance(3600)
    client.create()
    path = f"{client.organization}/activities"
    later, first = (activity["createdAt"] for activity in client.result("GET", path))
    assert [activity["createdAt"] for activity in client.result("GET", path, params={"from_date": later})] == [later]
    assert [activity["createdAt"] for activity in client.result("GET", path, params={"to_date": first})] == [first]
    assert len(client.result("GET", path, params={"from_date": first, "to_date": later})) == 2
    assert client.error("GET", path, params={"from_date": "yesterday"})[0] == 400
    # A date without a time stands for the whole day.
    day, day_before = first[:10], "2020-01-01"
    assert len(client.result("GET", path, params={"from_date": first[:10], "to_date": later[:10]})) == 2
    assert client.result("GET", path, params={"to_date": day_before}) == []
    assert client.error("GET", path, params={"from_date": f"{day[:8]}99"})[0] == 400


@pytest.mark.parametrize(
    ("body", "types"),
    [
        ({"name": "new"}, ["organization_update_name"]),
        ({"enableCoreDumps": False}, ["organization_update_core_dumps"]),
        ({"privateEndpoints": {"remove": []}}, ["organization_update_private_endpoints"]),
        ({"name": "new", "enableCoreDumps": True}, ["organization_update_name", "organization_update_core_dumps"]),
        ({}, []),
    ],
)
def test_activities_of_an_organization(client: Client, logged: Logged, body: dict[str, Any], types: list[str]) -> None:
    client.result("PATCH", client.organization, body)
    assert [activity["type"] for activity in logged()] == types


@pytest.mark.parametrize(
    ("part", "body", "types"),
    [
        ("", {"name": "new"}, ["service_update_name"]),
        ("", {"endpoints": [{"protocol": "mysql", "enabled": True}]}, ["service_update_mysql_interface"]),
        ("", {"enableCoreDumps": False}, ["service_update_core_dump"]),
        # The specification has no types for these.
        ("", {"tags": {"add": [{"key": "a"}]}, "deletionProtection": False}, []),
        ("/clickhouseSettings", {"settings": {"max_threads": 4}}, []),
        ("/scaling", {"maxTotalMemoryGb": 360}, [MEMORY_TYPE]),
        ("/replicaScaling", MEMORY, [MEMORY_TYPE]),
        ("/replicaScaling", {"numReplicas": 2}, [REPLICAS_TYPE]),
        ("/replicaScaling", {"minReplicas": 2, "maxReplicas": 2}, [REPLICAS_TYPE]),
        ("/replicaScaling", {"idleScaling": False}, [IDLING_TYPE]),
        ("/replicaScaling", {"idleTimeoutMinutes": 9, **MEMORY}, [MEMORY_TYPE, IDLING_TYPE]),
        ("/password", {}, ["service_update_password"]),
        ("/backupConfiguration", {"backupPeriodInHours": 12}, ["service_update_backup_configuration"]),
    ],
)
def test_activities_of_a_changed_service(
    client: Client, logged: Logged, part: str, body: dict[str, Any], types: list[str]
) -> None:
    service_id = client.create()["id"]
    logged()
    client.result("PATCH", client.service(service_id, part), body)
    assert [(activity["type"], activity["serviceId"]) for activity in logged()] == [
        (name, service_id) for name in types
    ]


@pytest.mark.parametrize(
    ("method", "part", "body", "types"),
    [
        ("POST", "scalingSchedule", {"entries": [ENTRY]}, ["service_update_autoscaling_schedule"] * 2),
        ("PUT", "upgradeWindow", {"weekday": 1, "startHourUtc": 6}, ["update_upgrade_window", "delete_upgrade_window"]),
        (
            "POST",
            "serviceQueryEndpoint",
            {"roles": ["sql_console_admin"], "openApiKeys": []},
            ["service_update_query_endpoints"] * 2,
        ),
    ],
)
def test_activities_of_the_parts_of_a_service(
    client: Client, logged: Logged, method: str, part: str, body: dict[str, Any], types: list[str]
) -> None:
    path = client.service(client.create()["id"], f"/{part}")
    logged()
    client.result(method, path, body)
    assert client.request("DELETE", path).status_code == 200
    activities = [activity["type"] for activity in logged()]
    assert activities == [name if name.startswith("service_") else f"service_{name}" for name in types]


def test_restore_is_logged(client: Client, logged: Logged) -> None:
    service_id = client.running()
    (backup,) = client.result("GET", client.service(service_id, "/backups"))
    logged()
    restored = client.create(backupId=backup["id"])
    assert [(activity["type"], activity["serviceId"]) for activity in logged()] == [
        ("service_create", restored["id"]),
        ("service_restore_backup", restored["id"]),
    ]


def test_activities_of_a_key(client: Client, logged: Logged) -> None:
    key = client.result("POST", f"{client.organization}/keys", {"name": "second"})["key"]["id"]
    path = f"{client.organization}/keys/{key}"
    assert [activity["type"] for activity in logged()] == ["key_create"]
    changes = {
        "name": ("new", "name-changed"),
        "state": ("disabled", "state-changed"),
        "expireAt": (None, "date-changed"),
        "ipAccessList": ([], "ip-access-list-changed"),
        "assignedRoleIds": ([], "roles-v2-changed"),
    }
    for name, (value, update) in changes.items():
        client.result("PATCH", path, {name: value})
        (activity,) = logged()
        assert (activity["type"], activity["targetKeyId"], activity["keyUpdateType"]) == (
            "openapi_key_update",
            key,
            update,
        )
    client.result("PATCH", path, {name: value for name, (value, _update) in changes.items()})
    assert len(logged()) == len(changes)
    client.request("DELETE", path)
    (activity,) = logged()
    assert activity["type"] == "key_delete"
    assert "targetKeyId" not in activity


def test_activities_of_a_role(client: Client, logged: Logged) -> None:
    roles = f"{client.organization}/roles"
    role = client.result("POST", roles, {"name": "viewers", "actors": [], "policies": []})["id"]
    client.result("PATCH", f"{roles}/{role}", {"name": "readers"})
    client.request("DELETE", f"{roles}/{role}")
    assert [(activity["type"], activity["targetRoleIds"], activity["targetRoleNames"]) for activity in logged()] == [
        ("role_create", [role], ["viewers"]),
        ("role_update", [role], ["readers"]),
        ("role_delete", [role], ["readers"]),
    ]


def test_activities_of_a_member(client: Client, logged: Logged) -> None:
    user = list(MEMBERS)[1]
    path = f"{client.organization}/members/{user}"
    role = client.result("GET", f"{client.organization}/roles")[0]
    client.result("PATCH", path, {"assignedRoleIds": [role["id"]]})
    client.result("PATCH", path, {})
    (activity,) = logged()
    assert activity["type"] == "organization_member_update_roles"
    assert (activity["targetRoleIds"], activity["targetRoleNames"]) == ([role["id"]], [role["name"]])
    assert activity["targetActorIds"] == [f"user/{user}"]


def test_activity_names_its_actor(client: Client, logged: Logged) -> None:
    client.request("PATCH", client.organization, {"name": "new"}, headers={"User-Agent": "tests/1.0"})
    (activity,) = logged()
    (key,) = client.result("GET", f"{client.organization}/keys")
    assert (activity["actorType"], activity["actorId"], activity["actorDetails"]) == ("api", key["id"], key["name"])
    assert (activity["actorIpAddress"], activity["userAgent"]) == ("127.0.0.1", "tests/1.0")
