# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The state of a service, and whether it exists, is deleted, or is only planned."""

from __future__ import annotations

from typing import Optional

from .._json import Resource

#: A service, or None when there is none.
LatestState = Optional[Resource]

#: A service in one of these states counts as absent: its name is free, and it cannot be restored.
DELETED_STATES = frozenset({"terminating", "terminated", "softdeleting", "softdeleted", "deleted"})
#: A service in one of these states is still being deleted.
DELETING = frozenset({"terminating", "softdeleting"})

#: The prefix of the IDs of planned services. No ID of the API begins with it.
PLANNED_ID = "00000000-0000-4000-8000-"


def is_planned(service_id: object) -> bool:
    """Return whether this is the ID of a service that an earlier task, in check mode, has planned to create."""
    return isinstance(service_id, str) and service_id.startswith(PLANNED_ID)


def service_state(service: LatestState) -> str:
    """Return the state of the service, "" when the API does not return it."""
    return str((service or {}).get("state") or "")


def service_label(service: Resource) -> str:
    """Return the name and the ID of the service for a message."""
    return f"Service {service.get('name')!r} ({service.get('id')})"
