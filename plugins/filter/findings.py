# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: findings
short_description: What is to be looked at in a fleet
version_added: 1.0.0
description:
  - Tells of each service whether it is unwell, open to everybody, never idle, or not backed up, from what
    M(clickhouse.cloud.service_info) and M(clickhouse.cloud.backup_info) have returned. Asks the API nothing.
  - A service that is being deleted is left out.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
positional: _input
options:
  _input:
    description: The services, as M(clickhouse.cloud.service_info) returns them.
    type: list
    elements: dict
    required: true
  backups:
    description:
      - The results of a loop of M(clickhouse.cloud.backup_info) over services, or their IDs, with
        O(clickhouse.cloud.backup_info#module:newest=true). A result that has failed is a finding. Only backups that are
        done count.
      - Of a service that is not among them nothing is told of its backups.
    type: list
    elements: dict
    default: []
  max_backup_age_hours:
    description:
      - How many hours ago the newest backup that is done may have been finished.
      - A service that was created within these hours need not have one yet. For a stopped service any will do, since
        its data does not change. A secondary service has none of its own.
    type: float
    default: 26
  kinds:
    description: Which findings are told, V(state), V(access), V(idling) or V(backup). If not set, all are.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: List the services
  clickhouse.cloud.service_info:
  register: cloud

- name: Look for the newest backup of each
  clickhouse.cloud.backup_info:
    service_id: "{{ item }}"
    newest: true
  loop: "{{ cloud.services | selectattr('is_primary') | map(attribute='id') }}"
  register: newest

- name: Show what is to be looked at
  ansible.builtin.debug:
    msg: "{{ cloud.services | clickhouse.cloud.findings(backups=newest.results, max_backup_age_hours=26) }}"
"""

RETURN = r"""
_value:
  description: Each service in short, in the order of the input, and what is to be looked at.
  type: list
  elements: dict
  contains:
    id:
      description: ID of the service.
      type: str
    name:
      description: Name of the service, or its ID where it has none.
      type: str
    state:
      description: State of the service, V(unknown) where the API does not tell it.
      type: str
    provider:
      description: Cloud provider.
      type: str
    region:
      description: Region of the provider.
      type: str
    is_primary:
      description: Whether the service is backed up on its own, and not with the primary one of its data warehouse.
      type: bool
    newest_backup_in_hours:
      description: Age of the newest backup that is done; null if there is none, or it was not looked for.
      type: float
    findings:
      description: What is to be looked at; an empty list if there is nothing.
      type: list
      elements: dict
      contains:
        kind:
          description: V(state), V(access), V(idling) or V(backup).
          type: str
        text:
          description: What it is, in words that go on from the name of the service.
          type: str
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._audit import KINDS, examined, living


def findings(
    services: Iterable[Mapping[str, Any]],
    backups: Iterable[Mapping[str, Any]] = (),
    max_backup_age_hours: float = 26,
    kinds: Iterable[str] | None = None,
) -> list[dict[str, Any]]:
    # Nothing is known from a result of a loop that was skipped.
    newest = {_asked_for(result): result for result in _listed("backups", backups) if not result.get("skipped")}
    hours, now = _hours(max_backup_age_hours), time.time()
    told = KINDS if kinds is None else _known(kinds)
    return [
        examined(service, newest.get(str(service.get("id")).lower()), hours, now, told)
        for service in living(_listed("what is given", services))
    ]


def _listed(what: str, given: object) -> list[Mapping[str, Any]]:
    """The dictionaries. Raises AnsibleFilterError, as for the whole result of a module."""
    if isinstance(given, Iterable) and not isinstance(given, (Mapping, str)):
        listed = list(given)
        if all(isinstance(one, Mapping) for one in listed):
            return listed
    raise AnsibleFilterError(
        f"clickhouse.cloud.findings: {what} must be a list of dictionaries, such as the services that service_info"
        " returns, and as backups the results of a loop of backup_info."
    )


def _hours(given: Any) -> float:
    try:
        return float(given)
    except (TypeError, ValueError):
        raise AnsibleFilterError(
            f"clickhouse.cloud.findings: max_backup_age_hours must be a number of hours; {given!r} is not."
        ) from None


def _known(kinds: Iterable[str]) -> set[str]:
    """The kinds. Raises AnsibleFilterError for one that nothing would ever be found of."""
    asked = {kinds} if isinstance(kinds, str) else set(kinds)
    if not asked <= KINDS:
        raise AnsibleFilterError(
            f"clickhouse.cloud.findings: kinds may hold {', '.join(sorted(KINDS))};"
            f" {', '.join(sorted(map(str, asked - KINDS)))} is not among them."
        )
    return asked


def _asked_for(result: Mapping[str, Any]) -> str:
    """Return the ID that a result is of, also where the task has failed."""
    item = result.get("item")
    return str(item.get("id") if isinstance(item, Mapping) else item).lower()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"findings": findings}
