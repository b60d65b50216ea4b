#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: saved_query_info
short_description: Get the saved queries of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns one of the queries that are saved in the SQL console of a service, or lists all of them.
  - The API lists queries without their SQL.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
options:
  query_name:
    description: Return only the query of this name, which must match exactly, with its SQL and its parameters.
    type: str
  query_id:
    description: Return only the query with this ID, a UUID, with its SQL and its parameters.
    type: str
notes:
  - If O(organization_id) is set, the list costs one request per 100 queries, and with O(query_name) one more for the
    query. With O(query_id), a task costs one request. Each costs one more with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.saved_query
"""

EXAMPLES = r"""
- name: List the saved queries
  clickhouse.cloud.saved_query_info:
    name: analytics
  register: queries

- name: Get each of them with its SQL
  clickhouse.cloud.saved_query_info:
    name: analytics
    query_id: "{{ item.id }}"
  loop: "{{ queries.saved_queries }}"
  register: details

- name: Get one of them
  clickhouse.cloud.saved_query_info:
    name: analytics
    query_name: events of a user
  register: events

- name: Show its SQL
  ansible.builtin.debug:
    msg: "{{ events.saved_queries[0].sql }}"
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
saved_queries:
  description:
    - The saved queries. The list is empty if there is none, or none with this name or ID. Null, with a warning, if the
      API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
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
      description: The SQL, without white space at its end; null if O(query_id) and O(query_name) are not set.
      type: str
      sample: SELECT * FROM events WHERE user_id = {user:UInt64}
    database:
      description: Database in which the query runs.
      type: str
      sample: default
    parameters:
      description:
        - Default values of the parameters, by name; null if O(query_id) and O(query_name) are not set.
      type: dict
      sample: {user: "1"}
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.collection import report_elements
from ..module_utils._service.saved_query import SAVED_QUERIES

QUERY_SPEC = {"query_name": {"type": "str"}, "query_id": {"type": "str"}}


def run_module(ctx: ModuleContext) -> None:
    """Get one saved query of the service, or list all."""
    report_elements(ctx, SAVED_QUERIES)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        QUERY_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=[("query_id", "query_name")],
    )


if __name__ == "__main__":
    main()
