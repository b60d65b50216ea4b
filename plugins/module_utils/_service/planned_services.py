# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Services and API keys that tasks in check mode have planned to create, for the later tasks of the same run."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tempfile
import weakref
from collections.abc import Mapping
from typing import Any

from .._client.cache import CachedApi
from .._client.operations import Request
from .._client.private_endpoints import PRIVATE_ENDPOINT_CONFIG_KEYS
from .._client.retry import Retry
from .._errors import ApiError
from .._json import Resource
from .._schema.service import SERVICE, has_tags
from .parts import PARTS
from .restore import API_DEFAULTS
from .service import PLANNED_ID, Service, is_planned
from .singleton import LatestPart

#: The fields of a planned service, unless the task sets others.
PLANNED_DEFAULTS = {**SERVICE.to_resource(API_DEFAULTS), "state": "running", "idleScaling": True}
#: An ID that is_planned() recognizes.
_PLANNED_ID = re.compile(PLANNED_ID + "[0-9a-f]{12}")
#: A path below a planned service.
_PLANNED_PATH = re.compile(f"/services/({_PLANNED_ID.pattern})(/.+)")
#: What the API would return for other paths below a planned service than those of its parts.
PLANNED_RESULTS: Mapping[str, Any] = {
    "/backups": [],
    "/clickhouseSettings/schema": {"settings": []},
    "/privateEndpointConfig": dict.fromkeys(PRIVATE_ENDPOINT_CONFIG_KEYS),
    "/prometheus": "",
    "/query-api-endpoints": [],
    "/replicaAwareRouting": {"httpEnabled": False, "nativeEnabled": False},
    "/snapshots": [],
    "/saved-queries": [],
}
#: The parts by the path below the service.
PARTS_BY_PATH = {part.path: part for part in PARTS.values()}
#: The parts of a planned service by path, as the API would return them; None for one that there is not.
PlannedParts = Mapping[str, LatestPart]


def _open_unnamed() -> int | None:
    """Return a file without a name, which forks of this process share; None if it cannot be created."""
    try:
        handle, path = tempfile.mkstemp()
    except OSError:
        return None
    os.unlink(path)
    # Each write goes to the end, whichever process it comes from.
    fcntl.fcntl(handle, fcntl.F_SETFL, fcntl.fcntl(handle, fcntl.F_GETFL) | os.O_APPEND)
    return handle


def _parse_entry(line: bytes) -> dict[str, Any]:
    """Return an entry of the file; an empty one for a line that was cut off, since the disk was full."""
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return entry


class PlannedServices:
    """The services and API keys that tasks in check mode plan to create. Each task of a run is a fork of one process.

    Later tasks see them once they are saved, since a task that fails plans nothing.
    """

    def __init__(self) -> None:
        self._handle = _open_unnamed()
        if self._handle is not None:
            weakref.finalize(self, os.close, self._handle)
        self._unsaved: dict[str, dict[str, Any]] = {}

    def load(self, services_url: str | None = None) -> dict[str, Resource]:
        """Return the planned services of the organization, or of all organizations, by ID."""
        services = {service_id: entry["service"] for service_id, entry in self._load_entries(services_url).items()}
        return {service_id: service for service_id, service in services.items() if not Service(service).is_deleted}

    def load_parts(self, services_url: str, service_id: str) -> PlannedParts:
        """Return the parts of a service that were planned."""
        entry = self._load_entries(services_url).get(service_id)
        parts: PlannedParts = entry["parts"] if entry else {}
        return parts

    def load_api_keys(self, services_url: str) -> list[str]:
        """Return the names of the API keys of the organization that were planned."""
        entries = (entry for entry in self._read_entries() if entry["services_url"] == services_url)
        return list(dict.fromkeys(entry["api_key"] for entry in entries if "api_key" in entry))

    def _read_entries(self) -> list[dict[str, Any]]:
        content = b"" if self._handle is None else os.pread(self._handle, os.fstat(self._handle).st_size, 0)
        return list(filter(None, map(_parse_entry, content.splitlines())))

    def _load_entries(self, services_url: str | None) -> dict[str, dict[str, Any]]:
        """Return the last entry of each service by ID."""
        entries = self._read_entries()
        found = (entry for entry in entries if services_url in (None, entry["services_url"]))
        return {entry["service"]["id"]: entry for entry in found if "service" in entry}

    def only_name(self) -> str | None:
        """Return the name of the planned service; None if there are none or several."""
        names = [str(service["name"]) for service in self.load().values()]
        return names[0] if len(names) == 1 else None

    def add(self, services_url: str, service: Resource, parts: PlannedParts) -> None:
        """Add a planned service with its parts, or replace it."""
        self._unsaved[service["id"]] = {"services_url": services_url, "service": service, "parts": parts}

    def add_api_key(self, services_url: str, name: str) -> None:
        """Add a planned API key."""
        self._unsaved[f"API key {name}"] = {"services_url": services_url, "api_key": name}

    def clear(self) -> None:
        """Discard everything that is planned: it exists by now, or no longer matches what exists."""
        self.discard()
        if self._handle is not None:
            os.ftruncate(self._handle, 0)

    def discard(self) -> None:
        """Discard what is not saved."""
        self._unsaved.clear()

    def save(self) -> None:
        """Make what was added visible to later tasks."""
        lines = "".join(f"\n{json.dumps(entry)}\n" for entry in self._unsaved.values())
        self.discard()
        if self._handle is not None:
            # If the disk is full, later tasks do not find what is planned, and say so.
            with contextlib.suppress(OSError):
                os.write(self._handle, lines.encode())


class PlanningApi(CachedApi):
    """The API of one task in check mode, with planned services beside those that exist.

    No request is sent about a planned service, and only what was planned is known of it.
    """

    def __init__(self, planned_services: PlannedServices, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.planned_services = planned_services

    def list_services(self, tags: Mapping[str, str | None] | None = None) -> list[Resource]:
        return self._with_planned(super().list_services(tags), tags or {})

    def cached_services(self) -> list[Resource]:
        return self._with_planned(super().cached_services(), {})

    def _with_planned(self, existing: list[Resource], tags: Mapping[str, str | None]) -> list[Resource]:
        names = {service.get("name") for service in existing if not Service(service).is_deleted}
        planned = self.planned_services.load(self.services_url).values()
        # A service that has been created since then replaces the planned one.
        return [
            *existing,
            *(service for service in planned if service["name"] not in names and has_tags(service, tags)),
        ]

    def get_service(self, service_id: str, *, retry: Retry = Retry.ALWAYS, direct: bool = False) -> Resource:
        if not is_planned(service_id):
            return super().get_service(service_id, retry=retry, direct=direct)
        return self._planned(service_id)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        match = _PLANNED_PATH.search(path)
        return self._planned_result(*match.groups()) if match else super().call(method, path, body, **options)

    def _planned_result(self, service_id: str, subpath: str) -> Any:
        """Return what the API would return for this path below a planned service."""
        if subpath in PARTS_BY_PATH:
            return self._planned_part(service_id, subpath)
        if subpath not in PLANNED_RESULTS:
            raise self._unknown(subpath)
        return PLANNED_RESULTS[subpath]

    def _planned_part(self, service_id: str, path: str) -> Resource:
        """Return the part of a planned service. Raise ApiError if it has none, as the API does."""
        self._planned(service_id)
        nested = PARTS_BY_PATH[path]
        part = self.planned_services.load_parts(self.services_url, service_id).get(path, nested.initial)
        if part is None:
            raise self._unknown(path)
        return {**(nested.initial or {}), **part}

    def planned_api_keys(self) -> list[Resource]:
        return [{"id": name, "name": name} for name in self.planned_services.load_api_keys(self.services_url)]

    def add_plan(self, result: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any] | None]) -> None:
        self._add_api_key(result.get("key") or {})
        service = result.get("service") or {}
        if "name" in service and service["id"] is None:
            service = {**service, "id": _planned_id(self.services_url, service["name"])}
        service_id = str(service.get("id") or result.get("service_id"))
        if not is_planned(service_id):
            return
        is_deletion = not result["diff"]["after"]
        resource = planned_resource(service, is_deletion) if service else self._planned(service_id)
        if "private_endpoint_ids" in result:
            resource = {**resource, "privateEndpointIds": result["private_endpoint_ids"]}
        latest = {**self.planned_services.load_parts(self.services_url, service_id), **_to_responses(parts)}
        self.planned_services.add(self.services_url, {**resource, **_embedded_parts(latest)}, latest)

    def _add_api_key(self, key: Mapping[str, Any]) -> None:
        """Add an API key that is planned; one that exists has an ID."""
        if key.get("name") and key["id"] is None:
            self.planned_services.add_api_key(self.services_url, key["name"])

    def _planned(self, service_id: str) -> Resource:
        try:
            return self.planned_services.load(self.services_url)[service_id.lower()]
        except KeyError:
            raise self._unknown(f"service {service_id}") from None

    def _unknown(self, description: str) -> ApiError:
        return ApiError(str(Request("GET", self.services_path)), 404, f"NOT_FOUND: {description} is only planned")


def _planned_id(services_url: str, name: str) -> str:
    """Return an ID for a service that has none yet: the same in each task that names it."""
    return PLANNED_ID + hashlib.sha256(f"{services_url}\n{name}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


def hide_planned_ids(value: Any) -> Any:
    """Return the value without the IDs of planned services, which get other ones once they are created."""
    if isinstance(value, dict):
        return {name: hide_planned_ids(item) for name, item in value.items()}
    if isinstance(value, list):
        return [hide_planned_ids(item) for item in value]
    if not isinstance(value, str):
        return value
    return None if is_planned(value) else _PLANNED_ID.sub("planned", value)


def _to_responses(results: Mapping[str, Mapping[str, Any] | None]) -> PlannedParts:
    """Return the parts by path, as the API would return them, from their results by name."""
    parts: dict[str, LatestPart] = {}
    for path, nested in PARTS_BY_PATH.items():
        if nested.singleton.name in results:
            result = results[nested.singleton.name]
            parts[path] = None if result is None else nested.singleton.schema.to_resource(result)
    return parts


def _embedded_parts(parts: PlannedParts) -> dict[str, LatestPart]:
    """Return the fields of a service that have the planned parts."""
    return {part.field: parts[path] for path, part in PARTS_BY_PATH.items() if part.field and path in parts}


def planned_resource(service: Mapping[str, Any], is_deletion: bool) -> Resource:
    """Return the planned service as the API would return it."""
    desired = {name: value for name, value in SERVICE.to_resource(service).items() if value is not None}
    if desired.get("state") == "provisioning":
        # Later tasks find it as it is after its creation, even if the task does not wait for that.
        del desired["state"]
    return {
        **PLANNED_DEFAULTS,
        **desired,
        # The other endpoints are known only once the service exists.
        "endpoints": [{"protocol": "mysql"}] if service.get("mysql_endpoint") else [],
        "isPrimary": service.get("data_warehouse_id") is None,
        **({"state": "deleted"} if is_deletion else {}),
    }
