# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios of the modules that only read."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import BACKUP_ID, Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    get_initial_id,
)
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenarios_write import by_id, by_name


def result_matches(name: str, matches: Callable[[Environment, Any], bool]) -> Callable[[Environment], None]:
    """Return a check that the return value of the last run matches and nothing has changed."""

    def verify(env: Environment) -> None:
        result = env.results[-1]
        assert matches(env, result.get(name)), f"it returned {name}: {str(result.get(name))[:200]}"
        assert env.services == env.services_before, "a service was changed"

    return verify


def is_backup(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [item.get("id") for item in value] == [BACKUP_ID]


def is_service(env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [(item.get("id"), item.get("name")) for item in value] == [
        (get_initial_id(env), "analytics")
    ]


def is_organization(env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [item.get("id") for item in value] == [env.emulator.organization_id]


def is_backup_config(_env: Environment, value: Any) -> bool:
    return isinstance(value, dict) and value.get("backup_period_in_hours") == 24


def is_private_endpoint_config(env: Environment, value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("endpoint_service_id"))


def is_metrics_text(_env: Environment, value: Any) -> bool:
    return isinstance(value, str) and value.startswith("# HELP ClickHouse_ServiceInfo ")


def is_metric_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and "ClickHouse_ServiceInfo" in [item.get("name") for item in value]


def _read_scenario(
    module: str,
    name: str,
    requests: int,
    options: Any,
    result: str,
    matches: Any,
    part: str = "",
    unset_variable: str = "",
) -> Scenario:
    return Scenario(
        name,
        module,
        requests,
        add_running_service,
        options,
        result_matches(result, matches),
        part or result,
        unset_variable,
    )


READ_SCENARIOS = [
    _read_scenario("backup_config_info", "schedule, by name", 2, by_name(), "backup_config", is_backup_config),
    _read_scenario("backup_config_info", "schedule, by id", 1, by_id(), "backup_config", is_backup_config),
    _read_scenario("backup_info", "backups, by name", 2, by_name(), "backups", is_backup),
    _read_scenario("backup_info", "one backup, by id", 1, by_id(backup_id=BACKUP_ID), "backups", is_backup),
    _read_scenario("organization_info", "organizations", 1, lambda env: {}, "organizations", is_organization),
    _read_scenario(
        "private_endpoint_config_info",
        "endpoints, by name",
        2,
        by_name(),
        "private_endpoint_config",
        is_private_endpoint_config,
    ),
    _read_scenario(
        "private_endpoint_config_info",
        "endpoints, by id",
        1,
        by_id(),
        "private_endpoint_config",
        is_private_endpoint_config,
    ),
    _read_scenario(
        "service_info", "all services", 2, lambda env: {}, "services", is_service, unset_variable="CLICKHOUSE_ORG_ID"
    ),
    _read_scenario("service_info", "one service, by id", 1, by_id(), "services", is_service),
    _read_scenario("service_metrics_info", "metrics, by name", 2, by_name(), "metrics_text", is_metrics_text),
    _read_scenario(
        "service_metrics_info",
        "metrics in parts, by id",
        1,
        by_id(parse=True),
        "metrics",
        is_metric_list,
        "metrics_text",
    ),
]
