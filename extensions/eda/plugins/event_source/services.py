# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
short_description: Emit events when ClickHouse Cloud services or their backups change
description:
  - Polls the services of an organization, and emits an event for each change. The first poll emits none, unless
    O(initial) is set.
  - Every event has C(type) and C(service), the service as returned by the API, with the names that
    M(clickhouse.cloud.service_info) returns.
  - C(service_state_changed) and C(service_version_changed) have C(previous) and C(current), which are two states or two
    versions of ClickHouse.
  - C(service_created) is emitted for a service that was not there before, C(service_deleted) for one that two
    consecutive polls have not found, and C(service_found) for each service that the first poll has found.
  - C(backup_failed) has C(backup), the backup as returned by the API.
  - C(backup_overdue) is emitted when the newest completed backup is older than the backup period of the service plus
    O(grace_hours), once until a backup is completed. It has C(age_hours), the age of that backup, or of the service if
    there is none, and C(period_hours). Only running and idle services make backups.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  api_key:
    description:
      - ID of an API key of the organization.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_KEY) is used. One of the two is required.
    type: str
  api_secret:
    description:
      - Secret of the API key.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_SECRET) is used. One of the two is required.
    type: str
  organization_id:
    description:
      - ID of the organization, a UUID.
      - If not set, the environment variable E(CLICKHOUSE_ORG_ID) is used, or else the API is asked once.
    type: str
  api_url:
    description:
      - URL of the API, with or without C(/v1) at its end.
      - If not set, the environment variable E(CLICKHOUSE_API_URL) is used.
    type: str
    default: https://api.clickhouse.cloud
  allow_http:
    description: Whether O(api_url) may begin with C(http:) if it is the URL of another machine.
    type: bool
    default: false
  validate_certs:
    description: Whether to verify the TLS certificate of the API.
    type: bool
    default: true
  ca_path:
    description: A file with the certificates, in PEM format, of the authorities to verify the API's certificate with.
    type: str
  timeout:
    description: Maximum number of seconds between a request and the end of its response.
    type: float
    default: 60
  interval:
    description: Seconds between two polls, each of which sends one request.
    type: float
    default: 30
  initial:
    description: Whether the first poll emits a C(service_found) event for each service.
    type: bool
    default: false
  backups:
    description: Whether to check backups too, with two requests for each primary service.
    type: bool
    default: true
  backup_interval:
    description:
      - Seconds between two checks of the backups of a service.
      - Each poll checks the backups of up to three services. With many services, the interval is longer.
    type: float
    default: 900
  grace_hours:
    description: Hours by which a backup may be late.
    type: float
    default: 3
notes:
  - The texts of an event consist of letters, digits and V(._:/@+-,). Every other character, such as a space, is
    replaced by an underscore, so that a playbook cannot evaluate the text as a template or a condition. A service named
    V(My Service) is V(My_Service) in an event; use its ID to get its name.
  - Each poll uses a few of the ten requests in ten seconds that the API allows for a key. If the API refuses a request
    because of this limit, the source waits as long as the API says. While the API is unavailable, the source retries at
    intervals of up to five minutes, and then continues where it was. It ends if the API key is invalid or does not have
    the required permissions.
requirements:
  - aiohttp, which is installed with ansible-rulebook
"""

EXAMPLES = r"""
- name: Report problems of services and their backups
  hosts: all
  sources:
    - clickhouse.cloud.services:
        interval: 30
  rules:
    - name: A service has failed
      condition: event.type == "service_state_changed" and event.current in ["failed", "degraded"]
      action:
        debug:
          msg: "{{ event.service.name }} was {{ event.previous }} and is {{ event.current }}"
    - name: A backup has failed or is overdue
      condition: event.type in ["backup_failed", "backup_overdue"]
      action:
        debug:
          msg: "{{ event.type }}: {{ event.service.name }}"
"""

import asyncio
import logging
import runpy
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.clickhouse.cloud.extensions.eda.plugins import _client
else:
    # ansible-rulebook runs this file by its path, without the package that an import would need.
    _client = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "_client.py")))

log = logging.getLogger(__name__)

#: Maximum number of services whose backups are checked per poll.
MAX_BACKUP_CHECKS = 3
#: The states in which a service makes backups.
BACKUP_STATES = ("running", "idle")
#: The events about changed fields, and those fields of the API.
CHANGE_EVENTS = {"service_state_changed": "state", "service_version_changed": "clickhouseVersion"}


class Services:
    """The services as of the last poll."""

    def __init__(self, initial: bool) -> None:
        self._initial = initial
        self._known: dict[str, dict[str, Any]] | None = None
        self._missing: set[str] = set()

    def detect_events(self, services: list[dict[str, Any]]) -> list[_client.Event]:
        """Return the events since the last poll."""
        current = {service["id"]: service for service in services}
        if self._known is None:
            self._known = current
            return [_service_event("service_found", service) for service in services] if self._initial else []
        events = [
            event for service_id, service in current.items() for event in _compare(self._known.get(service_id), service)
        ]
        # A list may be outdated, so a service counts as deleted only when two in a row do not contain it.
        missing = self._known.keys() - current.keys()
        deleted, self._missing = missing & self._missing, missing
        events += [_service_event("service_deleted", self._known[service_id]) for service_id in sorted(deleted)]
        self._known = {**{service_id: self._known[service_id] for service_id in missing - deleted}, **current}
        return events


def _service_event(event_type: str, service: dict[str, Any], **details: Any) -> _client.Event:
    return {"type": event_type, "service": _client.to_snake_keys(service), **details}


def _compare(previous: dict[str, Any] | None, current: dict[str, Any]) -> list[_client.Event]:
    if previous is None:
        return [_service_event("service_created", current)]
    return [
        _service_event(event_type, current, previous=previous.get(field), current=current.get(field))
        for event_type, field in CHANGE_EVENTS.items()
        if previous.get(field) != current.get(field)
    ]


class Backups:
    """The failed backups that have been seen, and the services whose backups are overdue."""

    def __init__(self, interval: float, grace_hours: float) -> None:
        self._interval = interval
        self._grace_hours = grace_hours
        self._checked_at: dict[str, float] = {}
        self._failed: dict[str, set[str]] = {}
        self._overdue: set[str] = set()

    def services_to_check(self, services: list[dict[str, Any]], now: float) -> list[dict[str, Any]]:
        """Return the services whose backups are to be checked now, the longest unchecked first."""
        primary = {
            service["id"]: service
            for service in services
            if service.get("isPrimary") and service.get("state") in BACKUP_STATES
        }
        self._checked_at = {service_id: time for service_id, time in self._checked_at.items() if service_id in primary}
        ages = {service_id: now - self._checked_at.get(service_id, float("-inf")) for service_id in primary}
        pending = [service_id for service_id, age in ages.items() if age >= self._interval]
        batch = sorted(pending, key=lambda service_id: -ages[service_id])[:MAX_BACKUP_CHECKS]
        self._checked_at.update(dict.fromkeys(batch, now))
        return [primary[service_id] for service_id in batch]

    def detect_events(
        self, service: dict[str, Any], backups: list[dict[str, Any]], period_hours: object, now: datetime
    ) -> list[_client.Event]:
        """Return the events about the backups of a service since they were last checked."""
        service_id = service["id"]
        failed = {backup["id"]: backup for backup in backups if backup.get("status") == "error"}
        # Failures from before the first check are not reported.
        seen, self._failed[service_id] = self._failed.get(service_id, set(failed)), set(failed)
        events = [
            _service_event("backup_failed", service, backup=_client.to_snake_keys(backup))
            for backup_id, backup in failed.items()
            if backup_id not in seen
        ]
        return events + self._overdue_events(service, backups, period_hours, now)

    def _overdue_events(
        self, service: dict[str, Any], backups: list[dict[str, Any]], period_hours: object, now: datetime
    ) -> list[_client.Event]:
        newest = _newest_completion(backups) or _client.parse_timestamp(service.get("createdAt"))
        if newest is None or not isinstance(period_hours, (int, float)):
            return []
        age_hours = (now - newest).total_seconds() / 3600
        was_overdue, is_overdue = service["id"] in self._overdue, age_hours > period_hours + self._grace_hours
        (self._overdue.add if is_overdue else self._overdue.discard)(service["id"])
        if was_overdue or not is_overdue:
            return []
        details = {"age_hours": round(age_hours, 1), "period_hours": period_hours}
        return [_service_event("backup_overdue", service, **details)]


def _newest_completion(backups: list[dict[str, Any]]) -> datetime | None:
    times = [_client.parse_timestamp(backup.get("finishedAt")) for backup in backups if backup.get("status") == "done"]
    return max((time for time in times if time), default=None)


async def _check_backups(
    client: _client.Client, services_path: str, backups: Backups, services: list[dict[str, Any]]
) -> list[_client.Event]:
    """Return the events about backups. Skip services whose backups cannot be read at the moment."""
    events: list[_client.Event] = []
    for service in backups.services_to_check(services, asyncio.get_running_loop().time()):
        path = f"{services_path}/{service['id']}"
        try:
            current = await client.get(f"{path}/backups")
            config = await client.get(f"{path}/backupConfiguration", response_type=dict)
        except (_client.TransientError, _client.SourceError) as error:
            log.warning("The backups of service %r are checked later: %s", service.get("name"), error)
            continue
        events += backups.detect_events(service, current, config.get("backupPeriodInHours"), client.now)
    return events


async def main(queue: asyncio.Queue[_client.Event], args: dict[str, Any]) -> None:
    """Put an event for each change into the queue, until canceled. Raise SourceError."""
    services = Services(_client.get_option(args, "initial", False))
    backups = Backups(_client.get_option(args, "backup_interval", 900.0), _client.get_option(args, "grace_hours", 3.0))
    interval, with_backups = _client.get_option(args, "interval", 30.0), _client.get_option(args, "backups", True)
    async with _client.Client(args) as client:
        path = f"/organizations/{await client.get_organization_id()}/services"
        while True:
            current = await client.get_with_retries(path)
            for event in services.detect_events(current):
                await queue.put(event)
            for event in await _check_backups(client, path, backups, current) if with_backups else []:
                await queue.put(event)
            await _client.sleep_with_jitter(interval)
