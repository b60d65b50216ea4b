#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role
short_description: Manage a role of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Creates, changes or deletes a role, which consists of policies that allow or deny permissions.
  - Gives the role to members and API keys, or takes it from them. This also works for system roles such as V(Admin),
    whose policies are fixed. If the API does not accept that for a system role, the roles of each member or API key are
    changed instead.
  - Policies are compared regardless of their order. A permission that the API adds by itself is not a difference, such
    as V(control-plane:service:delete) to a policy that allows V(control-plane:service:manage).
  - The API key that the task itself uses keeps the role, and its permissions. To find out whether it has the role, a
    task that takes the role from an API key, or removes permissions from it, requests the list of API keys.
  - If the creation of a role gets no response, the role is searched for, and never created twice.
  - With O(wait=true), the task waits until the API returns the change.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.element
  - clickhouse.cloud.wait
options:
  name:
    description:
      - Name of the role.
      - Without O(role_id), it also identifies the role, and must match exactly.
      - Together with O(role_id), it renames the role. The task fails if another one has the name.
    type: str
  role_id:
    description: ID of the role, a UUID. One of O(role_id) and O(name) is required.
    type: str
  policies:
    description:
      - What the role allows and denies. A policy that denies a permission takes precedence over one that allows it.
      - Policies that are not in the list are removed. If not set, a role keeps its policies.
      - Required to create a role.
    type: list
    elements: dict
    suboptions:
      effect:
        description: Whether the policy allows or denies the permissions.
        type: str
        choices: [allow, deny]
        default: allow
      permissions:
        description:
          - Permissions by their names in the API, such as V(control-plane:service:view) or
            V(sql-console:database:access).
          - Together, the policies allow exactly these permissions, and those that the API adds by itself.
        type: list
        elements: str
        required: true
      services:
        description:
          - Services that the policy applies to, each by its name or by its ID, a UUID; V(*) stands for all services.
          - If any service is given by its name, this costs one request for the list of services.
          - A policy without O(policies[].services) and O(policies[].resources) applies to the organization itself. All
            of its permissions must begin with V(control-plane:organization:).
        type: list
        elements: str
      resources:
        description:
          - Other resources that the policy applies to, as the API names them, such as V(postgres/*).
        type: list
        elements: str
      sql_console_role:
        description:
          - What the permission V(sql-console:database:access) includes. With V(sql-console-readonly), the SQL console
            of the services can only read; with V(sql-console-admin), it can also change data, tables and users.
        type: str
        choices: [sql-console-readonly, sql-console-admin]
      grants:
        description: Names of databases to which V(sql-console:database:access) is limited.
        type: list
        elements: str
  actors:
    description: Who has the role. Members or API keys that are not set are not changed.
    type: dict
    suboptions:
      members:
        description:
          - Members of the organization, each by email address or by user ID, a UUID. Email addresses are compared
            without regard to case.
          - If any member is given by email address, this costs one request for the list of members.
        type: list
        elements: str
      api_keys:
        description:
          - API keys, each by its name or by its ID, a UUID. This is not the value of O(api_key).
          - If any key is given by its name, this costs one request for the list of API keys.
        type: list
        elements: str
  actors_mode:
    description:
      - With V(set), exactly the members of O(actors.members) and the keys of O(actors.api_keys) have the role.
      - With V(add) or V(remove), the role is given to these actors or taken from them, and all others keep it.
        V(remove) only warns about a name that no member or key has.
      - The last member with the role V(Admin) cannot be removed.
    type: str
    choices: [set, add, remove]
    default: set
  force:
    description: Delete the role even if members or API keys have it.
    type: bool
    default: false
seealso:
  - module: clickhouse.cloud.role_info
"""

EXAMPLES = r"""
- name: Create a role that can stop, start and scale one service, and see its backups
  clickhouse.cloud.role:
    name: analytics operators
    policies:
      - permissions:
          - control-plane:service:view
          - control-plane:service:manage
          - control-plane:service:manage-scaling-config
          - control-plane:service:view-backups
        services: [analytics]
    actors:
      members: [alice@example.com, bob@example.com]
      api_keys: [nightly stop]

- name: Let data analysts read all databases of all services in the SQL console, except on one service
  clickhouse.cloud.role:
    name: data analysts
    policies:
      - permissions: [sql-console:database:access]
        services: ["*"]
        sql_console_role: sql-console-readonly
      - effect: deny
        permissions: [sql-console:database:access]
        services: [payroll]

- name: Let an API key only report the usage and the members of the organization
  clickhouse.cloud.role:
    name: reporting
    policies:
      - permissions: [control-plane:organization:view]
    actors:
      api_keys: [reports]
    actors_mode: add

- name: Make one more member an administrator
  clickhouse.cloud.role:
    name: Admin
    actors:
      members: [carol@example.com]
    actors_mode: add

- name: Delete a role that no one has any more
  clickhouse.cloud.role:
    name: data analysts
    state: absent

- name: Delete a role that is still in use
  clickhouse.cloud.role:
    role_id: 3d5f7a9b-1c2e-4f60-8a9b-0c1d2e3f4a5b
    confirm_name: reporting
    force: true
    state: absent
"""

RETURN = r"""
role:
  description:
    - The role, with the same fields as in M(clickhouse.cloud.role_info); null if there is none.
    - In check mode, the predicted role. The ID of a new one is null.
  returned: success
  type: dict
  contains:  # copied from role_info by "make tables"
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
from ..module_utils._module.options import ELEMENT_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.roles import FORCE_SPEC, desired_role, find_role
from ..module_utils._schema.role import ROLE


def run_module(ctx: ModuleContext) -> None:
    """Find the role, and delete, create or change it."""
    role = find_role(ctx)
    if ctx.options["state"] == "absent":
        role.delete()
    else:
        role.create_or_update(desired_role(ctx))


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        ELEMENT_SPEC,
        ROLE.argument_spec(),
        FORCE_SPEC,
        WAIT_SPEC,
        required_one_of=[("role_id", "name")],
    )


if __name__ == "__main__":
    main()
