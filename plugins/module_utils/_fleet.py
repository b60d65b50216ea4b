# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Many services at once: one list, one plan, and then all changes side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Resource
from ansible_collections.clickhouse.cloud.plugins.module_utils._course import bring
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption, PartlyFailed
from ansible_collections.clickhouse.cloud.plugins.module_utils._lifecycle import provide
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import GONE, called, state
from ansible_collections.clickhouse.cloud.plugins.module_utils._outcome import told
from ansible_collections.clickhouse.cloud.plugins.module_utils._schedule import (
    check_schedule_alone,
    plan_schedule,
    primary,
    schedule,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import TAGS, tags_to_find
from ansible_collections.clickhouse.cloud.plugins.module_utils._shared import FRESH
from ansible_collections.clickhouse.cloud.plugins.module_utils._states import RISING
from ansible_collections.clickhouse.cloud.plugins.module_utils._waiting import WAIT, WaitingTask


@dataclass
class Entry:
    """One service of a fleet: what is asked for, and what has become of it."""

    # Some options are secrets.
    options: Mapping[str, Any] = field(repr=False)
    #: Not declared, and so to be deleted.
    pruned: bool = False
    result: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """What messages call it."""
        service = self.result.get("service") or {}
        return str(self.options["name"] or service.get("name") or self.options["service_id"])

    @property
    def failed(self) -> bool:
        return "msg" in self.result

    @property
    def unfinished(self) -> bool:
        """Whether there is more to do than the plan says: a change that somebody has begun is to be waited for."""
        service = self.result.get("service") or {}
        return not self.failed and (self.result["changed"] or service.get("state") in RISING | {"stopping"})

    def shown(self) -> dict[str, Any]:
        """What is returned of it."""
        service = self.result.get("service") or {}
        told_of = {name: value for name, value in self.result.items() if name != "diff"}
        known = {"name": self.name, "service_id": service.get("id") or self.options["service_id"]}
        return {**known, "pruned": self.pruned, "failed": self.failed, **told_of}


def live(task: WaitingTask) -> None:
    """The story of one service: what the modules service, service_state and backup_config do, one after the other."""
    wanted = task.options["state"]
    scheduled = check_schedule_alone(task)
    service = provide(task, absent=wanted == "absent")
    if wanted == "absent":
        return
    new = task.result["changed"] and not task.result["diff"]["before"]
    planned = plan_for_new(task, scheduled) if new else None
    if service is None:
        # In check mode, it is still to be created.
        return
    if wanted == "stopped" and state(service) in RISING and not task.options["wait"]:
        raise InvalidOption(f"{called(service)} can be stopped only once it has started, which needs wait: true.")
    if wanted in ("started", "stopped"):
        bring(task, service, wanted)
    if scheduled:
        schedule(task, primary(service))
    if planned:
        # It had no state and no backups before, whatever it was created with.
        task.report(diff=planned)


def plan_for_new(task: WaitingTask, scheduled: bool) -> dict[str, Any]:
    """Plan what is to be done with a service once it is created; the diff of all that."""
    wanted = task.options["state"]
    if wanted == "stopped":
        task.plan({}, {"state": wanted}, service={**task.result["service"], "state": wanted})
    if scheduled:
        plan_schedule(task)
    diff: dict[str, Any] = task.result["diff"]
    return diff


def undeclared(services: Iterable[Resource], entries: Sequence[Entry], tags: Mapping[str, Any]) -> list[Resource]:
    """The living services that bear all the tags, and that no entry declares, by name or by id."""
    names = {entry.options["name"] for entry in entries}
    ids = {(entry.options["service_id"] or "").lower() for entry in entries}
    wanted = tags_to_find(tags, "prune_filter")

    def bears_all(service: Resource) -> bool:
        has = TAGS.current(service)
        return all(key in has and value in (None, has[key]) for key, value in wanted.items())

    def is_declared(service: Resource) -> bool:
        return service.get("name") in names or service["id"].lower() in ids

    there = [service for service in services if state(service) not in GONE]
    return [service for service in there if bears_all(service) and not is_declared(service)]


def _act(part: WaitingTask, writes: Sequence[str], over: threading.Event) -> None:
    try:
        with told(part.result, writes):
            live(part)
    finally:
        over.set()


class Fleet:
    """The entries of one task. What becomes of each is in its result, and in that of the task."""

    def __init__(self, task: WaitingTask) -> None:
        self.entries: list[Entry] = []
        self._task = task
        self._begun = time.monotonic()
        self._heard: set[str] = set()
        self._news: list[tuple[Callable[[str], None], str]] = []

    def plan(self, entries: Sequence[Entry]) -> None:
        """Find out what there is to do for these entries, and what cannot be done, and change nothing."""
        for entry in entries:
            part, writes = self._part(entry, read_only=True)
            with told(part.result, writes):
                live(part)
                self._check_once(entry, part)
            entry.result = part.result
            self.entries.append(entry)
        self._report()

    def carry_out(self) -> None:
        """Do all that is planned, side by side; the services that others depend on are deleted when those are gone."""
        due = [entry for entry in self.entries if entry.unfinished]
        last = [entry for entry in due if self._is_needed(entry, due)]
        try:
            for wave in ([entry for entry in due if entry not in last], last):
                self._side_by_side(wave)
        finally:
            self._report()

    def failure(self) -> PartlyFailed | None:
        """What to end with when an entry has failed."""
        failed = [entry for entry in self.entries if entry.failed]
        reasons = " ".join(f"{entry.name}: {entry.result['msg']}" for entry in failed)
        return PartlyFailed(f"{len(failed)} of {len(self.entries)} services failed. {reasons}") if failed else None

    def close(self) -> None:
        """Raises PartlyFailed when an entry has failed."""
        failure = self.failure()
        if failure:
            raise failure

    def _part(self, entry: Entry, read_only: bool) -> tuple[WaitingTask, list[str]]:
        """The task of one entry, and the list of what it has written."""
        task, writes = self._task, list[str]()
        api = task.view(
            read_only=read_only,
            writes=writes,
            # All go by the one list.
            fresh=time.monotonic() - self._begun + FRESH,
            polling=min(task.options["wait_interval"], task.options["wait_timeout"]),
        )
        part = WaitingTask(
            options={**entry.options, **{name: task.options[name] for name in WAIT}},
            api=api,
            view=task.view,
            check_mode=read_only,
            warn=lambda text: self._hear(task.warn, f"{entry.name}: {text}"),
            deprecation=lambda text: self._hear(task.deprecation, text),
            tell=task.tell,
        )
        part.patience = part.patience.in_step(self._begun)
        return part, writes

    def _hear(self, say: Callable[[str], None], text: str) -> None:
        """Have this told, once; it may come from any thread, and is said from the one that Ansible listens to."""
        if text not in self._heard:
            self._heard.add(text)
            self._news.append((say, text))

    def _check_once(self, entry: Entry, part: WaitingTask) -> None:
        """Raises InvalidOption when another entry has found the same service."""
        service_id = (part.result.get("service") or {}).get("id")
        for other in self.entries:
            if service_id and service_id == (other.result.get("service") or {}).get("id"):
                part.result["changed"] = False
                raise InvalidOption(f"It is the same service as {other.name}. Declare each one once.")

    def _is_needed(self, entry: Entry, due: Sequence[Entry]) -> bool:
        """Whether this is a primary service to be deleted together with a secondary one of its data warehouse."""
        one = entry.result["service"] or {}
        if entry.options["state"] != "absent" or not one.get("is_primary"):
            return False
        others = [other.result.get("service") or {} for other in due if other.options["state"] == "absent"]
        secondary = [other for other in others if not other.get("is_primary")]
        return any(other.get("data_warehouse_id") == one.get("data_warehouse_id") for other in secondary)

    def _side_by_side(self, entries: Sequence[Entry]) -> None:
        # All before the first one writes: what it sees first is the list that the plan was made from.
        parts = [self._part(entry, read_only=False) for entry in entries]
        # A thread whose end is waited for by join() counts as ended when that is interrupted.
        over = [threading.Event() for _part in parts]
        for part, its_end in zip(parts, over):
            # Nobody waits for it to end when the task is interrupted.
            threading.Thread(target=_act, args=(*part, its_end), daemon=True).start()
        try:
            for its_end in over:
                its_end.wait()
        except KeyboardInterrupt as interrupt:
            for entry, its_end, (task, writes) in zip(entries, over, parts):
                entry.result = dict(task.result)
                if not its_end.is_set():
                    with told(entry.result, writes):
                        raise
            raise self.failure() or interrupt from None
        for entry, (task, _writes) in zip(entries, parts):
            entry.result = task.result

    def _report(self) -> None:
        """Tell what is known by now."""
        for say, text in self._news:
            say(text)
        self._news.clear()
        changed = [entry for entry in self.entries if entry.result["changed"]]
        diffs = {entry.name: entry.result.get("diff", {"before": {}, "after": {}}) for entry in changed}
        self._task.report(
            changed=bool(changed),
            diff={side: {name: diff[side] for name, diff in diffs.items()} for side in ("before", "after")},
            services=[entry.shown() for entry in self.entries],
        )
