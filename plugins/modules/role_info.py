#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_info
short_description: Get the roles of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns the roles of the organization with their policies and actors, both the system roles and those of the
    organization.
  - Costs one request.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  name:
    description: Return only the role of this name, which must match exactly.
    type: str
  role_id:
    description: Return only the role with this ID, a UUID.
    type: str
seealso:
  - module: clickhouse.cloud.role
"""

EXAMPLES = r"""
- name: List the roles
  clickhouse.cloud.role_info:
  register: all

- name: Show which API keys are administrators
  ansible.builtin.debug:
    msg: "{{ (all.roles | selectattr('name', 'equalto', 'Admin') | first).actors.api_keys }}"

- name: Get one role
  clickhouse.cloud.role_info:
    name: analytics operators
  register: operators

- name: Create another role with the same policies
  clickhouse.cloud.role:
    name: reporting operators
    policies: "{{ operators.roles[0].policies }}"
"""

RETURN = r"""
roles:
  description:
    - The roles. The list is empty if there is none with this name or ID. Null, with a warning, if the API key may not
      read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the role.
      type: str
      sample: 3d5f7a9b-1c2e-4f60-8a9b-0c1d2e3f4a5b
    name:
      description: Name of the role.
      type: str
      sample: reporting
    type:
      description: V(custom), or V(system) for a role that ClickHouse Cloud provides.
      type: str
      sample: custom
    policies:
      description:
        - What the role allows and denies, in the form of the option O(clickhouse.cloud.role#module:policies), with the
          IDs of services. Policies about the same resources are returned as one.
      type: list
      elements: dict
      sample:
        - effect: allow
          permissions: ["control-plane:service:view"]
          services: [6f0b7c9e-1d2a-4c3b-8e4f-123456789abc]
          resources: []
          sql_console_role: null
          grants: []
    actors:
      description:
        - The IDs of the members and API keys that have the role, in the form of the option
          O(clickhouse.cloud.role#module:actors).
      type: dict
      sample:
        members: [6f1c2a3b-4d5e-4f60-8172-839405a6b7c8]
        api_keys: []
    tenant_id:
      description: The organization that the role belongs to, as the API names it.
      type: str
      sample: organization/0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
    owner_id:
      description: The owner of the role, as the API names it.
      type: str
      sample: organization/0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
    created_at:
      description: When the role was created, ISO 8601.
      type: str
      sample: "2026-03-01T08:15:30Z"
    updated_at:
      description: When the role was changed the last time, ISO 8601.
      type: str
      sample: "2026-04-01T10:00:00Z"
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.roles import ROLES
from ..module_utils._service.collection import report_elements

ROLE_LOOKUP_SPEC = {"name": {"type": "str"}, "role_id": {"type": "str"}}


def run_module(ctx: ModuleContext) -> None:
    """Get one role of the organization, or list all."""
    report_elements(ctx, ROLES)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ROLE_LOOKUP_SPEC, mutually_exclusive=[("role_id", "name")])


if __name__ == "__main__":
    main()
