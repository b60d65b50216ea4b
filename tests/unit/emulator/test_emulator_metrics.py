# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the metrics in the Prometheus text format."""

from __future__ import annotations

import re

import pytest
from prometheus_client import parser

from ansible_collections.clickhouse.cloud.tests.emulator.metrics import SERIES
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"(\w+)\{{({LABEL}(?:,{LABEL})*)\}} (\S+)")
# A name with all characters that have to be escaped.
NAME = 'a "b"\n\\c,d="{}'


def get_metrics(client: Client, service_id: str, **query: str) -> str:
    response = client.request("GET", client.service(service_id, "/prometheus"), params=query)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    response.encoding = "utf-8"
    return response.text


def sample_values(text: str, name: str) -> list[float]:
    found = (SAMPLE.fullmatch(line) for line in text.splitlines())
    return [float(sample[3]) for sample in found if sample is not None and sample[1] == name]


def test_each_replica_has_all_metrics(client: Client) -> None:
    text = get_metrics(client, client.running(numReplicas=2))
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in samples)
    assert len(samples) == 1 + 2 * len(SERIES)
    assert len(set(samples)) == len(samples)
    assert len(set(re.findall(r'hostname="([^"]+)"', text))) == 2
    assert re.findall(r'hostname="([^"]+)"', text) == re.findall(r'instance="([^"]+)"', text)
    assert set(re.findall(r"# TYPE \w+ (\w+)", text)) == {"counter", "gauge", "untyped"}
    assert 'clickhouse_cluster_status="running"' in text
    assert 'scrape="full"' in text


def test_horizontal_scaling_has_min_replicas(client: Client) -> None:
    memory = {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16}
    service_id = client.running(autoscalingMode="horizontal", minReplicas=4, maxReplicas=6, **memory)
    assert len(sample_values(get_metrics(client, service_id), "ClickHouseMetrics_Query")) == 4


def test_metrics_escape_names(client: Client) -> None:
    text = get_metrics(client, client.running(name=NAME))
    assert 'clickhouse_service_name="a \\"b\\"\\n\\\\c,d=\\"{}"' in text
    assert all(line.startswith("#") or SAMPLE.fullmatch(line) for line in text.splitlines())


def test_filtered_metrics(client: Client) -> None:
    service_id = client.running()
    text = get_metrics(client, service_id, filtered_metrics="true")
    assert "ClickHouse_ServiceInfo{" in text
    assert "ClickHouseProfileEvents_Query{" in text
    assert "ClickHouseAsyncMetrics_Uptime" not in text
    assert get_metrics(client, service_id, filtered_metrics="false").count("# TYPE") == 1 + len(SERIES)
    path = client.service(service_id, "/prometheus")
    assert client.error("GET", path, params={"filtered_metrics": "maybe"})[0] == 400
    assert client.error("GET", client.service(UNKNOWN, "/prometheus")) == (404, f"NOT_FOUND: {UNKNOWN}")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("idle", "idle"),
        ("stopped", "stopped"),
        ("stopping", "stopped"),
        ("starting", "awaking"),
        ("new one", "stopped"),
    ],
)
def test_service_that_is_not_running_has_info_metric_only(client: Client, state: str, status: str) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state=state)
    lines = get_metrics(client, service_id).splitlines()
    assert lines[1] == "# TYPE ClickHouse_ServiceInfo untyped"
    assert len(lines) == 3
    assert f'clickhouse_cluster_status="{status}"' in lines[2]
    assert 'scrape="partial"' in lines[2]
    assert client.state(service_id) == state


def test_counters_increase_with_time(client: Client) -> None:
    service_id = client.running(numReplicas=2)
    before, _other = sample_values(get_metrics(client, service_id), "ClickHouseProfileEvents_Query")
    client.emulator.advance(1000)
    text = get_metrics(client, service_id)
    after, _other = sample_values(text, "ClickHouseProfileEvents_Query")
    assert after - before >= 2000
    assert sample_values(text, "ClickHouseAsyncMetrics_Uptime")[0] >= 1000
    assert sample_values(text, "ClickHouseAsyncMetrics_LoadAverage1") == [0.25, 0.25]


def test_metric_families_are_grouped_across_services(client: Client) -> None:
    for name in ("one", "two"):
        client.running(name=name)
    client.emulator.add_organization(id=client.emulator.organization_id, features={"organizationMetrics": True})
    text = client.request("GET", f"{client.organization}/prometheus").text
    families = re.findall(r"# TYPE (\w+)", text)
    assert len(families) == len(set(families)) == 1 + len(SERIES)
    names = [line.split("{")[0] for line in text.splitlines() if not line.startswith("#")]
    assert [name for index, name in enumerate(names) if name != names[index - 1]] == families


def test_prometheus_client_parses_metrics(client: Client) -> None:
    text = get_metrics(client, client.running(name=NAME))
    families = list(parser.text_string_to_metric_families(text))
    assert len(families) == 1 + len(SERIES)
    for family in families:
        for sample in family.samples:
            assert sample.labels["clickhouse_service_name"] == NAME
