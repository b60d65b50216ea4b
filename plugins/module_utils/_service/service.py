# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A service with the properties that operations share, and the states in which it counts as deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: All states of the API, in the order of a service's life.
SERVICE_STATES = (
    "provisioning",
    "starting",
    "awaking",
    "running",
    "partially_running",
    "degraded",
    "idle",
    "stopping",
    "stopped",
    "failed",
    "terminating",
    "terminated",
    "softdeleting",
    "softdeleted",
)
#: The option of modules that select services by their states.
STATES_SPEC: Mapping[str, Mapping[str, Any]] = {
    "states": {"type": "list", "elements": "str", "choices": list(SERVICE_STATES), "aliases": ["state"]}
}
#: A service in one of these states counts as absent: its name is free, and it cannot be restored.
DELETED_STATES = frozenset({"terminating", "terminated", "softdeleting", "softdeleted", "deleted"})
#: A service in one of these states is still being deleted.
DELETING = frozenset({"terminating", "softdeleting"})

#: The prefix of the IDs of planned services. No ID of the API begins with it.
PLANNED_ID = "00000000-0000-4000-8000-"


def is_planned(service_id: object) -> bool:
    """Return whether this is the ID of a service that an earlier task, in check mode, has planned to create."""
    return isinstance(service_id, str) and service_id.startswith(PLANNED_ID)


class Service(Mapping[str, Any]):
    """A service as the API returns it, which cannot be modified."""

    def __init__(self, resource: Mapping[str, Any]) -> None:
        self._resource = resource

    def __getitem__(self, field: str) -> Any:
        return self._resource[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._resource)

    def __len__(self) -> int:
        return len(self._resource)

    @property
    def id(self) -> str:
        """Return the ID, in the notation of the API."""
        service_id: str = self["id"]
        return service_id

    @property
    def name(self) -> str:
        """Return the name as text, whatever the API returns."""
        return str(self.get("name"))

    @property
    def label(self) -> str:
        """Return the name and the ID for a message."""
        return f"Service {self.get('name')!r} ({self.get('id')})"

    @property
    def state(self) -> str:
        """Return the state, "" when the API does not return it."""
        return str(self.get("state") or "")

    @property
    def is_deleted(self) -> bool:
        """Return whether it is deleted, or being deleted."""
        return self.state in DELETED_STATES

    @property
    def is_secondary(self) -> bool:
        """Return whether it shares the data warehouse of a primary service, which has the data and the password."""
        return self.get("isPrimary") is False
