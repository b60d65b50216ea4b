# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: organization_steps
short_description: Plan how to apply the declaration of an organization
version_added: 1.1.0
description:
  - Checks the declaration of an organization, with its settings, roles, members and API keys. Returns the entries to
    create or change and those to remove, and what exists without being declared. Sends no requests to the API.
  - The role P(clickhouse.cloud.organization#role) uses it.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
positional: _input
options:
  _input:
    description: The declaration, as the README of the role describes it.
    type: dict
    required: true
  existing:
    description:
      - What exists, C(roles), C(members), C(invitations) and C(api_keys), as the modules M(clickhouse.cloud.role_info),
        M(clickhouse.cloud.member_info), M(clickhouse.cloud.invitation_info) and M(clickhouse.cloud.api_key_info) return
        it. The declaration is not checked against those that are left out.
    type: dict
    default: {}
  secrets:
    description: Directory for the secrets of new API keys.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: List the roles
  clickhouse.cloud.role_info:
  register: existing

- name: Check a declaration
  ansible.builtin.debug:
    msg: "{{ clickhouse_organization | clickhouse.cloud.organization_steps({'roles': existing.roles}) }}"
"""

RETURN = r"""
_value:
  description: The steps.
  type: dict
  contains:
    settings:
      description: The declared settings; null if there are none.
      type: dict
    present:
      description:
        - The entries of C(roles), C(members) and C(api_keys) to create or change. Each API key that needs one has
          C(secret_file).
      type: dict
    absent:
      description: The entries of the same sections about what exists and is to be removed.
      type: dict
    undeclared:
      description: What exists without an entry in a section that the declaration has, except system roles.
      type: list
      elements: dict
      contains:
        kind:
          description: V(role), V(member), V(invitation) or V(API key).
          type: str
        name:
          description: The name, or the email address.
          type: str
        id:
          description: The ID.
          type: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._organization_file import DeclarationError, plan_steps


def organization_steps(
    declaration: object, existing: Mapping[str, Any] | None = None, secrets: str = ""
) -> dict[str, Any]:
    try:
        return plan_steps(declaration, existing or {}, secrets)
    except DeclarationError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"organization_steps": organization_steps}
