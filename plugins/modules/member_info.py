#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: member_info
short_description: Get the members of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns the members of the organization with their roles.
  - Costs one request.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  email:
    description: Return only the member with this email address, which is compared without regard to case.
    type: str
  user_id:
    description: Return only the member with this ID, a UUID.
    type: str
seealso:
  - module: clickhouse.cloud.member
"""

EXAMPLES = r"""
- name: List the members with their roles
  clickhouse.cloud.member_info:
  register: all

- name: Show who is an administrator
  ansible.builtin.debug:
    msg: "{{ all.members | selectattr('roles', 'contains', 'Admin') | map(attribute='email') }}"

- name: Get one member
  clickhouse.cloud.member_info:
    email: alice@example.com
"""

RETURN = r"""
members:
  description:
    - The members. The list is empty if there is none with this email address or ID. Null, with a warning, if the API
      key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the user, the same in every organization.
      type: str
      sample: 6f1c2a3b-4d5e-4f60-8172-839405a6b7c8
    email:
      description: Email address of the member.
      type: str
      sample: alice@example.com
    name:
      description: Name of the member.
      type: str
      sample: Alice Example
    roles:
      description: Names of the roles of the member.
      type: list
      elements: str
      sample: [Admin]
    joined_at:
      description: When the member joined the organization, ISO 8601.
      type: str
      sample: "2026-03-01T08:15:30Z"
    role:
      description: The role from the time before custom roles, V(admin) or V(developer). The API no longer updates it.
      type: str
      sample: admin
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.members import MEMBERS
from ..module_utils._service.collection import report_elements

MEMBER_LOOKUP_SPEC = {"email": {"type": "str"}, "user_id": {"type": "str"}}


def run_module(ctx: ModuleContext) -> None:
    """Get one member, or list all."""
    report_elements(ctx, MEMBERS)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, MEMBER_LOOKUP_SPEC, mutually_exclusive=[("user_id", "email")])


if __name__ == "__main__":
    main()
