# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_credentials
short_description: Report API keys and invitations that need attention
version_added: 1.1.0
description:
  - Reports API keys that never expire or are too old, and invitations that have expired without being accepted, from
    the results of M(clickhouse.cloud.api_key_info) and M(clickhouse.cloud.invitation_info). Sends no requests to the
    API.
  - Omits keys that are disabled.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
positional: _input
options:
  _input:
    description: The keys, as M(clickhouse.cloud.api_key_info) returns them.
    type: list
    elements: dict
    required: true
  invitations:
    description: The invitations, as M(clickhouse.cloud.invitation_info) returns them.
    type: list
    elements: dict
    default: []
  max_key_age_days:
    description: Maximum age of a key in days.
    type: float
    default: 365
  accept:
    description:
      - Findings that are accepted. Each entry has the C(name) of a key or the address of an invitation, or its ID, and
        a list of C(checks), V(key_expiry), V(key_age) or V(invitation).
    type: list
    elements: dict
    default: []
seealso:
  - plugin: clickhouse.cloud.audit
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the API keys
  clickhouse.cloud.api_key_info:
  register: found

- name: Show those that need attention
  ansible.builtin.debug:
    msg: "{{ found.api_keys | clickhouse.cloud.audit_credentials(max_key_age_days=90) | selectattr('findings') }}"
"""

RETURN = r"""
_value:
  description: A summary of each enabled key and of each invitation with its findings, in the order of the input.
  type: list
  elements: dict
  contains:
    id:
      description: ID of the key or the invitation.
      type: str
    name:
      description: Name of the key, or the address that was invited.
      type: str
    type:
      description: V(API key) or V(invitation).
      type: str
    organization:
      description: What the input has as C(organization), such as a name from a loop over organizations; otherwise null.
      type: str
    findings:
      description: What needs attention; an empty list if nothing does.
      type: list
      elements: dict
      contains:
        kind:
          description: The check, V(key_expiry), V(key_age) or V(invitation).
          type: str
        text:
          description: The finding, as the rest of a sentence that begins with the name.
          type: str
    accepted:
      description: Findings that are accepted, with the same fields as RV(_value[].findings).
      type: list
      elements: dict
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._audit import (
    accept_findings,
    accepted_checks,
    audit_invitation,
    audit_key,
    parse_accepted,
    require_dicts,
)

PLUGIN = "clickhouse.cloud.audit_credentials"


def audit_credentials(
    api_keys: Iterable[Mapping[str, Any]],
    invitations: Iterable[Mapping[str, Any]] = (),
    max_key_age_days: float = 365,
    accept: Iterable[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    days, now, entries = _parse_days(max_key_age_days), time.time(), parse_accepted(PLUGIN, accept)
    keys = [key for key in require_dicts(PLUGIN, "the input", api_keys) if key.get("enabled") is not False]
    summaries = [
        *(audit_key(key, days, now) for key in keys),
        *(audit_invitation(entry, now) for entry in require_dicts(PLUGIN, "invitations", invitations)),
    ]
    return [accept_findings(summary, accepted_checks(summary, entries)) for summary in summaries]


def _parse_days(max_key_age_days: Any) -> float:
    try:
        return float(max_key_age_days)
    except (TypeError, ValueError):
        raise AnsibleFilterError(
            f"{PLUGIN}: max_key_age_days must be a number of days; {max_key_age_days!r} is not."
        ) from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"audit_credentials": audit_credentials}
