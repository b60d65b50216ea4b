#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_metrics_info
short_description: Get the metrics of a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Gets the metrics of a service in the text format of Prometheus, and optionally parses them.
  - If O(organization_id) is set, costs one request with O(service_id) and two with O(name).
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
  - The module reads the metrics of one service. It does not use the operation that returns the metrics of all services
    in one response, which the API disables on 1 January 2027.
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
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
metrics_text:
  description:
    - The metrics as the API returned them, in the text format of Prometheus.
    - Null, with a warning and without RV(metrics), if the API key may not read them.
  returned: success, and when they cannot be parsed
  type: str
  sample: |
    # HELP ClickHouse_ServiceInfo Information about service, including cluster status and ClickHouse version
    # TYPE ClickHouse_ServiceInfo untyped
    ClickHouse_ServiceInfo{clickhouse_service_name="analytics",clickhouse_cluster_status="idle",scrape="partial"} 1
metrics:
  description:
    - The metric families, in the order of the text; an empty list if the text is empty.
    - Names and types are those in the text. In particular, no suffix is added to the name of a counter.
  returned: success, with O(parse=true)
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
"""

from ..module_utils._client.metrics import fetch_metrics
from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.find import get_subresource, none_if_forbidden, resolve_service_id
from ..module_utils._service.metrics import parse_metrics, require_prometheus_client

ARGUMENT_SPEC = {
    **LOOKUP_SPEC,
    "filtered": {"type": "bool", "default": False},
    "parse": {"type": "bool", "default": False},
}


def run_module(ctx: ModuleContext) -> None:
    """Get the metrics of the service, and parse them."""
    options = ctx.options
    if options["parse"]:
        require_prometheus_client()
    service_id = resolve_service_id(ctx.api, options)

    def fetch() -> str:
        return fetch_metrics(ctx.api, service_id, options["filtered"])

    text = none_if_forbidden(ctx, lambda: get_subresource("the metrics", service_id, fetch))
    ctx.set_result(service_id=service_id, metrics_text=text)
    if options["parse"] and text is not None:
        ctx.set_result(metrics=parse_metrics(text))


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ARGUMENT_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
