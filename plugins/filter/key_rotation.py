# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: key_rotation
short_description: Find the next step in the rotation of an API key
version_added: 1.1.0
description:
  - Returns what the role P(clickhouse.cloud.rotate_api_key#role) does next, from the names and the dates of the keys of
    an organization. Sends no requests to the API.
  - The keys of a rotation are called C(NAME-1), C(NAME-2) and so on. A new one is called C(NAME-3-new) until its secret
    is stored, and one that was replaced C(NAME-1-old).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
positional: _input
options:
  _input:
    description: The keys, as M(clickhouse.cloud.api_key_info) returns them.
    type: list
    elements: dict
    required: true
  name:
    description: Name of the rotation.
    type: str
    required: true
  known:
    description: The last four characters of the IDs of keys whose secrets can be read.
    type: list
    elements: str
    default: []
  own_id:
    description: ID of the new key of this run, to find out whether another run takes precedence.
    type: str
    default: ""
  max_age_days:
    description: Age, in days, at which a key is replaced, up to 36500.
    type: float
    default: 90
  overlap_hours:
    description: For how many hours a key can still be used after the secret of the next one was stored.
    type: float
    default: 0
  grace_days:
    description: For how many days a key is kept once it can no longer be used.
    type: float
    default: 7
  force:
    description: Whether to replace a key of any age.
    type: bool
    default: false
seealso:
  - module: clickhouse.cloud.api_key_info
"""

EXAMPLES = r"""
- name: List the keys
  clickhouse.cloud.api_key_info:
  register: result

- name: Show which keys of a rotation would be retired
  ansible.builtin.debug:
    msg: "{{ (result.api_keys | clickhouse.cloud.key_rotation('automation')).retire | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The next step.
  type: dict
  contains:
    new:
      description:
        - The key to create, or whose creation is to be finished, with its C(name), its C(stored_name), to which it is
          renamed once its secret is stored, and whether it C(exists). Null if there is nothing to do.
      type: dict
    newest:
      description: The newest key whose secret is stored; null without one.
      type: dict
    rivals:
      description:
        - Names of keys with which another run may be working now, since their secrets are not stored, and are not among
          O(known). With O(own_id), only those that take precedence over that key.
      type: list
      elements: str
    finished_suffixes:
      description: The last four characters of the IDs of all keys that need no secret in a file of the role any more.
      type: list
      elements: str
    retire:
      description:
        - The keys that were replaced, each with its C(retired_name), and with C(expire_at) and C(enabled) if these are
          to be changed. A key that was enabled again in its grace period is only one of them if it would be usable for
          longer than another such period. The key that the task uses is never one of them.
      type: list
      elements: dict
    delete:
      description: The keys that were replaced and that are to be deleted.
      type: list
      elements: dict
    still_usable:
      description: The C(name) and the C(expire_at) of each key that was replaced and can still be used.
      type: list
      elements: dict
    is_used:
      description: Whether the task uses a key of the rotation.
      type: bool
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._key_rotation import RotationError, plan_rotation


def key_rotation(keys: Any, name: str, **options: Any) -> dict[str, Any]:
    try:
        return plan_rotation(keys, name, **options)
    except RotationError as error:
        raise AnsibleFilterError(f"clickhouse.cloud.key_rotation: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"key_rotation": key_rotation}
