# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tags
short_description: Tags from a text with one in each line
version_added: 1.0.0
description:
  - Makes the option O(clickhouse.cloud.service#module:tags) of a text, such as the answer to a survey of AWX.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  _input:
    description:
      - A text with C(key=value), or a key alone, in each line. Blank lines, and lines that begin with C(#), are left
        out.
      - A mapping is given back as it is.
    type: raw
    required: true
seealso:
  - plugin: clickhouse.cloud.ip_access_list
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the services that bear the tags of an answer
  clickhouse.cloud.service_info:
    tags: "{{ answer | clickhouse.cloud.tags }}"
  vars:
    answer: |
      env=production
      owner=platform
"""

RETURN = r"""
_value:
  description: The tags. That of a key alone has no value, and fits whatever its value is where services are selected.
  type: dict
  sample: {env: production}
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._survey import BadAnswer, tags_of


def tags(answer: object) -> dict[str, Any]:
    try:
        return tags_of(answer)
    except BadAnswer as error:
        raise AnsibleFilterError(f"clickhouse.cloud.tags: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"tags": tags}
