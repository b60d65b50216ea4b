# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    IP_ACCESS_LIST,
    NEW_SERVICE,
    PASSWORD,
    Scenario,
    add_nothing,
    add_running_service,
    add_service_in_state,
    all_of,
    assert_created,
    assert_deleted,
    assert_given_password,
    assert_password_in_file,
    assert_password_returned,
    has_fields,
)
from ansible_collections.clickhouse.cloud.tests.unit.scenarios.upgrade_window import has_window

PERMISSIONS = {
    "service:view": "",
    "organization:create-service": "to create",
    "service:manage": "to create, change and stop, and for ``upgrade_window`` and ``clickhouse_settings``",
    "service:manage-ip-access-list": "to change ``ip_access_list``",
    "service:manage-private-endpoints": "for ``private_endpoint_ids``",
    "service:manage-scaling-config": "to change the size, and for ``scaling_schedule``",
    "service:delete": "to delete, and for the deletion protection",
    "service:view-backups": "for ``require_backup_within_hours``, ``restore_from`` and ``backup_config``",
    "service:manage-backups": "to create from a backup, and to change ``backup_config``",
    "service:view-snapshots": "for ``snapshot_config``",
    "service:manage-snapshots": "to change ``snapshot_config``",
    "service:view-query-api-endpoints": "for ``query_endpoint``",
    "service:manage-query-api-endpoints": "to change ``query_endpoint``",
    "organization:view": "to check ``profile``, and for ``check_quota``",
    "organization:view-api-keys": "for names of keys, and to change a part of ``query_endpoint``",
}

#: The requests for parts of a service that no scenario has.
PART_REQUESTS = [
    "GET services/{id}/backupConfiguration",
    "PATCH services/{id}/backupConfiguration",
    "GET services/{id}/snapshotConfiguration",
    "PATCH services/{id}/snapshotConfiguration",
    "DELETE services/{id}/upgradeWindow",
    "GET services/{id}/scalingSchedule",
    "POST services/{id}/scalingSchedule",
    "DELETE services/{id}/scalingSchedule",
    "GET services/{id}/serviceQueryEndpoint",
    "POST services/{id}/serviceQueryEndpoint",
    "DELETE services/{id}/serviceQueryEndpoint",
    "GET keys",
    "GET services/{id}/clickhouseSettings",
    "GET services/{id}/clickhouseSettings/schema",
    "PATCH services/{id}/clickhouseSettings",
    "DELETE services/{id}/clickhouseSettings/compatibility",
]
#: Sent with options that no scenario has.
FURTHER_REQUESTS = ["GET serviceProfiles", "GET quotas", "PATCH services/{id}/replicaScaling", *PART_REQUESTS]


def add_source_service(env: Environment) -> None:
    """Add another service with a backup."""
    env.add_service("source", ipAccessList=IP_ACCESS_LIST)


MERGED_IP_ACCESS_LIST = [{"source": "203.0.113.0/24"}, {"source": "198.51.100.0/24"}]
TAGS = [{"key": "team", "value": "data"}]
CHANGE_OPTIONS = {
    "ip_access_list": [{"source": "198.51.100.0/24"}],
    "ip_access_mode": "add",
    "tags": {"team": "data"},
    "num_replicas": 2,
    "max_total_memory_gb": 96,
}
HAS_CHANGES = has_fields(ipAccessList=MERGED_IP_ACCESS_LIST, tags=TAGS, numReplicas=2, maxTotalMemoryGb=96)

SCENARIOS = [
    Scenario(
        "change, by name",
        {"name": "analytics", **CHANGE_OPTIONS},
        ["GET services", "PATCH services/{id}", "PATCH services/{id}/scaling", "GET services/{id}"],
        HAS_CHANGES,
        setup=add_running_service,
    ),
    Scenario(
        "change a part",
        {"name": "analytics", "upgrade_window": {"weekday": "sunday", "start_hour_utc": 6}},
        [
            "GET services",
            "GET services/{id}/upgradeWindow",
            "PUT services/{id}/upgradeWindow",
            "GET services/{id}/upgradeWindow",
        ],
        has_window,
        setup=add_running_service,
    ),
    Scenario(
        "create, password_file",
        {**NEW_SERVICE, "password_file": "{password_file}"},
        ["GET services", "GET services", "POST services", "GET services/{id}"],
        all_of(assert_created, assert_password_in_file),
        setup=add_nothing,
    ),
    Scenario(
        "create, password",
        {**NEW_SERVICE, "password": PASSWORD},
        ["GET services", "GET services", "POST services", "PATCH services/{id}/password", "GET services/{id}"],
        all_of(assert_created, assert_given_password),
        setup=add_nothing,
    ),
    Scenario(
        "create, password and password_file",
        {**NEW_SERVICE, "password": PASSWORD, "password_file": "{password_file}"},
        ["GET services", "GET services", "POST services", "PATCH services/{id}/password", "GET services/{id}"],
        all_of(assert_created, assert_given_password, assert_password_in_file),
        setup=add_nothing,
    ),
    Scenario(
        "create, no password",
        NEW_SERVICE,
        ["GET services", "GET services", "POST services", "GET services/{id}"],
        all_of(assert_created, assert_password_returned),
        setup=add_nothing,
    ),
    Scenario(
        "create, no organization_id",
        {**NEW_SERVICE, "password_file": "{password_file}"},
        ["GET /v1/organizations", "GET services", "GET services", "POST services", "GET services/{id}"],
        all_of(assert_created, assert_password_in_file),
        setup=add_nothing,
        unset_variable="CLICKHOUSE_ORG_ID",
    ),
    Scenario(
        "create, restore_from",
        {"name": "analytics", "restore_from": {"name": "source"}, "password_file": "{password_file}"},
        [
            "GET services",
            "GET services",
            "GET services/{id}/backups",
            "GET services",
            "POST services",
            "GET services/{id}",
        ],
        all_of(assert_created, assert_password_in_file),
        setup=add_source_service,
    ),
    Scenario(
        "create, in a warehouse",
        {**NEW_SERVICE, "data_warehouse_id": "{warehouse}"},
        ["GET services", "GET services", "POST services", "GET services/{id}"],
        assert_created,
        setup=add_source_service,
    ),
    Scenario(
        "create, with a key",
        {
            **NEW_SERVICE,
            "has_transparent_data_encryption": True,
            "transparent_data_encryption_key_id": "key",
            "password_file": "{password_file}",
        },
        [
            "GET services",
            "GET services",
            "POST services",
            "GET services/{id}",
            "PATCH services/{id}",
            "GET services/{id}",
        ],
        all_of(has_fields(transparentDataEncryptionKeyId="key"), assert_password_in_file),
        setup=add_nothing,
    ),
    Scenario(
        "rename, by id",
        {"service_id": "{id}", "name": "renamed"},
        ["GET services/{id}", "GET services", "PATCH services/{id}", "GET services/{id}"],
        has_fields("renamed"),
        setup=add_running_service,
    ),
    Scenario(
        "delete a running one, by name",
        {"name": "analytics", "state": "absent", "force": True},
        ["GET services", "PATCH services/{id}/state", "GET services/{id}", "DELETE services/{id}", "GET services/{id}"],
        assert_deleted,
        setup=add_running_service,
    ),
    Scenario(
        "delete a stopped one, by id",
        {"service_id": "{id}", "state": "absent", "require_backup_within_hours": 24},
        ["GET services/{id}", "GET services/{id}/backups", "DELETE services/{id}", "GET services/{id}"],
        assert_deleted,
        setup=add_service_in_state("stopped"),
    ),
]
