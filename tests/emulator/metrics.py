# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of services in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from .service import Service

# Name, type, table and value. The first ones are also in the filtered set.
_SERIES: tuple[tuple[str, str, str, int], ...] = (
    ("ClickHouseProfileEvents_Query", "counter", "system.events", 6),
    ("ClickHouseProfileEvents_SelectQuery", "counter", "system.events", 4),
    ("ClickHouseMetrics_MemoryTracking", "gauge", "system.metrics", 1_073_741_824),
    ("ClickHouseProfileEvents_InsertQuery", "counter", "system.events", 2),
    ("ClickHouseMetrics_HTTPConnection", "gauge", "system.metrics", 1),
    ("ClickHouseAsyncMetrics_Uptime", "gauge", "system.asynchronous_metrics", 3600),
)
_FILTERED = 3

# The states that the metrics know.
_STATUS: dict[str, str] = {
    "running": "running",
    "partially_running": "running",
    "degraded": "degraded",
    "failed": "degraded",
    "idle": "idle",
    "provisioning": "awaking",
    "starting": "awaking",
    "awaking": "awaking",
}


def exposition(services: Iterable[Service], filtered: bool) -> str:
    """The metrics of services. Those that do not run have no more than their description."""
    families: dict[str, list[str]] = {}
    for service in services:
        _add(families, service, _SERIES[:_FILTERED] if filtered else _SERIES)
    return "".join(f"{line}\n" for lines in families.values() for line in lines)


def _add(families: dict[str, list[str]], service: Service, series: tuple[tuple[str, str, str, int], ...]) -> None:
    status = _STATUS.get(service.machine.state, "stopped")
    running = status in ("running", "degraded")
    labels = {
        "clickhouse_org": service.organization_id,
        "clickhouse_service": service.id,
        "clickhouse_service_name": str(service.fields["name"]),
    }
    about = {
        **labels,
        "clickhouse_cluster_status": status,
        "clickhouse_version": str(service.fields["clickhouseVersion"]),
        "scrape": "full" if running else "partial",
    }
    heading = [
        "# HELP ClickHouse_ServiceInfo Information about service, including cluster status and ClickHouse version",
        "# TYPE ClickHouse_ServiceInfo untyped",
    ]
    families.setdefault("ClickHouse_ServiceInfo", heading).append(_line("ClickHouse_ServiceInfo", about, 1))
    if not running:
        return
    host = f"c-{service.host_name}-server-0"
    for name, kind, table, value in series:
        lines = families.setdefault(name, [f"# HELP {name} Taken from {table}", f"# TYPE {name} {kind}"])
        lines.append(_line(name, {**labels, "hostname": host, "instance": host, "table": table}, value))


def _line(name: str, labels: dict[str, str], value: int) -> str:
    return f"{name}{{{','.join(f'{label}={_quoted(text)}' for label, text in labels.items())}}} {value}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
