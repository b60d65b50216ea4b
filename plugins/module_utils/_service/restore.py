# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a service is that is created from a backup of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._client.api import Api, is_uuid
from .._errors import InvalidOption, NotFound, UnexpectedResponse
from .._json import Resource, abbreviate
from .._schema.fields import MODES, SetField
from .._schema.service import SERVICE
from .backups import list_backups
from .find import get_service, service_label

#: What the new service takes from the other one, unless it is asked for something else. Not what names it, what other
#: services share with it, or who reaches it by a private endpoint.
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
#: What need not be said, and what the API refuses to be told in some organizations.
API_DEFAULTS = {
    "release_channel": "default",
    "mysql_endpoint": False,
    "enable_core_dumps": True,
    "autoscaling_mode": "vertical",
    "has_transparent_data_encryption": False,
    "profile": "v1-default",
}
#: Totals, and what they mean for each replica: a task that sets one of a side gets the rest in its terms.
MEMORY_OPTIONS = {
    "min_total_memory_gb": "min_replica_memory_gb",
    "max_total_memory_gb": "max_replica_memory_gb",
}
REPLICA_OPTIONS = frozenset({"min_replicas", "max_replicas"})
#: The lists that are taken as a whole, and have a mode.
LIST_OPTIONS = [field for field in SERVICE.options() if isinstance(field, SetField)]
LATEST = "latest"


def with_restore_defaults(api: Api, options: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted, completed by what restore_from says: the backup, and the settings of the service it is of."""
    asked = options["restore_from"]
    if not asked:
        return dict(desired)
    source = get_service(api, {name: asked[name] or None for name in ("service_id", "name")})
    backup_id = _resolve_backup_id(api, source, asked["backup"] or LATEST)
    given = {option: value for option, value in options.items() if value is not None}
    inherited = _inherited_options(source, desired)
    _check_ranges(source, inherited, desired)
    # The mode of a list says how to apply the list that is given, not the one of the source.
    modes = {field.mode: MODES[0] for field in LIST_OPTIONS if field.option in inherited}
    return SERVICE.desired({**given, **modes, **inherited, "backup_id": backup_id})


def _inherited_options(source: Resource, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are taken from the source: those that are not set, and do not contradict those that are.

    Raises UnexpectedAnswer for a field of the source that has another type than it should.
    """
    settings = _comparable(source, desired)
    own = _contradictory(settings, desired) | desired.keys()
    return {
        option: value
        for option, value in settings.items()
        if option not in own and value not in (None, API_DEFAULTS.get(option), "")
    }


def _comparable(source: Resource, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the source, its memory in the terms of the task: per replica or in total."""
    settings = SERVICE.checked_current(source, INHERITED_OPTIONS)
    if not desired.keys().isdisjoint(MEMORY_OPTIONS):
        for total, replica in MEMORY_OPTIONS.items():
            memory = settings.pop(replica)
            settings[total] = None if memory is None else 3 * memory
    if not desired.keys().isdisjoint(REPLICA_OPTIONS) or desired.get("autoscaling_mode") == "horizontal":
        # A fixed number of replicas is a band with equal ends.
        number, settings["num_replicas"] = settings["num_replicas"], None
        settings.update({end: number for end in REPLICA_OPTIONS if settings[end] is None})
    return settings


def _contradictory(settings: Mapping[str, Any], desired: Mapping[str, Any]) -> set[str]:
    """Return the options that cannot be taken from the source, since what is asked for would contradict them."""
    own: set[str] = set()
    if "num_replicas" in desired:
        own |= {"autoscaling_mode", *REPLICA_OPTIONS}
    mode = desired.get("autoscaling_mode")
    if mode == "vertical":
        own |= REPLICA_OPTIONS
    if mode == "horizontal" and settings.get("min_replica_memory_gb") != settings.get("max_replica_memory_gb"):
        # Only the vertical mode has two different bounds.
        own |= {"min_replica_memory_gb", "max_replica_memory_gb"}
    if desired.get("idle_scaling", settings["idle_scaling"]) is False:
        own.add("idle_timeout_minutes")
    return own


def _check_ranges(source: Resource, inherited: Mapping[str, Any], desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a bound that is set and does not fit to the other one, which the source has."""
    for low, high in SERVICE.ranges:
        for own, other in ((low, high), (high, low)):
            values: dict[str, Any] = {own: desired.get(own), other: inherited.get(other)}
            if None not in values.values() and values[low] > values[high]:
                raise InvalidOption(
                    f"{own} is {values[own]}, but {service_label(source)}, which restore_from names, has {other}"
                    f" {values[other]}. Set {other} as well."
                )


def _resolve_backup_id(api: Api, source: Resource, asked: str) -> str:
    """The id of the backup of this service that is asked for. Raises NotFound, or InvalidOption for what is no id."""
    if asked != LATEST:
        if not is_uuid(asked):
            raise InvalidOption(
                f"restore_from: backup must be {LATEST} or the ID of a backup, a UUID; {asked!r} is not."
            )
        if not list_backups(api, source["id"], asked):
            raise NotFound(f"{service_label(source)} has no backup {asked}. Look with backup_info.")
        return asked
    done = [backup for backup in list_backups(api, source["id"]) if backup.get("status") == "done"]
    if not done:
        hint = " It is a secondary service: name the primary one." if source.get("isPrimary") is False else ""
        raise NotFound(
            f"{service_label(source)} has no backup that is done, so there is nothing to restore from.{hint}"
            " Wait for one."
        )
    backup_id: str = done[0]["id"]
    if not is_uuid(backup_id):
        raise UnexpectedResponse(
            f"The API tells {abbreviate(backup_id)} as the id of the newest backup of {service_label(source)}."
        )
    return backup_id
