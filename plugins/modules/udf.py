#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: udf
short_description: Manage a user-defined function of ClickHouse Cloud
version_added: 1.1.0
description:
  - Publishes a function that is a program, such as one in Python, or deletes it. Attach it to services with
    M(clickhouse.cloud.udf_attachment), so that SQL can call it.
  - The source is uploaded and built. The task waits for the build, and fails with its error if that fails.
  - A function has versions, which cannot be changed. If the configuration differs from that of the latest version, a
    new one is published. Options that are not set keep the values of the latest version.
  - The API returns neither the source of a version nor its hash. Without O(digest_file) and O(force), a changed source
    alone is therefore not noticed, and no version is published for it.
  - If the build of the latest version has failed, another version is published, also from the same source.
  - If the creation of a version gets no response, the version is searched for. The same function is never created
    twice.
  - These functions are a beta of ClickHouse Cloud, and may be turned off for the organization. If so, the message says
    it.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.wait
options:
  function_name:
    description:
      - Name of the function, which is unique in the organization. It begins with a letter, and has at most 64 letters,
        digits and underscores. It cannot be that of a function of ClickHouse.
    type: str
    required: true
  state:
    description:
      - With V(present), the function is created if there is none of the name, and otherwise a new version is published
        if the latest one is not as requested.
      - With V(absent), the function is deleted with all versions, and detached from all services. With O(version), only
        that version is deleted. O(source), O(digest_file) and the configuration are then ignored.
    type: str
    choices: [present, absent]
    default: present
  source:
    description:
      - Path of the program on the host that runs the task, a folder or a ZIP archive. With the runtime V(python3.11),
        it contains C(main.py), and C(requirements.txt) names the Python packages that the build installs. With
        V(native), it contains the executable files C(amd64/main) and C(arm64/main).
      - The files of a folder are packed into an archive that depends only on their names, contents and whether they can
        be executed. C(__pycache__) and files that end in C(.pyc) are left out, and so are O(digest_file) and the
        folders of version control, C(.git), C(.hg) and C(.svn).
      - Symbolic links are not allowed.
      - Required to create a function, and to publish a version.
    type: path
  digest_file:
    description:
      - Path of a file on the host that runs the task, in which the module keeps the SHA-256 hash of the source, and for
        which version. If the source has another hash, or the latest version is another one, a new version is published.
      - Use one file for each function, and keep it with the playbook or the inventory. If it is lost, or a run on
        another machine does not have it, the next run publishes one more version of the same source, and writes the
        file again. Nothing else is lost.
      - It is written when the version is built, and not if its build fails. If the task ends before, since
        O(wait=false) or O(wait_timeout) is reached, it is written as well, so that the next run does not publish the
        same source again. In check mode it is not written.
    type: path
  force:
    description:
      - With O(state=present), publish a new version in any case. The task then reports a change each time.
      - With O(state=absent), delete the function although it is attached to services, whose queries that call it then
        fail.
    type: bool
    default: false
  version:
    description:
      - With O(state=absent), delete this version only. It must be neither the latest one nor attached to a service.
        While another version is attached, the API may refuse the deletion, and the message then names the services.
    type: int
  confirm_name:
    description:
      - Guards the deletion. With O(state=absent), the task fails unless this is the same as O(function_name).
      - Required with O(state=absent), unless O(version) is set.
    type: str
  runtime:
    description:
      - Runtime of the program, V(python3.11), or V(native) for executable files.
      - A new function has V(python3.11) by default.
    type: str
    choices: [python3.11, native]
  type:
    description:
      - With V(executable), a process is started for each query. With V(executable_pool), a pool of processes is kept.
      - A new function has V(executable) by default.
    type: str
    choices: [executable, executable_pool]
  arguments:
    description:
      - Arguments of the function in their order, which may be none.
      - Required to create a function.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the argument, which begins with a letter, and has letters, digits and underscores.
        type: str
        required: true
      type:
        description: Data type of the argument in ClickHouse, such as V(String). It is compared as text.
        type: str
        required: true
  return_type:
    description:
      - Data type of the result in ClickHouse, such as V(String). It is compared as text.
      - Required to create a function.
    type: str
  return_name:
    description: Name of the result, which some formats contain. A name that was set cannot be removed.
    type: str
  pool_size:
    description:
      - Number of processes in the pool, with O(type=executable_pool) only. The default of the API is 3.
    type: int
  max_command_execution_time:
    description:
      - Seconds that a process has for a block of rows, with O(type=executable_pool) only. The default of the API is 10.
    type: int
  command_read_timeout:
    description: Milliseconds to wait for output of the program. The default of the API is 10000.
    type: int
  command_write_timeout:
    description: Milliseconds to wait until the program reads its input. The default of the API is 10000.
    type: int
  memory_limit_mib:
    description: Memory limit of each process in MiB, at most 1048576. V(0) is the default of the sandbox.
    type: int
  send_chunk_header:
    description: Whether ClickHouse sends the number of rows before each block of rows.
    type: bool
  deterministic:
    description:
      - Whether the function always returns the same for the same arguments, so that ClickHouse may reuse cached query
        results.
    type: bool
  format:
    description: Format of input and output, such as V(JSONEachRow). The default of the API is V(TabSeparated).
    type: str
  sandbox_type:
    description:
      - V(basic), or V(netenable) for network access, which is turned on separately for an organization.
    type: str
    choices: [basic, netenable]
notes:
  - If O(organization_id) is set, a task that changes nothing costs one request. A new version costs three more, one of
    which uploads the source, and with O(wait=true) at least another one, which reads it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.udf_info
  - module: clickhouse.cloud.udf_attachment
"""

EXAMPLES = r"""
- name: Publish a function whose source is in the folder of the playbook
  clickhouse.cloud.udf:
    function_name: normalize_phone
    source: "{{ playbook_dir }}/functions/normalize_phone"
    digest_file: "{{ playbook_dir }}/functions/normalize_phone.json"
    arguments:
      - name: number
        type: String
    return_type: String
  register: published

- name: Let the service call this version
  clickhouse.cloud.udf_attachment:
    name: analytics
    function_name: normalize_phone
    version: "{{ published.udf.version }}"

- name: Publish a version that keeps a pool of processes
  clickhouse.cloud.udf:
    function_name: normalize_phone
    source: "{{ playbook_dir }}/functions/normalize_phone"
    type: executable_pool
    pool_size: 5

- name: Delete an old version
  clickhouse.cloud.udf:
    function_name: normalize_phone
    version: 1
    state: absent

- name: Delete the function, and detach it from all services
  clickhouse.cloud.udf:
    function_name: normalize_phone
    confirm_name: normalize_phone
    state: absent
    force: true
"""

RETURN = r"""
udf:
  description:
    - The latest version of the function, with the same fields as in M(clickhouse.cloud.udf_info); null if there is
      none.
    - In check mode, the predicted version.
  returned: success
  type: dict
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
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import ELEMENT_SPEC, WAIT_SPEC, Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.udf import UDF
from ..module_utils._service.udf_deletion import open_deletion
from ..module_utils._service.udf_publication import open_publication

FUNCTION_SPEC: Spec = {
    "function_name": {"type": "str", "required": True},
    "source": {"type": "path"},
    "digest_file": {"type": "path"},
    "force": {"type": "bool", "default": False},
    "version": {"type": "int"},
}


def run_module(ctx: ModuleContext) -> None:
    """Find the function, and publish a version of it, or delete it or one of its versions."""
    version = ctx.options["version"]
    if ctx.options["state"] == "present":
        open_publication(ctx).publish()
    elif version is None:
        open_deletion(ctx).delete()
    else:
        open_deletion(ctx).delete_version(version)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, FUNCTION_SPEC, ELEMENT_SPEC, UDF.argument_spec(), WAIT_SPEC)


if __name__ == "__main__":
    main()
