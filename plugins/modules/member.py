#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: member
short_description: Manage a member of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Declares that someone is a member of the organization, with these roles, or is not.
  - Someone who is neither a member nor invited is invited. Until they accept, they have an invitation, which the task
    replaces if it has expired or has other roles.
  - The only member with the role V(Admin) is neither removed nor loses this role.
  - If an invitation gets no response, it is searched for, and no second one is sent.
  - With O(wait=true), the task waits until the API returns the change. It does not wait for anyone to accept an
    invitation.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.wait
options:
  email:
    description: Email address of the member. It is compared without regard to case.
    type: str
    required: true
  roles:
    description:
      - Roles of the member, each by its name or by its ID, a UUID.
      - Required to invite someone, also if the invitation has expired. If not set, a member or a valid invitation keeps
        its roles.
      - If the roles differ, this costs one request for the list of roles.
      - In check mode, there is only a warning about a role that does not exist, since an earlier task may create it.
    type: list
    elements: str
  roles_mode:
    description:
      - With V(set), the member has exactly O(roles).
      - With V(add) or V(remove), these roles are added or removed, and all others are kept. V(remove) invites no one.
        An invitation cannot be changed, and is only replaced with V(set).
    type: str
    choices: [set, add, remove]
    default: set
  state:
    description:
      - With V(present), the email address belongs to a member, or is invited.
      - With V(absent), it belongs to no member, and has no invitation. This needs no other confirmation than the email
        address, since the same task can invite it again. The last member with the role Admin is not removed.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: clickhouse.cloud.invitation_info
  - module: clickhouse.cloud.member_info
  - module: clickhouse.cloud.role
"""

EXAMPLES = r"""
- name: Invite someone, or change the roles of the member
  clickhouse.cloud.member:
    email: alice@example.com
    roles: [Member, analytics operators]

- name: Manage the whole team
  clickhouse.cloud.member:
    email: "{{ item.email }}"
    roles: "{{ item.roles }}"
  loop:
    - {email: alice@example.com, roles: [Admin]}
    - {email: bob@example.com, roles: [Member, Billing]}

- name: Add one role, and keep all others
  clickhouse.cloud.member:
    email: bob@example.com
    roles: [analytics operators]
    roles_mode: add

- name: Remove a member who leaves, or withdraw the invitation
  clickhouse.cloud.member:
    email: carol@example.com
    state: absent
"""

RETURN = r"""
member:
  description:
    - The member, with the same fields as in M(clickhouse.cloud.member_info); null if the email address belongs to no
      member.
    - In check mode, the predicted member.
  returned: success
  type: dict
  contains:  # copied from member_info by "make tables"
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
invitation:
  description:
    - The invitation, with the same fields as in M(clickhouse.cloud.invitation_info); null if there is none, or if the
      email address belongs to a member.
    - In check mode, the predicted invitation. The ID of a new one is null.
  returned: success
  type: dict
  contains:  # copied from invitation_info by "make tables"
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

from ..module_utils._module.options import WAIT_SPEC, Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.members import ensure_member
from ..module_utils._schema.member import ASSIGNED_ROLES

MEMBER_SPEC: Spec = {
    "email": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main(worker: Worker | None = None) -> None:
    run(worker, ensure_member, MEMBER_SPEC, ASSIGNED_ROLES.argument_spec(), WAIT_SPEC)


if __name__ == "__main__":
    main()
