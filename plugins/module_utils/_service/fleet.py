# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Many services at once: one list, one plan, and then all changes side by side."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from .._client.cache import LIST_MAX_AGE
from .._errors import InvalidOption, PartialFailure
from .._json import Resource
from .._module.context import WAIT_SPEC, WaitingContext
from .._module.runner import capture_failure
from .._schema.service import TAGS, tag_filters
from .backups import (
    check_backup_options,
    check_backup_options_of_new,
    ensure_backup_config,
    plan_backup_config,
    require_primary,
)
from .ensure import ensure_password, ensure_service
from .find import DELETED_STATES, DELETING, await_visible, service_label, service_state
from .plan import CHANGE, CREATE, DELETE, FAILED, UNCHANGED, Action, summarize, to_diffs
from .power_state import STARTING_STATES, ensure_power_state

#: The options of the task that a login of an entry needs.
LOGIN_TIMEOUTS = ("connect_timeout", "read_timeout")


UNPLANNED = Action(UNCHANGED, "", None)


@dataclass(eq=False)
class Entry:
    """One service of a fleet: what is asked for, what is planned, and what has become of it."""

    # Some options are secrets.
    options: Mapping[str, Any] = field(repr=False)
    #: Not declared, and so to be deleted.
    pruned: bool = False
    result: dict[str, Any] = field(default_factory=dict, repr=False)
    #: The entries that have to succeed before anything is done with this one.
    predecessors: list[Entry] = field(default_factory=list, repr=False)
    #: The planned action. It stays the same, whatever the outcome.
    action: Action = UNPLANNED

    @property
    def service(self) -> dict[str, Any]:
        """Return the service as far as it is known, in the words of the options."""
        return self.result.get("service") or {}

    @property
    def service_id(self) -> str | None:
        service_id: str | None = self.service.get("id") or self.options["service_id"]
        return service_id

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.options["name"] or self.service.get("name") or self.options["service_id"])

    @property
    def failed(self) -> bool:
        return "msg" in self.result

    def plan_action(self) -> Action:
        """Return what the result of planning says."""
        kind, diff = self._kind(), self.result.get("diff", {"before": {}, "after": {}})
        before = {} if kind == CREATE else diff["before"]
        return Action(kind, self.name, self.service.get("id"), self.pruned, before, diff["after"])

    def _kind(self) -> str:
        if self.failed:
            return FAILED
        if not self.result["changed"]:
            return UNCHANGED
        if self.deletes:
            return DELETE
        return CHANGE if self.service.get("id") else CREATE

    @property
    def deletes(self) -> bool:
        return bool(self.options["state"] == "absent")

    @property
    def new_name(self) -> Resource | None:
        """Return the service, with the name that it gets; None if it gets none."""
        name = self.result["diff"]["after"].get("name") if self.result["changed"] else None
        return {"id": self.service.get("id") or "new", "name": name} if name else None

    @property
    def stops(self) -> bool:
        """Return whether a command to stop the service is planned."""
        diff = self.result.get("diff") or {"before": {}, "after": {}}
        return bool(self.options["state"] == "stopped" and diff["before"].get("state") != diff["after"].get("state"))

    @property
    def has_pending_work(self) -> bool:
        """Return whether there is anything to do: a transition that is in progress already is to be waited for."""
        passing = DELETING if self.deletes else STARTING_STATES | {"stopping"}
        return not self.failed and (self.result["changed"] or self.service.get("state") in passing)

    def fail(self, message: str) -> None:
        """Let nothing be done with the service, for the reason in the message."""
        self.result.update(changed=False, msg=message)
        self.result.pop("diff", None)

    def to_result(self) -> dict[str, Any]:
        """Return what is returned of it."""
        result = {name: value for name, value in self.result.items() if name != "diff"}
        known = {"name": self.name, "service_id": self.service_id}
        return {**known, "pruned": self.pruned, "failed": self.failed, **result}


def ensure_entry(ctx: WaitingContext) -> None:
    """The story of one service: what the modules service, service_state and backup_config do, one after the other."""
    desired = ctx.options["state"]
    scheduled = check_backup_options(ctx)
    service = ensure_service(ctx, absent=desired == "absent")
    if desired == "absent":
        return
    if service is None:
        # In check mode, it is still to be created.
        plan_new_service(ctx, scheduled)
        return
    if desired == "stopped" and service_state(service) in STARTING_STATES and not ctx.options["wait"]:
        raise InvalidOption(
            f"{service_label(service)} can be stopped only once it has started, which needs wait: true."
        )
    if desired == "started":
        service = ensure_power_state(ctx, service, desired)
    # While it runs: some passwords are tried before they are set.
    ensure_password(ctx, service)
    if desired == "stopped":
        ensure_power_state(ctx, service, desired)
    if scheduled:
        await_visible(ctx.api, service)
        ensure_backup_config(ctx, require_primary(service))


def plan_new_service(ctx: WaitingContext, scheduled: bool) -> None:
    """Plan what is to be done with a service once it is created. Raise InvalidOption for what cannot be done then."""
    desired = ctx.options["state"]
    if desired == "stopped":
        if not ctx.options["wait"]:
            raise InvalidOption("A new service can be stopped only once it has started, which needs wait: true.")
        ctx.plan({}, {"state": desired}, service={**ctx.result["service"], "state": desired})
    if scheduled:
        check_backup_options_of_new(ctx)
        plan_backup_config(ctx)


def find_undeclared(services: Iterable[Resource], entries: Sequence[Entry], tags: Mapping[str, Any]) -> list[Resource]:
    """Return the services that have all the tags, and that no entry declares, by name or by ID.

    Those that are still being deleted are among them: an earlier run may not have waited for that.
    """
    names = {entry.options["name"] for entry in entries}
    ids = {(entry.options["service_id"] or "").lower() for entry in entries}
    desired = tag_filters(tags, "prune_filter")

    def has_all(service: Resource) -> bool:
        has = TAGS.current(service)
        return all(key in has and value in (None, has[key]) for key, value in desired.items())

    def is_declared(service: Resource) -> bool:
        return service.get("name") in names or service["id"].lower() in ids

    present = [service for service in services if service_state(service) not in DELETED_STATES - DELETING]
    return [service for service in present if has_all(service) and not is_declared(service)]


def _run_entry(part: WaitingContext, writes: Sequence[str], over: threading.Event) -> None:
    try:
        with capture_failure(part.result, writes):
            ensure_entry(part)
    finally:
        over.set()


def _is_restored_from(new: Entry, source: Entry) -> bool:
    """Return whether the first service is still to be created, of a backup of the other one."""
    if new.deletes or new.service.get("id"):
        return False
    other = new.options["restore_from"] or {}
    if other.get("service_id"):
        return bool(other["service_id"].lower() == str(source.service.get("id")).lower())
    return bool(other and other.get("name") == source.service.get("name"))


class Fleet:
    """The entries of one task. What becomes of each is in its result, and in that of the task."""

    def __init__(self, ctx: WaitingContext) -> None:
        self.entries: list[Entry] = []
        self._task = ctx
        self._begun = time.monotonic()
        self._heard: set[str] = set()
        self._news: list[tuple[Callable[[str], None], str]] = []
        self._cancelled = threading.Event()
        self._summary = summarize([])

    @functools.cached_property
    def services(self) -> list[Resource]:
        """All services of the organization, as the plan sees them."""
        return self._task.api.list_services()

    def plan(self, entries: Sequence[Entry]) -> None:
        """Find out what there is to do for these entries, and what cannot be done, and change nothing."""
        for entry in entries:
            part, writes = self._subcontext(entry, read_only=True)
            with capture_failure(part.result, writes):
                ensure_entry(part)
                self._check_unique(entry, part)
            entry.result = part.result
            self.entries.append(entry)
        self._report()

    def finish_plan(self, prune_limit: int | None) -> None:
        """Put the entries in order, and refuse what cannot succeed together. Raise InvalidOption above the limit."""
        pruned = [entry for entry in self.entries if entry.pruned and entry.result["changed"]]
        for entry in self.entries:
            self._check_secondaries(entry)
        self._order()
        failed = [entry for entry in self.entries if entry.failed]
        for entry in pruned if failed else []:
            self._hold_back(entry, failed)
        self._hold_back_successors(self.entries)
        for entry in self.entries:
            entry.action = entry.plan_action()
        self._summary = summarize(entry.action for entry in self.entries)
        is_refused = prune_limit is not None and len(pruned) > prune_limit
        self._report()
        self._announce("would delete" if is_refused else "deletes")
        if is_refused:
            self._refuse_plan(pruned, prune_limit)

    def apply(self) -> None:
        """Do all that is planned: side by side what can be, each service after those that it depends on."""
        pending = [entry for entry in self.entries if entry.has_pending_work]
        try:
            while pending:
                self._hold_back_successors(pending)
                pending = [entry for entry in pending if not entry.failed]
                waiting = set(pending)
                batch = [entry for entry in pending if waiting.isdisjoint(entry.predecessors)]
                if not batch:
                    self._fail_on_cycle(pending)
                pending = [entry for entry in pending if entry not in batch]
                self._run_parallel(batch, pending)
        finally:
            self._report()

    def _fail_on_cycle(self, entries: Sequence[Entry]) -> None:
        """Let these entries fail, since none of them can be the first."""
        listed = ", ".join(entry.name for entry in entries)
        for entry in entries:
            entry.fail(f"Nothing was done with it, since these entries wait for each other: {listed}.")

    def failure(self) -> PartialFailure | None:
        """What to end with when an entry has failed."""
        failed = [entry for entry in self.entries if entry.failed]
        reasons = " ".join(f"{entry.name}: {entry.result['msg']}" for entry in failed)
        return PartialFailure(f"{len(failed)} of {len(self.entries)} services failed. {reasons}") if failed else None

    def close(self) -> None:
        """Raises PartlyFailed when an entry has failed."""
        failure = self.failure()
        if failure:
            raise failure

    def _subcontext(self, entry: Entry, read_only: bool) -> tuple[WaitingContext, list[str]]:
        """The task of one entry, and the list of what it has written."""
        ctx, writes = self._task, list[str]()
        api = ctx.view(
            read_only=read_only,
            writes=writes,
            # All go by the one list.
            fresh=time.monotonic() - self._begun + LIST_MAX_AGE,
            polling=ctx.waiter.interval,
            cancelled=self._cancelled,
        )
        part = WaitingContext(
            options={**entry.options, **{name: ctx.options[name] for name in (*WAIT_SPEC, *LOGIN_TIMEOUTS)}},
            api=api,
            view=ctx.view,
            check_mode=read_only,
            pruned=entry.pruned,
            new_names=[name for other in self.entries if read_only and (name := other.new_name)],
            checks_secondaries=False,
            warn=lambda text: self._queue_message(ctx.warn, f"{entry.name}: {text}"),
            deprecate=lambda text: self._queue_message(ctx.deprecate, text),
            on_progress=ctx.on_progress,
        )
        part.waiter = part.waiter.aligned_to(self._begun)
        return part, writes

    def _queue_message(self, say: Callable[[str], None], text: str) -> None:
        """Have this told, once; it may come from any thread, and is said from the one that Ansible listens to."""
        if text not in self._heard:
            self._heard.add(text)
            self._news.append((say, text))

    def _check_unique(self, entry: Entry, part: WaitingContext) -> None:
        """Raises InvalidOption when another entry has found the same service."""
        service_id = (part.result.get("service") or {}).get("id")
        for other in self.entries:
            if service_id and service_id == other.service.get("id"):
                part.result["changed"] = False
                raise InvalidOption(f"It is the same service as {other.name}. Declare each one once.")

    def _secondaries(self, entry: Entry) -> list[Entry]:
        """Return the entries that delete a secondary service of this primary one."""
        return [
            other
            for other in self.entries
            if other.deletes and other.service.get("id") and self._is_secondary(other.service, entry)
        ]

    def _is_secondary(self, service: Mapping[str, Any], entry: Entry) -> bool:
        """Return whether the service shares the data warehouse of this primary one."""
        warehouse = entry.service.get("data_warehouse_id")
        return bool(warehouse and service.get("data_warehouse_id") == warehouse and not service.get("is_primary"))

    def _check_secondaries(self, entry: Entry) -> None:
        """Let the entry fail if it deletes or stops a primary service whose secondary ones stay."""
        if not (entry.service.get("is_primary") and entry.result["changed"] and (entry.deletes or entry.stops)):
            return
        verb = "deleted" if entry.deletes else "stopped"
        deleted = {other.service["id"] for other in self._secondaries(entry)}
        secondaries = [service for service in self._secondary_services if self._is_secondary(service, entry)]
        staying = [service for service in secondaries if service.get("id") not in deleted]
        if staying:
            listed = ", ".join(service_label(service) for service in staying)
            entry.fail(
                f"{service_label(entry.service)} is the primary service of a data warehouse, and cannot be {verb} while"
                f" that has secondary services: {listed}. Delete those as well, or leave this one as it is."
            )
        elif deleted and not self._task.options["wait"]:
            entry.fail(
                f"{service_label(entry.service)} can be {verb} only once the secondary services of its data warehouse"
                " are gone. Set wait: true."
            )

    @functools.cached_property
    def _secondary_services(self) -> list[Resource]:
        """All secondary services: those that exist, and those that are to be created."""
        existing = [
            {**service, "data_warehouse_id": service.get("dataWarehouseId"), "is_primary": service.get("isPrimary")}
            for service in self.services
            if service_state(service) not in DELETED_STATES
        ]
        new = [other.service for other in self.entries if other.plan_action().action == CREATE]
        return [service for service in [*existing, *new] if not service.get("is_primary")]

    def _order(self) -> None:
        """Find out which entries have to succeed before each one."""
        for entry in self.entries:
            if entry.deletes or entry.stops:
                entry.predecessors += self._secondaries(entry) if entry.service.get("is_primary") else []
            if entry.deletes:
                entry.predecessors += [other for other in self.entries if _is_restored_from(other, entry)]
        for entry in self.entries:
            if entry.pruned:
                # Pruning comes last.
                declared = [other for other in self.entries if not other.pruned]
                entry.predecessors += [other for other in declared if entry not in other.predecessors]

    def _hold_back_successors(self, entries: Sequence[Entry]) -> None:
        """Let nothing be done with those whose predecessors have failed, or are held back themselves."""
        # One may be held back for another one that is held back only later in the list.
        while sum(self._hold_back(entry, entry.predecessors) for entry in entries):
            pass

    def _hold_back(self, entry: Entry, others: Sequence[Entry]) -> bool:
        """Let nothing be done with the entry if one of the others has failed. Return whether that is new."""
        if entry.failed or not entry.result["changed"]:
            return False
        cause = next((other for other in others if other.failed), None)
        if cause:
            verb = "is not deleted" if entry.deletes else "is left as it is"
            entry.fail(f"It {verb}, since {cause.name} has failed. Run the task again once that is solved.")
        return cause is not None

    def _refuse_plan(self, pruned: Sequence[Entry], limit: int | None) -> None:
        """Raise InvalidOption, since prune_limit is exceeded. The diff of the plan is still returned."""
        for entry in self.entries:
            entry.result["changed"] = False
        self._task.report(changed=False, services=[entry.to_result() for entry in self.entries])
        listed = ", ".join(entry.action.header({}) for entry in pruned)
        raise InvalidOption(
            f"prune would delete {len(pruned)} services, and prune_limit allows {limit}, so nothing was changed. These"
            f" are {listed}. If all of them are to be deleted, raise prune_limit."
        )

    def _announce(self, verb: str) -> None:
        """Show the summary, and what is pruned, also to those who do not ask for a diff."""
        plan = [entry.action for entry in self.entries]
        for action in plan:
            if action.pruned and action.writes:
                self._task.warn(f"prune {verb} the service {action.header({})}, which services does not declare.")
        if self._task.on_progress and any(action.writes for action in plan):
            self._task.on_progress(self._summary)

    def _run_parallel(self, entries: Sequence[Entry], waiting: Sequence[Entry]) -> None:
        """Do what is planned for these entries; those that are waiting come later."""
        # All before the first one writes: what it sees first is the list that the plan was made from.
        parts = [self._subcontext(entry, read_only=False) for entry in entries]
        # A thread whose end is waited for by join() counts as ended when that is interrupted.
        over = [threading.Event() for _part in parts]
        try:
            for part, its_end in zip(parts, over):
                # Nothing waits for it to end when the task is interrupted.
                threading.Thread(target=_run_entry, args=(*part, its_end), daemon=True).start()
            for its_end in over:
                its_end.wait()
        except BaseException as interrupt:  # Not even Ctrl-C may leave threads that send; it is raised again.
            # The threads send nothing after this, whatever has ended the task.
            self._cancelled.set()
            for entry in waiting:
                entry.fail("Interrupted before anything was done with it. Run the task again.")
            for entry, its_end, (ctx, writes) in zip(entries, over, parts):
                entry.result = dict(ctx.result)
                if not its_end.is_set():
                    with capture_failure(entry.result, writes):
                        raise KeyboardInterrupt from None
            if not isinstance(interrupt, KeyboardInterrupt):
                raise
            raise self.failure() or interrupt from None
        for entry, (ctx, _writes) in zip(entries, parts):
            entry.result = ctx.result

    def _report(self) -> None:
        """Tell what is known by now."""
        for say, text in self._news:
            say(text)
        self._news.clear()
        changed = [entry.action for entry in self.entries if entry.result["changed"]]
        self._task.report(
            changed=bool(changed),
            diff=to_diffs(changed, self._summary),
            summary=self._summary,
            services=[entry.to_result() for entry in self.entries],
        )
