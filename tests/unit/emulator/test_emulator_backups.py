# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups, which come and go with time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.backup_history import History, next_start
from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.emulator.clock import parse_iso
from ansible_collections.clickhouse.cloud.tests.emulator.validation import is_uuid4
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, Client

BODY = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": []}
UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
HOUR = 3600
DAY = 24 * HOUR
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)


def listed(client: Client, service_id: str) -> list[dict[str, Any]]:
    backups: list[dict[str, Any]] = client.result("GET", client.service(service_id, "/backups"))
    return backups


def configure(client: Client, service_id: str, **body: Any) -> None:
    client.result("PATCH", client.service(service_id, "/backupConfiguration"), body)


def refused(client: Client, **changes: Any) -> str:
    status, error = client.error("POST", f"{client.organization}/services", {**BODY, **changes})
    assert status == 400
    return error


def starts(client: Client, service_id: str) -> list[datetime]:
    return [parse_iso(backup["startedAt"]) for backup in listed(client, service_id)]


def test_the_first_backup_is_there_when_the_service_runs(client: Client) -> None:
    service_id = client.create()["id"]
    assert listed(client, service_id) == []
    client.wait(service_id, "running")
    (backup,) = listed(client, service_id)
    assert (backup["status"], backup["type"], backup["serviceId"]) == ("done", "full", service_id)
    assert is_uuid4(backup["id"])
    path = client.service(service_id, "/backups")
    assert client.result("GET", path + "/" + backup["id"]) == backup
    assert client.result("GET", path + "/" + backup["id"].upper()) == backup
    assert client.error("GET", path + "/" + UNKNOWN) == (404, f"NOT_FOUND: {UNKNOWN}")
    assert client.error("GET", path + "/none") == (400, "BAD_REQUEST: Invalid backup id <string:none>")


def test_a_backup_takes_its_time(client: Client) -> None:
    service_id = client.running()
    (first,) = listed(client, service_id)
    client.emulator.advance(DAY)
    second, same = listed(client, service_id)
    assert same == first
    assert (second["status"], second["type"]) == ("in_progress", "incremental")
    assert second["durationInSeconds"] < 20
    assert "finishedAt" not in second
    client.emulator.advance(20)
    # The retention of a day is over for the first one.
    (done,) = listed(client, service_id)
    assert (done["id"], done["status"], done["durationInSeconds"]) == (second["id"], "done", 20)
    assert parse_iso(done["finishedAt"]) - parse_iso(done["startedAt"]) == timedelta(seconds=20)
    assert client.result("GET", client.service(service_id, f"/backups/{done['id']}")) == done


def test_one_backup_each_period_and_a_full_one_now_and_then(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupPeriodInHours=6, backupRetentionPeriodInHours=72)
    client.emulator.advance(2 * DAY + 60)
    backups = listed(client, service_id)
    assert [backup["type"] for backup in backups][::-1] == ["full", *["incremental"] * 6, "full", "incremental"]
    assert {backup["status"] for backup in backups} == {"done"}
    moments = starts(client, service_id)
    assert {before - after for before, after in zip(moments, moments[1:])} == {timedelta(hours=6)}
    assert len({backup["id"] for backup in backups}) == len(backups)


def test_the_same_backups_whether_they_are_looked_at_or_not(client: Client) -> None:
    watched, left = client.running(), client.running()
    for service_id in (watched, left):
        configure(client, service_id, backupPeriodInHours=8, backupRetentionPeriodInHours=48)
    for _turn in range(9):
        client.emulator.advance(8 * HOUR)
        assert listed(client, watched)
    client.emulator.advance(60)
    shapes = [[(one["type"], one["status"]) for one in listed(client, service_id)] for service_id in (watched, left)]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 6


def test_old_backups_vanish_but_never_the_newest_that_is_done(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupPeriodInHours=48)
    (first,) = listed(client, service_id)
    client.emulator.advance(47 * HOUR)
    assert listed(client, service_id) == [first]
    client.emulator.advance(HOUR + 60)
    assert [one["type"] for one in listed(client, service_id)] == ["incremental"]
    assert client.error("GET", client.service(service_id, f"/backups/{first['id']}"))[0] == 404


@pytest.mark.parametrize("period", [24, 48])
def test_a_start_time_is_kept(client: Client, period: int) -> None:
    service_id = client.running()
    configure(
        client, service_id, backupStartTime="02:00", backupPeriodInHours=period, backupRetentionPeriodInHours=1080
    )
    client.emulator.advance(10 * DAY)
    *planned, _first = starts(client, service_id)
    assert len(planned) >= 4
    assert {(moment.hour, moment.minute, moment.second) for moment in planned} == {(2, 0, 0)}
    assert {before - after for before, after in zip(planned, planned[1:])} == {timedelta(hours=period)}


def test_a_stopped_service_has_no_new_backups(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupRetentionPeriodInHours=1080)
    client.result("PATCH", client.service(service_id, "/state"), {"command": "stop"})
    client.emulator.advance(3 * DAY)
    assert len(listed(client, service_id)) == 1
    client.result("PATCH", client.service(service_id, "/state"), {"command": "start"})
    client.emulator.advance(STEP)
    # What has fallen due comes as soon as the service runs again, and once only.
    second, first = starts(client, service_id)
    assert second - first >= timedelta(days=3)


def test_an_idle_service_has_backups(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupRetentionPeriodInHours=1080)
    client.emulator.set_service(service_id, state="idle")
    client.emulator.advance(2 * DAY)
    assert len(listed(client, service_id)) == 3
    assert client.state(service_id) == "idle"


def test_a_shorter_period_makes_no_backups_of_the_past(client: Client) -> None:
    service_id = client.running()
    configure(client, service_id, backupPeriodInHours=48, backupRetentionPeriodInHours=1080)
    client.emulator.advance(40 * HOUR)
    configure(client, service_id, backupPeriodInHours=6)
    second, first = starts(client, service_id)
    assert second - first >= timedelta(hours=40)


def test_a_secondary_service_has_no_backups_of_its_own(client: Client) -> None:
    primary = client.create()
    secondary = client.running(dataWarehouseId=primary["dataWarehouseId"])
    client.emulator.advance(2 * DAY)
    assert listed(client, secondary) == []
    assert listed(client, primary["id"])


def test_an_endless_period_and_a_long_time(client: Client) -> None:
    endless, hourly = client.running(), client.running()
    configure(client, endless, backupPeriodInHours=10**30)
    configure(client, hourly, backupPeriodInHours=1)
    client.emulator.advance(3650 * DAY - HOUR)
    assert len(listed(client, endless)) == 1
    assert len(listed(client, hourly)) in (24, 25)


def test_set_backups_replace_those_so_far(client: Client) -> None:
    service_id = client.running()
    old = {"startedAt": "2026-01-01T00:00:00Z", "status": "error", "type": "incremental", "sizeInBytes": None}
    new = {"startedAt": "2026-01-02T00:00:00+01:00", "status": "in_progress", "backupName": "new"}
    client.emulator.set_service(service_id, backups=[old, new])
    first, second = listed(client, service_id)
    assert first.items() >= new.items()
    assert second["status"] == "error"
    assert "sizeInBytes" not in second
    assert second["finishedAt"] == "2026-01-01T00:00:12Z"
    assert "finishedAt" not in first
    assert first["durationInSeconds"] > 0
    client.emulator.advance(DAY)
    third, *others = listed(client, service_id)
    assert (third["status"], third["type"]) == ("in_progress", "full")
    assert [one["id"] for one in others] == [first["id"], second["id"]]
    client.emulator.set_service(service_id, backups=[])
    assert listed(client, service_id) == []


@pytest.mark.parametrize("moment", ["yesterday", 3, "", None, "9999-12-31T23:59:59Z"])
def test_a_set_backup_has_a_date(client: Client, moment: Any) -> None:
    service_id = client.running()
    with pytest.raises(EmulatorError, match="'startedAt' of a backup must be"):
        client.emulator.set_service(service_id, state="idle", backups=[{"startedAt": moment}])
    assert client.state(service_id) == "running"
    assert len(listed(client, service_id)) == 1


def test_a_service_from_a_backup(client: Client) -> None:
    service_id = client.running()
    backup = listed(client, service_id)[0]["id"]
    assert "backupId" not in client.create(backupId=backup)
    assert "backupId" not in client.create(backupId=backup.upper())
    assert "body.region" in refused(client, backupId=backup, region="us-east-2")
    path = f"{client.organization}/services"
    assert client.error("POST", path, {**BODY, "backupId": UNKNOWN}) == (404, f"NOT_FOUND: {UNKNOWN}")


@pytest.mark.parametrize("status", ["in_progress", "error"])
def test_only_a_backup_that_is_done_can_be_restored(client: Client, status: str) -> None:
    service_id = client.running()
    client.emulator.set_service(service_id, backups=[{"id": UNKNOWN, "status": status}])
    assert refused(client, backupId=UNKNOWN) == f"BAD_REQUEST: Backup with the status '{status}' cannot be restored"


def test_a_restored_service_has_the_tier_of_the_backup(client: Client) -> None:
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
def test_the_next_start(last: datetime | None, configuration: dict[str, Any], hours: int, expected: datetime) -> None:
    assert next_start(last, NOON + timedelta(hours=hours), configuration) == expected


def test_a_history_needs_no_server() -> None:
    history = History(UNKNOWN)
    history.ensure_password_known(NOON, None, plan(12))
    assert history.view(NOON) == []
    history.ensure_password_known(NOON + timedelta(hours=24), NOON, plan(12, retention=48))
    assert [one["type"] for one in history.view(NOON + timedelta(hours=25))] == ["incremental", "incremental", "full"]
    again = History(UNKNOWN)
    again.ensure_password_known(NOON + timedelta(hours=24), NOON, plan(12, retention=48))
    assert again.view(NOON) == history.view(NOON)
