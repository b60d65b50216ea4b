# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: drift
short_description: Compare declared services with those that exist
version_added: 1.1.0
description:
  - Lists what differs between the declarations of services and the organization, from the results of
    M(clickhouse.cloud.fleet) in check mode and of M(clickhouse.cloud.service_info). Sends no requests to the API.
  - The role P(clickhouse.cloud.drift#role) uses it for its reports.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
positional: _input, services
options:
  _input:
    description: The result of M(clickhouse.cloud.fleet) in check mode.
    type: dict
    required: true
  services:
    description: The services that exist, RV(clickhouse.cloud.service_info#module:services).
    type: list
    elements: dict
    required: true
  tags:
    description:
      - Only services with all these tags have to be declared. A tag without a value matches any value.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Plan the declared services
  clickhouse.cloud.fleet:
    services: "{{ clickhouse_services }}"
  check_mode: true
  register: planned

- name: List the services
  clickhouse.cloud.service_info:
  register: existing

- name: Show the differences
  ansible.builtin.debug:
    msg: "{{ planned | clickhouse.cloud.drift(existing.services) }}"
"""

RETURN = r"""
_value:
  description: The differences, an empty list if there are none.
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(changed) for a service with other values than declared, V(missing) for one that does not exist, V(unwanted)
          for one that is declared as absent, V(undeclared) for one without a declaration, and V(conflicting) for one
          that cannot get the declared values.
      type: str
    name:
      description: Name of the service, or its ID if it has no name.
      type: str
    service_id:
      description: ID of the service; null if it does not exist.
      type: str
    text:
      description: The difference, as one line.
      type: str
    changes:
      description: The options that differ, if the kind is V(changed).
      type: list
      elements: dict
      contains:
        option:
          description: Name of the option.
          type: str
        current:
          description: The current value.
          type: raw
        declared:
          description: The declared value.
          type: raw
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import InvalidOption
from ..module_utils._schema.service import tag_filters
from ..plugin_utils._drift import find_drift


def drift(planned: object, services: object, tags: object = None) -> list[dict[str, Any]]:
    if not (isinstance(planned, Mapping) and isinstance(planned.get("plan"), (list, tuple))):
        raise AnsibleFilterError(
            "clickhouse.cloud.drift: the input must be the result of clickhouse.cloud.fleet in check mode, with the"
            f" return value plan; {planned!r:.80} is not."
        )
    if not isinstance(services, (list, tuple)) or not all(isinstance(item, Mapping) for item in services):
        raise AnsibleFilterError(
            "clickhouse.cloud.drift: services must be the services that clickhouse.cloud.service_info returns;"
            f" {services!r:.80} is not."
        )
    if not isinstance(tags, (Mapping, type(None))):
        raise AnsibleFilterError(f"clickhouse.cloud.drift: tags must be a dictionary; {tags!r:.80} is not.")
    try:
        return find_drift(planned, services, tag_filters(tags or {}))
    except InvalidOption as error:
        raise AnsibleFilterError(f"clickhouse.cloud.drift: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"drift": drift}
