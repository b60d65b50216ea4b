# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Many services in one task: one list, one plan, and then all changes in parallel."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NoReturn

from .._client.cache import LIST_MAX_AGE
from .._client.progress import Progress
from .._errors import InvalidOption, PartialFailure
from .._json import Resource
from .._module.context import ModuleContext
from .._module.options import WAIT_SPEC
from .._module.runner import capture_failure
from .._schema.service import has_tags, tag_filters
from .fleet_entry import Entry, ensure_entry
from .fleet_order import check_secondaries, hold_back_pruned, hold_back_successors, set_predecessors, split_ready
from .fleet_plan import Action, summarize, to_diffs
from .fleet_run import Subtask, run_parallel
from .service import DELETED_STATES, DELETING, Service

#: The options of the task that a login of an entry needs.
LOGIN_TIMEOUTS = ("connect_timeout", "read_timeout")


def find_undeclared(services: Iterable[Resource], entries: Sequence[Entry], tags: Mapping[str, Any]) -> list[Service]:
    """Return the services that have all the tags, and that no entry declares, by name or by ID.

    Those that are still being deleted are among them: an earlier run may not have waited for that.
    """
    names = {entry.options["name"] for entry in entries}
    ids = {(entry.options["service_id"] or "").lower() for entry in entries}
    desired = tag_filters(tags, "prune_filter")
    deleted = DELETED_STATES - DELETING
    tagged = [
        service for service in map(Service, services) if service.state not in deleted and has_tags(service, desired)
    ]
    return [service for service in tagged if service.get("name") not in names and service.id.lower() not in ids]


class Fleet:
    """The entries of one task. Each has its own result, and that of the task lists them all."""

    def __init__(self, ctx: ModuleContext) -> None:
        self.entries: list[Entry] = []
        self._ctx = ctx
        self._started_at = time.monotonic()
        self._messages: list[tuple[Callable[[str], None], str]] = []
        self._seen_messages: set[str] = set()
        self._cancelled = threading.Event()
        self._shared: dict[str, Any] = {}
        self._summary = summarize([])
        self._actions: list[Action] = []
        self._is_planned = False

    @functools.cached_property
    def services(self) -> list[Resource]:
        """Return all services of the organization, as the plan sees them."""
        return self._ctx.api.list_services()

    def plan(self, entries: Sequence[Entry]) -> None:
        """Plan these entries, without changing anything. Those that cannot succeed fail."""
        states = {entry.name: "pending" for entry in entries}
        progress_of = self._ctx.progress.of_fleet(states)
        for entry in entries:
            subtask = self._subtask(entry, progress_of(entry.name), check_mode=True)
            with capture_failure(subtask.ctx.result, subtask.write_log):
                new_names = [name for other in self.entries if (name := other.new_name)]
                ensure_entry(subtask.ctx, self._shared, is_pruned=entry.is_pruned, new_names=new_names)
                subtask.ctx.share_plan()
                self._check_unique(subtask.ctx)
            states[entry.name] = "planned"
            entry.result = subtask.ctx.result
            self.entries.append(entry)
        self._report()

    def finish_plan(self, prune_limit: int | None) -> None:
        """Put the entries in order, and fail those that cannot succeed together.

        Raise InvalidOption if more services than prune_limit would be pruned.
        """
        pruned = [entry for entry in self.entries if entry.is_pruned and entry.result["changed"]]
        check_secondaries(self.entries, lambda: self.services, self._ctx.options["wait"])
        set_predecessors(self.entries)
        hold_back_pruned(self.entries)
        hold_back_successors(self.entries)
        for entry in self.entries:
            entry.action = entry.plan_action()
        self._actions = [entry.action for entry in self.entries if entry.action.writes]
        self._summary = summarize(entry.action for entry in self.entries)
        self._is_planned = True
        self._report()
        if prune_limit is not None and len(pruned) > prune_limit:
            self._announce("would delete")
            self._refuse_pruning(pruned, prune_limit)
        self._announce("deletes")

    def count_planned(self, kind: str) -> int:
        """Return how many services are to be created, changed or deleted."""
        return sum(action.kind == kind for action in self._actions)

    def refuse(self, reason: str) -> NoReturn:
        """Raise InvalidOption with the reason. The diff of the plan is still returned."""
        for entry in self.entries:
            entry.result["changed"] = False
        self._ctx.set_result(changed=False, services=[entry.to_result() for entry in self.entries])
        raise InvalidOption(reason)

    def apply(self) -> None:
        """Do all that is planned, in parallel where possible, each service after those that it depends on."""
        pending = [entry for entry in self.entries if entry.has_pending_work]
        progress_of = self._ctx.progress.of_fleet({entry.name: "pending" for entry in pending})
        try:
            while pending:
                ready, pending = split_ready(pending)
                self._run(ready, pending, progress_of)
        finally:
            self._report()

    def _run(self, ready: Sequence[Entry], waiting: Sequence[Entry], progress_of: Callable[[str], Progress]) -> None:
        """Do what is planned for the entries that are ready. On an interrupt, those that are waiting fail."""
        # All of them before the first write: an entry first sees the list that the plan was made from.
        subtasks = [self._subtask(entry, progress_of(entry.name), check_mode=False) for entry in ready]
        try:
            run_parallel(subtasks, self._cancelled)
        except BaseException as error:  # Raised again, whatever has ended the task.
            for entry in waiting:
                entry.fail("Interrupted before anything was done with it. Run the task again.")
            if not isinstance(error, KeyboardInterrupt):
                raise
            raise self.error() or error from None

    def error(self) -> PartialFailure | None:
        """Return the error to end with; None if all entries have succeeded."""
        failed = [entry for entry in self.entries if entry.failed]
        reasons = " ".join(f"{entry.name}: {entry.result['msg']}" for entry in failed)
        return PartialFailure(f"{len(failed)} of {len(self.entries)} services failed. {reasons}") if failed else None

    def raise_if_failed(self) -> None:
        """Raise PartialFailure if an entry has failed."""
        error = self.error()
        if error:
            raise error

    def _subtask(self, entry: Entry, progress: Progress, *, check_mode: bool) -> Subtask:
        """Return the subtask of one entry."""
        ctx = self._ctx
        write_log: list[str] = []
        api = ctx.new_api(
            check_mode=check_mode,
            write_log=write_log,
            # All entries share one list.
            max_age=time.monotonic() - self._started_at + LIST_MAX_AGE,
            poll_interval=ctx.waiter.interval,
            cancelled=self._cancelled,
            progress=progress,
        )
        entry_ctx = ModuleContext(
            options={**entry.options, **{name: ctx.options[name] for name in (*WAIT_SPEC, *LOGIN_TIMEOUTS)}},
            api=api,
            new_api=ctx.new_api,
            check_mode=check_mode,
            warn=lambda text: self._queue_message(ctx.warn, f"{entry.name}: {text}"),
            deprecate=lambda text: self._queue_message(ctx.deprecate, text),
            progress=progress,
        )
        entry_ctx.waiter = entry_ctx.waiter.aligned_to(self._started_at)
        return Subtask(entry, entry_ctx, write_log, self._shared)

    def _queue_message(self, show: Callable[[str], None], text: str) -> None:
        """Queue the message, once. It may come from any thread, and is shown from that of the task."""
        if text not in self._seen_messages:
            self._seen_messages.add(text)
            self._messages.append((show, text))

    def _check_unique(self, ctx: ModuleContext) -> None:
        """Raise InvalidOption if an earlier entry has found the same service."""
        service_id = (ctx.result.get("service") or {}).get("id")
        for other in self.entries:
            if service_id and service_id == other.service.get("id"):
                ctx.set_result(changed=False)
                raise InvalidOption(f"It is the same service as {other.name}. Declare each service once.")

    def _refuse_pruning(self, pruned: Sequence[Entry], limit: int) -> NoReturn:
        """Raise InvalidOption, since prune_limit is exceeded."""
        names = ", ".join(entry.action.header({}) for entry in pruned)
        self.refuse(
            f"prune would delete {len(pruned)} services, and prune_limit allows {limit}, so nothing was changed. These"
            f" are {names}. If all of them are to be deleted, raise prune_limit."
        )

    def _announce(self, verb: str) -> None:
        """Show the summary and the pruned services, also without --diff."""
        for action in self._actions:
            if action.is_pruned:
                self._ctx.warn(f"prune {verb} the service {action.header({})}, which services does not declare.")
        if self._actions:
            self._ctx.progress.show(self._summary)

    def _report(self) -> None:
        """Show the messages, and report the results so far, with the plan once it is complete."""
        for show, text in self._messages:
            show(text)
        self._messages.clear()
        self._ctx.set_result(services=[entry.to_result() for entry in self.entries])
        if self._is_planned:
            changed = [entry.action for entry in self.entries if entry.result["changed"]]
            self._ctx.set_result(
                changed=bool(changed),
                diff=to_diffs(changed, self._summary),
                plan=[action.to_result() for action in self._actions],
                summary=self._summary,
            )
