# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of the stories: one or more for each module."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import World
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    GIVEN,
    NEW,
    Options,
    Step,
    Story,
    each,
    given,
    gone,
    has,
    in_state,
    kept_in_file,
    made,
    nothing,
    running,
    the_id,
    told,
)


def by_name(**options: Any) -> Callable[[World], Options]:
    return lambda world: {"name": "analytics", **options}


def by_id(**options: Any) -> Callable[[World], Options]:
    return lambda world: {"service_id": the_id(world), **options}


def with_file(options: Callable[[World], Options]) -> Callable[[World], Options]:
    return lambda world: {**options(world), "password_file": str(world.password_file)}


def new(**options: Any) -> Callable[[World], Options]:
    return lambda world: {**NEW, **options}


def state_is(*states: str) -> Callable[[World], None]:
    def holds(world: World) -> None:
        state = world.named()["state"]
        assert state in states, f"the service is {state}"

    return holds


def fields(name: str = "analytics", **wanted: Any) -> Callable[[World], None]:
    """The service has these fields."""

    def holds(world: World) -> None:
        has(world, wanted, name)

    return holds


def backed_up(**wanted: Any) -> Callable[[World], None]:
    def holds(world: World) -> None:
        found = world.named()["backupConfiguration"]
        assert {name: found.get(name) for name in wanted} == wanted, f"it is backed up so: {found}"

    return holds


def source(world: World) -> None:
    """Another service, with a backup."""
    world.add("source", ipAccessList=NEW["ip_access_list"])


def secondary(world: World) -> Options:
    (warehouse,) = {one["dataWarehouseId"] for one in world.before.values()} or {""}
    return {**NEW, "data_warehouse_id": warehouse}


ADDED = [{"source": "203.0.113.0/24"}, {"source": "198.51.100.0/24"}]
TAGS = [{"key": "team", "value": "data"}]
CHANGE: Options = {
    "ip_access_list": [{"source": "198.51.100.0/24"}],
    "ip_access_mode": "add",
    "tags": {"team": "data"},
    "num_replicas": 2,
    "max_total_memory_gb": 96,
}
CHANGED = fields(ipAccessList=ADDED, tags=TAGS, numReplicas=2, maxTotalMemoryGb=96)


def _service(
    name: str, requests: int, before: Step, options: Any, *holds: Callable[[World], None], unset: str = ""
) -> Story:
    return Story(name, "service", requests, before, options, each(*holds), unset=unset)


SERVICE = [
    _service("create, password_file", 4, nothing, with_file(new()), made, kept_in_file),
    _service("create, password", 5, nothing, new(password=GIVEN), made, given),
    _service(
        "create, password and password_file",
        5,
        nothing,
        with_file(new(password=GIVEN)),
        made,
        given,
        kept_in_file,
    ),
    _service("create, no password", 4, nothing, new(), made, told),
    _service(
        "create, no organization_id",
        5,
        nothing,
        with_file(new()),
        made,
        kept_in_file,
        unset="CLICKHOUSE_ORG_ID",
    ),
    _service(
        "create, restore_from",
        6,
        source,
        lambda world: {
            "name": "analytics",
            "restore_from": {"name": "source"},
            "password_file": str(world.password_file),
        },
        made,
        kept_in_file,
    ),
    _service("create, in a warehouse", 4, source, secondary, made),
    _service(
        "create, with a key",
        6,
        nothing,
        with_file(new(has_transparent_data_encryption=True, transparent_data_encryption_key_id="key")),
        fields(transparentDataEncryptionKeyId="key"),
        kept_in_file,
    ),
    _service("change, by name", 4, running, by_name(**CHANGE), CHANGED),
    _service("rename, by id", 4, running, by_id(name="renamed"), fields("renamed")),
    _service("delete a running one, by name", 5, running, by_name(state="absent", force=True), gone),
    _service(
        "delete a stopped one, by id",
        4,
        in_state("stopped"),
        by_id(state="absent", require_backup_within=24),
        gone,
    ),
]

OTHERS = [
    Story("start", "service_state", 3, in_state("stopped"), by_name(state="started"), state_is("running", "idle")),
    Story("stop", "service_state", 3, running, by_id(state="stopped"), state_is("stopped")),
    Story("wake up", "service_state", 3, in_state("idle"), by_name(state="awake"), state_is("running")),
    Story("scale, by name", "service_scaling", 3, running, by_name(num_replicas=2), fields(numReplicas=2)),
    Story(
        "scale, by id",
        "service_scaling",
        3,
        running,
        by_id(num_replicas=2, max_total_memory_gb=96),
        fields(numReplicas=2, maxTotalMemoryGb=96),
    ),
    Story("new password, by name", "service_password", 2, running, with_file(by_name()), kept_in_file),
    Story("new password, no file", "service_password", 2, running, by_id(), told),
    Story("given password, by id", "service_password", 2, running, by_id(password=GIVEN), given),
    Story(
        "backups, by name",
        "backup_config",
        4,
        running,
        by_name(backup_period_in_hours=12),
        backed_up(backupPeriodInHours=12),
    ),
    Story(
        "backups, by id",
        "backup_config",
        3,
        running,
        by_id(backup_start_time="02:00", backup_retention_period_in_hours=48),
        backed_up(backupStartTime="02:00", backupRetentionPeriodInHours=48),
    ),
]
