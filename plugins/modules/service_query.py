#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_query
short_description: Run SQL on a ClickHouse Cloud service with an API key
version_added: 1.1.0
description:
  - Runs one statement of SQL over the Query API, and returns its rows. It needs no password of the service, and the IP
    access list of the service does not apply, so it also runs where no connection to the service is possible.
  - The service needs a query endpoint that admits the API key, see M(clickhouse.cloud.service_query_endpoint).
  - For bulk data, or statements that take longer than half a minute, use the collection C(community.clickhouse).
  - With O(readonly=true), the default, the server refuses any statement that would change something. The task reports
    no change, and runs in check mode, too.
  - With O(readonly=false), the task reports a change, unless C(changed_when) says otherwise. In check mode, the
    statement is not sent. If a response is lost, the statement is not sent again, since it may have had its effect. A
    statement that fails may have had a part of its effect.
  - An idle service wakes up, which may take longer than the Query API waits, see O(wake). A stopped service is not
    started.
  - If the SQL or O(parameters) contain a secret, set C(no_log) to true for the task. Ansible then shows neither them
    nor the result, nor the diff, which otherwise contains the SQL of a task with O(readonly=false).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
attributes:
  idempotent:
    description:
      - When run twice in a row outside C(check_mode), with the same arguments, the second invocation indicates no
        change.
    support: partial
    details: With O(readonly=false), every run reports a change.
options:
  sql:
    description:
      - One statement. It must not state a C(FORMAT) for its result, which is returned as RV(rows).
    type: str
    required: true
  parameters:
    description:
      - Values for the parameters of the statement, such as C({day:Date}), by name. They cannot be read as SQL, so use
        them for all values from elsewhere.
    type: dict
  database:
    description: Database of tables that are named without one. If not set, it is V(default).
    type: str
  settings:
    description:
      - Settings of ClickHouse for the statement, by name. They are a part of the URL, which must not contain secrets.
    type: dict
  readonly:
    description:
      - Whether the server runs the statement in a mode in which it can only read.
      - V(false) needs a query endpoint with the role V(sql_console_admin).
    type: bool
    default: true
  wake:
    description:
      - Whether an idle service wakes up. This takes a minute or more, and the Query API may stop waiting before.
        Therefore, wait until a statement that only reads succeeds first, as in the examples.
      - With V(false), the task fails if the service is idle. This costs one more request if O(service_id) is set.
    type: bool
    default: true
  max_rows:
    description:
      - Maximum number of rows to return, at least 1. ClickHouse stops reading once it has them.
      - If not set, all rows are returned. A response of more than 40 MiB is an error in any case.
    type: int
  timeout:
    description:
      - Seconds for which the Query API waits for the statement, by default 30. ClickHouse may continue to run it; to
        limit this as well, set C(max_execution_time) in O(settings).
    type: float
  query_api_url:
    description:
      - URL of the Query API. The API key is sent to it.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_QUERY_HOST) is used. If neither is set, it is
        C(https://queries.clickhouse.cloud), or corresponds to another O(api_url), with C(queries.) in place of C(api.).
    type: str
notes:
  - If O(organization_id) is set, a task costs one request to the Query API, which counts for O(rate_limit). With
    O(name), or with O(wake=false), it costs one more, to the API.
seealso:
  - module: clickhouse.cloud.service_query_endpoint
  - module: clickhouse.cloud.service_state
"""

EXAMPLES = r"""
- name: Let an API key read the data of the service
  clickhouse.cloud.service_query_endpoint:
    name: analytics
    api_keys: [reports]
    roles: [sql_console_read_only]

- name: Wait until the service responds, also if it has to wake up
  clickhouse.cloud.service_query:
    name: analytics
    sql: SELECT 1
  register: ping
  until: ping is succeeded
  retries: 20
  delay: 15

- name: Count the events of a day
  clickhouse.cloud.service_query:
    name: analytics
    database: web
    sql: |
      SELECT kind, count() AS events
      FROM hits
      WHERE day = {day:Date}
      GROUP BY kind
    parameters:
      day: "2026-11-01"
    max_rows: 100
  register: hits

- name: Show the counts
  ansible.builtin.debug:
    msg: "{{ item.kind }}: {{ item.events }}"
  loop: "{{ hits.rows }}"

- name: Delete old events, with a key that may change data
  clickhouse.cloud.service_query:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    sql: DELETE FROM web.hits WHERE day < today() - 365
    readonly: false

- name: Create a table, which changes nothing if it exists
  clickhouse.cloud.service_query:
    name: analytics
    sql: CREATE TABLE IF NOT EXISTS web.visits (day Date, id UInt64) ORDER BY (day, id)
    readonly: false
  changed_when: false

- name: Create a user whose password is in a variable
  clickhouse.cloud.service_query:
    name: analytics
    sql: "CREATE USER reader IDENTIFIED BY '{{ reader_password }}'"
    readonly: false
  no_log: true
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
rows:
  description:
    - The rows of the result, each with its values by the names of the columns. Large integers and decimals may be text;
      the settings C(output_format_json_quote_64bit_integers) and C(output_format_json_quote_decimals) decide this.
    - Empty for a statement without a result, and in check mode with O(readonly=false).
  returned: success
  type: list
  elements: dict
  sample: [{"kind": "click", "events": 42}]
columns:
  description: The columns of the result, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the column.
      type: str
      sample: events
    type:
      description: ClickHouse type of its values.
      type: str
      sample: UInt64
truncated:
  description: Whether there are more rows than O(max_rows).
  returned: success
  type: bool
  sample: false
code:
  description: Number of the ClickHouse exception, such as 60 for a table that does not exist.
  returned: when ClickHouse reports an exception
  type: int
  sample: 60
error:
  description: Text of the ClickHouse exception, or of the error of the Query API.
  returned: when the statement fails
  type: str
  sample: "Code: 60. DB::Exception: Unknown table expression identifier 'hits'. (UNKNOWN_TABLE)"
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.query import STATEMENT_SPEC, check_statement, run_query


def run_module(ctx: ModuleContext) -> None:
    """Run the statement on the service."""
    check_statement(ctx.options)
    run_query(ctx)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, STATEMENT_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
