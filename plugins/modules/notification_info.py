#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: notification_info
short_description: Get the notifications of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns what ClickHouse Cloud has reported about services and billing, such as backups that failed. The API keeps
    notifications for 180 days.
  - Only notifications about resources that the API key can access are returned.
  - Costs one request for each 250 notifications. The requests belong to a beta of the API.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.period
options:
  severities:
    description: Return only notifications of these severities.
    type: list
    elements: str
    choices: [info, warning, critical]
  types:
    description: Return only notifications of these types, which O(include_types) lists.
    type: list
    elements: str
  resource_type:
    description: Return only notifications about resources of this kind.
    type: str
    choices: [service, organization, clickpipe, postgres]
  resource_id:
    description:
      - Return only notifications about the resource with this ID. For that of a service, those about its ClickPipes are
        returned as well, unless O(resource_type=service).
    type: str
  include_types:
    description: Whether to also return all types of notifications. This costs one more request.
    type: bool
    default: false
seealso:
  - module: clickhouse.cloud.activity_info
  - module: clickhouse.cloud.backup_info
"""

EXAMPLES = r"""
- name: Get the warnings of the last day
  clickhouse.cloud.notification_info:
    hours: 24
    severities: [warning, critical]
  register: reported

- name: Fail if there are any
  ansible.builtin.assert:
    that: not reported.notifications
    fail_msg: "{{ reported.notifications | map(attribute='title') | join(', ') }}"

- name: List the types of notifications
  clickhouse.cloud.notification_info:
    hours: 1
    include_types: true
"""

RETURN = r"""
notifications:
  description:
    - The selected notifications, the newest first. Null, with a warning, if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the notification.
      type: str
      sample: 1b7e0a94-2d0f-4c3a-8f1e-6c9b2d5a4e7f
    created_at:
      description: When it was sent, ISO 8601.
      type: str
      sample: "2026-03-01T08:15:30Z"
    type:
      description: Type of the notification.
      type: str
      sample: service_backup_failed
    severity:
      description: V(info), V(warning) or V(critical).
      type: str
      sample: warning
    resource_type:
      description: Kind of the resource that it is about, such as V(service) or V(organization).
      type: str
      sample: service
    resource_id:
      description: ID of the resource.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    resource_name:
      description: Name that the resource had. Null for most types.
      type: str
      sample: analytics
    title:
      description: Short summary.
      type: str
      sample: Backup failed for analytics
    description:
      description: The whole text.
      type: str
      sample: A scheduled backup for analytics did not complete.
notification_types:
  description:
    - The types of notifications that the organization can receive. Null without O(include_types), and, with a
      warning, if the API key may not read them.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the type, for O(types).
      type: str
      sample: service_backup_failed
    title:
      description: Name for people.
      type: str
      sample: Backup failed
    description:
      description: What the type reports. Null for some types.
      type: str
      sample: A backup did not complete.
    category:
      description: Group of the type, such as V(billing) or V(service).
      type: str
      sample: service
    severity:
      description: V(info), V(warning) or V(critical).
      type: str
      sample: warning
    resource_type:
      description: Kind of the resources that it is about.
      type: str
      sample: service
    is_configurable:
      description: Whether it can be changed for a role how notifications of the type are delivered.
      type: bool
      sample: true
    is_available:
      description: Whether the API key has the permission that the type requires.
      type: bool
      sample: true
"""

from ..module_utils._module.options import Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.events import report_notifications
from ..module_utils._schema.period import PERIOD_EXCLUSIVE, PERIOD_SPEC

NOTIFICATION_INFO_SPEC: Spec = {
    **PERIOD_SPEC,
    "severities": {"type": "list", "elements": "str", "choices": ["info", "warning", "critical"]},
    "types": {"type": "list", "elements": "str"},
    "resource_type": {"type": "str", "choices": ["service", "organization", "clickpipe", "postgres"]},
    "resource_id": {"type": "str"},
    "include_types": {"type": "bool", "default": False},
}


def main(worker: Worker | None = None) -> None:
    run(worker, report_notifications, NOTIFICATION_INFO_SPEC, mutually_exclusive=PERIOD_EXCLUSIVE)


if __name__ == "__main__":
    main()
