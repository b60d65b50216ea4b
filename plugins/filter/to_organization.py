# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_organization
short_description: Write the declaration of an organization as YAML
version_added: 1.1.0
description:
  - Converts what exists in an organization to YAML as a person would write it, for a file of variables. It sets the
    variable C(clickhouse_organization), which the role P(clickhouse.cloud.organization#role) applies.
  - The same organization always results in the same text. It contains no secrets. Comments say what cannot be declared.
  - Text that Ansible would evaluate as a template has the tag C(!unsafe), so that the file can be used as variables.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  _input:
    description:
      - Values that modules return, by their names. C(organization) is an element of
        RV(clickhouse.cloud.organization_info#module:organizations). C(roles), C(members), C(invitations), C(api_keys)
        and C(services) are those of the modules with these names and C(_info). A value that is null, since the API key
        may not read it, is not declared.
    type: dict
    required: true
seealso:
  - plugin: clickhouse.cloud.to_fleet_yaml
    plugin_type: filter
"""

EXAMPLES = r"""
# The role export requests all of this.
- name: Write the declaration to a file
  ansible.builtin.copy:
    content: "{{ existing | clickhouse.cloud.to_organization }}"
    dest: organization.yml
    mode: "0644"
  vars:
    existing:
      organization: "{{ found.organizations | first }}"
      roles: "{{ found_roles.roles }}"
      members: "{{ found_members.members }}"
      invitations: "{{ found_invitations.invitations }}"
      api_keys: "{{ found_keys.api_keys }}"
      services: "{{ found_services.services }}"
"""

RETURN = r"""
_value:
  description: The YAML, with the declaration in the variable C(clickhouse_organization).
  type: str
  sample: |
    clickhouse_organization:
      organization_id: 0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
      settings:
        name: Example Ltd.
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._organization_export import export_organization

#: The values that the input has.
VALUES = ("organization", "roles", "members", "invitations", "api_keys", "services")


def to_organization(existing: Mapping[str, Any]) -> str:
    if not isinstance(existing, Mapping) or not {*VALUES} <= existing.keys():
        raise AnsibleFilterError(
            f"clickhouse.cloud.to_organization: the input must be a dictionary with {', '.join(VALUES)}."
        )
    return export_organization(existing)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"to_organization": to_organization}
