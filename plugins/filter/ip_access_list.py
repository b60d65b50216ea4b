# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ip_access_list
short_description: An IP access list from a text with one address in each line
version_added: 1.0.0
description:
  - Makes the option O(clickhouse.cloud.service#module:ip_access_list) of a text, such as the answer to a survey of AWX.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  _input:
    description:
      - A text with an IP address, or a network in CIDR notation, in each line. What follows behind a space is the
        description. Blank lines, and lines that begin with C(#), are left out.
      - A list is given back as it is.
    type: raw
    required: true
seealso:
  - plugin: clickhouse.cloud.tags
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Let in who is in the answer
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
  description: The entries, each with C(source), and with C(description) if there is one.
  type: list
  elements: dict
  sample:
    - source: 203.0.113.0/24
      description: office in Berlin
    - source: 198.51.100.7
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._survey import BadAnswer, ip_access_list_of


def ip_access_list(answer: object) -> list[Any]:
    try:
        return ip_access_list_of(answer)
    except BadAnswer as error:
        raise AnsibleFilterError(f"clickhouse.cloud.ip_access_list: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"ip_access_list": ip_access_list}
