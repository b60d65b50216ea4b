# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Complete the options of a service that is created from a backup of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._client.api import Api, is_uuid
from .._errors import InvalidOption, NotFound, UnexpectedResponse
from .._json import abbreviate
from .._schema.fields import MODES, SetField
from .._schema.service import SERVICE
from .backups import BACKUPS
from .find import get_service
from .service import Service

#: The options that the new service inherits from the source unless they are set. Its name, the resources that it shares
#: with other services, and its private endpoints are not inherited.
INHERITED_OPTIONS = (
    "provider",
    "region",
    "tier",
    "ip_access_list",
    "tags",
    "release_channel",
    "mysql_endpoint",
    "enable_core_dumps",
    "autoscaling_mode",
    "min_replica_memory_gb",
    "max_replica_memory_gb",
    "num_replicas",
    "min_replicas",
    "max_replicas",
    "idle_scaling",
    "idle_timeout_minutes",
    "byoc_id",
    "compliance_type",
    "profile",
    "encryption_key",
    "encryption_assumed_role_identifier",
    "has_transparent_data_encryption",
)
#: Values that are left out: they are defaults, and the API refuses some of them in some organizations.
API_DEFAULTS = {
    "release_channel": "default",
    "mysql_endpoint": False,
    "enable_core_dumps": True,
    "autoscaling_mode": "vertical",
    "has_transparent_data_encryption": False,
    "profile": "v1-default",
}
#: Options for total memory, and those for each replica: the rest is inherited in the terms that the task uses.
MEMORY_OPTIONS = {
    "min_total_memory_gb": "min_replica_memory_gb",
    "max_total_memory_gb": "max_replica_memory_gb",
}
REPLICA_OPTIONS = frozenset({"min_replicas", "max_replicas"})
#: The lists that have a mode; they are inherited as a whole.
LIST_OPTIONS = [field for field in SERVICE.options() if isinstance(field, SetField)]
LATEST = "latest"


def with_restore_defaults(api: Api, options: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the desired options, with the backup that restore_from names and the settings of its service."""
    restore_from = options["restore_from"]
    if not restore_from:
        return dict(desired)
    source = get_service(api, {name: restore_from[name] or None for name in ("service_id", "name")})
    backup_id = _resolve_backup_id(api, source, restore_from["backup"] or LATEST)
    explicit = {option: value for option, value in options.items() if value is not None}
    inherited = _inherited_options(source, desired)
    _check_ranges(source, inherited, desired)
    # The mode of a list applies to the list of the task, not to that of the source.
    modes = {field.mode: MODES[0] for field in LIST_OPTIONS if field.option in inherited}
    return SERVICE.desired({**explicit, **modes, **inherited, "backup_id": backup_id})


def _inherited_options(source: Service, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the source that are not set in the task, and do not contradict what is set.

    Raise UnexpectedResponse for a field of the source that has the wrong type.
    """
    settings = _comparable(source, desired)
    excluded = _contradictory(settings, desired) | desired.keys()
    return {
        option: value
        for option, value in settings.items()
        if option not in excluded and value not in (None, API_DEFAULTS.get(option), "")
    }


def _comparable(source: Service, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the source, with memory per replica or in total, as the task has it."""
    settings = SERVICE.checked_current(source, INHERITED_OPTIONS)
    if not desired.keys().isdisjoint(MEMORY_OPTIONS):
        for total, replica in MEMORY_OPTIONS.items():
            memory = settings.pop(replica)
            settings[total] = None if memory is None else 3 * memory
    if not desired.keys().isdisjoint(REPLICA_OPTIONS) or desired.get("autoscaling_mode") == "horizontal":
        # A fixed number of replicas is a range with equal ends.
        number, settings["num_replicas"] = settings["num_replicas"], None
        settings.update({end: number for end in REPLICA_OPTIONS if settings[end] is None})
    return settings


def _contradictory(settings: Mapping[str, Any], desired: Mapping[str, Any]) -> set[str]:
    """Return the options that cannot be inherited, since they would contradict the desired ones."""
    excluded: set[str] = set()
    if "num_replicas" in desired:
        excluded |= {"autoscaling_mode", *REPLICA_OPTIONS}
    mode = desired.get("autoscaling_mode")
    if mode == "vertical":
        excluded |= REPLICA_OPTIONS
    if mode == "horizontal" and settings.get("min_replica_memory_gb") != settings.get("max_replica_memory_gb"):
        # Only the vertical mode has two different bounds.
        excluded |= {"min_replica_memory_gb", "max_replica_memory_gb"}
    if desired.get("idle_scaling", settings["idle_scaling"]) is False:
        excluded.add("idle_timeout_minutes")
    return excluded


def _check_ranges(source: Service, inherited: Mapping[str, Any], desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a bound in the task that contradicts the other bound, which is inherited."""
    for low, high in SERVICE.ranges:
        for option, other in ((low, high), (high, low)):
            values: dict[str, Any] = {option: desired.get(option), other: inherited.get(other)}
            if None not in values.values() and values[low] > values[high]:
                raise InvalidOption(
                    f"{option} is {values[option]}, but {source.label}, which restore_from names, has {other}"
                    f" {values[other]}. Set {other} as well."
                )


def _resolve_backup_id(api: Api, source: Service, backup: str) -> str:
    """Return the ID of the backup of this service. Raise NotFound, or InvalidOption if backup is not an ID."""
    if backup != LATEST:
        if not is_uuid(backup):
            raise InvalidOption(
                f"restore_from: backup must be {LATEST} or the ID of a backup, a UUID; {backup!r} is not."
            )
        if not BACKUPS.read(api, source["id"], backup):
            raise NotFound(f"{source.label} has no backup {backup}. List its backups with backup_info.")
        return backup
    completed = [candidate for candidate in BACKUPS.read(api, source["id"]) if candidate.get("status") == "done"]
    if not completed:
        hint = " It is a secondary service: name the primary one." if source.is_secondary else ""
        raise NotFound(f"{source.label} has no completed backup, so there is nothing to restore.{hint} Wait for one.")
    backup_id: str = completed[0]["id"]
    if not is_uuid(backup_id):
        raise UnexpectedResponse(
            f"The API returned {abbreviate(backup_id)} as the ID of the newest backup of {source.label}."
        )
    return backup_id
