#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: usage_cost_info
short_description: Get the usage cost of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns what the services of the organization have cost in a period, in total, by day, by service, and by the values
    of a tag.
  - All days are in UTC. The API returns up to 31 days in a response, so a longer period costs one request for each 31
    days.
  - Costs are in ClickHouse Credits (CHC). Those of the last days may still change.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  from_date:
    description: First day of the period, such as V(2026-10-01).
    type: str
    required: true
  to_date:
    description: Last day of the period, which is included. By default, today.
    type: str
  tags:
    description:
      - Return only the cost of services with all of these tags. A tag without a value matches any value.
      - A data warehouse has no tags, so that its storage and its backups are left out.
    type: dict
  group_by_tag:
    description:
      - Also return the cost by the values of the tag with this key. This costs one more request, for the services.
      - A service that has been deleted counts as one without the tag.
    type: str
seealso:
  - module: clickhouse.cloud.credit_balance_info
"""

EXAMPLES = r"""
- name: Get the cost of October by the tag team
  clickhouse.cloud.usage_cost_info:
    from_date: "2026-10-01"
    to_date: "2026-10-31"
    group_by_tag: team
  register: october

- name: Show it
  ansible.builtin.debug:
    msg: "{{ october.usage_cost.total_chc }} CHC, of which {{ october.usage_cost.by_tag }}"

- name: Get the cost of the test services in this month
  clickhouse.cloud.usage_cost_info:
    from_date: "{{ now(utc=true).strftime('%Y-%m-01') }}"
    tags: {env: test}
"""

RETURN = r"""
usage_cost:
  description:
    - The cost in the period. Null, with a warning, if the API key may not read it.
  returned: success
  type: dict
  contains:
    from_date:
      description: First day of the period.
      type: str
      sample: "2026-10-01"
    to_date:
      description: Last day of the period.
      type: str
      sample: "2026-10-31"
    total_chc:
      description: Sum of all costs, in ClickHouse Credits (CHC).
      type: float
      sample: 812.345678
    by_day:
      description: The cost of each day that has any.
      type: list
      elements: dict
      contains:
        date:
          description: The day; null for costs without one.
          type: str
          sample: "2026-10-01"
        total_chc:
          description: Cost of the day, in CHC.
          type: float
          sample: 26.2
    by_service:
      description:
        - The cost of each service with its ClickPipes, the highest first.
        - Storage and backups belong to a data warehouse; for them, the ID of the service is null.
      type: list
      elements: dict
      contains:
        service_id:
          description: ID of the service; null for a data warehouse.
          type: str
          sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
        data_warehouse_id:
          description: ID of the data warehouse.
          type: str
          sample: 0a1b2c3d-4e5f-4061-8273-94a5b6c7d8e9
        name:
          description: Name of the service or of the data warehouse.
          type: str
          sample: analytics
        total_chc:
          description: Cost in the period, in CHC.
          type: float
          sample: 600.5
    by_tag:
      description:
        - The cost of each value of O(group_by_tag), the highest first; null stands for services without the tag. The
          storage and the backups of a data warehouse count for the value of its primary service.
        - Null if O(group_by_tag) is not set, and, with a warning, if the API key may not list the services.
      type: list
      elements: dict
      sample: [{value: marketing, total_chc: 600.5}]
    costs:
      description: All records of the API, each with the cost of one day.
      type: list
      elements: dict
      contains:
        date:
          description: The day.
          type: str
          sample: "2026-10-01"
        service_id:
          description: ID of the service, null for the storage and the backups of a data warehouse.
          type: str
          sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
        data_warehouse_id:
          description: ID of the data warehouse.
          type: str
          sample: 0a1b2c3d-4e5f-4061-8273-94a5b6c7d8e9
        entity_type:
          description: V(service), V(datawarehouse) or V(clickpipe).
          type: str
          sample: service
        entity_id:
          description: ID of the service, data warehouse or ClickPipe.
          type: str
          sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
        entity_name:
          description: Name of the service, data warehouse or ClickPipe.
          type: str
          sample: analytics
        metrics:
          description: What the cost consists of, such as C(compute_chc), C(storage_chc) or C(backup_chc).
          type: dict
          sample: {compute_chc: 20.1}
        total_chc:
          description: Sum of these.
          type: float
          sample: 20.1
        locked:
          description: Whether the record is final.
          type: bool
          sample: true
"""

from ..module_utils._module.options import Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.billing import report_usage_cost

USAGE_COST_SPEC: Spec = {
    "from_date": {"type": "str", "required": True},
    "to_date": {"type": "str"},
    "tags": {"type": "dict"},
    "group_by_tag": {"type": "str"},
}


def main(worker: Worker | None = None) -> None:
    run(worker, report_usage_cost, USAGE_COST_SPEC)


if __name__ == "__main__":
    main()
