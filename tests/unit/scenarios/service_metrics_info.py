# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    returns,
)

PERMISSIONS = {"service:view": ""}


def is_metrics_text(_env: Environment, value: Any) -> bool:
    return isinstance(value, str) and value.startswith("# HELP ClickHouse_ServiceInfo ")


def is_metric_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and "ClickHouse_ServiceInfo" in [item.get("name") for item in value]


def has_metrics(env: Environment, value: Any) -> bool:
    return [service["id"] for service in value] == [*env.services_before] and is_metrics_text(
        env, value[0]["metrics_text"]
    )


SCENARIOS = [
    Scenario(
        "metrics, by name",
        {"name": "analytics"},
        ["GET services", "GET services/{id}/prometheus"],
        returns("metrics_text", is_metrics_text),
        setup=add_running_service,
        subresource="metrics_text",
    ),
    Scenario(
        "metrics in parts, by id",
        {"service_id": "{id}", "parse": True},
        ["GET services/{id}/prometheus"],
        returns("metrics", is_metric_list),
        setup=add_running_service,
        subresource="metrics_text",
    ),
    Scenario(
        "metrics of all services",
        {},
        ["GET prometheus/discovery", "GET services", "GET services/{id}/prometheus"],
        returns("services", has_metrics),
        setup=add_running_service,
    ),
]
