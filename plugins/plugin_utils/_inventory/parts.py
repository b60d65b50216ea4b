# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read parts of the services, such as their upgrade windows, for the inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ...module_utils._client.api import Api
from ...module_utils._json import Resource
from ...module_utils._service.backups import BACKUP_CONFIG_PART
from ...module_utils._service.part_reader import PartReader, contained_schedule
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
    requested = {part: hosts for part in REQUESTED_PARTS if part in parts}
    found = PartReader(api, "clickhouse_cloud_{} is null".format, warn, show).read(REQUESTED_PARTS, requested)

    def results(service: Resource) -> dict[str, Any]:
        contained = {SCALING_SCHEDULE: SCALING_SCHEDULE_PART.to_result(contained_schedule(service))}
        read = {part: REQUESTED_PARTS[part].to_result(value) for part, value in found.get(service["id"], {}).items()}
        return {**(contained if SCALING_SCHEDULE in parts else {}), **read}

    host_ids = {service["id"] for service in hosts}
    return [{**service, PARTS_KEY: results(service) if service["id"] in host_ids else {}} for service in services]
