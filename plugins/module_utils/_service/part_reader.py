# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Read parts, such as the upgrade windows, of many services, with lines about the progress."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._client.api import Api
from .._errors import ApiError, CloudError, FeatureOff, NotFound
from .singleton import LatestPart, Singleton

#: A line announces more requests than this, and a further one reports the progress after this many seconds.
MAX_SILENT_REQUESTS = 10
PROGRESS_INTERVAL = 30


def contained_schedule(service: Mapping[str, Any]) -> LatestPart:
    """Return the scaling schedule that a service contains; None if it has none. One without entries is none."""
    schedule = service.get("scalingSchedule")
    return schedule if isinstance(schedule, dict) and schedule.get("entries") else None


class PartReader:
    """Reads parts of services, one request each.

    consequence is a text such as "is null", for the warnings about parts that the key may not read. warn shows them,
    and show shows lines about the progress. Parts are read in the order of the services.
    """

    def __init__(
        self, api: Api, consequence: Callable[[str], str], warn: Callable[[str], None], show: Callable[[str], None]
    ) -> None:
        self._api, self._consequence, self._warn, self._show = api, consequence, warn, show
        self._total, self._done, self._shown_at = 0, 0, 0.0
        #: The names of the parts that the key may not read, by the ID of the service.
        self.refused: dict[str, list[str]] = {}

    def read(
        self, singletons: Mapping[str, Singleton], services: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> dict[str, dict[str, LatestPart]]:
        """Return the parts by the ID of the service and their name. services holds those that may have each part.

        A part that the service does not have, or that the key may not read, is None. Raise CloudError if a part cannot
        be read for another reason.
        """
        self._announce(services)
        found: dict[str, dict[str, LatestPart]] = {}
        for name, owners in services.items():
            for service_id, part in self._read_all(name, singletons[name], owners).items():
                found.setdefault(service_id, {})[name] = part
        return found

    def _read_all(
        self, name: str, singleton: Singleton, services: Sequence[Mapping[str, Any]]
    ) -> dict[str, LatestPart]:
        """Return the part of each service, and warn once of those that the key may not read."""
        found: dict[str, LatestPart] = {service["id"]: None for service in services}
        refusals = []
        for service_id in found:
            try:
                found[service_id] = singleton.read(self._api, service_id)
            except NotFound:
                # The service was deleted in the meantime.
                pass
            except FeatureOff as error:
                self._warn_of(name, "all services", error)
                break
            except ApiError as error:
                if not error.is_forbidden:
                    raise
                refusals.append(error)
                self.refused.setdefault(service_id, []).append(name)
            self._advance()
        if refusals:
            self._warn_of(name, f"{len(refusals)} of {len(services)} services", refusals[0])
        return found

    def _warn_of(self, name: str, services: str, error: CloudError) -> None:
        self._warn(f"{self._consequence(name)} for {services} of organization {self._api.organization}: {error}")

    def _announce(self, services: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._total = sum(map(len, services.values()))
        self._shown_at = time.monotonic()
        if self._total > MAX_SILENT_REQUESTS:
            longest = max(map(len, services.values()))
            self._show(f"Reading {', '.join(services)} of {longest} services: {self._total} requests")

    def _advance(self) -> None:
        self._done += 1
        if time.monotonic() - self._shown_at >= PROGRESS_INTERVAL:
            self._shown_at = time.monotonic()
            self._show(f"{self._done} of {self._total} requests done")
