# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the services that need attention in the results of service_info, backup_info and the modules for snapshots."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils._json import parse_timestamp
from ..module_utils._schema.backups import SECONDS_PER_HOUR
from ..module_utils._schema.networks import find_exposure
from ..module_utils._service.service import DELETED_STATES

SECONDS_PER_DAY = 86400
Service = Mapping[str, Any]
#: A result of a module for a service; None if it was not requested.
Result = Optional[Mapping[str, Any]]

UNHEALTHY_STATES = frozenset({"failed", "degraded", "partially_running"})
CHECKS = frozenset({"state", "access", "idling", "backup", "snapshot"})
#: The checks of services, and those of API keys and invitations.
ACCEPTABLE = (*sorted(CHECKS), "invitation", "key_age", "key_expiry")


class Results(NamedTuple):
    """Results for a service: of backup_info and snapshot_info, both with newest: true, and of snapshot_config_info."""

    backups: Result = None
    snapshots: Result = None
    snapshot_config: Result = None


class Cost(NamedTuple):
    """The cost of a service in this month, and on the same days of the previous one, in CHC."""

    this_month: float = 0.0
    previous_month: float = 0.0

    @property
    def change_percent(self) -> int | None:
        """Return by how much the cost has changed; None if there was none in the previous month."""
        if not self.previous_month:
            return None
        return round(100 * (self.this_month / self.previous_month - 1))


def require_dicts(plugin: str, name: str, value: object) -> list[Mapping[str, Any]]:
    """Return the value as a list of dictionaries. Raise AnsibleFilterError, also for the whole result of a module."""
    if isinstance(value, Iterable) and not isinstance(value, (Mapping, str)):
        items = list(value)
        if all(isinstance(item, Mapping) for item in items):
            return items
    raise AnsibleFilterError(
        f"{plugin}: {name} must be a list of dictionaries, such as the list that a module returns, or the results of a"
        " loop."
    )


def parse_accepted(plugin: str, entries: object) -> list[Mapping[str, Any]]:
    """Return the entries of accepted findings. Raise AnsibleFilterError for one without a name or with other checks."""
    accepted = require_dicts(plugin, "accept", entries)
    for number, entry in enumerate(accepted, 1):
        names = entry.get("checks")
        if not entry.get("name") or not isinstance(names, list) or any(name not in ACCEPTABLE for name in names):
            raise AnsibleFilterError(
                f"{plugin}: accept, number {number}: an entry has the name of a service, a key or an invitation, and a"
                f" list of checks, each of which is among {', '.join(ACCEPTABLE)}."
            )
    return accepted


def audit_service(
    service: Service, results: Results, max_age_hours: float, now: float, checks: Collection[str] = CHECKS
) -> dict[str, Any]:
    """Return a summary of the service, with the age of its newest backup and snapshot, and the findings of the checks.

    Only completed backups and snapshots count.
    """
    findings = [
        *_state(service),
        *_access(service),
        *_idling(service),
        *_backups(service, results.backups, max_age_hours, now),
        *_snapshots(results),
    ]
    return {
        "id": str(service.get("id")),
        "name": str(service.get("name") or service.get("id")),
        "organization": service.get("organization"),
        **{name: str(service.get(name) or "unknown") for name in ("state", "provider", "region")},
        "is_primary": service.get("is_primary") is not False,
        "newest_backup_age_hours": _age_hours(results.backups, "backups"),
        "snapshots_enabled": ((results.snapshot_config or {}).get("snapshot_config") or {}).get("enabled"),
        "newest_snapshot_age_hours": _age_hours(results.snapshots, "snapshots"),
        "findings": [{"kind": check, "text": text} for check, text in findings if check in checks],
    }


def audit_key(key: Mapping[str, Any], max_age_days: float, now: float) -> dict[str, Any]:
    """Return a summary of an API key, with the findings about its expiry and age."""
    findings = []
    if key.get("expire_at") in (None, "", "never"):
        findings.append({"kind": "key_expiry", "text": "never expires"})
    created_at = parse_timestamp(key.get("created_at"))
    days = 0 if created_at is None else int((now - created_at) / SECONDS_PER_DAY)
    if days > max_age_days:
        findings.append({"kind": "key_age", "text": f"is {days} days old"})
    return _summarize("API key", key, "name", findings)


def audit_invitation(invitation: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a summary of an invitation, with a finding if it has expired: accepted ones are not listed any more."""
    expire_at = parse_timestamp(invitation.get("expire_at"))
    findings = []
    if expire_at is not None and expire_at < now:
        text = f"was not accepted until it expired on {str(invitation['expire_at'])[:10]}"
        findings.append({"kind": "invitation", "text": text})
    return _summarize("invitation", invitation, "email", findings)


def _summarize(kind: str, entry: Mapping[str, Any], name: str, findings: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "id": str(entry.get("id")),
        "name": str(entry.get(name) or entry.get("id")),
        "type": kind,
        "organization": entry.get("organization"),
        "findings": findings,
    }


def accept_findings(summary: dict[str, Any], accepted: Collection[str]) -> dict[str, Any]:
    """Return the summary with the findings of these checks as its ``accepted``, not as its ``findings``."""
    open_findings = [finding for finding in summary["findings"] if finding["kind"] not in accepted]
    return {
        **summary,
        "findings": open_findings,
        "accepted": [finding for finding in summary["findings"] if finding["kind"] in accepted],
    }


def accepted_checks(summary: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], tag: object = "") -> set[str]:
    """Return the checks that entries with the name or ID of the summary accept, and those of a tag such as a.b.

    An entry with an organization is about that one alone.
    """
    names, organizations = (summary["name"], summary["id"]), (None, "", summary["organization"])
    found = [entry for entry in entries if entry["name"] in names and entry.get("organization") in organizations]
    checks = {check for entry in found for check in entry["checks"]}
    return checks | set(str(tag or "").split("."))


def sum_costs(result: Mapping[str, Any], today: datetime.date) -> dict[str, Cost] | None:
    """Return the cost of each service by its ID, from a result of usage_cost_info; None if it could not be read."""
    usage = result.get("usage_cost")
    if not usage:
        return None
    this_month = (today.replace(day=1), today)
    last = this_month[0] - datetime.timedelta(1)
    first = last.replace(day=1)
    previous_month = (first, min(first + (today - this_month[0]), last))
    found: dict[str, Cost] = {}
    for record in usage["costs"]:
        service_id = str(record["service_id"]).lower()
        sums = [
            total + (record["total_chc"] if start.isoformat() <= str(record["date"]) <= end.isoformat() else 0)
            for total, (start, end) in zip(found.get(service_id, Cost()), (this_month, previous_month))
        ]
        found[service_id] = Cost(*sums)
    return found


def not_deleted(services: Iterable[Service]) -> list[Service]:
    """Return the services that are not being deleted."""
    return [service for service in services if service.get("state") not in DELETED_STATES]


def _state(service: Service) -> Iterable[tuple[str, str]]:
    if service.get("state") in UNHEALTHY_STATES:
        yield "state", f"is {service['state']}"


def _access(service: Service) -> Iterable[tuple[str, str]]:
    entries = service.get("ip_access_list")
    sources = [entry.get("source") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    exposure = find_exposure(source for source in sources if isinstance(source, str))
    if exposure:
        share = "the whole" if exposure.is_complete else "more than half of the"
        yield "access", f"is open to {share} internet ({', '.join(exposure.sources)})"


def _idling(service: Service) -> Iterable[tuple[str, str]]:
    # A stopped service costs as little as an idle one.
    if service.get("idle_scaling") is False and service.get("state") != "stopped":
        yield "idling", "never goes idle"


def _backups(service: Service, backups: Result, max_age_hours: float, now: float) -> Iterable[tuple[str, str]]:
    # The data of a secondary service is backed up with the primary one.
    if backups is None or service.get("is_primary") is False:
        return
    if backups.get("backups") is None:
        yield "backup", f"has backups that cannot be read: {backups.get('msg') or 'the API key lacks the permission'}"
        return
    age = _newest_age(backups, "backups")
    created_at = parse_timestamp(service.get("created_at"))
    if age is None:
        if created_at is None or now - created_at > max_age_hours * SECONDS_PER_HOUR:
            yield "backup", "has no completed backup"
    # A stopped service is not backed up, and need not be, since its data does not change.
    elif age > max_age_hours * SECONDS_PER_HOUR and service.get("state") != "stopped":
        yield "backup", f"has a newest backup that is {age / SECONDS_PER_HOUR:.1f} hours old"


def _snapshots(results: Results) -> Iterable[tuple[str, str]]:
    """Yield a finding if a request has failed. Null is none: the organization need not have snapshots."""
    for name, result in (("snapshot_config", results.snapshot_config), ("snapshots", results.snapshots)):
        if result is not None and name not in result:
            yield "snapshot", f"has snapshots that cannot be read: {result.get('msg')}"
            return


def _age_hours(result: Result, name: str) -> float | None:
    """Return the hours since the newest completed one was finished, rounded; None if there is none."""
    age = _newest_age(result, name)
    return None if age is None else round(age / SECONDS_PER_HOUR, 1)


def _newest_age(result: Result, name: str) -> int | None:
    """Return the seconds since the newest completed backup or snapshot was finished; None if there is none."""
    entries = (result or {}).get(name) or []
    ages = [entry.get("age_in_seconds") for entry in entries if entry.get("status", "done") == "done"]
    return min((age for age in ages if age is not None), default=None)
