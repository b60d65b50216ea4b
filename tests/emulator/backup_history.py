# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of a service: when they are created and when they expire."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .clock import format_timestamp, parse_timestamp

Fields = dict[str, Any]

# The length of a backup chain: a full backup and the incremental backups that build on it.
CHAIN_LENGTH = 7
# Duration in seconds and size in bytes by type. The first backup of a service has nothing to copy and takes no time.
_KINDS = {"full": (60, 1_048_576), "incremental": (20, 65_536)}
_PRESET_SECONDS = 12
_UNFINISHED = ("in_progress", "throttled")
_DAY = timedelta(days=1)
# The API does not document a maximum period. No emulator runs long enough for a second backup with this one.
_MAX_PERIOD_HOURS = 24 * 36_500


@dataclass(frozen=True)
class GeneratedBackup:
    """A backup that the emulator has started."""

    id: str
    kind: str
    started: datetime
    seconds: int
    # The organization's own bucket, if the backup is there.
    bucket: Fields | None = None

    @property
    def finished(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds)

    def to_resource(self, service_id: str, now: datetime) -> Fields:
        common: Fields = {
            "id": self.id,
            "serviceId": service_id,
            "startedAt": format_timestamp(self.started),
            "type": self.kind,
        }
        if self.bucket is not None:
            common.update(backupName=f"{service_id}/{format_timestamp(self.started)}", bucket=self.bucket)
        if now < self.finished:
            return {
                **common,
                "status": "in_progress",
                "sizeInBytes": 0,
                "durationInSeconds": _whole_seconds(self.started, now),
            }
        return {
            **common,
            "status": "done",
            "finishedAt": format_timestamp(self.finished),
            "sizeInBytes": _KINDS[self.kind][1],
            "durationInSeconds": self.seconds,
        }


@dataclass
class BackupHistory:
    """The backups or snapshots of a service, which catch_up() brings up to date."""

    service_id: str
    chain_length: int = CHAIN_LENGTH
    # Distinguishes the IDs of backups and snapshots that start at the same time.
    namespace: str = ""
    # Backups set by a test never change. Generated backups are deleted after the retention period.
    preset: list[Fields] = field(default_factory=list)
    generated: list[GeneratedBackup] = field(default_factory=list)
    _number: int = 0
    _last_start: datetime | None = None
    _caught_up_to: datetime | None = None

    def catch_up(
        self, now: datetime, up_since: datetime | None, configuration: Fields, bucket: Fields | None = None
    ) -> None:
        """Create the backups that were due up to `now` while the service was up, and delete the expired ones."""
        if up_since is not None:
            earliest = max(up_since, self._caught_up_to or up_since)
            while (start := next_start_time(self._last_start, earliest, configuration)) <= now:
                self._add_backup(start, bucket)
        self._caught_up_to = now
        self._expire(now, configuration)

    def restart(self, now: datetime) -> None:
        """Start the period again, so that the next backup starts a period after `now`."""
        self._last_start = now

    def _add_backup(self, start: datetime, bucket: Fields | None) -> None:
        kind = "incremental" if self._number % self.chain_length else "full"
        seconds = 0 if self._last_start is None else _KINDS[kind][0]
        backup_id = _backup_id(f"{self.namespace}{self.service_id}", start)
        self.generated.append(GeneratedBackup(backup_id, kind, start, seconds, bucket))
        self._number += 1
        self._last_start = start

    def _expire(self, now: datetime, configuration: Fields) -> None:
        """Delete backups older than the retention period, but keep the newest completed one."""
        oldest = now - timedelta(hours=configuration["backupRetentionPeriodInHours"])
        newest_done = next((backup for backup in reversed(self.generated) if backup.finished <= now), None)
        self.generated = [backup for backup in self.generated if backup.finished > oldest or backup is newest_done]

    def replace(self, backups: list[Fields], now: datetime) -> None:
        """Replace all backups by those of a test. The backup period starts again at `now`."""
        self.preset = [_with_defaults(backup, self.service_id, now) for backup in backups]
        self.generated = []
        self._number = 0
        self.restart(now)

    def list_backups(self, now: datetime) -> list[Fields]:
        """All of them, the newest first."""
        backups = [_preset_to_resource(backup, now) for backup in self.preset]
        backups += [backup.to_resource(self.service_id, now) for backup in self.generated]
        return sorted(backups, key=lambda backup: parse_timestamp(backup["startedAt"]), reverse=True)


def next_start_time(last_start: datetime | None, earliest: datetime, configuration: Fields) -> datetime:
    """Return when the next backup starts: not before `earliest`, from which on the service is up."""
    if last_start is None:
        return earliest
    due = last_start + timedelta(hours=min(configuration["backupPeriodInHours"], _MAX_PERIOD_HOURS))
    start_time = configuration["backupStartTime"]
    if start_time is None:
        return max(due, earliest)
    # With a start time the period is one or two days. The backup starts at the first such hour on the last day of them.
    after = due - _DAY
    slot = max(after, earliest).replace(hour=int(start_time.split(":")[0]), minute=0, second=0, microsecond=0)
    while slot <= after or slot < earliest:
        slot += _DAY
    return slot


def _backup_id(service_id: str, start: datetime) -> str:
    """Return an ID that depends only on the service and the start time."""
    digest = hashlib.sha256(f"{service_id}/{start.isoformat()}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _whole_seconds(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))


def _with_defaults(preset: Fields, service_id: str, now: datetime) -> Fields:
    """Return a backup set by a test, with default values for missing fields."""
    started = preset.get("startedAt", format_timestamp(now))
    try:
        finished = format_timestamp(parse_timestamp(started) + timedelta(seconds=_PRESET_SECONDS))
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise ValueError("'startedAt' of a backup must be a timestamp such as 2026-01-31T02:00:00Z.") from None
    defaults: Fields = {
        "id": str(uuid.uuid4()),
        "serviceId": service_id,
        "startedAt": started,
        "type": "full",
        "status": "done",
        "sizeInBytes": _KINDS["full"][1],
    }
    if preset.get("status") not in _UNFINISHED:
        defaults["durationInSeconds"] = _PRESET_SECONDS
        defaults["finishedAt"] = finished
    return {**defaults, **preset}


def _preset_to_resource(preset: Fields, now: datetime) -> Fields:
    resource = {name: value for name, value in preset.items() if value is not None}
    if resource.get("status") in _UNFINISHED:
        resource.setdefault("durationInSeconds", _whole_seconds(parse_timestamp(resource["startedAt"]), now))
    return resource
