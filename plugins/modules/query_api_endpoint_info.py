#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: query_api_endpoint_info
short_description: Get the Query API endpoints of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns one of the Query API endpoints of a service, or lists all of them.
  - The API lists endpoints without their SQL.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
options:
  endpoint_name:
    description: Return only the endpoint of this name, which must match exactly, with its SQL and its parameters.
    type: str
  endpoint_id:
    description: Return only the endpoint with this ID, a UUID, with its SQL and its parameters.
    type: str
notes:
  - If O(organization_id) is set, the list costs one request per 100 endpoints, and with O(endpoint_name) one more for
    the endpoint. With O(endpoint_id), a task costs one request. Each costs one more with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.query_api_endpoint
"""

EXAMPLES = r"""
- name: List the Query API endpoints
  clickhouse.cloud.query_api_endpoint_info:
    name: analytics
  register: endpoints

- name: Show the URLs to call
  ansible.builtin.debug:
    msg: "{{ endpoints.query_api_endpoints | items2dict(key_name='name', value_name='url') }}"

- name: Get one of them, with its SQL
  clickhouse.cloud.query_api_endpoint_info:
    name: analytics
    endpoint_name: events of a user
  register: events
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
query_api_endpoints:
  description:
    - The Query API endpoints. The list is empty if there is none, or none with this name or ID. Null, with a warning,
      if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the endpoint.
      type: str
      sample: 0b9d2f3c-5a71-4d08-9c64-210fedcba987
    name:
      description: Name of the endpoint.
      type: str
      sample: events of a user
    sql:
      description: >-
        The SQL, without white space at its end; null if O(endpoint_id) and O(endpoint_name) are not set.
      type: str
      sample: SELECT * FROM events WHERE user_id = {user:UInt64}
    database:
      description: Database in which the SQL runs.
      type: str
      sample: default
    parameters:
      description: Default values of the parameters, by name; null if O(endpoint_id) and O(endpoint_name) are not set.
      type: dict
      sample: {user: "1"}
    api_keys:
      description: IDs of the API keys that may call the endpoint. They may include those of deleted keys.
      type: list
      elements: str
      sample: [5c8e1f2a-3b4c-4d5e-8f60-718293a4b5c6]
    roles:
      description: Database roles with which the SQL runs.
      type: list
      elements: str
      sample: [sql_console_read_only]
    allowed_origins:
      description: Origins from which web pages may call the endpoint.
      type: list
      elements: str
      sample: ["https://reports.example.com"]
    url:
      description: URL that runs the SQL.
      type: str
      sample: https://queries.clickhouse.cloud/run/0b9d2f3c-5a71-4d08-9c64-210fedcba987
    owner_type:
      description:
        - V(queryApiEndpoint) for an endpoint that the API can change and delete, and V(user) for one whose query a user
          owns.
      type: str
      sample: queryApiEndpoint
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.collection import report_elements
from ..module_utils._service.query_api_endpoint import QUERY_API_ENDPOINTS

ENDPOINT_SPEC = {"endpoint_name": {"type": "str"}, "endpoint_id": {"type": "str"}}


def run_module(ctx: ModuleContext) -> None:
    """Get one Query API endpoint of the service, or list all."""
    report_elements(ctx, QUERY_API_ENDPOINTS)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        ENDPOINT_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=[("endpoint_id", "endpoint_name")],
    )


if __name__ == "__main__":
    main()
