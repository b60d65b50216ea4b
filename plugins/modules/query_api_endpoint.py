#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: query_api_endpoint
short_description: Manage a Query API endpoint of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Creates, changes or deletes a Query API endpoint, which runs one SQL statement when one of its API keys calls its
    URL. This is not the query endpoint of the service, which runs any SQL and is managed by
    M(clickhouse.cloud.service_query_endpoint).
  - An endpoint whose query a user owns can only be changed or deleted in the SQL console. For such an endpoint, a task
    that would change something fails.
  - The API replaces the whole endpoint, and would reset what a request does not name. This module keeps what the task
    does not set.
  - If a change keeps the API keys, the IDs of keys that no longer exist are removed, with a warning, since the API does
    not accept them.
  - If the creation of an endpoint gets no response, the endpoint is searched for, and never created twice.
  - With O(wait=true), the task waits until the API returns the change.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.element
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  endpoint_name:
    description:
      - Name of the endpoint.
      - Without O(endpoint_id), it also identifies the endpoint, and must match exactly. If more than one endpoint of
        the service has this name, the task fails and lists their IDs.
      - Together with O(endpoint_id), it renames the endpoint. The task fails if another one has the name.
    type: str
  endpoint_id:
    description: ID of the endpoint, a UUID. One of O(endpoint_id) and O(endpoint_name) is required.
    type: str
  sql:
    description:
      - The SQL, at most 4194304 characters. It is compared as text. White space at its end is ignored, since a YAML
        block and a file end with a line break.
      - Required to create an endpoint.
    type: str
  database:
    description:
      - Database in which the SQL runs.
      - Required to create an endpoint.
    type: str
  parameters:
    description:
      - Default values of the parameters of the SQL, by name. Values are text, numbers or booleans.
      - Parameters that are not in the dictionary are removed.
    type: dict
  api_keys:
    description:
      - The API keys that may call the endpoint, at least one, each by its name or by its ID, a UUID. This is not the
        value of O(api_key). Other keys are removed.
      - Required to create an endpoint.
    type: list
    elements: str
  roles:
    description:
      - Database roles with which the SQL runs, at least one. Other roles are removed.
      - Required to create an endpoint.
    type: list
    elements: str
  allowed_origins:
    description:
      - Origins of web pages whose scripts may call the endpoint, such as V(https://reports.example.com). They do not
        affect other clients.
      - Other origins are removed. An empty list removes all.
    type: list
    elements: str
notes:
  - The API replaces the whole endpoint. With O(wait=true), a task that finds its change overwritten by another task
    sends it again, up to three times in all.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id) and O(endpoint_id).
    With O(endpoint_name), it costs one per 100 endpoints of the service, and one for the endpoint. Each costs one more
    with O(name). A change costs one more, and with O(wait=true) at least another one, which reads it again. The list of
    the API keys costs one request per 100 keys. It is read if O(api_keys) contains a name, or if a change keeps the API
    keys.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.query_api_endpoint_info
  - module: clickhouse.cloud.saved_query
  - module: clickhouse.cloud.service_query_endpoint
"""

EXAMPLES = r"""
- name: Let the API key 'reports' query the events of a user
  clickhouse.cloud.query_api_endpoint:
    name: analytics
    endpoint_name: events of a user
    database: default
    sql: |
      SELECT *
      FROM events
      WHERE user_id = {user:UInt64}
      ORDER BY time DESC
      LIMIT {rows:UInt32}
    parameters:
      rows: 100
    api_keys: [reports]
    roles: [sql_console_read_only]
  register: events

- name: Show the URL to call
  ansible.builtin.debug:
    msg: "{{ events.query_api_endpoint.url }}"

- name: Change its SQL to that of a file, and keep everything else
  clickhouse.cloud.query_api_endpoint:
    name: analytics
    endpoint_name: events of a user
    sql: "{{ lookup('ansible.builtin.file', 'events.sql') }}"

- name: Let the scripts of a web page call it
  clickhouse.cloud.query_api_endpoint:
    name: analytics
    endpoint_name: events of a user
    allowed_origins: ["https://reports.example.com"]

- name: Delete it
  clickhouse.cloud.query_api_endpoint:
    name: analytics
    endpoint_name: events of a user
    state: absent

- name: Delete an endpoint by its ID
  clickhouse.cloud.query_api_endpoint:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    endpoint_id: 0b9d2f3c-5a71-4d08-9c64-210fedcba987
    confirm_name: events of a user
    state: absent
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
query_api_endpoint:
  description:
    - The Query API endpoint, with the same fields as in M(clickhouse.cloud.query_api_endpoint_info); null if there is
      none.
    - In check mode, the predicted endpoint. The ID and the URL of a new one are null.
  returned: success
  type: dict
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
      description: The SQL, without white space at its end.
      type: str
      sample: SELECT * FROM events WHERE user_id = {user:UInt64}
    database:
      description: Database in which the SQL runs.
      type: str
      sample: default
    parameters:
      description: Default values of the parameters, by name.
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
from ..module_utils._module.options import ELEMENT_SPEC, LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.query_api_endpoint import QUERY_API_ENDPOINT
from ..module_utils._service.query_api_endpoint import find_query_api_endpoint


def run_module(ctx: ModuleContext) -> None:
    """Find the Query API endpoint, and delete, create or change it."""
    desired = QUERY_API_ENDPOINT.desired(ctx.options)
    endpoint = find_query_api_endpoint(ctx)
    if ctx.options["state"] == "absent":
        endpoint.delete()
    else:
        endpoint.create_or_update(desired)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        ELEMENT_SPEC,
        QUERY_API_ENDPOINT.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id"), ("endpoint_id", "endpoint_name")],
    )


if __name__ == "__main__":
    main()
