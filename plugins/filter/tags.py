# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tags
short_description: Parse tags from text
version_added: 1.0.0
description:
  - Converts text, such as the answer to a survey of AWX, to a value for O(clickhouse.cloud.service#module:tags).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  _input:
    description:
      - Text with C(key=value), or a key alone, in each line. Blank lines and lines that begin with C(#) are ignored.
      - A mapping is returned unchanged.
    type: raw
    required: true
seealso:
  - plugin: clickhouse.cloud.ip_access_list
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the services that have the tags in the answer
  clickhouse.cloud.service_info:
    tags: "{{ answer | clickhouse.cloud.tags }}"
  vars:
    answer: |
      env=production
      owner=platform
"""

RETURN = r"""
_value:
  description: The tags. A key alone is a tag without a value, which matches any value when services are selected.
  type: dict
  sample: {env: production}
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._survey import SurveyError, parse_tags


def tags(answer: object) -> dict[str, Any]:
    try:
        return parse_tags(answer)
    except SurveyError as error:
        raise AnsibleFilterError(f"clickhouse.cloud.tags: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"tags": tags}
