# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: temporary_access
short_description: Plan temporary entries of an IP access list
version_added: 1.1.0
description:
  - Returns which entries of an IP access list to add and to remove, so that an address is admitted until a time, or so
    that the access of an owner ends. Sends no requests to the API.
  - The role P(clickhouse.cloud.temporary_access#role) uses it. The description of an entry names the runs that need it,
    and until when. Entries with other descriptions are never among the result.
  - Whatever else is planned, access that has expired ends.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
positional: _input
options:
  _input:
    description: The list, C(ip_access_list) of RV(clickhouse.cloud.service_info#module:services).
    type: list
    elements: dict
    required: true
  address:
    description:
      - The address, or the network, of the host that needs access. Required with O(until), and not allowed without it.
    type: str
    default: ""
  owner:
    description:
      - Who needs access, for example the ID of a run. Required with O(until). Without O(until), the access of this
        owner ends at all addresses.
    type: str
    default: ""
  until:
    description: Time until which the owner needs access, such as V(2026-11-27T21:30:00Z).
    type: str
    default: ""
  allow_any:
    description: Whether a network with a prefix shorter than 8 is accepted, such as V(0.0.0.0/0).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Get the service
  clickhouse.cloud.service_info:
    name: analytics
  register: found

- name: Show what would be added
  ansible.builtin.debug:
    msg: "{{ (entries | clickhouse.cloud.temporary_access('203.0.113.7', 'run-1', '2030-01-01T00:00:00Z')).add }}"
  vars:
    entries: "{{ found.services[0].ip_access_list }}"
"""

RETURN = r"""
_value:
  description: What to change.
  type: dict
  contains:
    add:
      description:
        - The entries to add. One with the source of an existing entry replaces it. An address that an entry of others
          admits is not among them.
      type: list
      elements: dict
    remove:
      description: The entries to remove, by their source.
      type: list
      elements: dict
"""

import re
import time
from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import InvalidOption
from ..plugin_utils._temporary_access import OWNER, TIME, TIME_FORMAT, check_address, plan_access


def temporary_access(
    entries: object, address: str = "", owner: str = "", until: str = "", allow_any: bool = False
) -> dict[str, Any]:
    if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, Mapping) for entry in entries):
        raise AnsibleFilterError(
            f"clickhouse.cloud.temporary_access: the input must be the ip_access_list of a service; {entries!r:.80} is"
            " not."
        )
    if bool(address) != bool(until):
        raise AnsibleFilterError("clickhouse.cloud.temporary_access: address and until are required together.")
    _check_owner_and_time(str(owner), str(until))
    try:
        source = check_address(address, allow_any) if address else ""
    except (InvalidOption, ValueError) as error:
        raise AnsibleFilterError(f"clickhouse.cloud.temporary_access: {error}") from error
    return plan_access(entries, source, str(owner), str(until), time.strftime(TIME_FORMAT, time.gmtime()))


def _check_owner_and_time(owner: str, until: str) -> None:
    if (owner or until) and not re.fullmatch(OWNER, owner):
        raise AnsibleFilterError(
            f"clickhouse.cloud.temporary_access: owner must consist of letters, digits and . _ : / -; {owner!r}"
            " does not."
        )
    if until and not re.fullmatch(TIME, until):
        raise AnsibleFilterError(
            f"clickhouse.cloud.temporary_access: until must be a time such as 2026-11-27T21:30:00Z; {until!r} is not."
        )


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"temporary_access": temporary_access}
