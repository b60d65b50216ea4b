#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: udf_info
short_description: Get the user-defined functions of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns the latest version of each function, or one function with all its versions and with the services to which it
    is attached.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  function_name:
    description: Return only the function of this name, with its versions and its attachments.
    type: str
notes:
  - If O(organization_id) is set, the list costs one request per 100 functions. With O(function_name), a task costs
    three requests, and more for more than 100 versions or services.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.udf
  - module: clickhouse.cloud.udf_attachment
"""

EXAMPLES = r"""
- name: List the functions
  clickhouse.cloud.udf_info:
  register: functions

- name: Show those whose latest version could not be built
  ansible.builtin.debug:
    msg: "{{ functions.udfs | selectattr('status', 'eq', 'error') | items2dict('function_name', 'error') }}"

- name: Get one of them
  clickhouse.cloud.udf_info:
    function_name: normalize_phone
  register: phone

- name: Show which services call it, and in which version
  ansible.builtin.debug:
    msg: "{{ phone.udfs[0].attachments | items2dict('service_id', 'version') }}"
"""

RETURN = r"""
udfs:
  description:
    - The latest version of each function. The list is empty if there is none, or none with this name. Null, with a
      warning, if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    function_name:
      description: Name of the function.
      type: str
      sample: normalize_phone
    version:
      description: Number of the version.
      type: int
      sample: 1
    status:
      description: State of its build, V(building), V(ready) or V(error).
      type: str
      sample: ready
    error:
      description: Why its build has failed; null if it has not.
      type: str
      sample: null
    runtime:
      description: Runtime of the program.
      type: str
      sample: python3.11
    type:
      description: Whether a process runs for each query, or a pool of processes for all.
      type: str
      sample: executable
    arguments:
      description: Arguments in their order.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the argument.
          type: str
          sample: number
        type:
          description: Data type of the argument in ClickHouse.
          type: str
          sample: String
    return_type:
      description: Data type of the result in ClickHouse.
      type: str
      sample: String
    return_name:
      description: Name of the result; null if it has none.
      type: str
      sample: null
    pool_size:
      description: Number of processes in the pool; null without a pool.
      type: int
      sample: null
    max_command_execution_time:
      description: Seconds that a pool has for a block of rows.
      type: int
      sample: 10
    command_read_timeout:
      description: Milliseconds to wait for output of the program.
      type: int
      sample: 10000
    command_write_timeout:
      description: Milliseconds to wait until the program reads its input.
      type: int
      sample: 10000
    memory_limit_mib:
      description: Memory limit of each process in MiB; 0 is the default of the sandbox.
      type: int
      sample: 0
    send_chunk_header:
      description: Whether the number of rows precedes each block of rows.
      type: bool
      sample: false
    deterministic:
      description: Whether ClickHouse may reuse cached query results.
      type: bool
      sample: false
    format:
      description: Format of input and output.
      type: str
      sample: TabSeparated
    sandbox_type:
      description: Isolation of the program.
      type: str
      sample: basic
    sandbox_version:
      description: Version of the sandbox.
      type: str
      sample: v2
    created_at:
      description: When the version was created.
      type: str
      sample: "2026-11-27T12:00:00Z"
    updated_at:
      description: When the version was last updated.
      type: str
      sample: "2026-11-27T12:01:00Z"
    versions:
      description:
        - All versions with the same fields, the latest one last; null if O(function_name) is not set.
      type: list
      elements: dict
    attachments:
      description:
        - The services to which the function is attached; null if O(function_name) is not set.
      type: list
      elements: dict
      contains:
        function_name:
          description: Name of the function.
          type: str
          sample: normalize_phone
        service_id:
          description: ID of the service.
          type: str
          sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
        version:
          description: Number of the attached version.
          type: int
          sample: 1
        status:
          description:
            - State of the attachment. With V(deployed), SQL can call the function. V(provisioning) and
              V(deprovisioning) pass, V(standby) is that of a service that does not run, and V(error) that of a failure.
          type: str
          sample: deployed
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.udf import report_functions


def run_module(ctx: ModuleContext) -> None:
    """Get one function, or list all."""
    report_functions(ctx)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, {"function_name": {"type": "str"}})


if __name__ == "__main__":
    main()
