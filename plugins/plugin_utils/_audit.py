# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be looked at in a fleet, told from what service_info and backup_info return."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Optional

from ..module_utils._json import parse_timestamp
from ..module_utils._schema.networks import find_exposure
from ..module_utils._service.find import DELETED_STATES

Service = Mapping[str, Any]
#: A result of backup_info with newest: true; None where nobody asked.
Backups = Optional[Mapping[str, Any]]

HOUR = 3600
#: A service in one of these does not do what it is there for.
UNWELL = frozenset({"failed", "degraded", "partially_running"})
KINDS = frozenset({"state", "access", "idling", "backup"})


def examined(
    service: Service, backups: Backups, hours: float, now: float, kinds: Collection[str] = KINDS
) -> dict[str, Any]:
    """The service in short, the age of its newest backup that is done, and what is found of these kinds."""
    findings = [*_state(service), *_access(service), *_idling(service), *_backups(service, backups, hours, now)]
    age = _age(backups)
    return {
        "id": str(service.get("id")),
        "name": str(service.get("name") or service.get("id")),
        **{name: str(service.get(name) or "unknown") for name in ("state", "provider", "region")},
        "is_primary": service.get("is_primary") is not False,
        "newest_backup_in_hours": None if age is None else round(age / HOUR, 1),
        "findings": [{"kind": kind, "text": text} for kind, text in findings if kind in kinds],
    }


def living(services: Iterable[Service]) -> list[Service]:
    """Those that are not being deleted."""
    return [service for service in services if service.get("state") not in DELETED_STATES]


def _state(service: Service) -> Iterable[tuple[str, str]]:
    if service.get("state") in UNWELL:
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


def _backups(service: Service, backups: Backups, hours: float, now: float) -> Iterable[tuple[str, str]]:
    # The data of a secondary service is backed up with the primary one.
    if backups is None or service.get("is_primary") is False:
        return
    if backups.get("backups") is None:
        yield "backup", f"has backups that cannot be looked at: {backups.get('msg') or 'the API key may not'}"
        return
    age = _age(backups)
    born = parse_timestamp(service.get("created_at"))
    if age is None:
        if born is None or now - born > hours * HOUR:
            yield "backup", "has no backup that is done"
    # While it is stopped, no backups are made, and none is needed: its data stays what it was.
    elif age > hours * HOUR and service.get("state") != "stopped":
        yield "backup", f"has a newest backup that is {age / HOUR:.1f} hours old"


def _age(backups: Backups) -> int | None:
    """Seconds since the newest backup that is done was finished."""
    listed = (backups or {}).get("backups") or []
    ages = [one.get("age_in_seconds") for one in listed if one.get("status", "done") == "done"]
    return min((age for age in ages if age is not None), default=None)
