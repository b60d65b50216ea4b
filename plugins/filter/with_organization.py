# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_organization
short_description: List what a loop over organizations has returned
version_added: 1.1.0
description:
  - Returns the elements of a return value of all iterations of a loop over the names of organizations as one list, each
    with the name of its organization. Sends no requests to the API.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
positional: _input, value
options:
  _input:
    description:
      - The results of a loop over names. One without the return value, which was skipped or has failed, is ignored.
    type: list
    elements: dict
    required: true
  value:
    description: Name of a return value that is a list of dictionaries, such as V(services).
    type: str
    required: true
seealso:
  - plugin: clickhouse.cloud.organizations
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the services of each organization
  clickhouse.cloud.service_info:
  module_defaults:
    group/clickhouse.cloud.each_organization: "{{ access[item] }}"
  loop: "{{ access | list }}"
  register: found
  vars:
    access: "{{ clickhouse_organizations | clickhouse.cloud.organizations }}"

- name: Show where each service is
  ansible.builtin.debug:
    msg: "{{ item.organization }} has {{ item.name }}"
  loop: "{{ found.results | clickhouse.cloud.with_organization('services') }}"
"""

RETURN = r"""
_value:
  description: The elements, in the order of the results, each with C(organization), the name of its organization.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def with_organization(results: object, value: str) -> list[dict[str, Any]]:
    if not isinstance(results, (list, tuple)) or not all(isinstance(result, Mapping) for result in results):
        raise AnsibleFilterError(
            "clickhouse.cloud.with_organization: the input must be the results of a loop, a list of dictionaries;"
            f" {results!r:.80} is not."
        )
    return list(_elements(results, value))


def _elements(results: Iterable[Mapping[str, Any]], value: str) -> Iterator[dict[str, Any]]:
    for result in results:
        for element in result.get(value) or ():
            yield {**element, "organization": result[result["ansible_loop_var"]]}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"with_organization": with_organization}
