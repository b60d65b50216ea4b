# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The parallel run of the entries of a fleet, each in a thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .._module.context import ModuleContext
from .._module.runner import capture_failure
from .fleet_entry import Entry, ensure_entry


@dataclass
class Subtask:
    """The part of a task that deals with one entry: its context, and the writes that it has sent.

    shared holds what all entries share.
    """

    entry: Entry
    ctx: ModuleContext
    write_log: list[str]
    shared: dict[str, Any]
    # A thread that is waited for by join() counts as ended when that is interrupted.
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Plan or apply the entry. A failure is left in the result of the context."""
        try:
            with capture_failure(self.ctx.result, self.write_log):
                ensure_entry(self.ctx, self.shared, is_pruned=self.entry.is_pruned)
        finally:
            self.ctx.progress.keep_state(self._final_state())
            self.done.set()

    def _final_state(self) -> str:
        """Return what has become of the service."""
        result = self.ctx.result
        return "failed" if result.get("failed") else (result.get("service") or {}).get("state") or "deleted"

    def store_result(self) -> None:
        """Store the result in the entry. A subtask that has not ended counts as interrupted."""
        self.entry.result = dict(self.ctx.result)
        if not self.done.is_set():
            with capture_failure(self.entry.result, self.write_log):
                raise KeyboardInterrupt


def run_parallel(subtasks: Sequence[Subtask], cancelled: threading.Event) -> None:
    """Run the subtasks, each in a thread, and store their results.

    When the task is interrupted, set cancelled, which keeps the threads from sending requests.
    """
    try:
        for subtask in subtasks:
            # As a daemon: the process does not wait for it to end when the task is interrupted.
            threading.Thread(target=subtask.run, daemon=True).start()
        for subtask in subtasks:
            subtask.done.wait()
    except BaseException:  # Not even Ctrl-C may leave threads that send; it is raised again.
        cancelled.set()
        raise
    finally:
        for subtask in subtasks:
            subtask.store_result()
