# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""An entry of a fleet: a service with its options, its plan and its result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._errors import InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .create import create_service, find_declared, update_or_finish
from .delete import delete_service
from .fleet_plan import CHANGE, CREATE, DELETE, FAILED, UNCHANGED, Action
from .guards import check_update
from .options import check_service_options
from .outcome import ServiceOutcome
from .parts import DeclaredParts
from .password import ensure_password
from .power_state import STARTING_STATES, ensure_power_state
from .service import DELETING, Service

UNPLANNED = Action(UNCHANGED, "", None)


@dataclass(eq=False)
class Entry:
    """A service of a fleet: its options, the planned action and the result."""

    # Some options are secrets.
    options: Mapping[str, Any] = field(repr=False)
    #: Whether it is to be deleted because no entry declares it.
    is_pruned: bool = False
    result: dict[str, Any] = field(default_factory=dict, repr=False)
    #: The entries that have to succeed before this one is started.
    predecessors: list[Entry] = field(default_factory=list, repr=False)
    #: The planned action. It stays the same, whatever the outcome.
    action: Action = UNPLANNED

    @property
    def service(self) -> dict[str, Any]:
        """Return what is known of the service, as named by the options."""
        return self.result.get("service") or {}

    @property
    def service_id(self) -> str | None:
        """Return the ID of the service; None if it is not known."""
        service_id: str | None = self.service.get("id") or self.options["service_id"]
        return service_id

    @property
    def name(self) -> str:
        """Return the name of the service for messages; the ID if that is all that is known."""
        return str(self.options["name"] or self.service.get("name") or self.options["service_id"])

    @property
    def failed(self) -> bool:
        """Return whether the entry has failed."""
        return bool(self.result.get("failed"))

    @property
    def deletes(self) -> bool:
        """Return whether the service is to be absent."""
        return bool(self.options["state"] == "absent")

    @property
    def stops(self) -> bool:
        """Return whether a command to stop the service is planned."""
        diff = self.result.get("diff") or {"before": {}, "after": {}}
        return bool(self.options["state"] == "stopped" and diff["before"].get("state") != diff["after"].get("state"))

    @property
    def new_name(self) -> Resource | None:
        """Return the service with the name that it gets; None if it gets none."""
        name = self.result["diff"]["after"].get("name") if self.result["changed"] else None
        return {"id": self.service.get("id") or "new", "name": name} if name else None

    @property
    def has_pending_work(self) -> bool:
        """Return whether there is something to do. To wait for a transition that is in progress counts."""
        transitional = DELETING if self.deletes else STARTING_STATES | {"stopping"}
        return not self.failed and (self.result["changed"] or self.service.get("state") in transitional)

    def plan_action(self) -> Action:
        """Return the action that follows from the result of planning."""
        kind, diff = self._action_kind(), self.result.get("diff", {"before": {}, "after": {}})
        before = {} if kind == CREATE else diff["before"]
        return Action(kind, self.name, self.service.get("id"), self.is_pruned, before, diff["after"])

    def _action_kind(self) -> str:
        if self.failed:
            return FAILED
        if not self.result["changed"]:
            return UNCHANGED
        if self.deletes:
            return DELETE
        return CHANGE if self.service.get("id") else CREATE

    def fail(self, message: str) -> None:
        """Mark the entry as failed before anything was done with it."""
        self.result.update(failed=True, changed=False, msg=message)
        self.result.pop("diff", None)

    def to_result(self) -> dict[str, Any]:
        """Return the entry as the module returns it."""
        result = {name: value for name, value in self.result.items() if name != "diff"}
        identity = {"name": self.name, "service_id": self.service_id}
        return {**identity, "pruned": self.is_pruned, "failed": self.failed, **result}


def ensure_entry(
    ctx: ModuleContext, shared: dict[str, Any], *, is_pruned: bool = False, new_names: Iterable[Resource] = ()
) -> None:
    """Do for one service what the modules service and service_state do, one after the other.

    shared is as for DeclaredParts, is_pruned as for delete_service(), and new_names as for check_name().
    """
    parts = DeclaredParts(ctx, shared)
    desired = check_service_options(ctx)
    service, matches = find_declared(ctx)
    if ctx.options["state"] == "absent":
        outcome = delete_service(ctx, service, matches, is_pruned=is_pruned, secondaries_are_checked=True)
        ctx.set_result(**outcome.to_result())
        return
    if service:
        check_update(ctx, service, desired, new_names)
        parts.plan(service)
        outcome = update_or_finish(ctx, service, desired)
    else:
        parts.plan(None)
        outcome = create_service(ctx, desired, new_names, shared)
    ctx.set_result(**outcome.to_result())
    if outcome.service is None:
        plan_state_of_new(ctx, outcome)
    else:
        ensure_state_and_password(ctx, outcome, outcome.service)
    parts.ensure(outcome)


def ensure_state_and_password(ctx: ModuleContext, outcome: ServiceOutcome, service: Service) -> None:
    """Ensure the power state and the password of an existing service."""
    desired = ctx.options["state"]
    if desired == "stopped" and service.state in STARTING_STATES and not ctx.options["wait"]:
        raise InvalidOption(f"{service.label} can be stopped only once it has started, which needs wait: true.")
    if desired == "started":
        started = ensure_power_state(ctx, service, desired, outcome.returned)
        ctx.set_result(**started.to_result())
        outcome = replace(outcome, service=started.service)
    # While it runs: some passwords are tried before they are set.
    ensure_password(ctx, outcome)
    if desired == "stopped":
        ctx.set_result(**ensure_power_state(ctx, service, desired, outcome.returned).to_result())


def plan_state_of_new(ctx: ModuleContext, outcome: ServiceOutcome) -> None:
    """Plan the power state of a service after its creation. Raise InvalidOption if it cannot be reached."""
    desired = ctx.options["state"]
    if desired == "stopped":
        if not ctx.options["wait"]:
            raise InvalidOption("A new service can be stopped only once it has started, which needs wait: true.")
        ctx.add_diff({}, {"state": desired})
        ctx.set_result(service={**outcome.to_result()["service"], "state": desired})
