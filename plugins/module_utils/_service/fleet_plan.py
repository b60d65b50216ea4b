# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The plan of a fleet as data: one action for each service, from which the diffs and the summary follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CREATE, CHANGE, DELETE, UNCHANGED, FAILED = "create", "change", "delete", "unchanged", "failed"


@dataclass(frozen=True)
class Action:
    """The planned change of one service, with the options that it changes. service_id is None for a new one."""

    kind: str
    name: str
    service_id: str | None
    is_pruned: bool = False
    before: Mapping[str, Any] = field(default_factory=dict, repr=False)
    after: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def writes(self) -> bool:
        """Return whether there is anything to do."""
        return self.kind in (CREATE, CHANGE, DELETE)

    def header(self, options: Mapping[str, Any]) -> str:
        """Return the name that the service has with these options, and its ID."""
        return f"{options.get('name') or self.name} ({self.service_id or 'new'})"

    def to_result(self) -> dict[str, Any]:
        """Return the action as the module returns it."""
        return {
            "action": self.kind,
            "name": self.before.get("name") or self.name,
            "service_id": self.service_id,
            "pruned": self.is_pruned,
            "before": dict(self.before),
            "after": dict(self.after),
        }

    def to_diff(self) -> dict[str, Any]:
        """Return the diff as Ansible shows it."""
        return {
            "before_header": self.header(self.before),
            "after_header": self.header(self.after),
            "before": dict(self.before),
            "after": dict(self.after),
        }


def summarize(plan: Iterable[Action]) -> str:
    """Return how many services are to be created, changed, deleted and left as they are, as one line."""
    count = Counter(action.kind for action in plan)
    writes = [f"{count[kind]} to {kind}" for kind in (CREATE, CHANGE, DELETE)]
    return ", ".join([*writes, f"{count[UNCHANGED]} unchanged"])


def to_diffs(plan: Iterable[Action], summary: str) -> list[dict[str, Any]]:
    """Return one diff for each service that changes. The last one ends with the summary."""
    diffs = [action.to_diff() for action in plan if action.writes]
    if diffs:
        diffs[-1]["prepared"] = f"{summary}\n"
    return diffs
