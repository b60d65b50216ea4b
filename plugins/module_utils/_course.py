# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""How a service is brought to a state."""

from __future__ import annotations

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Resource
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import called, state
from ansible_collections.clickhouse.cloud.plugins.module_utils._prediction import predict_state
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import SERVICE
from ansible_collections.clickhouse.cloud.plugins.module_utils._states import (
    AWAKE,
    RISING,
    STARTED,
    STOPPED,
    UP,
    command,
    wait,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._waiting import WaitingTask

#: For each wanted state: the command, the states that count as it, those that lead to it, and what is waited for.
COURSES = {
    "started": ("start", STARTED, RISING, UP),
    "stopped": ("stop", frozenset({"stopped"}), frozenset({"stopping"}), STOPPED),
    "awake": ("awake", frozenset({"running", "degraded"}), RISING | {"partially_running"}, AWAKE),
}
#: The state that the command leads to at first.
TRANSITION = {"start": "starting", "stop": "stopping", "awake": "awaking"}


def bring(task: WaitingTask, service: Resource, wanted: str) -> Resource:
    """Send the command unless the service has reached the state or is about to, and wait until it has.

    Return the service as it was last seen.
    """
    word, there, on_its_way, goal = COURSES[wanted]
    before = state(service)
    if word == "awake" and before in ("stopped", "stopping", "failed"):
        raise InvalidOption(f"{called(service)} is {before}, and only an idle one can be woken up. Use state: started.")
    if word == "start" and before == "stopping" and not task.options["wait"]:
        raise InvalidOption(f"{called(service)} can be started only once it is stopped, which needs wait: true.")
    wait_for_end: bool = task.options["wait"]
    after = before if before in there | on_its_way else predict_state(TRANSITION[word], wait=wait_for_end)
    at_the_end = predict_state(TRANSITION[word], wait=True) if wait_for_end and before not in there else after
    shown = {**task.result["service"], "state": at_the_end}
    if task.plan(before={"state": before}, after={"state": after}, service=shown):
        if before == "stopping":
            service = wait(task.patience, task.api, service, STOPPED)
        service = command(task.api, service, word, if_reached=task.give_up_plan)
        task.report(service=SERVICE.shown(service))
    if before not in there and not task.check_mode:
        # What the answer to the command says is not believed, but looked at.
        service = wait(task.patience, task.api, service, goal, at_once=state(service) in there)
        task.report(service=SERVICE.shown(service))
    return service
