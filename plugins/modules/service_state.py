#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_state
short_description: Start, stop and wake up a ClickHouse Cloud service
description:
  - Starts or stops a service, or wakes it up when it is idle.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  state:
    description:
      - With V(started) a stopped service is started. An idle service counts as started, since it wakes up by itself at
        the next query.
      - With V(stopped) the service is stopped. Nothing but a start brings it back.
      - With V(awake) an idle service is woken up, so that the next query need not wait. A stopped service has to be
        started instead.
    type: str
    choices: [started, stopped, awake]
    required: true
seealso:
  - module: clickhouse.cloud.service
  - module: clickhouse.cloud.service_info
"""

EXAMPLES = r"""
- name: Stop a service for the night
  clickhouse.cloud.service_state:
    name: analytics
    state: stopped

- name: Start it in the morning, without waiting for it
  clickhouse.cloud.service_state:
    name: analytics
    state: started
    wait: false

- name: Have it awake before the reports run
  clickhouse.cloud.service_state:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    state: awake
    wait_timeout: 300
"""

RETURN = r"""
service:
  description:
    - The service, with all that M(clickhouse.cloud.service_info) returns of it.
    - In check mode, the service as it would be.
  returned: success
  type: dict
  contains:
    id:
      description: ID of the service.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    name:
      description: Name of the service.
      type: str
      sample: analytics
    state:
      description: State of the service.
      type: str
      sample: stopped
"""

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._module import LOOKUP, WAIT, Runtime, run
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import SERVICE
from ansible_collections.clickhouse.cloud.plugins.module_utils._states import (
    AWAKE,
    RISING,
    STARTED,
    STOPPED,
    UP,
    called,
    command,
    find_existing,
    state,
    wait,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._task import Task

ARGUMENT_SPEC = {**LOOKUP, "state": {"type": "str", "choices": ["started", "stopped", "awake"], "required": True}}

#: For each wanted state: the command, the states that count as it, those that lead to it, and what is waited for.
COURSES = {
    "started": ("start", STARTED, RISING, UP),
    "stopped": ("stop", frozenset({"stopped"}), frozenset({"stopping"}), STOPPED),
    "awake": ("awake", frozenset({"running", "degraded"}), RISING | {"partially_running"}, AWAKE),
}
#: The state that the command leads to.
OUTCOME = {"start": "running", "stop": "stopped", "awake": "running"}


def story(task: Task) -> None:
    """Find the service; send the command unless it is there or on its way, and wait until it is there."""
    options = task.options
    word, there, on_its_way, goal = COURSES[options["state"]]
    service = find_existing(task.api, options)
    before = state(service)
    if word == "awake" and before in ("stopped", "stopping", "failed"):
        raise InvalidOption(f"{called(service)} is {before}, and only an idle one can be woken up. Use state: started.")
    if word == "start" and before == "stopping" and not options["wait"]:
        raise InvalidOption(f"{called(service)} can be started only once it is stopped, which needs wait: true.")
    after = before if before in there | on_its_way else OUTCOME[word]
    shown = SERVICE.shown(service)
    task.report(service=shown)
    if task.plan(before={"state": before}, after={"state": after}, service={**shown, "state": after}):
        if before == "stopping":
            service = wait(task.patience, task.api, service, STOPPED)
        service = command(task.api, service, word)
        task.report(service=SERVICE.shown(service))
    if before not in there and not task.check_mode:
        service = wait(task.patience, task.api, service, goal)
        task.report(service=SERVICE.shown(service))


def main(runtime: Runtime | None = None) -> None:
    run(runtime, story, ARGUMENT_SPEC, WAIT, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
