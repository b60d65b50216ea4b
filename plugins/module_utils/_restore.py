# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""What a service is that is created from a backup of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._backup import backups
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import NotFound
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import EXCLUSIVE, SERVICE
from ansible_collections.clickhouse.cloud.plugins.module_utils._states import called, find_existing

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
}
LATEST = "latest"


def restored(api: Api, options: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted, completed by what restore_from says: the backup, and the settings of the service it is of."""
    asked = options["restore_from"]
    if not asked:
        return dict(wanted)
    source = find_existing(api, asked)
    backup_id = asked["backup"]
    if backup_id == LATEST:
        done = [backup for backup in backups(api, source["id"]) if backup.get("status") == "done"]
        if not done:
            raise NotFound(f"{called(source)} has no backup that is done, so there is nothing to restore from.")
        backup_id = done[0]["id"]
    shown = SERVICE.shown(source)
    others = {other for pair in EXCLUSIVE for other in pair if pair[0] in wanted or pair[1] in wanted}
    if wanted.get("idle_scaling", shown["idle_scaling"]) is False:
        others.add("idle_timeout_minutes")
    told = {
        option: shown[option]
        for option in INHERITED
        if option not in others and shown[option] != USUAL.get(option) and shown[option] != ""
    }
    return {**SERVICE.wanted({**told, "backup_id": backup_id}), **wanted}
