# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios of the modules that make changes."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    NEW_SERVICE,
    PASSWORD,
    Options,
    Scenario,
    Setup,
    add_nothing,
    add_running_service,
    add_service_in_state,
    all_of,
    assert_created,
    assert_deleted,
    assert_fields,
    assert_given_password,
    assert_password_in_file,
    assert_password_returned,
    get_initial_id,
)


def by_name(**options: Any) -> Callable[[Environment], Options]:
    return lambda env: {"name": "analytics", **options}


def by_id(**options: Any) -> Callable[[Environment], Options]:
    return lambda env: {"service_id": get_initial_id(env), **options}


def with_password_file(options: Callable[[Environment], Options]) -> Callable[[Environment], Options]:
    return lambda env: {**options(env), "password_file": str(env.password_file)}


def new_service(**options: Any) -> Callable[[Environment], Options]:
    return lambda env: {**NEW_SERVICE, **options}


def has_state(*states: str) -> Callable[[Environment], None]:
    def verify(env: Environment) -> None:
        state = env.get_service()["state"]
        assert state in states, f"the service is {state}"

    return verify


def has_fields(name: str = "analytics", **expected: Any) -> Callable[[Environment], None]:
    """Return a check that the service has these fields."""

    def verify(env: Environment) -> None:
        assert_fields(env, expected, name)

    return verify


def has_backup_config(**expected: Any) -> Callable[[Environment], None]:
    def verify(env: Environment) -> None:
        config = env.get_service()["backupConfiguration"]
        assert {name: config.get(name) for name in expected} == expected, f"the backup configuration is {config}"

    return verify


def add_source_service(env: Environment) -> None:
    """Add another service with a backup."""
    env.add_service("source", ipAccessList=NEW_SERVICE["ip_access_list"])


def secondary_options(env: Environment) -> Options:
    (warehouse,) = {service["dataWarehouseId"] for service in env.services_before.values()} or {""}
    return {**NEW_SERVICE, "data_warehouse_id": warehouse}


MERGED_IP_ACCESS_LIST = [{"source": "203.0.113.0/24"}, {"source": "198.51.100.0/24"}]
TAGS = [{"key": "team", "value": "data"}]
CHANGE_OPTIONS: Options = {
    "ip_access_list": [{"source": "198.51.100.0/24"}],
    "ip_access_mode": "add",
    "tags": {"team": "data"},
    "num_replicas": 2,
    "max_total_memory_gb": 96,
}
HAS_CHANGES = has_fields(ipAccessList=MERGED_IP_ACCESS_LIST, tags=TAGS, numReplicas=2, maxTotalMemoryGb=96)


def _service_scenario(
    name: str,
    requests: int,
    setup: Setup,
    options: Any,
    *verify: Callable[[Environment], None],
    unset_variable: str = "",
) -> Scenario:
    return Scenario(name, "service", requests, setup, options, all_of(*verify), unset_variable=unset_variable)


SERVICE_SCENARIOS = [
    _service_scenario(
        "create, password_file",
        4,
        add_nothing,
        with_password_file(new_service()),
        assert_created,
        assert_password_in_file,
    ),
    _service_scenario(
        "create, password", 5, add_nothing, new_service(password=PASSWORD), assert_created, assert_given_password
    ),
    _service_scenario(
        "create, password and password_file",
        5,
        add_nothing,
        with_password_file(new_service(password=PASSWORD)),
        assert_created,
        assert_given_password,
        assert_password_in_file,
    ),
    _service_scenario("create, no password", 4, add_nothing, new_service(), assert_created, assert_password_returned),
    _service_scenario(
        "create, no organization_id",
        5,
        add_nothing,
        with_password_file(new_service()),
        assert_created,
        assert_password_in_file,
        unset_variable="CLICKHOUSE_ORG_ID",
    ),
    _service_scenario(
        "create, restore_from",
        6,
        add_source_service,
        lambda env: {
            "name": "analytics",
            "restore_from": {"name": "source"},
            "password_file": str(env.password_file),
        },
        assert_created,
        assert_password_in_file,
    ),
    _service_scenario("create, in a warehouse", 4, add_source_service, secondary_options, assert_created),
    _service_scenario(
        "create, with a key",
        6,
        add_nothing,
        with_password_file(new_service(has_transparent_data_encryption=True, transparent_data_encryption_key_id="key")),
        has_fields(transparentDataEncryptionKeyId="key"),
        assert_password_in_file,
    ),
    _service_scenario("change, by name", 4, add_running_service, by_name(**CHANGE_OPTIONS), HAS_CHANGES),
    _service_scenario("rename, by id", 4, add_running_service, by_id(name="renamed"), has_fields("renamed")),
    _service_scenario(
        "delete a running one, by name", 5, add_running_service, by_name(state="absent", force=True), assert_deleted
    ),
    _service_scenario(
        "delete a stopped one, by id",
        4,
        add_service_in_state("stopped"),
        by_id(state="absent", require_backup_within=24),
        assert_deleted,
    ),
]

WRITE_SCENARIOS = [
    Scenario(
        "start",
        "service_state",
        3,
        add_service_in_state("stopped"),
        by_name(state="started"),
        has_state("running", "idle"),
    ),
    Scenario("stop", "service_state", 3, add_running_service, by_id(state="stopped"), has_state("stopped")),
    Scenario("wake up", "service_state", 3, add_service_in_state("idle"), by_name(state="awake"), has_state("running")),
    Scenario(
        "scale, by name", "service_scaling", 3, add_running_service, by_name(num_replicas=2), has_fields(numReplicas=2)
    ),
    Scenario(
        "scale, by id",
        "service_scaling",
        3,
        add_running_service,
        by_id(num_replicas=2, max_total_memory_gb=96),
        has_fields(numReplicas=2, maxTotalMemoryGb=96),
    ),
    Scenario(
        "new password, by name",
        "service_password",
        2,
        add_running_service,
        with_password_file(by_name()),
        assert_password_in_file,
    ),
    Scenario("new password, no file", "service_password", 2, add_running_service, by_id(), assert_password_returned),
    Scenario(
        "given password, by id",
        "service_password",
        2,
        add_running_service,
        by_id(password=PASSWORD),
        assert_given_password,
    ),
    Scenario(
        "backups, by name",
        "backup_config",
        4,
        add_running_service,
        by_name(backup_period_in_hours=12),
        has_backup_config(backupPeriodInHours=12),
    ),
    Scenario(
        "backups, by id",
        "backup_config",
        3,
        add_running_service,
        by_id(backup_start_time="02:00", backup_retention_period_in_hours=48),
        has_backup_config(backupStartTime="02:00", backupRetentionPeriodInHours=48),
    ),
]
