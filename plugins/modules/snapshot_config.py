#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_config
short_description: Manage the snapshot configuration of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Sets whether snapshots of a service are made, how often, and for how long they are kept. Snapshots are made in
    addition to backups, and more often.
  - Only options that are set are compared and sent. An option that is not set keeps its current value.
  - Snapshots are a beta feature of the API. In an organization without it, the task fails, and the message says so.
    RV(clickhouse.cloud.organization_info#module:organizations[].capabilities) shows whether an organization has it.
  - A change requires an API key with the role admin. If nothing has to be changed, the permission to view snapshots is
    enough.
  - Only the primary service of a data warehouse has a snapshot configuration. For a secondary service, the task fails
    before it sends a change if O(name) is set, and the API rejects the change if O(service_id) is set.
  - With O(wait=true), the task waits until the API returns the new configuration, but not for the first snapshot.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  enabled:
    description:
      - Whether snapshots are made.
      - The first time, V(true) requires O(gap) and O(time_frame) as well. The service keeps both with V(false).
    type: bool
  gap:
    description:
      - Minutes from one snapshot to the next.
      - O(gap) and O(time_frame) are set together. The API accepts V(30) with O(time_frame=1440), and V(60) with
        O(time_frame=2880).
    type: int
    choices: [30, 60]
  time_frame:
    description:
      - Minutes for which a snapshot is kept, one day or two days.
      - See O(gap) for the pairs that the API accepts.
    type: int
    choices: [1440, 2880]
notes:
  - M(clickhouse.cloud.service) has the same options as O(clickhouse.cloud.service#module:snapshot_config), and
    M(clickhouse.cloud.fleet) as O(clickhouse.cloud.fleet#module:services[].snapshot_config). If two tasks declare
    different values, the one that runs last wins, and both report a change in every run. Declare each value in one
    place.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id) and two with O(name).
    A change costs one more, and with O(wait=true) at least another one, which reads it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.snapshot_config_info
  - module: clickhouse.cloud.snapshot_info
  - module: clickhouse.cloud.backup_config
"""

EXAMPLES = r"""
- name: Make a snapshot every 30 minutes, and keep it for a day
  clickhouse.cloud.snapshot_config:
    name: analytics
    enabled: true
    gap: 30
    time_frame: 1440

- name: Stop making snapshots
  clickhouse.cloud.snapshot_config:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    enabled: false

- name: Make snapshots again, as often as before
  clickhouse.cloud.snapshot_config:
    name: analytics
    enabled: true
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
snapshot_config:
  description:
    - The snapshot configuration of the service, with the same fields as in M(clickhouse.cloud.snapshot_config_info).
    - In check mode, the predicted configuration.
  returned: success
  type: dict
  contains:  # copied from snapshot_config_info by "make tables"
    enabled:
      description: Whether snapshots are made.
      type: bool
      sample: true
    gap:
      description: Minutes from one snapshot to the next; null if it was never set.
      type: int
      sample: 30
    time_frame:
      description: Minutes for which a snapshot is kept; null if it was never set.
      type: int
      sample: 1440
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.singleton import find_part
from ..module_utils._service.snapshots import SNAPSHOT_CONFIG_PART


def run_module(ctx: ModuleContext) -> None:
    """Find the snapshot configuration of the service, and change what differs."""
    find_part(ctx, SNAPSHOT_CONFIG_PART).ensure()


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        SNAPSHOT_CONFIG_PART.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
