# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read parts of the services, such as their upgrade windows, for the inventory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from ...module_utils._client.api import Api
from ...module_utils._errors import ApiError, FeatureOff, NotFound
from ...module_utils._json import Resource
from ...module_utils._service.backups import BACKUP_CONFIG_PART
from ...module_utils._service.query_endpoint import QUERY_ENDPOINT_PART
from ...module_utils._service.replica_aware_routing import ROUTING_PART
from ...module_utils._service.scaling_schedule import SCALING_SCHEDULE_PART
from ...module_utils._service.service import Service
from ...module_utils._service.service_settings import SETTINGS_PART
from ...module_utils._service.singleton import Singleton
from ...module_utils._service.snapshots import SNAPSHOT_CONFIG_PART
from ...module_utils._service.upgrade_window import UPGRADE_WINDOW_PART

#: The parts that a request returns for each service, by the names of the host variables, without their prefix.
REQUESTED_PARTS: Mapping[str, Singleton] = {
    "backup_config": BACKUP_CONFIG_PART,
    "upgrade_window": UPGRADE_WINDOW_PART,
    "query_endpoint": QUERY_ENDPOINT_PART,
    "clickhouse_settings": SETTINGS_PART,
    "snapshot_config": SNAPSHOT_CONFIG_PART,
    "replica_aware_routing": ROUTING_PART,
}
#: The part that a service itself contains.
SCALING_SCHEDULE = "scaling_schedule"
#: The key of the parts in a service. It is no name of a field of the API.
PARTS_KEY = "parts of the inventory"
#: A line announces more requests than this, and a further one tells the progress after this many seconds.
MAX_SILENT_REQUESTS = 10
PROGRESS_INTERVAL = 30


def parts_of(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that were added to a service, as the modules return them; a cache may contain anything."""
    parts = service.get(PARTS_KEY)
    return parts if isinstance(parts, dict) else {}


def add_parts(
    api: Api,
    services: list[Resource],
    *,
    parts: Sequence[str],
    warn: Callable[[str], None],
    show: Callable[[str], None],
) -> list[Resource]:
    """Return the services with these parts. A part that the API key may not read is None, with one warning.

    show is called with lines about the progress. Raise CloudError if a part cannot be read for another reason.
    """
    hosts = [service for service in services if not Service(service).is_deleted]
    requested = [part for part in REQUESTED_PARTS if part in parts]
    progress = _Progress(len(hosts) * len(requested), show)
    progress.announce(requested, len(hosts))
    found: dict[str, dict[str, Any]] = {service["id"]: _contained_parts(service, parts) for service in hosts}
    for part in requested:
        for service, value in _read_part(api, part, hosts, warn, progress):
            found[service["id"]][part] = value
    return [{**service, PARTS_KEY: found.get(service["id"], {})} for service in services]


def _contained_parts(service: Resource, parts: Sequence[str]) -> dict[str, Any]:
    if SCALING_SCHEDULE not in parts:
        return {}
    schedule = service.get("scalingSchedule")
    # A schedule without entries is none.
    has_entries = isinstance(schedule, dict) and bool(schedule.get("entries"))
    return {SCALING_SCHEDULE: SCALING_SCHEDULE_PART.to_result(schedule if has_entries else None)}


def _read_part(
    api: Api, part: str, services: Sequence[Resource], warn: Callable[[str], None], progress: _Progress
) -> Iterator[tuple[Resource, dict[str, Any] | None]]:
    """Yield each service with its part; None if there is none, or if the key may not read it."""
    singleton, refusals = REQUESTED_PARTS[part], []
    for service in services:
        value = None
        try:
            value = singleton.to_result(singleton.read(api, service["id"]))
        except NotFound:
            # The service was deleted in the meantime.
            pass
        except FeatureOff as error:
            warn(f"clickhouse_cloud_{part} is null for all services of organization {api.organization}: {error}")
            yield from ((other, None) for other in services)
            return
        except ApiError as error:
            if not error.is_forbidden:
                raise
            refusals.append(error)
        progress.advance()
        yield service, value
    if refusals:
        warn(
            f"clickhouse_cloud_{part} is null for {len(refusals)} of {len(services)} services of organization"
            f" {api.organization}. {refusals[0]}"
        )


@dataclass
class _Progress:
    """The progress of a number of requests, as lines."""

    total: int
    show: Callable[[str], None]
    done: int = field(default=0, init=False)
    _shown_at: float = field(default=0.0, init=False)

    def announce(self, parts: Sequence[str], services: int) -> None:
        self._shown_at = time.monotonic()
        if self.total > MAX_SILENT_REQUESTS:
            self.show(f"Reading {', '.join(parts)} of {services} services: {self.total} requests")

    def advance(self) -> None:
        self.done += 1
        if time.monotonic() - self._shown_at >= PROGRESS_INTERVAL:
            self._shown_at = time.monotonic()
            self.show(f"{self.done} of {self.total} requests done")
