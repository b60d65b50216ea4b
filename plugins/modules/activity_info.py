#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: activity_info
short_description: Get the audit log of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns who did what in the organization and when, such as who opened an IP access list, changed a password or
    created an API key.
  - Costs one request. The API selects by whole days only, so a short period makes the response smaller; the module
    itself selects by all other options.
  - The event source C(clickhouse.cloud.activities) starts rules of Event-Driven Ansible when an activity occurs.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.period
options:
  types:
    description:
      - Return only activities of these types, such as V(service_update_ip_access_list), V(service_update_password),
        V(key_create) or V(user_login_failed).
    type: list
    elements: str
  actor:
    description:
      - Return only activities of this member or API key. It is either the ID, or a part of
        RV(activities[].actor_details) without regard to case, such as an email address.
    type: str
  actor_types:
    description: Return only activities of actors of these types.
    type: list
    elements: str
    choices: [user, support, system, api]
  service_id:
    description: Return only activities that are about the service with this ID, a UUID. It may have been deleted.
    type: str
seealso:
  - module: clickhouse.cloud.notification_info
"""

EXAMPLES = r"""
- name: Find out who changed an IP access list since yesterday
  clickhouse.cloud.activity_info:
    hours: 24
    types: [service_update_ip_access_list]
  register: log

- name: Show it
  ansible.builtin.debug:
    msg: "{{ item.created_at }} {{ item.actor_details }} from {{ item.actor_ip_address }}: {{ item.service_id }}"
  loop: "{{ log.activities }}"

- name: List what Alice did in October
  clickhouse.cloud.activity_info:
    from_date: "2026-10-01"
    to_date: "2026-10-31"
    actor: alice@example.com

- name: List what ClickHouse support did to a service
  clickhouse.cloud.activity_info:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    actor_types: [support]
"""

RETURN = r"""
activities:
  description:
    - The selected activities, the newest first. Null, with a warning, if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the activity.
      type: str
      sample: 0c8e5f1a-3b7d-4c29-9a64-5d1e2f3a4b5c
    created_at:
      description: When it happened, ISO 8601.
      type: str
      sample: "2026-03-01T08:15:30Z"
    type:
      description: What happened.
      type: str
      sample: service_update_ip_access_list
    actor_type:
      description: V(user), V(api) for an API key, V(support) for ClickHouse support, or V(system).
      type: str
      sample: user
    actor_id:
      description: ID of the member or API key.
      type: str
      sample: 7a2d3b4c-5e6f-4071-9283-94a5b6c7d8e9
    actor_details:
      description: What the API says about the actor, such as an email address or the name of an API key.
      type: str
      sample: alice@example.com
    actor_ip_address:
      description: IP address of a member or API key.
      type: str
      sample: 203.0.113.7
    user_agent:
      description: The program that the actor used.
      type: str
      sample: curl/8.5.0
    organization_id:
      description: ID of the organization.
      type: str
      sample: 1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9
    service_id:
      description: ID of the service that it is about. Null if it is about none.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    target_key_id:
      description: ID of the API key that was changed, for the type V(openapi_key_update).
      type: str
      sample: 2c3d4e5f-6071-4829-93a4-b5c6d7e8f90a
    key_update_type:
      description: The change of the API key, for the same type.
      type: str
      sample: state-changed
    target_role_ids:
      description: IDs of the roles that were changed or assigned.
      type: list
      elements: str
      sample: [3d4e5f60-7182-493a-84b5-c6d7e8f90a1b]
    target_role_names:
      description: Names of these roles.
      type: list
      elements: str
      sample: [operators]
    target_actor_ids:
      description: The members whose roles were changed, as V(user/ID).
      type: list
      elements: str
      sample: [user/7a2d3b4c-5e6f-4071-9283-94a5b6c7d8e9]
    target_resource_ids:
      description: IDs of the deleted resources that roles named, for the type V(role_resources_delete).
      type: list
      elements: str
      sample: [6f0b7c9e-1d2a-4c3b-8e4f-123456789abc]
"""

from ..module_utils._module.options import Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.events import report_activities
from ..module_utils._schema.period import PERIOD_EXCLUSIVE, PERIOD_SPEC

ACTIVITY_INFO_SPEC: Spec = {
    **PERIOD_SPEC,
    "types": {"type": "list", "elements": "str"},
    "actor": {"type": "str"},
    "actor_types": {"type": "list", "elements": "str", "choices": ["user", "support", "system", "api"]},
    "service_id": {"type": "str"},
}


def main(worker: Worker | None = None) -> None:
    run(worker, report_activities, ACTIVITY_INFO_SPEC, mutually_exclusive=PERIOD_EXCLUSIVE)


if __name__ == "__main__":
    main()
