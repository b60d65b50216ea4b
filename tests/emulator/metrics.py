# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of services in the Prometheus text format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from .service import Service

Number = float


class Series(NamedTuple):
    """A metric of each replica: its initial value and its increase per second."""

    name: str
    kind: str
    table: str
    help: str
    start: Number
    per_second: Number = 0
    # Whether filtered_metrics=true includes it.
    in_filtered_set: bool = False


_EVENTS, _METRICS, _ASYNCHRONOUS = "system.events", "system.metrics", "system.asynchronous_metrics"

SERIES: tuple[Series, ...] = (
    Series("ClickHouseProfileEvents_Query", "counter", _EVENTS, "Number of queries to be executed.", 6, 2, True),
    Series("ClickHouseProfileEvents_SelectQuery", "counter", _EVENTS, "Same as Query, but for SELECT.", 4, 1, True),
    Series("ClickHouseProfileEvents_InsertQuery", "counter", _EVENTS, "Same as Query, but for INSERT.", 2, 1, True),
    Series("ClickHouseProfileEvents_FailedQuery", "counter", _EVENTS, "Number of failed queries.", 0, 0, True),
    Series("ClickHouseProfileEvents_FileOpen", "counter", _EVENTS, "Number of files opened.", 4157, 3),
    Series("ClickHouseProfileEvents_Seek", "counter", _EVENTS, "Number of times 'lseek' was called.", 1840, 2),
    Series("ClickHouseProfileEvents_OSReadBytes", "counter", _EVENTS, "Number of bytes read.", 5_368_709_120, 65_536),
    Series("ClickHouseMetrics_Query", "gauge", _METRICS, "Number of executing queries", 1, 0, True),
    Series("ClickHouseMetrics_MemoryTracking", "gauge", _METRICS, "Bytes allocated", 1_073_741_824, 0, True),
    Series("ClickHouseMetrics_HTTPConnection", "gauge", _METRICS, "Number of connections to HTTP server", 1),
    Series("ClickHouseMetrics_ReadonlyReplica", "gauge", _METRICS, "Number of tables in a 'readonly' state", 0),
    Series("ClickHouseAsyncMetrics_Uptime", "gauge", _ASYNCHRONOUS, 'Seconds; see "uptime()"', 0, 1),
    Series("ClickHouseAsyncMetrics_LoadAverage1", "gauge", _ASYNCHRONOUS, "Load, averaged over 1 minute", 0.25),
    Series("ClickHouseAsyncMetrics_CGroupMemoryTotal", "gauge", _ASYNCHRONOUS, "Limit in bytes", 17_179_869_184),
)
_INFO = Series(
    "ClickHouse_ServiceInfo",
    "untyped",
    "",
    "Information about service, including cluster status and ClickHouse version",
    1,
)

# The value of clickhouse_cluster_status by state.
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


def render_metrics(services: Iterable[Service], parse_filtered_metrics: bool) -> str:
    """Return the metrics of all services as text. Services that are not running have ClickHouse_ServiceInfo only."""
    families: dict[str, list[str]] = {}
    for service in services:
        _add_service(families, service, parse_filtered_metrics)
    return "".join(f"{line}\n" for lines in families.values() for line in lines)


def _add_service(families: dict[str, list[str]], service: Service, parse_filtered_metrics: bool) -> None:
    status = _STATUS.get(service.lifecycle.state, "stopped")
    running = status in ("running", "degraded")
    labels = {
        "clickhouse_org": service.organization_id,
        "clickhouse_service": service.id,
        "clickhouse_service_name": str(service.fields["name"]),
    }
    info_labels = {
        **labels,
        "clickhouse_cluster_status": status,
        "clickhouse_version": str(service.fields["clickhouseVersion"]),
        "scrape": "full" if running else "partial",
    }
    _metric_lines(families, _INFO).append(_format_sample(_INFO.name, info_labels, 1))
    if not running:
        return
    hosts, seconds = _replica_hosts(service), _uptime_seconds(service)
    for series in SERIES:
        if parse_filtered_metrics and not series.in_filtered_set:
            continue
        value = series.start + series.per_second * seconds
        for host in hosts:
            replica_labels = {"hostname": host, "instance": host, "table": series.table}
            _metric_lines(families, series).append(_format_sample(series.name, {**labels, **replica_labels}, value))


def _metric_lines(families: dict[str, list[str]], series: Series) -> list[str]:
    """Return the lines of a metric, to which the samples of all services are added."""
    heading = [f"# HELP {series.name} {_escape(series.help)}", f"# TYPE {series.name} {series.kind}"]
    return families.setdefault(series.name, heading)


def _replica_hosts(service: Service) -> list[str]:
    """Return the host name of each replica; in horizontal mode, of the minimum number of replicas."""
    replicas = service.fields["numReplicas"] or service.fields["minReplicas"] or 1
    names = (hashlib.sha256(f"{service.id}/{number}".encode()).hexdigest() for number in range(int(replicas)))
    return [f"c-{service.host_name}-server-{name[:7]}-0" for name in names]


def _uptime_seconds(service: Service) -> int:
    since = service.lifecycle.up_since
    return 0 if since is None else int(service.clock.seconds() - since)


def _format_sample(name: str, labels: dict[str, str], value: Number) -> str:
    return f"{name}{{{','.join(f'{label}={_quote(text)}' for label, text in labels.items())}}} {value}"


def _quote(text: str) -> str:
    escaped = _escape(text).replace('"', '\\"')
    return f'"{escaped}"'


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
