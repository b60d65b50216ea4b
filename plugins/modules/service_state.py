#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_state
short_description: Start, stop and wake up a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Starts or stops a service, or wakes up an idle service.
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
      - V(started) starts a stopped service. An idle service counts as started, since it wakes up automatically at the
        next query.
      - V(stopped) stops the service. It does not start again automatically.
      - V(awake) wakes up an idle service, so that the next query does not have to wait. A stopped service has to be
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

- name: Start it in the morning, without waiting until it is running
  clickhouse.cloud.service_state:
    name: analytics
    state: started
    wait: false

- name: Wake it up before the reports run
  clickhouse.cloud.service_state:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    state: awake
    wait_timeout: 300
"""

RETURN = r"""
service:
  description:
    - The service, with the same fields as in M(clickhouse.cloud.service_info).
    - In check mode, the predicted service. If the task fails, the service as the API last returned it.
  returned: when the service is found
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

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.service import SERVICE
from ..module_utils._service.find import get_service
from ..module_utils._service.power_state import ensure_power_state

ARGUMENT_SPEC = {**LOOKUP_SPEC, "state": {"type": "str", "choices": ["started", "stopped", "awake"], "required": True}}


def run_module(ctx: ModuleContext) -> None:
    """Find the service, and ensure its state."""
    service = get_service(ctx.api, ctx.options)
    ctx.set_result(service=SERVICE.to_result(service))
    outcome = ensure_power_state(ctx, service, ctx.options["state"])
    ctx.set_result(**outcome.to_result())


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ARGUMENT_SPEC, WAIT_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
