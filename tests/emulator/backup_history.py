# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of a service as time brings them and takes them away."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .clock import iso, parse_iso

Fields = dict[str, Any]

# A chain of backups: a full one, then incremental ones which build on it.
CHAIN_LENGTH = 7
# Kind, seconds that it takes, and bytes. The very first one finds nothing to copy and is done at once.
_KINDS = {"full": (60, 1_048_576), "incremental": (20, 65_536)}
_SECONDS_OF_GIVEN = 12
_DAY = timedelta(days=1)
# The API says nothing of the longest period. Beyond this one no backup comes in the time of an emulator.
_LONGEST_PERIOD_IN_HOURS = 24 * 36_500


@dataclass(frozen=True)
class Made:
    """A backup that was begun."""

    id: str
    kind: str
    started: datetime
    seconds: int

    @property
    def finished(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds)

    def view(self, service_id: str, now: datetime) -> Fields:
        about = {"id": self.id, "serviceId": service_id, "startedAt": iso(self.started), "type": self.kind}
        if now < self.finished:
            return {
                **about,
                "status": "in_progress",
                "sizeInBytes": 0,
                "durationInSeconds": _seconds(self.started, now),
            }
        return {
            **about,
            "status": "done",
            "finishedAt": iso(self.finished),
            "sizeInBytes": _KINDS[self.kind][1],
            "durationInSeconds": self.seconds,
        }


@dataclass
class History:
    """Worked out whenever it is asked for, from the last time on."""

    service_id: str
    # What a test has set stays as it is; what time has made vanishes after its retention.
    given: list[Fields] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    _number: int = 0
    _last: datetime | None = None
    _settled: datetime | None = None

    def ensure_password_known(self, now: datetime, up_since: datetime | None, configuration: Fields) -> None:
        """Make what was due until now; nothing if the service is not up."""
        if up_since is not None:
            floor = max(up_since, self._settled or up_since)
            while (start := next_start(self._last, floor, configuration)) <= now:
                self._make(start)
        self._settled = now
        self._expire(now, configuration)

    def _make(self, start: datetime) -> None:
        kind = "incremental" if self._number % CHAIN_LENGTH else "full"
        seconds = 0 if self._last is None else _KINDS[kind][0]
        self.made.append(Made(_id(self.service_id, start), kind, start, seconds))
        self._number += 1
        self._last = start

    def _expire(self, now: datetime, configuration: Fields) -> None:
        """Forget what is older than the retention, but never the newest backup that is done."""
        oldest = now - timedelta(hours=configuration["backupRetentionPeriodInHours"])
        newest_done = next((one for one in reversed(self.made) if one.finished <= now), None)
        self.made = [one for one in self.made if one.finished > oldest or one is newest_done]

    def give(self, backups: list[Fields], now: datetime) -> None:
        """Take the backups of a test instead of all so far; the period counts from now on."""
        self.given = [_complete(given, self.service_id, now) for given in backups]
        self.made = []
        self._number = 0
        self._last = now

    def view(self, now: datetime) -> list[Fields]:
        """All of them, the newest first."""
        shown = [_given_view(one, now) for one in self.given]
        shown += [one.view(self.service_id, now) for one in self.made]
        return sorted(shown, key=lambda backup: parse_iso(backup["startedAt"]), reverse=True)


def next_start(last: datetime | None, floor: datetime, configuration: Fields) -> datetime:
    """When the next backup begins: not before the floor, from which on the service is up."""
    if last is None:
        return floor
    due = last + timedelta(hours=min(configuration["backupPeriodInHours"], _LONGEST_PERIOD_IN_HOURS))
    start_time = configuration["backupStartTime"]
    if start_time is None:
        return max(due, floor)
    # The period is of whole days here, and the hour is the first one after all of them but the last have passed.
    after = due - _DAY
    slot = max(after, floor).replace(hour=int(start_time.split(":")[0]), minute=0, second=0, microsecond=0)
    while slot <= after or slot < floor:
        slot += _DAY
    return slot


def _id(service_id: str, start: datetime) -> str:
    """An id that is the same whenever the backup is worked out."""
    digest = hashlib.sha256(f"{service_id}/{start.isoformat()}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))


def _complete(given: Fields, service_id: str, now: datetime) -> Fields:
    """A backup of a test, with what it did not care to say."""
    started = given.get("startedAt", iso(now))
    try:
        finished = iso(parse_iso(started) + timedelta(seconds=_SECONDS_OF_GIVEN))
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise ValueError("'startedAt' of a backup must be a timestamp such as 2026-01-31T02:00:00Z.") from None
    usual: Fields = {
        "id": str(uuid.uuid4()),
        "serviceId": service_id,
        "startedAt": started,
        "type": "full",
        "status": "done",
        "sizeInBytes": _KINDS["full"][1],
    }
    if given.get("status") != "in_progress":
        usual["durationInSeconds"] = _SECONDS_OF_GIVEN
        usual["finishedAt"] = finished
    return {**usual, **given}


def _given_view(given: Fields, now: datetime) -> Fields:
    shown = {name: value for name, value in given.items() if value is not None}
    if shown.get("status") == "in_progress":
        shown.setdefault("durationInSeconds", _seconds(parse_iso(shown["startedAt"]), now))
    return shown
