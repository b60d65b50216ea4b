#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_query_endpoint
short_description: Manage the query endpoint of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Sets which API keys may run SQL on a service over the Query API, and with which role, as
    M(clickhouse.cloud.service_query) does. Without a query endpoint, no key may.
  - The Query API needs no password, and the IP access list of the service does not apply to it. The IP access list of
    the API key does.
  - The API replaces the whole query endpoint, and would drop what a request does not name. This module keeps what the
    task does not set.
  - If a change keeps API keys that the task does not name, the IDs of keys that no longer exist are removed, with a
    warning, since the API does not accept them.
  - With O(wait=true), the task waits until the API returns the new query endpoint. It may take up to two minutes until
    the Query API admits a new key.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  state:
    description:
      - With V(present), the service has a query endpoint, with O(api_keys), O(roles) and O(allowed_origins) if they are
        set.
      - With V(absent), it has none, and no API key may run SQL. The other options are then ignored.
    type: str
    choices: [present, absent]
    default: present
  confirm_name:
    description:
      - Guards the query endpoint of another service, with the API keys that other tasks have added. With
        O(state=absent), the task fails unless this is the name of the service.
      - Required with O(state=absent) and O(service_id).
    type: str
  api_keys:
    description:
      - The API keys that may run SQL, each by its name or by its ID, a UUID. This is not the value of O(api_key).
      - Required to create a query endpoint. If not set, an existing one keeps its API keys.
    type: list
    elements: str
  api_keys_mode:
    description:
      - With V(set), exactly the keys of O(api_keys) may run SQL. A warning names the keys that are removed, since
        another task may have added them, unless O(api_keys) is empty.
      - With V(add) or V(remove), these keys are added or removed, and all others are kept. V(remove) creates no query
        endpoint, and only warns about a name that no key has.
    type: str
    choices: [set, add, remove]
    default: set
  roles:
    description:
      - What the SQL may do. With V(sql_console_read_only), it can only read; with V(sql_console_admin), it can also
        change data, tables and users.
      - Required to create a query endpoint. If not set, an existing one keeps its roles.
    type: list
    elements: str
    choices: [sql_console_read_only, sql_console_admin]
  allowed_origins:
    description:
      - Origins of web pages whose scripts may send queries, such as V(https://reports.example.com), or V(*) for any.
        They do not affect other clients.
      - An empty list removes all. If not set, an existing query endpoint keeps its origins.
    type: list
    elements: str
notes:
  - M(clickhouse.cloud.service) has the same options as O(clickhouse.cloud.service#module:query_endpoint), and
    M(clickhouse.cloud.fleet) as O(clickhouse.cloud.fleet#module:services[].query_endpoint). If two tasks declare
    different values, the one that runs last wins, and both report a change in every run. Several tasks can each add
    their API keys with O(api_keys_mode=add), also at the same time. With O(wait=true), a task that finds its change
    overwritten by another one sends it again, up to three times in all.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id), two if the service
    has no query endpoint, and two with O(name). A change costs one more, and with O(wait=true) at least another one,
    which reads it again. The list of the API keys costs one request per 100 keys. It is read if O(api_keys) contains a
    name, or if a change keeps API keys that the task does not name. O(confirm_name) costs one more with O(service_id).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.service_query
  - module: clickhouse.cloud.service_query_endpoint_info
"""

EXAMPLES = r"""
- name: Let the API key 'reports' read the data of the service
  clickhouse.cloud.service_query_endpoint:
    name: analytics
    api_keys: [reports]
    roles: [sql_console_read_only]

- name: Add one more API key, and keep all others
  clickhouse.cloud.service_query_endpoint:
    name: analytics
    api_keys: [dashboards]
    api_keys_mode: add

- name: Remove an API key before it is deleted
  clickhouse.cloud.service_query_endpoint:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    api_keys: [5c8e1f2a-3b4c-4d5e-8f60-718293a4b5c6]
    api_keys_mode: remove

- name: Let the scripts of a web page run queries
  clickhouse.cloud.service_query_endpoint:
    name: analytics
    allowed_origins: ["https://reports.example.com"]

- name: Let no API key run SQL
  clickhouse.cloud.service_query_endpoint:
    name: analytics
    state: absent
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
query_endpoint:
  description:
    - The query endpoint of the service, with the same fields as in M(clickhouse.cloud.service_query_endpoint_info);
      null if it has none.
    - In check mode, the predicted query endpoint.
  returned: success
  type: dict
  contains:  # copied from service_query_endpoint_info by "make tables"
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
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.confirmation import SERVICE_CONFIRMATION_SPEC
from ..module_utils._service.query_endpoint import QUERY_ENDPOINT_PART, ensure_query_endpoint, find_query_endpoint


def run_module(ctx: ModuleContext) -> None:
    """Find the query endpoint of the service, and delete, create or change it."""
    ensure_query_endpoint(find_query_endpoint(ctx))


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        QUERY_ENDPOINT_PART.argument_spec(),
        SERVICE_CONFIRMATION_SPEC,
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
