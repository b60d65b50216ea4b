#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_query_endpoint_info
short_description: Get the query endpoint of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns which API keys may run SQL on a service over the Query API, and with which role.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id), two if there is no query endpoint, and
    two with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.service_query_endpoint
"""

EXAMPLES = r"""
- name: Get the query endpoint of a service
  clickhouse.cloud.service_query_endpoint_info:
    name: analytics
  register: analytics

- name: Check that no API key can change data
  ansible.builtin.assert:
    that: analytics.query_endpoint is none or 'sql_console_admin' not in analytics.query_endpoint.roles
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
query_endpoint:
  description:
    - The query endpoint of the service; null if it has none, or, with a warning, if the API key may not read it.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
    id:
      description: ID of the query endpoint. It stays the same when the query endpoint is changed.
      type: str
      sample: 2b1d7c80-5a3e-4f6b-9c1d-7e8f90123456
    api_keys:
      description: IDs of the API keys that may send queries. They may include those of deleted keys.
      type: list
      elements: str
      sample: [5c8e1f2a-3b4c-4d5e-8f60-718293a4b5c6]
    roles:
      description: Roles of the queries, V(sql_console_read_only) or V(sql_console_admin).
      type: list
      elements: str
      sample: [sql_console_read_only]
    allowed_origins:
      description: Origins from which web pages may send queries.
      type: list
      elements: str
      sample: ["https://reports.example.com"]
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.query_endpoint import QUERY_ENDPOINT_PART
from ..module_utils._service.singleton import report_part


def run_module(ctx: ModuleContext) -> None:
    """Get the query endpoint of the service."""
    report_part(ctx, QUERY_ENDPOINT_PART)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
