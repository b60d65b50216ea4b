# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The order of the entries of a fleet: which have to succeed before others, and which fail together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._json import Resource
from .._schema.service import SERVICE
from .fleet_entry import Entry
from .fleet_plan import CREATE
from .service import Service


def check_secondaries(entries: Sequence[Entry], list_services: Callable[[], list[Resource]], wait: bool) -> None:
    """Fail the entries that delete or stop a primary service whose secondary services stay.

    list_services is called only if there are such entries.
    """
    primaries = [entry for entry in entries if _ends_primary(entry)]
    secondaries = _list_secondaries(entries, list_services()) if primaries else []
    for entry in primaries:
        message = _explain_remaining(entry, entries, secondaries, wait)
        if message:
            entry.fail(message)


def _ends_primary(entry: Entry) -> bool:
    """Return whether the entry deletes or stops the primary service of a data warehouse."""
    return bool(entry.service.get("is_primary") and entry.result["changed"] and (entry.deletes or entry.stops))


def _list_secondaries(entries: Sequence[Entry], services: Sequence[Resource]) -> list[Resource]:
    """Return all secondary services: those that exist, and those that are to be created."""
    existing = [SERVICE.to_result(service) for service in services if not Service(service).is_deleted]
    new = [entry.service for entry in entries if entry.plan_action().kind == CREATE]
    return [service for service in [*existing, *new] if not service.get("is_primary")]


def _explain_remaining(
    entry: Entry, entries: Sequence[Entry], secondaries: Sequence[Resource], wait: bool
) -> str | None:
    """Return why the primary service cannot be deleted or stopped yet; None if it can."""
    verb = "deleted" if entry.deletes else "stopped"
    remaining = _remaining_secondaries(entry, entries, secondaries)
    if remaining:
        labels = ", ".join(Service(service).label for service in remaining)
        return (
            f"{Service(entry.service).label} is the primary service of a data warehouse, and cannot be {verb} while"
            f" that has secondary services: {labels}. Delete those as well, or leave"
            " this one as it is."
        )
    if not wait and _deleted_secondaries(entry, entries):
        return (
            f"{Service(entry.service).label} can be {verb} only once the secondary services of its data warehouse"
            " are gone. Set wait: true."
        )
    return None


def _remaining_secondaries(entry: Entry, entries: Sequence[Entry], secondaries: Sequence[Resource]) -> list[Resource]:
    """Return the secondary services of the primary one that no entry deletes."""
    deleted = {other.service["id"] for other in _deleted_secondaries(entry, entries)}
    warehouse = [service for service in secondaries if _is_secondary(service, entry)]
    return [service for service in warehouse if service.get("id") not in deleted]


def _deleted_secondaries(entry: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that delete a secondary service of this primary one."""
    deletions = [other for other in entries if other.deletes and other.service.get("id")]
    return [other for other in deletions if _is_secondary(other.service, entry)]


def _is_secondary(service: Mapping[str, Any], primary: Entry) -> bool:
    """Return whether the service shares the data warehouse of this primary one."""
    warehouse = primary.service.get("data_warehouse_id")
    return bool(warehouse and service.get("data_warehouse_id") == warehouse and not service.get("is_primary"))


def set_predecessors(entries: Sequence[Entry]) -> None:
    """Add to each entry those that have to succeed before it."""
    for entry in entries:
        entry.predecessors += _find_predecessors(entry, entries)
    # Pruning comes last.
    declared = [entry for entry in entries if not entry.is_pruned]
    for entry in entries:
        if entry.is_pruned:
            entry.predecessors += [other for other in declared if entry not in other.predecessors]


def _find_predecessors(entry: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that delete its secondary services, or create others from its backups."""
    predecessors: list[Entry] = []
    if entry.service.get("is_primary") and (entry.deletes or entry.stops):
        predecessors += _deleted_secondaries(entry, entries)
    if entry.deletes:
        predecessors += [other for other in entries if _is_restored_from(other, entry)]
    return predecessors


def _is_restored_from(new: Entry, source: Entry) -> bool:
    """Return whether the first service is still to be created, from a backup of the other one."""
    if new.deletes or new.service.get("id"):
        return False
    restored = new.options["restore_from"] or {}
    if restored.get("service_id"):
        return bool(restored["service_id"].lower() == str(source.service.get("id")).lower())
    return bool(restored and restored.get("name") == source.service.get("name"))


def split_ready(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return the entries that can start now, and those that wait for others.

    Fail the entries that wait for a failed one, and all of them if none can be the first.
    """
    hold_back_successors(entries)
    pending = [entry for entry in entries if not entry.failed]
    unfinished = set(pending)
    ready = [entry for entry in pending if unfinished.isdisjoint(entry.predecessors)]
    if ready:
        return ready, [entry for entry in pending if entry not in ready]
    names = ", ".join(entry.name for entry in pending)
    for entry in pending:
        entry.fail(f"Nothing was done with it, since these entries wait for each other: {names}.")
    return [], []


def hold_back_pruned(entries: Sequence[Entry]) -> None:
    """Fail the entries that are pruned if any entry has failed."""
    failed = [entry for entry in entries if entry.failed]
    for entry in entries:
        if entry.is_pruned:
            _hold_back(entry, failed)


def hold_back_successors(entries: Sequence[Entry]) -> None:
    """Fail the entries with predecessors that have failed, directly or through others."""
    # An entry may have to wait for one that fails only later in the list.
    while sum(_hold_back(entry, entry.predecessors) for entry in entries):
        pass


def _hold_back(entry: Entry, others: Sequence[Entry]) -> bool:
    """Fail the entry if one of the others has failed. Return whether that is new."""
    if entry.failed or not entry.result["changed"]:
        return False
    cause = next((other for other in others if other.failed), None)
    if cause:
        verb = "is not deleted" if entry.deletes else "is left as it is"
        entry.fail(f"It {verb}, since {cause.name} has failed. Run the task again once that is solved.")
    return cause is not None
