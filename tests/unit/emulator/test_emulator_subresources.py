# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the subresources of a service: password, backups, endpoints, upgrade window and schedule."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.clock import parse_timestamp
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

# The hashes of the password "test".
SHA256 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
DOUBLE_SHA1 = "94bdcebe19083ce2a1f959fd02f964c7af4cfc29"
UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
ALWAYS: dict[str, Any] = {"name": "always", "weekdays": list(range(7)), "startHourUtc": 0, "endHourUtc": 24}
MEMORY = {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16}
START = {"backupPeriodInHours": 24, "backupRetentionPeriodInHours": 24}


def hash_password(password: str) -> str:
    return base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()


def hash_of(client: Client, service_id: str) -> Any:
    return client.emulator.raw_service(service_id)["passwordHash"]


def test_create_returns_password(client: Client) -> None:
    created = client.emulator.create()
    assert hash_of(client, created["service"]["id"]) == hash_password(created["password"])


def test_set_password_hashes(client: Client) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, "/password")
    assert client.result("PATCH", path, {"newPasswordHash": SHA256, "newDoubleSha1Hash": DOUBLE_SHA1}) == {}
    raw = client.emulator.raw_service(service_id)
    assert (raw["passwordHash"], raw["doubleSha1Hash"]) == (SHA256, DOUBLE_SHA1)


@pytest.mark.parametrize("body", [{}, {"newDoubleSha1Hash": DOUBLE_SHA1}])
def test_generate_password(client: Client, body: dict[str, str]) -> None:
    service_id = client.create()["id"]
    before = hash_of(client, service_id)
    result = client.result("PATCH", client.service(service_id, "/password"), body)
    assert list(result) == ["password"]
    assert hash_of(client, service_id) == hash_password(result["password"]) != before
    assert client.emulator.raw_service(service_id)["doubleSha1Hash"] != DOUBLE_SHA1


@pytest.mark.parametrize("body", [{"newPasswordHash": "test"}, {"newPasswordHash": ""}, {"newDoubleSha1Hash": "1"}])
def test_invalid_password_hash(client: Client, body: dict[str, str]) -> None:
    service_id = client.create()["id"]
    assert client.error("PATCH", client.service(service_id, "/password"), body)[0] == 400


def test_secondary_service_rejects_password(client: Client) -> None:
    primary = client.create()
    path = client.service(client.create(dataWarehouseId=primary["dataWarehouseId"])["id"], "/password")
    for body in ({}, {"newPasswordHash": SHA256}):
        assert client.error("PATCH", path, body) == (
            400,
            "BAD_REQUEST: The password is set on the primary service of the data warehouse",
        )


def configure(client: Client, service_id: str, **body: Any) -> Any:
    return client.result("PATCH", client.service(service_id, "/backupConfiguration"), body)


def test_default_backup_configuration(client: Client) -> None:
    path = client.service(client.create()["id"], "/backupConfiguration")
    assert client.result("GET", path) == START


def test_null_resets_backup_fields(client: Client) -> None:
    service_id = client.create()["id"]
    full = {"backupPeriodInHours": 48, "backupRetentionPeriodInHours": 720.0, "backupStartTime": "02:00"}
    assert configure(client, service_id, **full) == full
    assert configure(client, service_id) == full
    assert configure(client, service_id, backupRetentionPeriodInHours=None)["backupRetentionPeriodInHours"] == 24
    assert "backupStartTime" not in configure(client, service_id, backupStartTime=None)
    assert configure(client, service_id, **dict.fromkeys(full)) == START
    assert client.result("GET", client.service(service_id, "/backupConfiguration")) == START


@pytest.mark.parametrize("time", ["02:30", "24:00", "2", "", 2])
def test_backup_start_time_must_be_a_full_hour(client: Client, time: object) -> None:
    path = client.service(client.create()["id"], "/backupConfiguration")
    assert client.error("PATCH", path, {"backupStartTime": time}) == (
        400,
        "BAD_REQUEST: customBackupStartTime must be a valid time (HH:00)",
    )


def test_backup_start_time_requires_daily_period(client: Client) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, "/backupConfiguration")
    message = "BAD_REQUEST: customBackupPeriod must be 24 or 48 hours when customBackupStartTime is set"
    assert client.error("PATCH", path, {"backupStartTime": "02:00", "backupPeriodInHours": 12}) == (400, message)
    configure(client, service_id, backupPeriodInHours=12)
    assert client.error("PATCH", path, {"backupStartTime": "02:00"}) == (400, message)
    configure(client, service_id, backupStartTime="02:00", backupPeriodInHours=None)
    assert client.error("PATCH", path, {"backupPeriodInHours": 6}) == (400, message)


@pytest.mark.parametrize("hours", [12, 1104, 30, "24"])
def test_backup_retention_must_be_whole_days(client: Client, hours: object) -> None:
    path = client.service(client.create()["id"], "/backupConfiguration")
    status, error = client.error("PATCH", path, {"backupRetentionPeriodInHours": hours})
    assert status == 400
    assert error.startswith("BAD_REQUEST: request body.backupRetentionPeriodInHours: ")


def test_basic_tier_rejects_backup_configuration(client: Client) -> None:
    basic = client.emulator.add_organization(tier="BASIC")
    other = Client(client.emulator, basic["api_key"], basic["api_secret"])
    services = f"/organizations/{basic['organization_id']}/services"
    body = {"name": "small", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
    path = f"{services}/{other.result('POST', services, body)['service']['id']}/backupConfiguration"
    assert other.result("GET", path) == START
    assert other.error("PATCH", path, {"backupPeriodInHours": 24}) == (
        403,
        "FORBIDDEN: Cannot use customized backup schedule in BASIC pricing package",
    )


def test_subresources_are_available_in_every_state(client: Client) -> None:
    service_id = client.create()["id"]
    for state in ("provisioning", "stopped", "idle", "terminating"):
        client.emulator.set_service(service_id, state=state)
        for part in ("", "/privateEndpointConfig", "/backupConfiguration", "/backups"):
            assert client.request("GET", client.service(service_id, part)).status_code == 200
        assert client.request("GET", client.service(service_id, "/serviceQueryEndpoint")).status_code == 404


@pytest.mark.parametrize(("provider", "region"), [("aws", "us-west-2"), ("gcp", "us-east1"), ("azure", "westus3")])
def test_private_endpoint_config(client: Client, provider: str, region: str) -> None:
    path = client.service(client.create(provider=provider, region=region)["id"], "/privateEndpointConfig")
    config = client.result("GET", path)
    assert list(config) == ["endpointServiceId", "privateDnsHostname"]
    assert region in config["endpointServiceId"]
    assert config["privateDnsHostname"].endswith(f"{provider}.clickhouse.cloud")


def create_key(client: Client) -> str:
    return str(client.result("POST", f"{client.organization}/keys", {"name": "queries"})["key"]["id"])


def test_query_endpoint_update_keeps_its_id(client: Client) -> None:
    path = client.service(client.create()["id"], "/serviceQueryEndpoint")
    keys = [create_key(client) for _number in range(3)]
    body = {"roles": ["sql_console_admin"], "openApiKeys": [keys[1], keys[0]], "allowedOrigins": ""}
    first = client.result("POST", path, body)
    assert first == {"id": first["id"], **body}
    second = client.result("POST", path, {**body, "openApiKeys": [keys[2]]})
    assert second == {**first, "openApiKeys": [keys[2]]}
    assert client.result("GET", path) == second
    assert list(client.request("DELETE", path).json()) == ["requestId", "status"]
    assert client.error("GET", path)[0] == 404


@pytest.mark.parametrize(
    "change", [{"roles": None}, {"openApiKeys": None}, {"roles": ["root"]}, {"openApiKeys": [UNKNOWN]}]
)
def test_invalid_query_endpoint(client: Client, change: dict[str, Any]) -> None:
    path = client.service(client.create()["id"], "/serviceQueryEndpoint")
    body = {"roles": ["sql_console_admin"], "openApiKeys": [create_key(client)], **change}
    body = {name: value for name, value in body.items() if value is not None}
    assert client.error("POST", path, body)[0] == 400
    assert client.error("GET", path)[0] == 404


def test_deleted_key_stays_in_the_query_endpoint(client: Client) -> None:
    path = client.service(client.create()["id"], "/serviceQueryEndpoint")
    key = create_key(client)
    body = {"roles": ["sql_console_admin"], "openApiKeys": [key]}
    client.result("POST", path, body)
    assert client.request("DELETE", f"{client.organization}/keys/{key}").status_code == 200
    assert client.result("GET", path)["openApiKeys"] == [key]
    assert "The key does not exist" in client.error("POST", path, body)[1]


def test_secondary_has_upgrade_window_of_primary(client: Client) -> None:
    primary = client.create()
    secondary = client.create(dataWarehouseId=primary["dataWarehouseId"])
    path, other = (client.service(item["id"], "/upgradeWindow") for item in (primary, secondary))
    assert client.error("GET", path)[0] == 404
    window = {"weekday": 3, "startHourUtc": 12}
    assert client.result("PUT", path, window) == {**window, "duration": 6}
    assert client.result("GET", other) == {**window, "duration": 6}
    for method in ("PUT", "DELETE"):
        assert client.error(method, other, window) == (
            400,
            "BAD_REQUEST: cannot set upgrade window on a secondary service",
        )
    assert client.error("PUT", path, {"weekday": 3, "startHourUtc": 5})[0] == 400
    assert client.error("PUT", path, {"weekday": 7, "startHourUtc": 6})[0] == 400
    assert client.request("DELETE", path).status_code == 200
    assert client.error("GET", other)[0] == 404


def test_active_schedule_entry_overrides_scaling(client: Client) -> None:
    service_id = client.create(minReplicaMemoryGb=8, maxReplicaMemoryGb=8)["id"]
    path = client.service(service_id, "/scalingSchedule")
    assert client.error("GET", path)[0] == 404
    hours = {"weekdays": list(range(7)), "startHourUtc": 0, "endHourUtc": 24}
    body = {"entries": [{"name": "always", **hours, "minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16}]}
    schedule = client.result("POST", path, body)
    (entry,) = schedule["entries"]
    assert (entry["name"], entry["isActiveNow"], schedule["activeEntryId"]) == ("always", True, entry["id"])
    assert schedule["baseConfig"]["minReplicaMemoryGb"] == 8
    service = client.result("GET", client.service(service_id))
    assert service["scalingSchedule"] == schedule
    assert service["currentScaling"]["effectiveMinReplicaMemoryGb"] == 16
    assert service["currentScaling"]["activeEntryId"] == entry["id"]
    assert client.request("DELETE", path).status_code == 200
    assert client.error("GET", path)[0] == 404
    assert client.error("DELETE", path)[0] == 404


def test_schedule_entry_inherits_what_it_does_not_have(client: Client) -> None:
    service_id = client.create(minReplicaMemoryGb=8, maxReplicaMemoryGb=8)["id"]
    path = client.service(service_id, "/scalingSchedule")
    (entry,) = client.result("POST", path, {"entries": [{**ALWAYS, "numReplicas": 60}]})["entries"]
    hours = {name: ALWAYS[name] for name in ("name", "weekdays", "startHourUtc", "endHourUtc")}
    replicas = {"minReplicas": 60, "maxReplicas": 60}
    assert entry == {"id": entry["id"], **hours, "autoscalingMode": "vertical", **replicas, "isActiveNow": True}
    for memory in (8, 16):
        client.result("PATCH", client.service(service_id, "/replicaScaling"), dict.fromkeys(MEMORY, memory))
        scaling = client.result("GET", client.service(service_id))["currentScaling"]
        assert (scaling["effectiveMaxReplicaMemoryGb"], scaling["effectiveMaxReplicas"]) == (memory, 60)
    assert client.result("GET", path)["entries"] == [entry]


def test_schedule_entries_become_active_with_time(client: Client) -> None:
    service_id = client.create(minReplicaMemoryGb=8, maxReplicaMemoryGb=8)["id"]
    path = client.service(service_id, "/scalingSchedule")
    client.emulator.hold()
    now = parse_timestamp(client.emulator.advance(0))
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    # The API counts days from Sunday.
    today = midnight.isoweekday() % 7
    morning = {"name": "morning", "weekdays": [today], "startHourUtc": 1, "endHourUtc": 2, **MEMORY}
    night = {"name": "night", "weekdays": [today], "startHourUtc": 23, "endHourUtc": 1, "numReplicas": 5}
    client.result("POST", path, {"entries": [morning, night]})
    reached = now
    for hours, name, memory, replicas in (
        (0.9, None, 8, 3),
        (1.1, "morning", 16, 3),
        (2.1, None, 8, 3),
        (23.1, "night", 8, 5),
        # The entry has started the day before.
        (24.9, "night", 8, 5),
        (25.1, None, 8, 3),
        # A week later.
        (7 * 24 + 1.1, "morning", 16, 3),
    ):
        moment = midnight + timedelta(hours=hours)
        client.emulator.advance((moment - reached).total_seconds())
        reached = moment
        schedule = client.result("GET", path)
        (active,) = [entry for entry in schedule["entries"] if entry["isActiveNow"]] or [{}]
        assert (active.get("name"), active.get("id")) == (name, schedule.get("activeEntryId"))
        assert schedule["baseConfig"]["minReplicaMemoryGb"] == 8
        scaling = client.result("GET", client.service(service_id))["currentScaling"]
        assert (scaling["effectiveMinReplicaMemoryGb"], scaling["effectiveMaxReplicas"]) == (memory, replicas)
        assert scaling.get("activeEntryId") == active.get("id")
    # The base configuration applies again at once.
    client.request("DELETE", path)
    scaling = client.result("GET", client.service(service_id))["currentScaling"]
    assert (scaling["effectiveMinReplicaMemoryGb"], scaling.get("activeEntryId")) == (8, None)


def test_weekday_twice_in_a_schedule_entry_is_accepted(client: Client) -> None:
    """As the specification does, which does not say that the days must differ."""
    path = client.service(client.create()["id"], "/scalingSchedule")
    (entry,) = client.result("POST", path, {"entries": [{**NIGHT, "weekdays": [1, 1]}]})["entries"]
    assert entry["weekdays"] == [1, 1]


def test_schedule_of_a_service_with_horizontal_autoscaling(client: Client) -> None:
    horizontal = {"autoscalingMode": "horizontal", **MEMORY, "minReplicas": 2, "maxReplicas": 5}
    service_id = client.create(**horizontal)["id"]
    schedule = client.result(
        "POST", client.service(service_id, "/scalingSchedule"), {"entries": [{**ALWAYS, **horizontal}]}
    )
    assert schedule["entries"][0].items() >= horizontal.items()
    assert schedule["baseConfig"] == {
        "autoscalingMode": "horizontal",
        "minReplicas": 2,
        "maxReplicas": 5,
        "idleScaling": True,
        "idleTimeoutMinutes": 15,
    }


def test_empty_schedule_clears_it(client: Client) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, "/scalingSchedule")
    client.result("POST", path, {"entries": [ALWAYS]})
    for _time in range(2):
        assert client.result("POST", path, {"entries": []}) == {"entries": [], "baseConfig": {}}
        assert client.error("GET", path)[0] == 404
        assert client.error("DELETE", path)[0] == 404
        assert "scalingSchedule" not in client.result("GET", client.service(service_id))
    assert client.error("POST", path, {})[0] == 400


NIGHT = {"name": "night", "weekdays": [6], "startHourUtc": 22, "endHourUtc": 2}


@pytest.mark.parametrize(
    "entries",
    [
        [{"name": "no hours", "weekdays": [1]}],
        [{**NIGHT, "weekdays": []}],
        [{**NIGHT, "weekdays": [7]}],
        [{**NIGHT, "endHourUtc": 22}],
        [{**NIGHT, "minReplicas": 2}],
        [{**NIGHT, "minReplicas": 2, "maxReplicas": 3}],
        [{**NIGHT, "numReplicas": 2, "minReplicas": 2, "maxReplicas": 2}],
        [{**NIGHT, "numReplicas": 0}],
        [{**NIGHT, "minReplicaMemoryGb": 16}],
        [{**NIGHT, "minReplicaMemoryGb": 32, "maxReplicaMemoryGb": 16}],
        [{**NIGHT, "autoscalingMode": "horizontal", "minReplicas": 2, "maxReplicas": 3}],
        [{**NIGHT, **MEMORY, "autoscalingMode": "horizontal"}],
        [{**NIGHT, **MEMORY, "autoscalingMode": "horizontal", "numReplicas": 2}],
        [NIGHT, {"name": "next day", "weekdays": [0], "startHourUtc": 1, "endHourUtc": 3}],
        [{**NIGHT, "idleTimeoutMinutes": 4}],
        [{**NIGHT, "startHourUtc": hour, "endHourUtc": hour + 1} for hour in range(11)],
    ],
)
def test_invalid_schedule(client: Client, entries: list[dict[str, Any]]) -> None:
    path = client.service(client.create()["id"], "/scalingSchedule")
    assert client.error("POST", path, {"entries": entries})[0] == 400
    assert client.error("GET", path)[0] == 404
