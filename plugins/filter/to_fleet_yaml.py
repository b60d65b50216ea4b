# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_fleet_yaml
short_description: Write declarations of services as YAML
version_added: 1.1.0
description:
  - Converts the result of M(clickhouse.cloud.fleet_info) to YAML as a person would write it, for a file of variables.
    The variable that it sets, C(clickhouse_services), is the value for O(clickhouse.cloud.fleet#module:services).
  - The same services always result in the same text.
  - Text that Ansible would evaluate as a template has the tag C(!unsafe), so that the file can be used as variables.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  _input:
    description: The declarations, RV(clickhouse.cloud.fleet_info#module:services).
    type: list
    elements: dict
    required: true
  existing_services:
    description:
      - The services that are declared, RV(clickhouse.cloud.fleet_info#module:existing_services). Their C(comments)
        become comments in the YAML.
    type: list
    elements: dict
    default: []
seealso:
  - module: clickhouse.cloud.fleet_info
"""

EXAMPLES = r"""
- name: Get all services as declarations
  clickhouse.cloud.fleet_info:
  register: exported

- name: Write them to a file
  ansible.builtin.copy:
    content: "{{ exported.services | clickhouse.cloud.to_fleet_yaml(exported.existing_services) }}"
    dest: services.yml
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The YAML, with the declarations in the variable C(clickhouse_services).
  type: str
  sample: |
    clickhouse_services:
      - name: analytics
        provider: aws
        region: eu-central-1
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._declaration import to_yaml


def to_fleet_yaml(services: object, existing_services: object = ()) -> str:
    declarations = _require_dicts("the input", services)
    described = _require_dicts("existing_services", existing_services)
    if len(described) not in (0, len(declarations)):
        raise AnsibleFilterError(
            f"clickhouse.cloud.to_fleet_yaml: existing_services has {len(described)} elements, and the input"
            f" {len(declarations)}: pass the results services and existing_services of the same task of fleet_info."
        )
    texts = [service.get("comments") or [] for service in described] or [[]] * len(declarations)
    return to_yaml("clickhouse_services", zip(declarations, texts))


def _require_dicts(name: str, value: object) -> list[Mapping[str, Any]]:
    """Return the value as a list. Raise AnsibleFilterError if it is not a list of dictionaries."""
    if isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value):
        return list(value)
    raise AnsibleFilterError(
        f"clickhouse.cloud.to_fleet_yaml: {name} must be a result of clickhouse.cloud.fleet_info, a list of"
        f" dictionaries; {value!r:.80} is not."
    )


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"to_fleet_yaml": to_fleet_yaml}
