# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""What a service is that is created from a backup of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Api, Resource, is_id
from ansible_collections.clickhouse.cloud.plugins.module_utils._backup import backups
from ansible_collections.clickhouse.cloud.plugins.module_utils._data import short
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption, NotFound, UnexpectedAnswer
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import called, find_existing
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import SERVICE

#: What the new service takes from the other one, unless it is asked for something else. Not what names it, what other
#: services share with it, or who reaches it by a private endpoint.
INHERITED = (
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
USUAL = {
    "release_channel": "default",
    "mysql_endpoint": False,
    "enable_core_dumps": True,
    "autoscaling_mode": "vertical",
    "has_transparent_data_encryption": False,
    "profile": "v1-default",
}
MEMORY = frozenset({"min_replica_memory_gb", "max_replica_memory_gb", "min_total_memory_gb", "max_total_memory_gb"})
REPLICAS = frozenset({"autoscaling_mode", "num_replicas", "min_replicas", "max_replicas"})
LATEST = "latest"


def restored(api: Api, options: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted, completed by what restore_from says: the backup, and the settings of the service it is of."""
    asked = options["restore_from"]
    if not asked:
        return dict(wanted)
    source = find_existing(api, {name: asked[name] or None for name in ("service_id", "name")})
    backup_id = _backup(api, source, asked["backup"] or LATEST)
    # What is of another type than it should be is nothing to make a service of.
    has = SERVICE.compared(source, INHERITED)
    own = _own(has, wanted)
    told = {
        option: value for option, value in has.items() if option not in own and value not in (USUAL.get(option), "")
    }
    given = {option: value for option, value in options.items() if value is not None}
    return SERVICE.wanted({**told, **given, "backup_id": backup_id})


def _own(has: Mapping[str, Any], wanted: Mapping[str, Any]) -> set[str]:
    """The options that are not inherited, since what is asked for would contradict them."""
    own: set[str] = set()
    for group in (MEMORY, REPLICAS):
        if not group.isdisjoint(wanted):
            own |= group
    if wanted.get("autoscaling_mode", has["autoscaling_mode"]) != has["autoscaling_mode"]:
        own |= MEMORY
    if wanted.get("idle_scaling", has["idle_scaling"]) is False:
        own.add("idle_timeout_minutes")
    return own


def _backup(api: Api, source: Resource, asked: str) -> str:
    """The id of the backup of this service that is asked for. Raises NotFound, or InvalidOption for what is no id."""
    if asked != LATEST:
        if not is_id(asked):
            raise InvalidOption(
                f"restore_from: backup must be {LATEST} or the ID of a backup, a UUID; {asked!r} is not."
            )
        if not backups(api, source["id"], asked):
            raise NotFound(f"{called(source)} has no backup {asked}. Look with backup_info.")
        return asked
    done = [backup for backup in backups(api, source["id"]) if backup.get("status") == "done"]
    if not done:
        hint = " It is a secondary service: name the primary one." if source.get("isPrimary") is False else ""
        raise NotFound(
            f"{called(source)} has no backup that is done, so there is nothing to restore from.{hint} Wait for one."
        )
    backup_id: str = done[0]["id"]
    if not is_id(backup_id):
        raise UnexpectedAnswer(f"The API tells {short(backup_id)} as the id of the newest backup of {called(source)}.")
    return backup_id
