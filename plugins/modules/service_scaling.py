#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_scaling
short_description: Scale a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Sets the memory and the number of the replicas of a service, and when it becomes idle.
  - Only options that are set are compared and sent. The API checks the limits of your organization.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  autoscaling_mode:
    description:
      - With V(vertical), a fixed number of replicas has between O(min_replica_memory_gb) and O(max_replica_memory_gb)
        of memory. Changing to it requires O(num_replicas).
      - With V(horizontal), there are between O(min_replicas) and O(max_replicas) replicas with a fixed amount of
        memory. Changing to it requires both of these, and O(min_replica_memory_gb) equal to O(max_replica_memory_gb).
      - If not set, the service keeps its mode.
    type: str
  min_replica_memory_gb:
    description:
      - Minimum memory of each replica in GB, a multiple of 4.
      - Mutually exclusive with O(min_total_memory_gb) and O(max_total_memory_gb).
    type: int
  max_replica_memory_gb:
    description:
      - Maximum memory of each replica in GB, a multiple of 4.
      - Mutually exclusive with O(min_total_memory_gb) and O(max_total_memory_gb).
    type: int
  num_replicas:
    description:
      - Number of replicas.
      - Mutually exclusive with O(min_replicas) and O(max_replicas).
    type: int
  min_replicas:
    description: Minimum number of replicas with O(autoscaling_mode=horizontal).
    type: int
  max_replicas:
    description: Maximum number of replicas with O(autoscaling_mode=horizontal).
    type: int
  idle_scaling:
    description: Whether the service may become idle while it is not used.
    type: bool
  idle_timeout_minutes:
    description:
      - Minutes without use after which the service becomes idle, at least 5.
      - Ignored while O(idle_scaling) is V(false).
    type: int
  min_total_memory_gb:
    description:
      - Minimum memory of three replicas together in GB, a multiple of 12, regardless of the number of replicas.
      - Deprecated by the API. Use O(min_replica_memory_gb) with a third of the value.
    type: int
  max_total_memory_gb:
    description:
      - Maximum memory of three replicas together in GB, a multiple of 12, regardless of the number of replicas.
      - Deprecated by the API. Use O(max_replica_memory_gb) with a third of the value.
      - If one of the totals is set, changes of O(num_replicas), O(idle_scaling) and O(idle_timeout_minutes) are sent in
        the same request.
    type: int
seealso:
  - module: clickhouse.cloud.service
  - module: clickhouse.cloud.service_info
"""

EXAMPLES = r"""
- name: Give each of three replicas between 16 and 64 GB
  clickhouse.cloud.service_scaling:
    name: analytics
    min_replica_memory_gb: 16
    max_replica_memory_gb: 64
    num_replicas: 3

- name: Adjust the number of replicas to the load
  clickhouse.cloud.service_scaling:
    name: analytics
    autoscaling_mode: horizontal
    min_replicas: 2
    max_replicas: 6
    min_replica_memory_gb: 32
    max_replica_memory_gb: 32

- name: Prevent the service from becoming idle
  clickhouse.cloud.service_scaling:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    idle_scaling: false
"""

RETURN = r"""
service:
  description:
    - The service, with the same fields as in M(clickhouse.cloud.service_info).
    - In check mode, the predicted service.
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
      sample: running
    min_replica_memory_gb:
      description: Minimum memory of each replica, in GB.
      type: int
      sample: 16
    max_replica_memory_gb:
      description: Maximum memory of each replica, in GB.
      type: int
      sample: 64
    num_replicas:
      description: Number of replicas, when scaling is vertical.
      type: int
      sample: 3
    idle_scaling:
      description: Whether the service may become idle while it is not used.
      type: bool
      sample: true
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.scaling import SCALING, SCALING_MUTUALLY_EXCLUSIVE
from ..module_utils._schema.service import SERVICE
from ..module_utils._service.find import get_service
from ..module_utils._service.update import deprecate_total_memory, update_service


def run_module(ctx: ModuleContext) -> None:
    """Find the service, and change the scaling options that differ."""
    desired = SCALING.desired(ctx.options)
    deprecate_total_memory(ctx, desired)
    service = get_service(ctx.api, ctx.options)
    ctx.set_result(service=SERVICE.to_result(service))
    outcome = update_service(ctx, service, desired)
    ctx.set_result(**outcome.to_result())


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        SCALING.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=SCALING_MUTUALLY_EXCLUSIVE,
    )


if __name__ == "__main__":
    main()
