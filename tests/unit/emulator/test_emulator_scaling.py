# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test memory, replicas and idling in both autoscaling modes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

HORIZONTAL = {
    "autoscalingMode": "horizontal",
    "minReplicaMemoryGb": 16,
    "maxReplicaMemoryGb": 16,
    "minReplicas": 2,
    "maxReplicas": 5,
}


def rescale(client: Client, service_id: str, **body: Any) -> dict[str, Any]:
    service: dict[str, Any] = client.result("PATCH", client.service(service_id, "/replicaScaling"), body)
    assert client.result("GET", client.service(service_id))["currentScaling"] == service["currentScaling"]
    return service


def scaling_error(client: Client, service_id: str, **body: Any) -> str:
    status, error = client.error("PATCH", client.service(service_id, "/replicaScaling"), body)
    assert status == 400
    return error


def test_vertical_scaling(client: Client) -> None:
    service_id = client.create(minReplicaMemoryGb=8, maxReplicaMemoryGb=8, numReplicas=2)["id"]
    service = rescale(client, service_id, minReplicaMemoryGb=16, maxReplicaMemoryGb=32, numReplicas=3)
    assert (service["minReplicaMemoryGb"], service["maxReplicaMemoryGb"], service["numReplicas"]) == (16, 32, 3)
    assert (service["minTotalMemoryGb"], service["maxTotalMemoryGb"]) == (48, 96)
    assert service["currentScaling"] == {
        "effectiveAutoscalingMode": "vertical",
        "effectiveMinReplicaMemoryGb": 16,
        "effectiveMaxReplicaMemoryGb": 32,
        "effectiveMinReplicas": 3,
        "effectiveMaxReplicas": 3,
        "effectiveIdleScaling": True,
        "effectiveIdleTimeoutMinutes": 15,
    }


def test_scaling_keeps_omitted_fields(client: Client) -> None:
    service_id = client.create(minReplicaMemoryGb=16, maxReplicaMemoryGb=32)["id"]
    service = rescale(client, service_id, idleScaling=False)
    assert (service["idleScaling"], service["minReplicaMemoryGb"], service["numReplicas"]) == (False, 16, 3)
    assert "body.minReplicaMemoryGb" in scaling_error(client, service_id, minReplicaMemoryGb=64)
    assert rescale(client, service_id, maxReplicaMemoryGb=64.0)["maxReplicaMemoryGb"] == 64


def test_total_memory_is_for_three_replicas(client: Client) -> None:
    service_id = client.create(minTotalMemoryGb=48, maxTotalMemoryGb=96, numReplicas=4)["id"]
    service = client.result("GET", client.service(service_id))
    assert (service["minReplicaMemoryGb"], service["maxReplicaMemoryGb"], service["numReplicas"]) == (16, 32, 4)
    path = client.service(service_id, "/scaling")
    service = client.result("PATCH", path, {"minTotalMemoryGb": 24.0, "numReplicas": 2})
    assert (service["minTotalMemoryGb"], service["maxTotalMemoryGb"]) == (24, 96)
    assert (service["minReplicaMemoryGb"], service["numReplicas"]) == (8, 2)
    assert client.error("PATCH", path, {"minTotalMemoryGb": 12}) == (
        400,
        "BAD_REQUEST: Invalid minimum memory size: 12",
    )
    assert client.error("PATCH", path, {"minTotalMemoryGb": 32}) == (
        400,
        "BAD_REQUEST: request body.minTotalMemoryGb: The value must be a multiple of 12 <number:32>",
    )


def test_horizontal_scaling_has_a_replica_range(client: Client) -> None:
    service = client.create(**HORIZONTAL)
    assert (service["minReplicas"], service["maxReplicas"], service["replicaMemoryGb"]) == (2, 5, 16)
    assert not service.keys() & {"numReplicas", "minTotalMemoryGb", "maxTotalMemoryGb"}
    assert rescale(client, service["id"], minReplicas=3, maxReplicas=4)["minReplicas"] == 3
    assert "numReplicas" in scaling_error(client, service["id"], numReplicas=3)
    assert "equal" in scaling_error(client, service["id"], maxReplicaMemoryGb=32)


def test_switch_autoscaling_mode(client: Client) -> None:
    service_id = client.create(minReplicaMemoryGb=16, maxReplicaMemoryGb=32)["id"]
    assert "required" in scaling_error(client, service_id, autoscalingMode="horizontal")
    band = {"autoscalingMode": "horizontal", "minReplicas": 2, "maxReplicas": 4}
    assert "equal" in scaling_error(client, service_id, **band)
    service = rescale(client, service_id, **HORIZONTAL)
    assert (service["autoscalingMode"], service["replicaMemoryGb"]) == ("horizontal", 16)
    assert "required" in scaling_error(client, service_id, autoscalingMode="vertical")
    service = rescale(client, service_id, autoscalingMode="vertical", numReplicas=2)
    assert (service["autoscalingMode"], service["numReplicas"], service["maxReplicaMemoryGb"]) == ("vertical", 2, 16)
    assert not service.keys() & {"minReplicas", "maxReplicas", "replicaMemoryGb"}


def test_equal_replica_range_is_a_fixed_number(client: Client) -> None:
    service = client.create(minReplicas=2, maxReplicas=2)
    assert (service["autoscalingMode"], service["numReplicas"]) == ("vertical", 2)
    assert "minReplicas" not in service
    assert "equal" in scaling_error(client, service["id"], minReplicas=1, maxReplicas=2)
    assert rescale(client, service["id"], minReplicas=4, maxReplicas=4)["numReplicas"] == 4


@pytest.mark.parametrize(
    "body",
    [
        {"numReplicas": 2, "minReplicas": 2, "maxReplicas": 2},
        {"minReplicas": 2},
        {"minReplicas": 3, "maxReplicas": 2},
        {"numReplicas": 0},
        {"numReplicas": 51},
        {"minReplicas": 2, "maxReplicas": 51},
        {"minReplicaMemoryGb": 10},
        {"maxReplicaMemoryGb": 400},
        {"idleTimeoutMinutes": 1},
        {"autoscalingMode": "diagonal"},
    ],
)
def test_invalid_scaling(client: Client, body: dict[str, Any]) -> None:
    service = client.create()
    scaling_error(client, service["id"], **body)
    assert client.result("GET", client.service(service["id"]))["numReplicas"] == service["numReplicas"]


def test_basic_tier_defaults_to_one_replica(client: Client) -> None:
    basic = client.emulator.add_organization(tier="BASIC")
    other = Client(client.emulator, basic["api_key"], basic["api_secret"])
    body = {"name": "small", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
    service = other.result("POST", f"/organizations/{basic['organization_id']}/services", body)["service"]
    assert service["numReplicas"] == 1


def test_up_to_50_replicas(client: Client) -> None:
    service_id = client.create(numReplicas=50)["id"]
    assert client.result("GET", client.service(service_id))["numReplicas"] == 50
    assert rescale(client, service_id, **{**HORIZONTAL, "maxReplicas": 50})["maxReplicas"] == 50


def test_warehouse_has_up_to_50_replicas(client: Client) -> None:
    primary = client.create(numReplicas=30)
    secondary = client.create(dataWarehouseId=primary["dataWarehouseId"], numReplicas=20)
    assert "at most 50 replicas" in scaling_error(client, secondary["id"], numReplicas=21)
    assert rescale(client, primary["id"], numReplicas=29)["numReplicas"] == 29
    assert rescale(client, secondary["id"], numReplicas=21)["numReplicas"] == 21


@pytest.mark.parametrize("scaling", [{"numReplicas": 1}, {"minReplicas": 1, "maxReplicas": 1}])
def test_first_service_of_a_warehouse_has_at_least_two_replicas(client: Client, scaling: dict[str, Any]) -> None:
    primary = client.create()
    assert "at least 2 replicas" in scaling_error(client, primary["id"], **scaling)
    body = {"name": "a", "provider": "aws", "region": "us-east-1", "ipAccessList": [], **scaling}
    assert "at least 2 replicas" in client.error("POST", f"{client.organization}/services", body)[1]
    assert client.create(dataWarehouseId=primary["dataWarehouseId"], **scaling)["numReplicas"] == 1
    for tier in ("BASIC", "SCALE"):
        added = client.emulator.add_organization(tier=tier)
        other = Client(client.emulator, added["api_key"], added["api_secret"])
        created = other.result("POST", f"/organizations/{added['organization_id']}/services", body)
        assert created["service"]["numReplicas"] == 1


def test_horizontal_autoscaling_is_a_feature_of_the_organization(client: Client) -> None:
    service_id = client.create()["id"]
    client.emulator.add_organization(id=client.emulator.organization_id, features={"horizontalAutoscaling": False})
    body = {"name": "a", "provider": "aws", "region": "us-east-1", "ipAccessList": [], **HORIZONTAL}
    entry = {"name": "always", "weekdays": [1], "startHourUtc": 0, "endHourUtc": 24, **HORIZONTAL}
    for method, path, sent in (
        ("POST", f"{client.organization}/services", body),
        ("PATCH", client.service(service_id, "/replicaScaling"), HORIZONTAL),
        ("POST", client.service(service_id, "/scalingSchedule"), {"entries": [entry]}),
    ):
        assert client.error(method, path, sent) == (403, "FORBIDDEN")
    # A range of one number of replicas is vertical autoscaling.
    assert rescale(client, service_id, minReplicas=4, maxReplicas=4)["numReplicas"] == 4


def test_scaling_of_a_service_without_known_replicas(client: Client) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, numReplicas=None)
    assert rescale(client, service_id, minReplicaMemoryGb=8)["minReplicaMemoryGb"] == 8
