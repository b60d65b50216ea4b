# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stories of the modules that only read."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import BACKUP, World
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Story,
    running,
    the_id,
)
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenarios_write import by_id, by_name


def returns(name: str, wanted: Callable[[World, Any], bool]) -> Callable[[World], None]:
    """The last run returned what there is."""

    def holds(world: World) -> None:
        result = world.results[-1]
        assert wanted(world, result.get(name)), f"it returned {name}: {str(result.get(name))[:200]}"
        assert world.truth == world.before, "something was changed"

    return holds


def is_backup(_world: World, found: Any) -> bool:
    return isinstance(found, list) and [one.get("id") for one in found] == [BACKUP]


def is_service(world: World, found: Any) -> bool:
    return isinstance(found, list) and [(one.get("id"), one.get("name")) for one in found] == [
        (the_id(world), "analytics")
    ]


def is_organization(world: World, found: Any) -> bool:
    return isinstance(found, list) and [one.get("id") for one in found] == [world.emulator.organization_id]


def _schedule(_world: World, found: Any) -> bool:
    return isinstance(found, dict) and found.get("backup_period_in_hours") == 24


def _private(world: World, found: Any) -> bool:
    return isinstance(found, dict) and bool(found.get("endpoint_service_id"))


def _metrics(_world: World, found: Any) -> bool:
    return isinstance(found, str) and found.startswith("# HELP ClickHouse_ServiceInfo ")


def _families(_world: World, found: Any) -> bool:
    return isinstance(found, list) and "ClickHouse_ServiceInfo" in [one.get("name") for one in found]


def _reads(
    module: str, name: str, requests: int, options: Any, result: str, wanted: Any, part: str = "", unset: str = ""
) -> Story:
    return Story(name, module, requests, running, options, returns(result, wanted), part or result, unset)


READING = [
    _reads("backup_config_info", "schedule, by name", 2, by_name(), "backup_config", _schedule),
    _reads("backup_config_info", "schedule, by id", 1, by_id(), "backup_config", _schedule),
    _reads("backup_info", "backups, by name", 2, by_name(), "backups", is_backup),
    _reads("backup_info", "one backup, by id", 1, by_id(backup_id=BACKUP), "backups", is_backup),
    _reads("organization_info", "organizations", 1, lambda world: {}, "organizations", is_organization),
    _reads("private_endpoint_config_info", "endpoints, by name", 2, by_name(), "private_endpoint_config", _private),
    _reads("private_endpoint_config_info", "endpoints, by id", 1, by_id(), "private_endpoint_config", _private),
    _reads("service_info", "all services", 2, lambda world: {}, "services", is_service, unset="CLICKHOUSE_ORG_ID"),
    _reads("service_info", "one service, by id", 1, by_id(), "services", is_service),
    _reads("service_metrics_info", "metrics, by name", 2, by_name(), "metrics_text", _metrics),
    _reads(
        "service_metrics_info", "metrics in parts, by id", 1, by_id(parse=True), "metrics", _families, "metrics_text"
    ),
]
