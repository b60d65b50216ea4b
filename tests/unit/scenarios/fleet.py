# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios of fleet.

Only one service changes in each scenario, as the order of requests for two services is not deterministic. The other
service already has the desired state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    IP_ACCESS_LIST,
    NEW_SERVICE,
    PASSWORD,
    Scenario,
    Setup,
    add_nothing,
    all_of,
    assert_created,
    assert_deleted,
    assert_given_password,
    has_backup_config,
    has_state,
)
from ansible_collections.clickhouse.cloud.tests.unit.scenarios.service import (
    CHANGE_OPTIONS,
    HAS_CHANGES,
    PART_REQUESTS,
    TAGS,
)

PERMISSIONS = {
    "service:view": "",
    "organization:create-service": "to create",
    "service:manage": "to create, change, start and stop, and for ``upgrade_window`` and ``clickhouse_settings``",
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
    "organization:view": "to check ``profile``, and the quota of services before one is created",
    "organization:view-api-keys": "for names of keys, and to change a part of ``query_endpoint``",
}

#: Sent with options that no scenario has.
FURTHER_REQUESTS = [
    "GET serviceProfiles",
    "GET services/{id}/backups",
    "PATCH services/{id}/replicaScaling",
    "GET services/{id}/upgradeWindow",
    "PUT services/{id}/upgradeWindow",
    *PART_REQUESTS,
]


def with_other_service(setup: Setup) -> Setup:
    """Return a setup that also adds the other service."""

    def add_both(env: Environment) -> None:
        env.add_service("other", ipAccessList=IP_ACCESS_LIST)
        setup(env)

    return add_both


def assert_other_unchanged(env: Environment) -> None:
    """Assert that the other service has not changed."""
    (before,) = (service for service in env.services_before.values() if service["name"] == "other")
    assert env.get_service("other") == before, "the other service was changed"


def _scenario(
    name: str,
    setup: Setup,
    entry: Mapping[str, Any],
    requests: Sequence[str],
    *verify: Callable[[Environment], None],
    **options: Any,
) -> Scenario:
    services = [{"name": "other", "state": "started"}, *([entry] if entry else [])]
    return Scenario(
        name,
        {"services": services, **options},
        requests,
        all_of(assert_other_unchanged, *verify),
        setup=with_other_service(setup),
    )


def add_tagged_service(env: Environment) -> None:
    env.add_service(ipAccessList=IP_ACCESS_LIST, tags=TAGS)


SCENARIOS = [
    _scenario(
        "change",
        add_tagged_service,
        {"name": "analytics", **CHANGE_OPTIONS},
        ["GET services", "PATCH services/{id}", "PATCH services/{id}/scaling", "GET services"],
        HAS_CHANGES,
    ),
    _scenario(
        "create",
        add_nothing,
        {**NEW_SERVICE, "password": PASSWORD},
        ["GET services", "GET quotas", "GET services", "POST services", "PATCH services/{id}/password", "GET services"],
        assert_created,
        assert_given_password,
    ),
    _scenario(
        "create, stop and back up",
        add_nothing,
        {**NEW_SERVICE, "password": PASSWORD, "state": "stopped", "backup_config": {"backup_period_in_hours": 12}},
        [
            "GET services",
            "GET quotas",
            "GET services",
            "POST services",
            "PATCH services/{id}/password",
            "GET services",
            "PATCH services/{id}/state",
            "GET services",
            "GET services/{id}/backupConfiguration",
            "PATCH services/{id}/backupConfiguration",
            "GET services/{id}/backupConfiguration",
        ],
        assert_given_password,
        has_state("stopped"),
        has_backup_config(backupPeriodInHours=12),
    ),
    _scenario(
        "delete",
        add_tagged_service,
        {"name": "analytics", "state": "absent", "force": True},
        ["GET services", "PATCH services/{id}/state", "GET services", "DELETE services/{id}", "GET services"],
        assert_deleted,
    ),
    _scenario(
        "prune",
        add_tagged_service,
        {},
        ["GET services", "PATCH services/{id}/state", "GET services", "DELETE services/{id}", "GET services"],
        assert_deleted,
        prune=True,
        prune_filter={"team": "data"},
        force=True,
    ),
]
