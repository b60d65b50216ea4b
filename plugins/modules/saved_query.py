#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: saved_query
short_description: Manage a saved query of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Creates, changes or deletes one of the queries that are saved in the SQL console of a service.
  - The query is only saved, and not run.
  - If the creation of a query gets no response, the query is searched for, and never created twice.
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
  query_name:
    description:
      - Name of the query.
      - Without O(query_id), it also identifies the query, and must match exactly. If more than one query of the service
        has this name, the task fails and lists their IDs.
      - Together with O(query_id), it renames the query. The task fails if another one has the name.
    type: str
  query_id:
    description: ID of the query, a UUID. One of O(query_id) and O(query_name) is required.
    type: str
  sql:
    description:
      - The SQL, at most 4194304 characters. It is compared as text. White space at its end is ignored, since a YAML
        block and a file end with a line break.
      - Required to create a query.
    type: str
  database:
    description:
      - Database in which the query runs.
      - Required to create a query.
    type: str
  parameters:
    description:
      - Default values of the parameters of the query, by name. Values are text, numbers or booleans.
      - Parameters that are not in the dictionary are removed.
    type: dict
notes:
  - The API replaces the whole query. With O(wait=true), a task that finds its change overwritten by another task sends
    it again, up to three times in all.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id) and O(query_id). With
    O(query_name), it costs one per 100 queries of the service, and one for the query. Each costs one more with O(name).
    A change costs one more, and with O(wait=true) at least another one, which reads it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.saved_query_info
"""

EXAMPLES = r"""
- name: Save a query for the support team
  clickhouse.cloud.saved_query:
    name: analytics
    query_name: events of a user
    database: default
    sql: |
      SELECT *
      FROM events
      WHERE user_id = {user:UInt64}
      ORDER BY time DESC
      LIMIT {rows:UInt32}
    parameters:
      user: 1
      rows: 100

- name: Change its SQL to that of a file
  clickhouse.cloud.saved_query:
    name: analytics
    query_name: events of a user
    sql: "{{ lookup('ansible.builtin.file', 'events.sql') }}"

- name: Delete it
  clickhouse.cloud.saved_query:
    name: analytics
    query_name: events of a user
    state: absent

- name: Delete a query by its ID
  clickhouse.cloud.saved_query:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    query_id: 0b9d2f3c-5a71-4d08-9c64-210fedcba987
    confirm_name: events of a user
    state: absent
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
saved_query:
  description:
    - The saved query, with the same fields as in M(clickhouse.cloud.saved_query_info); null if there is none.
    - In check mode, the predicted query. The ID of a new one is null.
  returned: success
  type: dict
  contains:
    id:
      description: ID of the query.
      type: str
      sample: 0b9d2f3c-5a71-4d08-9c64-210fedcba987
    name:
      description: Name of the query.
      type: str
      sample: events of a user
    sql:
      description: The SQL, without white space at its end.
      type: str
      sample: SELECT * FROM events WHERE user_id = {user:UInt64}
    database:
      description: Database in which the query runs.
      type: str
      sample: default
    parameters:
      description: Default values of the parameters, by name.
      type: dict
      sample: {user: "1"}
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import ELEMENT_SPEC, LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.saved_query import SAVED_QUERY
from ..module_utils._service.collection import find_element
from ..module_utils._service.saved_query import SAVED_QUERIES


def run_module(ctx: ModuleContext) -> None:
    """Find the saved query, and delete, create or change it."""
    desired = SAVED_QUERY.desired(ctx.options)
    element = find_element(ctx, SAVED_QUERIES)
    if ctx.options["state"] == "absent":
        element.delete()
    else:
        element.create_or_update(desired)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        ELEMENT_SPEC,
        SAVED_QUERY.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id"), ("query_id", "query_name")],
    )


if __name__ == "__main__":
    main()
