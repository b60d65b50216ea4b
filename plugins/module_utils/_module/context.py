# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a story is given, and where it leaves its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from .._client.api import Api
from .._client.options import check_seconds
from .._json import Resource
from .waiter import Waiter


def _ignore_message(_message: str) -> None:
    """For a task that nobody listens to."""


@dataclass
class ModuleContext:
    """One task of a play: its options, the API, and what is returned, whether the story ends well or not.

    view opens another look at the API, for a part of the task; empty holds the options that were given as text in
    which nothing can be seen, with that text; pruned is true where a service is deleted because nothing declares it;
    new_names holds the services that other parts of the task create or rename, with the names that they get; warn and
    deprecation tell the reader of the play something; tell, where there is one, shows a line while the task runs.
    """

    # Some options are secrets.
    options: Mapping[str, Any] = field(repr=False)
    api: Api
    view: Callable[..., Api]
    check_mode: bool = False
    blank_options: Mapping[str, str] = field(default_factory=dict)
    pruned: bool = False
    new_names: Sequence[Resource] = ()
    warn: Callable[[str], None] = _ignore_message
    deprecate: Callable[[str], None] = _ignore_message
    on_progress: Callable[[str], None] | None = None
    result: dict[str, Any] = field(default_factory=lambda: {"changed": False})
    _earlier_plan: dict[str, Any] = field(default_factory=dict, repr=False)

    def plan(self, before: Mapping[str, Any], after: Mapping[str, Any], **planned: Any) -> bool:
        """Add to what is to change, as changed and as diff; true when it is to be done now.

        planned is what check mode returns: what the task would return if it did what it plans.
        """
        changed = before != after
        diff = self.result.get("diff", {"before": {}, "after": {}})
        self._earlier_plan = {name: self.result[name] for name in ("changed", "diff") if name in self.result}
        self.result["changed"] |= changed
        self.result["diff"] = {"before": {**diff["before"], **before}, "after": {**diff["after"], **after}}
        if self.check_mode:
            self.report(**planned)
            if changed:
                self.api.add_plan(self.result, is_deletion=bool(before and not after))
        return changed and not self.check_mode

    def discard_diff(self) -> None:
        """Forget what was planned last, since it need not be done: another task has done it."""
        self.result.pop("diff", None)
        self.result.update(self._earlier_plan)

    def report(self, **values: Any) -> None:
        """Add to what is returned. Reported at once, a value is returned even if the next step fails."""
        self.result.update(values)


#: Documented by the fragment clickhouse.cloud.wait.
WAIT_SPEC: Mapping[str, Mapping[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 5400.0},
    "wait_interval": {"type": "float", "default": 10.0},
}


@dataclass
class WaitingContext(ModuleContext):
    """A task with the options of WAIT. All its waits share one patience.

    checks_secondaries is false where the caller knows which secondary services stay when a primary one is deleted.
    sets_first_password is true once it creates the service, or finishes an interrupted creation.
    """

    checks_secondaries: bool = True
    waiter: Waiter = field(init=False)
    sets_first_password: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        timeout, interval = (check_seconds(name, self.options[name]) for name in ("wait_timeout", "wait_interval"))
        alert = self.on_progress or self.warn
        self.waiter = Waiter(timeout, interval, self.options["wait"], on_progress=self.on_progress, alert=alert)
