#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: api_key_info
short_description: Get the API keys of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns the API keys of the organization, without their secrets, which the API does not return.
  - The API lists up to 250 keys in a response. With O(key_id), there is only one request.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  name:
    description: Return only the keys of this name, which must match exactly.
    type: str
  key_id:
    description:
      - Return only the key with this ID, a UUID. It is not the ID with which a client authenticates.
      - Mutually exclusive with O(name).
    type: str
seealso:
  - module: clickhouse.cloud.api_key
"""

EXAMPLES = r"""
- name: List the keys
  clickhouse.cloud.api_key_info:
  register: result

- name: Show the keys that never expire
  ansible.builtin.debug:
    msg: "{{ result.api_keys | selectattr('expire_at', 'equalto', 'never') | map(attribute='name') }}"

- name: Show the key that Ansible uses
  ansible.builtin.debug:
    msg: "{{ result.api_keys | selectattr('in_use') | first }}"
"""

RETURN = r"""
api_keys:
  description:
    - The API keys, the oldest first. The list is empty if there is none with this name or ID. Null, with a warning, if
      the API key of the task may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the key, a UUID. Not the ID with which a client authenticates.
      type: str
      sample: 5d1c2b3a-4f5e-4a6b-8c7d-9e8f7a6b5c4d
    name:
      description: Name of the key.
      type: str
      sample: deployment
    enabled:
      description: Whether the key can be used.
      type: bool
      sample: true
    roles:
      description: Names of the roles of the key.
      type: list
      elements: str
      sample: [Service API reader]
    assigned_roles:
      description: The roles of the key with their IDs.
      type: list
      elements: dict
      contains:
        role_id:
          description: ID of the role.
          type: str
          sample: 0a1b2c3d-4e5f-4a6b-8c7d-8e9f0a1b2c3d
        role_name:
          description: Name of the role.
          type: str
          sample: Service API reader
        role_type:
          description: V(system) or V(custom).
          type: str
          sample: system
    ip_access_list:
      description: The addresses from which the key can be used.
      type: list
      elements: dict
      contains:
        source:
          description: An IP address or a network.
          type: str
          sample: 203.0.113.0/24
        description:
          description: Purpose of the entry.
          type: str
          sample: controller
    expire_at:
      description: When the key expires, ISO 8601 in UTC, or V(never).
      type: str
      sample: "2027-03-31T00:00:00Z"
    key_suffix:
      description: The last four characters of the ID with which a client authenticates.
      type: str
      sample: x7Kq
    created_at:
      description: When the key was created, ISO 8601.
      type: str
      sample: "2026-11-27T08:15:30Z"
    used_at:
      description: When the key was last used, to the minute, ISO 8601. Null if it was never used.
      type: str
      sample: "2026-11-27T09:00:00Z"
    in_use:
      description:
        - Whether this task uses the key, which is the case if O(api_key) ends with RV(api_keys[].key_suffix).
      type: bool
      sample: false
"""

from ..module_utils._module.options import Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.api_key import report_api_keys

KEY_SPEC: Spec = {"name": {"type": "str"}, "key_id": {"type": "str", "no_log": False}}


def main(worker: Worker | None = None) -> None:
    run(worker, report_api_keys, KEY_SPEC, mutually_exclusive=[("key_id", "name")])


if __name__ == "__main__":
    main()
