# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Tasks that wait for what they have begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import seconds
from ansible_collections.clickhouse.cloud.plugins.module_utils._task import Task
from ansible_collections.clickhouse.cloud.plugins.module_utils._wait import Patience

#: Documented by the fragment clickhouse.cloud.wait.
WAIT: Mapping[str, Mapping[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 5400.0},
    "wait_interval": {"type": "float", "default": 10.0},
}


@dataclass
class WaitingTask(Task):
    """A task with the options of WAIT. All its waits share one patience.

    checks_secondaries is false where the caller knows which secondary services stay when a primary one is deleted.
    sets_first_password is true once it creates the service, or finishes an interrupted creation.
    """

    checks_secondaries: bool = True
    patience: Patience = field(init=False)
    sets_first_password: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        timeout, interval = (seconds(name, self.options[name]) for name in ("wait_timeout", "wait_interval"))
        alert = self.tell or self.warn
        self.patience = Patience(timeout, interval, self.options["wait"], tell=self.tell, alert=alert)
