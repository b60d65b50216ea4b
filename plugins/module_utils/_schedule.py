# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""How a service is given its backup configuration."""

from __future__ import annotations

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Resource
from ansible_collections.clickhouse.cloud.plugins.module_utils._backup import (
    BACKUP_CONFIG,
    SECONDARY,
    check_schedule,
    configuration,
    configure,
    showing,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._fields import difference
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import called
from ansible_collections.clickhouse.cloud.plugins.module_utils._waiting import WaitingTask

SETTINGS = [field.option for field in BACKUP_CONFIG.options()]

#: The options that say what the backup configuration shall be.
SCHEDULE = {
    **BACKUP_CONFIG.argument_spec(),
    "reset": {"type": "list", "elements": "str", "choices": SETTINGS},
}


def check_schedule_alone(task: WaitingTask) -> bool:
    """Whether the options ask for anything. Raises InvalidOption for what can never be, whatever the service has."""
    wanted = BACKUP_CONFIG.wanted(task.options)
    check_schedule({}, wanted)
    return bool(wanted)


def primary(service: Resource) -> str:
    """The ID of the service, which must not be a secondary one. Raises InvalidOption."""
    if service.get("isPrimary") is False:
        raise InvalidOption(f"{called(service)} is a secondary service. {SECONDARY}")
    service_id: str = service["id"]
    return service_id


def check_schedule_of_new(task: WaitingTask) -> None:
    """Raise InvalidOption for the backup configuration of a service that is to be created as a secondary one."""
    if task.options["data_warehouse_id"]:
        raise InvalidOption(f"A service with data_warehouse_id is a secondary service. {SECONDARY}")


def schedule(task: WaitingTask, service_id: str) -> None:
    """Compare what the service has with what is wanted; send what differs, and wait until it can be read."""
    wanted = BACKUP_CONFIG.wanted(task.options)
    found = configuration(task.api, service_id)
    check_schedule(found, wanted)
    changes = BACKUP_CONFIG.changes(found, wanted)
    task.report(backup_config=BACKUP_CONFIG.shown(found))
    if not task.plan(**difference(changes), backup_config=BACKUP_CONFIG.planned(found, changes)):
        return
    found = configure(task.api, service_id, changes, wanted, if_reached=task.give_up_plan)
    task.report(backup_config=BACKUP_CONFIG.shown(found))

    def look() -> Resource:
        seen = configuration(task.api, service_id, once=True)
        task.report(backup_config=BACKUP_CONFIG.shown(seen))
        return seen

    found = task.patience.until(look, showing(service_id, wanted), found, at_once=True)
    task.report(backup_config=BACKUP_CONFIG.shown(found))


def plan_schedule(task: WaitingTask) -> None:
    """Plan the backup configuration of a service that is still to be created."""
    wanted = BACKUP_CONFIG.wanted(task.options)
    task.plan(**difference(BACKUP_CONFIG.changes({}, wanted)), backup_config=BACKUP_CONFIG.planned_new(wanted))
