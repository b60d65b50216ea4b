# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test snapshots and their configuration."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, Client
from ansible_collections.clickhouse.cloud.tests.unit.emulator.test_emulator_permissions import create_restricted_client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
EVERY_30 = {"enabled": True, "gap": 30, "timeFrame": 1440}
EVERY_60 = {"enabled": True, "gap": 60, "timeFrame": 2880}
MINUTE = 60


@pytest.fixture
def service_id(client: Client) -> str:
    client.emulator.hold()
    return client.running()


@pytest.fixture
def configuration(client: Client, service_id: str) -> str:
    return client.service(service_id, "/snapshotConfiguration")


def list_snapshots(client: Client, service_id: str) -> list[dict[str, Any]]:
    snapshots: list[dict[str, Any]] = client.result("GET", client.service(service_id, "/snapshots"))
    return snapshots


def test_configuration(client: Client, configuration: str) -> None:
    assert client.result("GET", configuration) == {"enabled": False}
    assert client.result("PATCH", configuration, EVERY_30) == EVERY_30
    assert client.result("PATCH", configuration, {"gap": 60, "timeFrame": 2880, "unknown": 1}) == EVERY_60
    # A field that is left out stays unchanged, and the result is what is checked.
    assert client.result("PATCH", configuration, {"gap": 60}) == EVERY_60
    assert client.result("PATCH", configuration, {"enabled": False}) == {**EVERY_60, "enabled": False}
    assert client.result("PATCH", configuration, {"enabled": True}) == EVERY_60
    assert client.result("GET", configuration) == EVERY_60


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"unknown": 1},
        {"enabled": None},
        {"enabled": "true"},
        {"enabled": True},
        {"gap": None},
        {"gap": 30},
        {"timeFrame": 1440},
        {"gap": 30, "timeFrame": 2880},
        {"gap": 30.5, "timeFrame": 1440},
        {"enabled": False, "gap": 15, "timeFrame": 1440},
        {"enabled": True, "gap": "30", "timeFrame": "1440"},
    ],
)
def test_invalid_configurations(client: Client, configuration: str, body: dict[str, Any]) -> None:
    status, error = client.error("PATCH", configuration, body)
    assert (status, error.startswith("BAD_REQUEST: ")) == (400, True)
    assert client.result("GET", configuration) == {"enabled": False}


def test_snapshots_appear_and_expire(client: Client, service_id: str, configuration: str) -> None:
    assert list_snapshots(client, service_id) == []
    client.result("PATCH", configuration, EVERY_30)
    assert list_snapshots(client, service_id) == []
    client.emulator.advance(30 * MINUTE + 10)
    (running,) = list_snapshots(client, service_id)
    assert (running["status"], running["type"], running["durationInSeconds"]) == ("in_progress", "full", 10)
    assert running["serviceId"] == service_id
    assert "finishedAt" not in running
    client.emulator.advance(60)
    (done,) = list_snapshots(client, service_id)
    assert (done["id"], done["status"], done["durationInSeconds"]) == (running["id"], "done", 60)
    assert done["finishedAt"] > done["startedAt"]
    client.emulator.advance(60 * MINUTE)
    newest, _middle, oldest = list_snapshots(client, service_id)
    assert oldest == done
    assert newest["startedAt"] > oldest["startedAt"]
    assert {one["type"] for one in list_snapshots(client, service_id)} == {"full"}
    client.emulator.advance(3 * 24 * 60 * MINUTE)
    snapshots = list_snapshots(client, service_id)
    assert len(snapshots) == 48
    assert done["id"] not in [one["id"] for one in snapshots]


def test_one_snapshot(client: Client, service_id: str, configuration: str) -> None:
    client.result("PATCH", configuration, EVERY_30)
    client.emulator.advance(35 * MINUTE)
    (snapshot,) = list_snapshots(client, service_id)
    path = client.service(service_id, "/snapshots")
    assert client.result("GET", f"{path}/{snapshot['id'].upper()}") == snapshot
    assert client.error("GET", f"{path}/{UNKNOWN}") == (404, f"NOT_FOUND: {UNKNOWN}")
    assert client.error("GET", f"{path}/none") == (400, "BAD_REQUEST: Invalid snapshot id <string:none>")
    other = client.service(client.create()["id"], f"/snapshots/{snapshot['id']}")
    assert client.error("GET", other) == (404, f"NOT_FOUND: {snapshot['id']}")
    # A snapshot is not a backup.
    assert client.error("GET", client.service(service_id, f"/backups/{snapshot['id']}"))[0] == 404


def test_disabled_snapshots_and_stopped_services(client: Client, service_id: str, configuration: str) -> None:
    client.result("PATCH", configuration, EVERY_30)
    client.emulator.advance(35 * MINUTE)
    client.result("PATCH", configuration, {"enabled": False})
    client.emulator.advance(120 * MINUTE)
    assert len(list_snapshots(client, service_id)) == 1
    client.result("PATCH", configuration, {"enabled": True})
    assert len(list_snapshots(client, service_id)) == 1
    client.result("PATCH", client.service(service_id, "/state"), {"command": "stop"})
    client.emulator.advance(STEP + 120 * MINUTE)
    assert len(list_snapshots(client, service_id)) == 1
    client.result("PATCH", client.service(service_id, "/state"), {"command": "start"})
    client.emulator.advance(STEP + MINUTE)
    assert len(list_snapshots(client, service_id)) == 2


def test_snapshots_in_pages(client: Client, service_id: str, configuration: str) -> None:
    client.result("PATCH", configuration, EVERY_30)
    client.emulator.advance(95 * MINUTE)
    path = client.service(service_id, "/snapshots")
    first = client.request("GET", path, params={"limit": 2}).json()
    assert (first["limit"], first["totalCount"]) == (2, 3)
    # A snapshot that starts between two pages does not move the others.
    client.emulator.advance(30 * MINUTE)
    second = client.request("GET", path, params={"limit": 2, "cursor": first["nextCursor"]}).json()
    assert second["nextCursor"] is None
    starts = [one["startedAt"] for one in first["result"] + second["result"]]
    assert len(starts) == 3
    assert starts == sorted(starts, reverse=True)
    assert client.request("GET", path, params={"limit": 1000}).json()["limit"] == 250
    assert client.error("GET", path, params={"limit": 0})[0] == 400


def test_snapshots_in_a_bucket_name_it(client: Client, service_id: str, configuration: str) -> None:
    bucket = {"bucketProvider": "AWS", "bucketPath": "b", "iamRoleArn": "arn:aws:iam::123456789012:role/b"}
    client.result("POST", client.service(service_id, "/backupBucket"), bucket)
    client.result("PATCH", configuration, EVERY_30)
    client.emulator.advance(35 * MINUTE)
    (snapshot,) = list_snapshots(client, service_id)
    assert snapshot["bucket"] == bucket


def test_snapshots_set_by_a_test(client: Client, service_id: str) -> None:
    throttled = {"status": "throttled", "startedAt": "2026-01-31T02:00:00Z", "durationInSeconds": 5}
    client.emulator.set_service(service_id, snapshots=[{}, {"status": "error"}, throttled])
    snapshots = list_snapshots(client, service_id)
    assert [one["status"] for one in snapshots] == ["done", "error", "throttled"]
    assert "finishedAt" not in snapshots[2]
    assert client.emulator.raw_service(service_id)["snapshots"] == snapshots
    with pytest.raises(EmulatorError, match="'snapshots' must be a list of objects"):
        client.emulator.set_service(service_id, snapshots={})


def test_organization_without_snapshots(client: Client, service_id: str, configuration: str) -> None:
    organization_id = client.emulator.organization_id
    assert client.result("GET", client.organization)["capabilities"] == {"snapshots": True}
    client.result("PATCH", configuration, EVERY_30)
    client.emulator.add_organization(id=organization_id, features={"snapshots": False})
    assert client.result("GET", client.organization)["capabilities"] == {"snapshots": False}
    assert client.result("GET", "/organizations")[0]["capabilities"] == {"snapshots": False}
    for path in ("/snapshots", f"/snapshots/{UNKNOWN}", "/snapshotConfiguration"):
        assert client.error("GET", client.service(service_id, path)) == (403, "FORBIDDEN")
    for body in (EVERY_30, {"enabled": True}, {"gap": 60, "timeFrame": 2880}):
        assert client.error("PATCH", configuration, body) == (403, "FORBIDDEN")
    # They can always be disabled.
    assert client.result("PATCH", configuration, {"enabled": False})["enabled"] is False
    added = client.emulator.add_organization(tier="SCALE")
    scale = Client(client.emulator, added["api_key"], added["api_secret"])
    assert scale.result("GET", "/organizations")[0]["capabilities"] == {"snapshots": False}


def test_permissions_of_snapshots(client: Client, service_id: str) -> None:
    client.emulator.set_service(service_id, snapshots=[{"id": UNKNOWN}])
    for path in ("/snapshots", f"/snapshots/{UNKNOWN}"):
        url = client.service(service_id, path)
        assert create_restricted_client(client, "view-snapshots").error("GET", url) == (403, "FORBIDDEN")
        assert create_restricted_client(client, "view-backups").request("GET", url).status_code == 200
        assert client.error("GET", client.service(UNKNOWN, path)) == (404, f"NOT_FOUND: {UNKNOWN}")
