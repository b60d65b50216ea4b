#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: scaling_schedule
short_description: Scale a ClickHouse Cloud service by weekday and hour
version_added: 1.1.0
description:
  - Sets the scaling schedule of a service. Each entry states hours of the week, and how the service is scaled during
    these hours. ClickHouse Cloud applies it, so that no controller has to run.
  - While no entry applies, the service has its base configuration, which M(clickhouse.cloud.service_scaling) and
    M(clickhouse.cloud.service) change. When an entry begins or ceases to apply, scaling may start a few minutes late.
  - The entries are declared as a whole, in any order. Entries that are not declared are removed.
  - Scheduled scaling is a beta feature, which ClickHouse support turns on for an organization.
  - Each service has its own schedule, including a secondary service of a data warehouse.
  - With O(wait=true), the task waits until the API returns the new schedule, but not until an entry applies.
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
      - With V(present), the service has the schedule that O(entries) states.
      - With V(absent), it has none. If an entry applies, the base configuration is restored at once. O(entries) and
        O(timezone) are then ignored. This needs no confirmation, since the task that declares the schedule restores it.
    type: str
    choices: [present, absent]
    default: present
  timezone:
    description:
      - Time zone of the days and hours in O(entries), such as V(Europe/Berlin), by its name in the time zone database.
      - The API only knows UTC, so the days and hours are converted, with the UTC offset that the time zone has when the
        task runs. Return values and the diff are in UTC.
      - B(Daylight saving time:) when the clocks change, the schedule keeps its hours in UTC, so it is an hour off in
        local time from then on. Run the task again after each clock change, for example in a weekly job; it then
        reports a change.
      - Whole days of another time zone are parts of two days in UTC. Such an entry becomes two entries of the same
        name, unless it applies on all days of the week.
      - The UTC offset must be a whole number of hours, since the API has no minutes. For example, V(Asia/Kolkata)
        cannot be used.
      - Python reads the time zone database of the operating system where the module runs, or that of the Python package
        tzdata. V(UTC) does not need it.
    type: str
    default: UTC
  entries:
    description:
      - What applies when. Required if O(state=present).
      - The entries must not overlap, and there are at most 10. An empty list is equivalent to O(state=absent).
      - The number of replicas and the memory that an entry does not set are those of the base configuration. They do
        not count as a difference if the API returns them.
    type: list
    elements: dict
    suboptions:
      name:
        description: Label of the entry.
        type: str
        required: true
      weekdays:
        description: Days of the week on which the entry begins to apply.
        type: list
        elements: str
        choices: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]
        required: true
      start_hour:
        description: Hour at which the entry begins to apply, from 0 to 23.
        type: int
        required: true
      end_hour:
        description:
          - Hour at which the entry ceases to apply, from 1 to 24, where 24 is midnight.
          - An hour before O(entries[].start_hour) is on the next day.
        type: int
        required: true
      autoscaling_mode:
        description:
          - With V(vertical), a fixed number of replicas has between O(entries[].min_replica_memory_gb) and
            O(entries[].max_replica_memory_gb) of memory.
          - With V(horizontal), there are between O(entries[].min_replicas) and O(entries[].max_replicas) replicas with
            a fixed amount of memory. It requires both of these, and O(entries[].min_replica_memory_gb) equal to
            O(entries[].max_replica_memory_gb). The organization needs horizontal autoscaling for it.
        type: str
        choices: [vertical, horizontal]
        default: vertical
      min_replica_memory_gb:
        description:
          - Minimum memory of each replica in GB, a multiple of 4 from 8 to 356.
          - Required together with O(entries[].max_replica_memory_gb).
          - The maximum for your organization may be lower. The API checks it when the entry begins to apply.
        type: int
      max_replica_memory_gb:
        description: Maximum memory of each replica in GB, a multiple of 4 from 8 to 356.
        type: int
      num_replicas:
        description:
          - Number of replicas, from 1 to 50.
          - Mutually exclusive with O(entries[].min_replicas) and O(entries[].max_replicas).
          - The API checks the maximum for the service when the entry begins to apply.
        type: int
      min_replicas:
        description:
          - Minimum number of replicas with O(entries[].autoscaling_mode=horizontal), from 1 to 50.
          - Required together with O(entries[].max_replicas).
        type: int
      max_replicas:
        description: Maximum number of replicas with O(entries[].autoscaling_mode=horizontal), from 1 to 50.
        type: int
      idle_scaling:
        description:
          - Whether the service may become idle while it is not used.
          - Set it in each entry for which it matters, since the API does not document what applies to an entry without
            it. If the task does not set it, V(false) does not count as a difference.
        type: bool
      idle_timeout_minutes:
        description: Minutes without use after which the service becomes idle, at least 5.
        type: int
notes:
  - M(clickhouse.cloud.service) has the same options as O(clickhouse.cloud.service#module:scaling_schedule), and
    M(clickhouse.cloud.fleet) as O(clickhouse.cloud.fleet#module:services[].scaling_schedule). If two tasks declare
    different values, the one that runs last wins, and both report a change in every run. Declare each value in one
    place.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id), two if the service
    has no schedule, and two with O(name). A change costs one more, and with O(wait=true) at least another one, which
    reads it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.scaling_schedule_info
  - module: clickhouse.cloud.service_scaling
  - module: clickhouse.cloud.service_state
    description: Stops and starts a service. A schedule cannot do this.
"""

EXAMPLES = r"""
- name: Scale up on working days from 8 to 18, and down at night
  clickhouse.cloud.scaling_schedule:
    name: analytics
    timezone: Europe/Berlin
    entries:
      - name: office hours
        weekdays: [monday, tuesday, wednesday, thursday, friday]
        start_hour: 8
        end_hour: 18
        min_replica_memory_gb: 64
        max_replica_memory_gb: 120
        idle_scaling: false
      - name: night
        weekdays: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]
        start_hour: 22
        end_hour: 6
        min_replica_memory_gb: 8
        max_replica_memory_gb: 16
        idle_scaling: true
        idle_timeout_minutes: 5

- name: Add replicas for the report of each Sunday, in UTC
  clickhouse.cloud.scaling_schedule:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    entries:
      - name: weekly report
        weekdays: [sunday]
        start_hour: 3
        end_hour: 5
        num_replicas: 6

- name: Run between 2 and 8 replicas on weekends, depending on the load
  clickhouse.cloud.scaling_schedule:
    name: shop
    timezone: America/New_York
    entries:
      - name: weekend
        weekdays: [saturday, sunday]
        start_hour: 0
        end_hour: 24
        autoscaling_mode: horizontal
        min_replicas: 2
        max_replicas: 8
        min_replica_memory_gb: 32
        max_replica_memory_gb: 32

- name: Delete the schedule
  clickhouse.cloud.scaling_schedule:
    name: analytics
    state: absent
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
scaling_schedule:
  description:
    - The scaling schedule of the service, with the same fields as in M(clickhouse.cloud.scaling_schedule_info); null if
      it has none.
    - In check mode, the predicted schedule. If it would change, the IDs,
      RV(scaling_schedule.entries[].is_active_now) and RV(scaling_schedule.active_entry) are null. If the service has no
      schedule yet, RV(scaling_schedule.base_config) is null as well.
  returned: success
  type: dict
  contains:  # copied from scaling_schedule_info by "make tables"
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
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.scaling_schedule import SCALING_SCHEDULE_PART, ensure_schedule
from ..module_utils._service.singleton import find_part


def run_module(ctx: ModuleContext) -> None:
    """Find the scaling schedule of the service, and delete, create or replace it."""
    ensure_schedule(find_part(ctx, SCALING_SCHEDULE_PART))


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        SCALING_SCHEDULE_PART.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
