# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the services that need attention in the results of service_info, backup_info and the modules for snapshots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Optional

from ..module_utils._json import parse_timestamp
from ..module_utils._schema.backups import SECONDS_PER_HOUR
from ..module_utils._schema.networks import find_exposure
from ..module_utils._service.service import DELETED_STATES

Service = Mapping[str, Any]
#: A result of a module for a service; None if it was not requested.
Result = Optional[Mapping[str, Any]]

UNHEALTHY_STATES = frozenset({"failed", "degraded", "partially_running"})
CHECKS = frozenset({"state", "access", "idling", "backup", "snapshot"})


class Results(NamedTuple):
    """Results for a service: of backup_info and snapshot_info, both with newest: true, and of snapshot_config_info."""

    backups: Result = None
    snapshots: Result = None
    snapshot_config: Result = None


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
    if service.get("idle_scaling") is False:
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
