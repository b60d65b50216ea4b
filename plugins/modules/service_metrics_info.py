#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_metrics_info
short_description: Get the metrics of ClickHouse Cloud services
version_added: 1.0.0
description:
  - Gets the metrics of a service, or those of all running services, in the text format of Prometheus, and optionally
    parses them.
  - If O(organization_id) is set, costs one request with O(service_id) and two with O(name). Without both, it costs one
    for the targets, one per 100 services for their states, and one for each service whose metrics it reads.
  - Does not wake up an idle service. For an idle or stopped service, the API only returns C(ClickHouse_ServiceInfo),
    whose label C(clickhouse_cluster_status) contains this state.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
options:
  service_id:
    description:
      - ID of the service, a UUID. If O(name) is set as well, only the ID is used.
      - Without O(name) and O(service_id), the module returns the metrics of all running services that the API key may
        view. With O(states), it returns those of others.
    type: str
  tags:
    description:
      - Without O(name) and O(service_id), get only the metrics of services that have all these tags. A tag without a
        value matches any value.
    type: dict
    version_added: 1.1.0
  states:
    description:
      - Without O(name) and O(service_id), get only the metrics of services in one of these states.
      - If it is not set, these are V(running), V(partially_running) and V(degraded), and with O(targets_only=true) all
        states, except for those of services that are being deleted.
      - Of idle and stopped services, there are hardly any metrics. To read these, too, add V(idle) and V(stopped).
        This neither wakes up nor starts them.
    type: list
    elements: str
    choices:
      - provisioning
      - starting
      - awaking
      - running
      - partially_running
      - degraded
      - idle
      - stopping
      - stopped
      - failed
      - terminating
      - terminated
      - softdeleting
      - softdeleted
    aliases: [state]
    version_added: 1.1.0
  targets_only:
    description:
      - Without O(name) and O(service_id), return only RV(targets), which costs one request, and one per 100 services
        with O(tags) or O(states).
    type: bool
    default: false
    version_added: 1.1.0
  filtered:
    description:
      - Whether to request only the metrics that the API considers most important, about 125 instead of more than 1000.
    type: bool
    default: false
  parse:
    description:
      - Whether to parse the text, and also return the result as RV(metrics). RV(metrics_text) is always returned.
      - Requires the Python library C(prometheus_client) on the host that runs the module. If it is missing, the task
        fails before it sends any request.
      - If the text cannot be parsed, the task fails, and still returns RV(metrics_text).
    type: bool
    default: false
requirements:
  - prometheus_client >= 0.9 (for O(parse=true))
notes:
  - The API key needs the permission C(control-plane:service:view). Without it, the task only warns.
  - Most metrics have one sample for each replica, so all metrics of a large service are a long text. Prefer
    O(filtered=true), especially together with O(parse=true).
  - The API updates the metrics about once a minute.
  - The metrics of all services are read one after the other. The API allows each key ten requests in ten seconds, so
    that those of 60 services take about a minute. If the metrics of a service cannot be read, the others are returned,
    and the task fails at the end.
  - The module does not use the operation that returns the metrics of all services in one response, which the API
    disables on 1 January 2027.
seealso:
  - module: clickhouse.cloud.service_info
  - name: Prometheus integration
    description: Meaning of the metrics.
    link: https://clickhouse.com/docs/integrations/prometheus
"""

EXAMPLES = r"""
- name: Get the most important metrics
  clickhouse.cloud.service_metrics_info:
    name: analytics
    filtered: true
    parse: true
  register: analytics

- name: Make sure that no replica uses more than 12 GiB of memory
  ansible.builtin.assert:
    that: used | select('gt', 12 * 1024 ** 3) | length == 0
    fail_msg: "The replicas of analytics use {{ used | map('human_readable') | join(', ') }}."
  vars:
    used: "{{ analytics.metrics | selectattr('name', 'eq', 'ClickHouseMetrics_MemoryTracking')
      | map(attribute='samples') | flatten | map(attribute='value') | map('float') }}"

- name: Wait until the service has handled a query
  clickhouse.cloud.service_metrics_info:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    filtered: true
    parse: true
  register: busy
  until: busy.metrics | selectattr('name', 'eq', 'ClickHouseProfileEvents_Query')
    | map(attribute='samples') | flatten | map(attribute='value') | map('float') | sum > 0
  retries: 10
  delay: 60

- name: Get all metrics as text, which requires no library
  clickhouse.cloud.service_metrics_info:
    name: analytics
  register: analytics

- name: Provide them to the textfile collector of a node exporter
  ansible.builtin.copy:
    content: "{{ analytics.metrics_text }}"
    dest: /var/lib/node_exporter/textfile/clickhouse_cloud.prom
    mode: "0644"

- name: Get the most important metrics of all production services that are running
  clickhouse.cloud.service_metrics_info:
    tags:
      env: production
    filtered: true
    parse: true
  register: production

- name: Show how many queries each of them has handled since it started
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.metrics | selectattr('name', 'eq', 'ClickHouseProfileEvents_Query')
      | map(attribute='samples') | flatten | map(attribute='value') | map('float') | sum }}"
  loop: "{{ production.services }}"
  loop_control:
    label: "{{ item.id }}"

- name: List the targets of Prometheus, as the playbook clickhouse.cloud.prometheus_targets does
  clickhouse.cloud.service_metrics_info:
    targets_only: true
    filtered: true
  register: prometheus
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success, with O(name) or O(service_id)
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
metrics_text:
  description:
    - The metrics as the API returned them, in the text format of Prometheus.
    - Null, with a warning and without RV(metrics), if the API key may not read them.
  returned: success, and when they cannot be parsed, with O(name) or O(service_id)
  type: str
  sample: |
    # HELP ClickHouse_ServiceInfo Information about service, including cluster status and ClickHouse version
    # TYPE ClickHouse_ServiceInfo untyped
    ClickHouse_ServiceInfo{clickhouse_service_name="analytics",clickhouse_cluster_status="idle",scrape="partial"} 1
metrics:
  description:
    - The metric families, in the order of the text; an empty list if the text is empty.
    - Names and types are those in the text. In particular, no suffix is added to the name of a counter.
  returned: success, with O(parse=true), and with O(name) or O(service_id)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the family.
      type: str
      sample: ClickHouseMetrics_MemoryTracking
    type:
      description:
        - V(counter), V(gauge), V(histogram), V(summary), or V(untyped) for a family without a type in the text.
      type: str
      sample: gauge
    documentation:
      description: Description of the family in the text; empty if there is none.
      type: str
      sample: Total amount of memory (bytes) allocated by the server.
    samples:
      description: The values, one for each set of labels.
      type: list
      elements: dict
      contains:
        name:
          description:
            - Name of the sample. It is the name of the family, for a V(histogram) or V(summary) possibly with the
              suffix C(_bucket), C(_sum) or C(_count).
          type: str
          sample: ClickHouseMetrics_MemoryTracking
        labels:
          description: Labels of the sample. The values are always strings.
          type: dict
          sample: {clickhouse_service_name: analytics, instance: c-cream-ma-20-server-3vd2ehh-0}
        value:
          description:
            - The value in the unit of the metric, as a 64-bit float.
            - JSON has no numbers that are not finite. Such a value is one of the strings V(NaN), V(+Inf) and V(-Inf),
              which the filter C(float) converts to a number.
          type: raw
          sample: 1073741824.0
        timestamp:
          description:
            - Time of the value, in seconds since 1970-01-01 00:00 UTC; null if the text does not contain it, which is
              usual.
          type: float
          sample: null
services:
  description:
    - The services, in the order of the API, each with its metrics; an empty list if there are none.
    - A service that is deleted while the task runs is left out.
  returned: success or failure, without O(name) and O(service_id), unless O(targets_only=true)
  type: list
  elements: dict
  contains:
    id:
      description: ID of the service.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    name:
      description: Name of the service.
      type: str
      sample: analytics
    provider:
      description: Cloud provider.
      type: str
      sample: aws
    region:
      description: Region of the provider.
      type: str
      sample: eu-central-1
    metrics_text:
      description: As RV(metrics_text); null if it cannot be read.
      type: str
      sample: |
        # HELP ClickHouse_ServiceInfo Information about service, including cluster status and ClickHouse version
    metrics:
      description: As RV(metrics), with O(parse=true); null if they cannot be read or parsed.
      type: list
      elements: dict
      sample: []
    error:
      description: Why the metrics cannot be read or parsed; null if they can. With any error, the task fails.
      type: str
      sample: null
targets:
  description:
    - The services as targets of Prometheus, in the format of its files for C(file_sd_configs), as the API returns them.
  returned: success or failure, without O(name) and O(service_id)
  type: list
  elements: dict
  contains:
    targets:
      description: The host name of the API, possibly with a port.
      type: list
      elements: str
      sample: [api.clickhouse.cloud]
    labels:
      description:
        - The labels of the target. Those that start with two underscores contain the scheme, the path and the
          parameters of the requests for the metrics, and the region, the provider and the tags of the service.
      type: dict
      sample:
        __scheme__: https
        __metrics_path__: /v1/organizations/ORGANIZATION_ID/services/SERVICE_ID/prometheus
        __param_filtered_metrics: "true"
        clickhouse_service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
        clickhouse_discovery_service_name: analytics
        __meta_clickhouse_tag_env: production
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.metrics import require_prometheus_client
from ..module_utils._service.metrics_report import report_all_metrics, report_metrics
from ..module_utils._service.service import STATES_SPEC

ARGUMENT_SPEC: Spec = {
    **LOOKUP_SPEC,
    "tags": {"type": "dict"},
    **STATES_SPEC,
    "targets_only": {"type": "bool", "default": False},
    "filtered": {"type": "bool", "default": False},
    "parse": {"type": "bool", "default": False},
}
EXCLUSIVE = [(lookup, option) for lookup in LOOKUP_SPEC for option in ("tags", "states", "targets_only")]


def run_module(ctx: ModuleContext) -> None:
    """Get the metrics of the service, or of all services."""
    if ctx.options["parse"]:
        require_prometheus_client()
    if ctx.options["service_id"] or ctx.options["name"]:
        report_metrics(ctx)
    else:
        report_all_metrics(ctx)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ARGUMENT_SPEC, mutually_exclusive=[*EXCLUSIVE, ("targets_only", "parse")])


if __name__ == "__main__":
    main()
