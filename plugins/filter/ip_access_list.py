# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ip_access_list
short_description: Parse an IP access list from text
version_added: 1.0.0
description:
  - Converts text, such as the answer to a survey of AWX, to a value for
    O(clickhouse.cloud.service#module:ip_access_list).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  _input:
    description:
      - Text with an IP address or a network in CIDR notation in each line, optionally followed by a space and a
        description. Blank lines and lines that begin with C(#) are ignored.
      - A list is returned unchanged.
    type: raw
    required: true
seealso:
  - plugin: clickhouse.cloud.tags
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Allow access from the addresses in the answer
  clickhouse.cloud.service:
    name: analytics
    ip_access_list: "{{ answer | clickhouse.cloud.ip_access_list }}"
  vars:
    answer: |
      203.0.113.0/24 office in Berlin
      198.51.100.7
"""

RETURN = r"""
_value:
  description: The entries, each with C(source), and with C(description) if the line has one.
  type: list
  elements: dict
  sample:
    - source: 203.0.113.0/24
      description: office in Berlin
    - source: 198.51.100.7
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._survey import SurveyError, parse_ip_access_list


def ip_access_list(answer: object) -> list[Any]:
    try:
        return parse_ip_access_list(answer)
    except SurveyError as error:
        raise AnsibleFilterError(f"clickhouse.cloud.ip_access_list: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"ip_access_list": ip_access_list}
