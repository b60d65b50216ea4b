# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The context of a module: its options, the API, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .._client.api import Api
from .._client.options import check_seconds
from .._client.progress import Progress
from .options import WAIT_SPEC
from .waiter import Waiter


def _ignore_message(_message: str) -> None:
    """Show nothing."""


@dataclass
class ModuleContext:
    """The options of a task, the API, the waiter, and the result, which counts even if the module fails.

    new_api returns another Api, for a part of the task. blank_options holds the strings that were blank, by the names
    of the options. planned_parts has the parts of the service as a task in check mode would leave them, by their names,
    None for one that it would delete. warn and deprecate show a message at the end of the task, progress, if
    that is possible, while it runs. All waits of the task share the timeout of the waiter.
    """

    # Some options are secrets.
    options: Mapping[str, Any] = field(repr=False)
    api: Api
    new_api: Callable[..., Api]
    check_mode: bool = False
    blank_options: Mapping[str, str] = field(default_factory=dict)
    warn: Callable[[str], None] = _ignore_message
    deprecate: Callable[[str], None] = _ignore_message
    progress: Progress = field(default_factory=Progress)
    result: dict[str, Any] = field(default_factory=lambda: {"changed": False})
    planned_parts: dict[str, dict[str, Any] | None] = field(default_factory=dict, repr=False)
    waiter: Waiter = field(init=False)
    _earlier: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        wait = {name: self.options.get(name, rule["default"]) for name, rule in WAIT_SPEC.items()}
        timeout, interval = (check_seconds(name, wait[name]) for name in ("wait_timeout", "wait_interval"))
        alert = self.progress.show if self.progress.is_shown else self.warn
        self.waiter = Waiter(timeout, interval, wait["wait"], progress=self.progress, alert=alert)

    def await_effect(self, seconds: float) -> None:
        """Sleep before a request whose response was lost is checked for an effect."""
        reason = "Waiting to check whether a request has had an effect, since there was no response"
        self.progress.pause(seconds, lambda: reason, lambda: f"for {seconds:g} seconds before the next check")

    def add_diff(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Add what a step changes to the diff, and set changed if that is anything."""
        diff = self.result.get("diff", {"before": {}, "after": {}})
        self._earlier = {name: self.result[name] for name in ("changed", "diff") if name in self.result}
        self.result["changed"] |= before != after
        self.result["diff"] = {"before": {**diff["before"], **before}, "after": {**diff["after"], **after}}

    def discard_diff(self) -> None:
        """Remove the last addition to the diff: another task has made the change."""
        self.result.pop("diff", None)
        self.result.update(self._earlier)

    def set_result(self, **values: Any) -> None:
        """Set values of the result, which are returned even if the next step fails."""
        self.result.update(values)

    def unset_result(self, name: str) -> None:
        """Remove a value from the result, if it is there."""
        self.result.pop(name, None)

    def share_plan(self) -> None:
        """In check mode, let later tasks see what this one has planned."""
        if self.check_mode and self.result["changed"]:
            self.api.add_plan(self.result, self.planned_parts)
