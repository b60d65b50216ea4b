#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: invitation_info
short_description: Get the invitations to a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns the invitations to the organization that are not accepted yet, with the roles that the members will have.
  - Costs one request.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  email:
    description: Return only the invitation with this email address, which is compared without regard to case.
    type: str
  invitation_id:
    description: Return only the invitation with this ID, a UUID.
    type: str
seealso:
  - module: clickhouse.cloud.member
"""

EXAMPLES = r"""
- name: List the invitations
  clickhouse.cloud.invitation_info:
  register: pending

- name: Show those that were not accepted in time
  ansible.builtin.debug:
    msg: "{{ pending.invitations | selectattr('expire_at', 'lt', now(utc=true).isoformat()) | map(attribute='email') }}"

- name: Get the invitation of one email address
  clickhouse.cloud.invitation_info:
    email: bob@example.com
"""

RETURN = r"""
invitations:
  description:
    - The invitations. The list is empty if there is none with this email address or ID. Null, with a warning, if the
      API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the invitation.
      type: str
      sample: 8a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d
    email:
      description: Email address that is invited, in lower case.
      type: str
      sample: bob@example.com
    roles:
      description: Names of the roles that the member will have.
      type: list
      elements: str
      sample: [Member]
    created_at:
      description: When the invitation was sent, ISO 8601.
      type: str
      sample: "2026-03-01T08:15:30Z"
    expire_at:
      description: When the invitation expires, ISO 8601.
      type: str
      sample: "2026-03-08T08:15:30Z"
    role:
      description: The role from the time before custom roles, V(admin) or V(developer).
      type: str
      sample: developer
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.members import INVITATIONS
from ..module_utils._service.collection import report_elements

INVITATION_LOOKUP_SPEC = {"email": {"type": "str"}, "invitation_id": {"type": "str"}}


def run_module(ctx: ModuleContext) -> None:
    """Get one invitation, or list all."""
    report_elements(ctx, INVITATIONS)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, INVITATION_LOOKUP_SPEC, mutually_exclusive=[("invitation_id", "email")])


if __name__ == "__main__":
    main()
