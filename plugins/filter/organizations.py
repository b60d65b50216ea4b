# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: organizations
short_description: Get the connection options of several organizations by name
version_added: 1.1.0
description:
  - Converts a list of organizations, each with its own API key, to the connection options of modules, by the name of
    the organization. Sends no requests to the API.
  - The roles of this collection use it for the variable C(clickhouse_organizations).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  _input:
    description:
      - The organizations. Each has C(organization_id), C(api_key), C(api_secret), and optionally C(name). Without it,
        the organization ID is the name.
      - An empty list stands for the one organization of the options that tasks have anyway.
    type: list
    elements: dict
    required: true
seealso:
  - plugin: clickhouse.cloud.services
    plugin_type: inventory
"""

EXAMPLES = r"""
# The action group each_organization has all modules, as the group all has. Options that a play sets in module_defaults
# of the group all stay.
- name: List the services of each organization
  clickhouse.cloud.service_info:
  module_defaults:
    group/clickhouse.cloud.each_organization: "{{ access[item] }}"
  loop: "{{ access | list }}"
  register: found
  vars:
    access: "{{ clickhouse_organizations | clickhouse.cloud.organizations }}"
    clickhouse_organizations:
      - name: production
        organization_id: 0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
        api_key: "{{ vault_production_key }}"
        api_secret: "{{ vault_production_secret }}"
      - name: staging
        organization_id: 1c1d1e1f-2a3b-4c4d-8e5f-6a7b8c9d0e1f
        api_key: "{{ vault_staging_key }}"
        api_secret: "{{ vault_staging_secret }}"
"""

RETURN = r"""
_value:
  description:
    - The options O(clickhouse.cloud.service_info#module:organization_id), C(api_key) and C(api_secret) of each
      organization, by its name, in the order of the list.
    - For an empty list, one dictionary without options.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils._texts import is_empty

#: The options of an organization, besides its name. Each is required.
OPTIONS = ("organization_id", "api_key", "api_secret")
#: The name of the only organization if none is listed.
ONLY = "the organization of the API key"


def organizations(entries: object) -> dict[str, dict[str, Any]]:
    if not isinstance(entries, (list, tuple)):
        raise AnsibleFilterError("clickhouse_organizations must be a list of dictionaries.")
    found: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(entries, 1):
        name, options = _parse_entry(f"clickhouse_organizations, number {number}", entry)
        if name in found:
            raise AnsibleFilterError(
                f"clickhouse_organizations: several entries are named {name!r}. Give each of them another name."
            )
        found[name] = options
    return found or {ONLY: {}}


def _parse_entry(place: str, entry: object) -> tuple[str, dict[str, Any]]:
    """Return the name and the options. Raise AnsibleFilterError, without a value that may be secret."""
    if not (isinstance(entry, Mapping) and entry.keys() <= {*OPTIONS, "name"}):
        raise AnsibleFilterError(f"{place}, must be a dictionary with the keys {', '.join(OPTIONS)} and name.")
    missing = [option for option in OPTIONS if is_empty(entry.get(option))]
    if missing:
        raise AnsibleFilterError(f"{place}, has no {' and no '.join(missing)}. Set {', '.join(OPTIONS)}.")
    name = str(entry["organization_id"] if is_empty(entry.get("name")) else entry["name"])
    return name, {option: entry[option] for option in OPTIONS}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"organizations": organizations}
