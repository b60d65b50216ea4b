#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: scaling_schedule_info
short_description: Get the scaling schedule of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns how a service is scaled by weekday and hour, which entry of its schedule applies now, and what applies while
    no entry does. All days and hours are in UTC.
  - M(clickhouse.cloud.service_info) returns the schedules of several services with one request, with the fields of the
    API.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id), two if there is no schedule, and two with
    O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.scaling_schedule
  - module: clickhouse.cloud.service_info
"""

EXAMPLES = r"""
- name: Get the scaling schedule of a service
  clickhouse.cloud.scaling_schedule_info:
    name: analytics
  register: analytics

- name: Show which entry applies now
  ansible.builtin.debug:
    msg: "{{ (analytics.scaling_schedule.active_entry or {}).name | default('the base configuration') }}"
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
scaling_schedule:
  description:
    - The scaling schedule of the service; null if it has none, or, with a warning, if the API key may not read it, or
      the organization has no scheduled autoscaling.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
    entries:
      description: The entries, with their days and hours in UTC.
      type: list
      elements: dict
      contains:
        id:
          description: ID of the entry.
          type: str
          sample: 0b0e9d44-7f0c-4d5e-9a51-123456789abc
        name:
          description: Label of the entry.
          type: str
          sample: office hours
        weekdays:
          description: Days of the week on which the entry begins to apply, in UTC.
          type: list
          elements: str
          sample: [monday, tuesday, wednesday, thursday, friday]
        start_hour_utc:
          description: Hour at which the entry begins to apply, in UTC.
          type: int
          sample: 7
        end_hour_utc:
          description: Hour at which the entry ceases to apply, in UTC; on the next day if it is before the start.
          type: int
          sample: 17
        is_active_now:
          description: Whether the entry applies now.
          type: bool
          sample: true
        autoscaling_mode:
          description: V(vertical) or V(horizontal).
          type: str
          sample: vertical
        min_replica_memory_gb:
          description: Minimum memory of each replica, in GB; null if it is inherited.
          type: int
          sample: 64
        max_replica_memory_gb:
          description: Maximum memory of each replica, in GB; null if it is inherited.
          type: int
          sample: 120
        num_replicas:
          description: Number of replicas; null if it is inherited, or if scaling is horizontal.
          type: int
          sample: 3
        min_replicas:
          description: Minimum number of replicas, if scaling is horizontal.
          type: int
        max_replicas:
          description: Maximum number of replicas, if scaling is horizontal.
          type: int
        idle_scaling:
          description: Whether the service may become idle while it is not used; null if the entry does not set it.
          type: bool
          sample: false
        idle_timeout_minutes:
          description: Minutes without use after which the service becomes idle; null if the entry does not set it.
          type: int
          sample: 15
    active_entry_id:
      description: ID of the entry that applies now; null if none does.
      type: str
      sample: 0b0e9d44-7f0c-4d5e-9a51-123456789abc
    active_entry:
      description:
        - The entry that applies now, with the same fields as in RV(scaling_schedule.entries); null if none does.
      type: dict
    base_config:
      description: What applies while no entry does, as set with M(clickhouse.cloud.service_scaling).
      type: dict
      contains:
        autoscaling_mode:
          description: V(vertical) or V(horizontal).
          type: str
          sample: vertical
        min_replica_memory_gb:
          description: Minimum memory of each replica, in GB; null if the service does not scale its memory.
          type: int
          sample: 64
        max_replica_memory_gb:
          description: Maximum memory of each replica, in GB; null if the service does not scale its memory.
          type: int
          sample: 120
        num_replicas:
          description: Number of replicas; null if scaling is horizontal.
          type: int
          sample: 3
        min_replicas:
          description: Minimum number of replicas, if scaling is horizontal.
          type: int
        max_replicas:
          description: Maximum number of replicas, if scaling is horizontal.
          type: int
        idle_scaling:
          description: Whether the service may become idle while it is not used.
          type: bool
          sample: false
        idle_timeout_minutes:
          description: Minutes without use after which the service becomes idle.
          type: int
          sample: 15
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.scaling_schedule import SCALING_SCHEDULE_PART
from ..module_utils._service.singleton import report_part


def run_module(ctx: ModuleContext) -> None:
    """Get the scaling schedule of the service."""
    report_part(ctx, SCALING_SCHEDULE_PART)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
