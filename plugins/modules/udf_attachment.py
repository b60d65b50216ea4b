#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: udf_attachment
short_description: Attach a user-defined function to a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Attaches a version of a function to a service, so that SQL can call it there, replaces the attached version by
    another one, or detaches the function. A service has at most one version of a function.
  - The service must be running. An idle one is woken up, unless O(wake=false).
  - The task waits until SQL can call the version. Until then, it calls the version that was attached before.
  - Publish functions with M(clickhouse.cloud.udf). They are a beta of ClickHouse Cloud, and may be turned off for the
    organization. If so, the message says it.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  function_name:
    description: Name of the function.
    type: str
    required: true
  version:
    description:
      - Version to attach. It must have been built.
      - If it is not set, the version that is attached stays, and a function that is not attached gets the latest
        version that has been built. To attach each new version, set the version that M(clickhouse.cloud.udf) returns.
    type: int
  state:
    description:
      - With V(present), the function is attached, and with V(absent), it is detached. Queries that call it then fail.
    type: str
    choices: [present, absent]
    default: present
  confirm_name:
    description:
      - Guards against detaching the function from the wrong service. With O(state=absent), the task fails unless this
        is the name of the service.
      - Required with O(state=absent) and O(service_id).
    type: str
  wake:
    description:
      - Whether to wake up an idle service in order to attach a function, which costs as much as any other use of it.
        Without this, the task fails if the service is idle, and something has to be changed.
    type: bool
    default: true
notes:
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id), two if the function
    is not attached, and two with O(name). A change costs two to four more, and more to wake up an idle service, and
    with O(wait=true) at least another one, which reads it again. O(confirm_name) costs one more with O(service_id).
  - A task that changes nothing does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.udf
  - module: clickhouse.cloud.udf_info
"""

EXAMPLES = r"""
- name: Attach the latest version of a function, if none is attached yet
  clickhouse.cloud.udf_attachment:
    name: analytics
    function_name: normalize_phone

- name: Attach a certain version, in place of another one
  clickhouse.cloud.udf_attachment:
    name: analytics
    function_name: normalize_phone
    version: 3

- name: Call the function
  clickhouse.cloud.service_query:
    name: analytics
    sql: SELECT normalize_phone('(555) 0100')

- name: Detach it
  clickhouse.cloud.udf_attachment:
    name: analytics
    function_name: normalize_phone
    state: absent
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
udf_attachment:
  description:
    - The attachment; null if the function is not attached to the service.
    - In check mode, the predicted attachment.
  returned: success
  type: dict
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
        - State of the attachment. With V(deployed), SQL can call the function. V(provisioning) and V(deprovisioning)
          pass, V(standby) is that of a service that does not run, and V(error) that of a failure.
      type: str
      sample: deployed
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC, Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.udf import UDF_ATTACHMENT
from ..module_utils._service.confirmation import SERVICE_CONFIRMATION_SPEC
from ..module_utils._service.singleton import STATE_SPEC
from ..module_utils._service.udf_attachment import find_attachment

ATTACHMENT_SPEC: Spec = {
    "function_name": {"type": "str", "required": True},
    "wake": {"type": "bool", "default": True},
}


def run_module(ctx: ModuleContext) -> None:
    """Find the attachment, and attach or detach the function."""
    desired = UDF_ATTACHMENT.desired(ctx.options)
    attachment = find_attachment(ctx)
    if ctx.options["state"] == "present":
        attachment.attach(desired.get("version"))
    else:
        attachment.detach()


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        ATTACHMENT_SPEC,
        SERVICE_CONFIRMATION_SPEC,
        STATE_SPEC,
        UDF_ATTACHMENT.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
