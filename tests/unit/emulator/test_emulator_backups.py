# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test when backups are created and deleted."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.backup_history import BackupHistory, next_start_time
from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.emulator.clock import parse_timestamp
from ansible_collections.clickhouse.cloud.tests.emulator.validation import is_uuid4
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, Client

BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
HOUR = 3600
DAY = 24 * HOUR
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)


def list_backups(client: Client, service_id: str) -> list[dict[str, Any]]:
    backups: list[dict[str, Any]] = client.result("GET", client.service(service_id, "/backups"))
    return backups


def configure(client: Client, service_id: str, **body: Any) -> None:
    client.result("PATCH", client.service(service_id, "/backupConfiguration"), body)


def create_error(client: Client, **changes: Any) -> str:
    status, error = client.error("POST", f"{client.organization}/services", {**BODY, **changes})
    assert status == 400
    return error


def start_times(client: Client, service_id: str) -> list[datetime]:
    return [parse_timestamp(backup["startedAt"]) for backup in list_backups(client, service_id)]


def test_first_backup_is_done_once_the_service_runs(client: Client) -> None:
    service_id = client.create()["id"]
    assert list_backups(client, service_id) == []
    client.wait(service_id, "running")
    (backup,) = list_backups(client, service_id)
    assert (backup["status"], backup["type"], backup["serviceId"]) == ("done", "full", service_id)
    assert is_uuid4(backup["id"])
    path = client.service(service_id, "/backups")
    assert client.result("GET", path + "/" + backup["id"]) == backup
    assert client.result("GET", path + "/" + backup["id"].upper()) == backup
    assert client.error("GET", path + "/" + UNKNOWN) == (404, f"NOT_FOUND: {UNKNOWN}")
    assert client.error("GET", path + "/none") == (400, "BAD_REQUEST: Invalid backup id <string:none>")


def test_backup_is_in_progress_before_it_is_done(client: Client) -> None:
    service_id = client.running()
    (first,) = list_backups(client, service_id)
    client.emulator.advance(DAY)
    second, same = list_backups(client, service_id)
    assert same == first
    assert (second["status"], second["type"]) == ("in_progress", "incremental")
    assert second["durationInSeconds"] < 20
    assert "finishedAt" not in second
    client.emulator.advance(20)
    # The first backup is older than the retention period of a day.
    (done,) = list_backups(client, service_id)
    assert (done["id"], done["status"], done["durationInSeconds"]) == (second["id"], "done", 20)
    assert parse_timestamp(done["finishedAt"]) - parse_timestamp(done["startedAt"]) == timedelta(seconds=20)
    assert client.result("GET", client.service(service_id, f"/backups/{done['id']}")) == done


def test_backups_are_periodic_and_every_seventh_is_full(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupPeriodInHours=6, backupRetentionPeriodInHours=72)
    client.emulator.advance(2 * DAY + 60)
    backups = list_backups(client, service_id)
    assert [backup["type"] for backup in backups][::-1] == ["full", *["incremental"] * 6, "full", "incremental"]
    assert {backup["status"] for backup in backups} == {"done"}
    moments = start_times(client, service_id)
    assert {before - after for before, after in zip(moments, moments[1:])} == {timedelta(hours=6)}
    assert len({backup["id"] for backup in backups}) == len(backups)


def test_listing_backups_does_not_affect_them(client: Client) -> None:
    listed, unlisted = client.running(), client.running()
    for service_id in (listed, unlisted):
        configure(client, service_id, backupPeriodInHours=8, backupRetentionPeriodInHours=48)
    for _number in range(9):
        client.emulator.advance(8 * HOUR)
        assert list_backups(client, listed)
    client.emulator.advance(60)
    shapes = [
        [(backup["type"], backup["status"]) for backup in list_backups(client, service_id)]
        for service_id in (listed, unlisted)
    ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 6


def test_expired_backups_are_deleted_except_the_newest(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupPeriodInHours=48)
    (first,) = list_backups(client, service_id)
    client.emulator.advance(47 * HOUR)
    assert list_backups(client, service_id) == [first]
    client.emulator.advance(HOUR + 60)
    assert [backup["type"] for backup in list_backups(client, service_id)] == ["incremental"]
    assert client.error("GET", client.service(service_id, f"/backups/{first['id']}"))[0] == 404


@pytest.mark.parametrize("period", [24, 48])
def test_backups_start_at_the_start_time(client: Client, period: int) -> None:
    service_id = client.running()
    configure(
        client, service_id, backupStartTime="02:00", backupPeriodInHours=period, backupRetentionPeriodInHours=1080
    )
    client.emulator.advance(10 * DAY)
    *planned, _first = start_times(client, service_id)
    assert len(planned) >= 4
    assert {(moment.hour, moment.minute, moment.second) for moment in planned} == {(2, 0, 0)}
    assert {before - after for before, after in zip(planned, planned[1:])} == {timedelta(hours=period)}


def test_stopped_service_gets_no_backups(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupRetentionPeriodInHours=1080)
    client.result("PATCH", client.service(service_id, "/state"), {"command": "stop"})
    client.emulator.advance(3 * DAY)
    assert len(list_backups(client, service_id)) == 1
    client.result("PATCH", client.service(service_id, "/state"), {"command": "start"})
    client.emulator.advance(STEP)
    # The overdue backup starts once, as soon as the service is running again.
    second, first = start_times(client, service_id)
    assert second - first >= timedelta(days=3)


def test_idle_service_gets_backups(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupRetentionPeriodInHours=1080)
    client.emulator.set_service(service_id, state="idle")
    client.emulator.advance(2 * DAY)
    assert len(list_backups(client, service_id)) == 3
    assert client.state(service_id) == "idle"


def test_shorter_period_creates_no_past_backups(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupPeriodInHours=48, backupRetentionPeriodInHours=1080)
    client.emulator.advance(40 * HOUR)
    configure(client, service_id, backupPeriodInHours=6)
    second, first = start_times(client, service_id)
    assert second - first >= timedelta(hours=40)


def test_secondary_service_has_no_backups(client: Client) -> None:
    primary = client.create()
    secondary = client.running(dataWarehouseId=primary["dataWarehouseId"])
    client.emulator.advance(2 * DAY)
    assert list_backups(client, secondary) == []
    assert list_backups(client, primary["id"])


def test_very_long_backup_period(client: Client) -> None:
    endless, hourly = client.running(), client.running()
    configure(client, endless, backupPeriodInHours=10**30)
    configure(client, hourly, backupPeriodInHours=1)
    client.emulator.advance(3650 * DAY - HOUR)
    assert len(list_backups(client, endless)) == 1
    assert len(list_backups(client, hourly)) in (24, 25)


def test_preset_backups_replace_existing_ones(client: Client) -> None:
    service_id = client.running()
    old = {"startedAt": "2026-01-01T00:00:00Z", "status": "error", "type": "incremental", "sizeInBytes": None}
    new = {"startedAt": "2026-01-02T00:00:00+01:00", "status": "in_progress", "backupName": "new"}
    client.emulator.set_service(service_id, backups=[old, new])
    first, second = list_backups(client, service_id)
    assert first.items() >= new.items()
    assert second["status"] == "error"
    assert "sizeInBytes" not in second
    assert second["finishedAt"] == "2026-01-01T00:00:12Z"
    assert "finishedAt" not in first
    assert first["durationInSeconds"] > 0
    client.emulator.advance(DAY)
    third, *others = list_backups(client, service_id)
    assert (third["status"], third["type"]) == ("in_progress", "full")
    assert [backup["id"] for backup in others] == [first["id"], second["id"]]
    client.emulator.set_service(service_id, backups=[])
    assert list_backups(client, service_id) == []


@pytest.mark.parametrize("moment", ["yesterday", 3, "", None, "9999-12-31T23:59:59Z"])
def test_preset_backup_requires_a_valid_timestamp(client: Client, moment: Any) -> None:
    service_id = client.running()
    with pytest.raises(EmulatorError, match="'startedAt' of a backup must be"):
        client.emulator.set_service(service_id, state="idle", backups=[{"startedAt": moment}])
    assert client.state(service_id) == "running"
    assert len(list_backups(client, service_id)) == 1


def test_create_service_from_backup(client: Client) -> None:
    service_id = client.running()
    backup = list_backups(client, service_id)[0]["id"]
    assert "backupId" not in client.create(backupId=backup)
    assert "backupId" not in client.create(backupId=backup.upper())
    assert "body.region" in create_error(client, backupId=backup, region="us-east-2")
    path = f"{client.organization}/services"
    assert client.error("POST", path, {**BODY, "backupId": UNKNOWN}) == (404, f"NOT_FOUND: {UNKNOWN}")


@pytest.mark.parametrize("status", ["in_progress", "error"])
def test_restore_requires_a_completed_backup(client: Client, status: str) -> None:
    service_id = client.running()
    client.emulator.set_service(service_id, backups=[{"id": UNKNOWN, "status": status}])
    assert (
        create_error(client, backupId=UNKNOWN) == f"BAD_REQUEST: Backup with the status '{status}' cannot be restored"
    )


def test_restore_requires_the_tier_of_the_backup(client: Client) -> None:
    legacy = client.emulator.add_organization(tier="legacy")
    other = Client(client.emulator, legacy["api_key"], legacy["api_secret"])
    path = f"/organizations/{legacy['organization_id']}/services"
    original = other.result("POST", path, {**BODY, "tier": "production"})["service"]["id"]
    client.emulator.set_service(original, state="running")
    backup = other.result("GET", f"{path}/{original}/backups")[0]["id"]
    assert other.result("POST", path, {**BODY, "tier": "production", "backupId": backup})["service"]["id"]
    assert other.error("POST", path, {**BODY, "tier": "development", "backupId": backup}) == (
        400,
        "BAD_REQUEST: request body.tier: The value must be that of the backup <string:development>",
    )


def plan(period: int, start_time: str | None = None, retention: int = 24) -> dict[str, Any]:
    return {
        "backupPeriodInHours": period,
        "backupStartTime": start_time,
        "backupRetentionPeriodInHours": retention,
    }


@pytest.mark.parametrize(
    ("last", "configuration", "hours", "expected"),
    [
        (None, plan(24), 0, NOON),
        (None, plan(24, "02:00"), 0, NOON),
        (NOON, plan(24), 0, NOON + timedelta(hours=24)),
        (NOON, plan(6), 10, NOON + timedelta(hours=10)),
        (NOON, plan(24, "2:00"), 0, datetime(2026, 3, 2, 2, tzinfo=timezone.utc)),
        (NOON, plan(24, "13:00"), 0, datetime(2026, 3, 1, 13, tzinfo=timezone.utc)),
        (NOON, plan(48, "02:00"), 0, datetime(2026, 3, 3, 2, tzinfo=timezone.utc)),
        (NOON.replace(minute=0), plan(24, "12:00"), 0, datetime(2026, 3, 2, 12, tzinfo=timezone.utc)),
        (NOON.replace(minute=0), plan(48, "12:00"), 0, datetime(2026, 3, 3, 12, tzinfo=timezone.utc)),
        (NOON, plan(24, "02:00"), 72, datetime(2026, 3, 5, 2, tzinfo=timezone.utc)),
    ],
)
def test_next_start_time(last: datetime | None, configuration: dict[str, Any], hours: int, expected: datetime) -> None:
    assert next_start_time(last, NOON + timedelta(hours=hours), configuration) == expected


def test_backup_history_without_server() -> None:
    history = BackupHistory(UNKNOWN)
    history.catch_up(NOON, None, plan(12))
    assert history.list_backups(NOON) == []
    history.catch_up(NOON + timedelta(hours=24), NOON, plan(12, retention=48))
    assert [backup["type"] for backup in history.list_backups(NOON + timedelta(hours=25))] == [
        "incremental",
        "incremental",
        "full",
    ]
    again = BackupHistory(UNKNOWN)
    again.catch_up(NOON + timedelta(hours=24), NOON, plan(12, retention=48))
    assert again.list_backups(NOON) == history.list_backups(NOON)
