# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit
short_description: Report services that need attention
version_added: 1.1.0
description:
  - Reports for each service whether it is unhealthy, open to the internet, never idle, or not backed up, from the
    results of M(clickhouse.cloud.service_info) and M(clickhouse.cloud.backup_info), and perhaps of the modules for
    snapshots. Sends no requests to the API.
  - Omits services that are being deleted.
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
      - The results of a loop of M(clickhouse.cloud.backup_info) over services, or over their IDs, with
        O(clickhouse.cloud.backup_info#module:newest=true). A failed result is a finding. Only completed backups count.
      - The backups of a service without a result are not checked.
    type: list
    elements: dict
    default: []
  max_backup_age_hours:
    description:
      - Maximum age of the newest completed backup, in hours since it was finished.
      - A service that was created within these hours does not need a backup yet. For a stopped service, a backup of any
        age is enough, since its data does not change. A secondary service has no backups.
    type: float
    default: 26
  snapshots:
    description:
      - The results of a loop of M(clickhouse.cloud.snapshot_info) over services, or over their IDs, with
        O(clickhouse.cloud.snapshot_info#module:newest=true). Only completed snapshots count.
      - A failed result is a finding. Null, as for an organization without snapshots, is not a finding, and neither is
        the age of a snapshot.
    type: list
    elements: dict
    default: []
  snapshot_configs:
    description:
      - The results of a loop of M(clickhouse.cloud.snapshot_config_info) over services, or over their IDs. A failed
        result is a finding, and null is not.
    type: list
    elements: dict
    default: []
  costs:
    description:
      - The results of a loop of M(clickhouse.cloud.usage_cost_info) over organizations, for a period from the first day
        of the previous month until today. They are for the services whose C(organization) is the item of the loop. A
        result without a loop is for services without one. The cost is not a finding.
    type: list
    elements: dict
    default: []
  accept:
    description:
      - Findings that are accepted. Each entry has the C(name) of a service, or its ID, a list of C(checks), and
        optionally the C(organization) of the service.
    type: list
    elements: dict
    default: []
  accept_tag:
    description:
      - A tag of services whose value is the checks with accepted findings, separated by dots, such as V(access.idling).
    type: str
    default: audit_accept
  checks:
    description:
      - The checks to run, V(state), V(access), V(idling), V(backup) or V(snapshot). If not set, all of them run.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: List the services
  clickhouse.cloud.service_info:
  register: cloud

- name: Find the newest backup of each service
  clickhouse.cloud.backup_info:
    service_id: "{{ item }}"
    newest: true
  loop: "{{ cloud.services | selectattr('is_primary') | map(attribute='id') }}"
  register: newest

- name: Show the result of the audit
  ansible.builtin.debug:
    msg: "{{ cloud.services | clickhouse.cloud.audit(backups=newest.results, max_backup_age_hours=26) }}"
"""

RETURN = r"""
_value:
  description: A summary of each service with its findings, in the order of the input.
  type: list
  elements: dict
  contains:
    id:
      description: ID of the service.
      type: str
    name:
      description: Name of the service, or its ID if it has no name.
      type: str
    organization:
      description: What the input has as C(organization), such as a name from a loop over organizations; otherwise null.
      type: str
    state:
      description: State of the service, V(unknown) if the API does not return it.
      type: str
    provider:
      description: Cloud provider.
      type: str
    region:
      description: Region of the provider.
      type: str
    is_primary:
      description: Whether the service has its own backups. A secondary service is backed up with its primary service.
      type: bool
    newest_backup_age_hours:
      description: Age of the newest completed backup; null if there is none, or if backups were not requested.
      type: float
    snapshots_enabled:
      description: Whether snapshots are made; null if that is not known, or was not requested.
      type: bool
    newest_snapshot_age_hours:
      description: Age of the newest completed snapshot; null if there is none, or if snapshots were not requested.
      type: float
    cost_chc:
      description:
        - Cost in this month, in ClickHouse Credits (CHC); null if it is not known, or was not requested. Storage and
          backups belong to a data warehouse, and are left out.
      type: float
    cost_change_percent:
      description:
        - Change of the cost against the same days of the previous month; null if there was none then.
      type: int
    accepted:
      description: Findings that are accepted, with the same fields as RV(_value[].findings).
      type: list
      elements: dict
    findings:
      description: What needs attention; an empty list if nothing does.
      type: list
      elements: dict
      contains:
        kind:
          description: The check, V(state), V(access), V(idling), V(backup) or V(snapshot).
          type: str
        text:
          description: The finding, as the rest of a sentence that begins with the name of the service.
          type: str
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..plugin_utils._audit import (
    CHECKS,
    Cost,
    Results,
    accept_findings,
    accepted_checks,
    audit_service,
    not_deleted,
    parse_accepted,
    require_dicts,
    sum_costs,
)

PLUGIN = "clickhouse.cloud.audit"
ACCEPT_TAG = "audit_accept"


def audit(
    services: Iterable[Mapping[str, Any]],
    backups: Iterable[Mapping[str, Any]] = (),
    max_backup_age_hours: float = 26,
    checks: Iterable[str] | None = None,
    snapshots: Iterable[Mapping[str, Any]] = (),
    snapshot_configs: Iterable[Mapping[str, Any]] = (),
    costs: Iterable[Mapping[str, Any]] = (),
    accept: Iterable[Mapping[str, Any]] = (),
    accept_tag: str = ACCEPT_TAG,
) -> list[dict[str, Any]]:
    now = datetime.datetime.now(datetime.timezone.utc)
    options = {"backups": backups, "snapshots": snapshots, "snapshot_configs": snapshot_configs}
    by_id = [_by_service_id(name, results) for name, results in options.items()]
    hours, entries = _parse_hours(max_backup_age_hours), parse_accepted(PLUGIN, accept)
    enabled = CHECKS if checks is None else _parse_checks(checks)
    costs_by_organization = _costs_by_organization(costs, now.date())

    def summarize(service: Mapping[str, Any]) -> dict[str, Any]:
        of_service = Results(*(of.get(str(service.get("id")).lower()) for of in by_id))
        summary = audit_service(service, of_service, hours, now.timestamp(), enabled)
        tag = (service.get("tags") or {}).get(accept_tag)
        costs = _cost_fields(summary["id"], costs_by_organization.get(summary["organization"]))
        return {**accept_findings(summary, accepted_checks(summary, entries, tag)), **costs}

    return [summarize(service) for service in not_deleted(require_dicts(PLUGIN, "the input", services))]


def _costs_by_organization(
    results: Iterable[Mapping[str, Any]], today: datetime.date
) -> dict[Any, dict[str, Cost] | None]:
    """Return the costs of services by the item of a loop over organizations; None stands for no loop."""
    return {
        result.get(result.get("ansible_loop_var", "")): sum_costs(result, today)
        for result in require_dicts(PLUGIN, "costs", results)
    }


def _cost_fields(service_id: str, costs: Mapping[str, Cost] | None) -> dict[str, Any]:
    """Return the cost of a service, which is 0 if no record has it."""
    cost = None if costs is None else costs.get(service_id.lower(), Cost())
    return {
        "cost_chc": None if cost is None else round(cost.this_month, 6),
        "cost_change_percent": None if cost is None else cost.change_percent,
    }


def _by_service_id(name: str, results: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the results by the ID of the service. A skipped result of a loop says nothing."""
    return {_service_id(result): result for result in require_dicts(PLUGIN, name, results) if not result.get("skipped")}


def _parse_hours(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise AnsibleFilterError(
            f"clickhouse.cloud.audit: max_backup_age_hours must be a number of hours; {value!r} is not."
        ) from None


def _parse_checks(checks: Iterable[str]) -> set[str]:
    """Return the names of the checks. Raise AnsibleFilterError for one that does not exist."""
    names = {checks} if isinstance(checks, str) else set(checks)
    if not names <= CHECKS:
        raise AnsibleFilterError(
            f"clickhouse.cloud.audit: checks must be among {', '.join(sorted(CHECKS))};"
            f" {', '.join(sorted(map(str, names - CHECKS)))} is not."
        )
    return names


def _service_id(result: Mapping[str, Any]) -> str:
    """Return the ID of the service that a result is for, also if the task has failed."""
    item = result.get("item")
    return str(item.get("id") if isinstance(item, Mapping) else item).lower()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"audit": audit}
