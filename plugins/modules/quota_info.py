#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: quota_info
short_description: Get the quotas of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns how many services, replicas and API keys the organization can have, and how many it has.
  - Costs one request, which belongs to a beta of the API.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  quota_code:
    description: Return only the quota with this code, such as V(services-per-organization).
    type: str
seealso:
  - module: clickhouse.cloud.fleet
"""

EXAMPLES = r"""
- name: Get the quota of services
  clickhouse.cloud.quota_info:
    quota_code: services-per-organization
  register: services

- name: Fail if there is no room for ten more services
  ansible.builtin.assert:
    that: services.quotas[0].usage + 10 <= services.quotas[0].value

- name: Get all quotas
  clickhouse.cloud.quota_info:
"""

RETURN = r"""
quotas:
  description:
    - The quotas that apply to the organization. The list is empty if there is none with this code. Null, with a
      warning, if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    quota_code:
      description:
        - Code of the quota, such as V(services-per-organization), V(replicas-per-warehouse) or
          V(api-keys-per-organization).
      type: str
      sample: services-per-organization
    name:
      description: Name of the quota.
      type: str
      sample: Services per organization
    description:
      description: What the quota limits, and how the limit is applied.
      type: str
      sample: Services per organization.
    scope:
      description: V(organization), or V(warehouse) if the limit applies to each data warehouse.
      type: str
      sample: organization
    value:
      description: The limit. It may change with the billing status of the organization.
      type: int
      sample: 20
    usage:
      description:
        - How much of it is in use, which is more than RV(quotas[].value) if the limit was lowered later. Null for a
          quota whose usage the API does not count.
      type: int
      sample: 3
    adjustable:
      description: Whether ClickHouse support can raise the limit.
      type: bool
      sample: true
"""

from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.quotas import report_quotas

QUOTA_INFO_SPEC = {"quota_code": {"type": "str"}}


def main(worker: Worker | None = None) -> None:
    run(worker, report_quotas, QUOTA_INFO_SPEC)


if __name__ == "__main__":
    main()
