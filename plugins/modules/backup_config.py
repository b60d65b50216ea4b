#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_config
short_description: Manage the backup configuration of a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Sets how often and at what time a service is backed up, and how long its backups are kept.
  - Only options that are set are compared and sent. An option that is not set keeps its current value.
  - A change requires an API key with the role admin, and an organization with the tier Scale or Enterprise. If nothing
    has to be changed, the permission to view backups is enough.
  - Only the primary service of a data warehouse has a backup configuration. For a secondary service, the task fails
    before it sends a change if O(name) is set, and the API rejects the change if O(service_id) is set.
  - With O(wait=true), the task waits until the API returns the new configuration.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  backup_period_in_hours:
    description:
      - Hours from one backup to the next, for example V(6), V(12), V(24) or V(48).
      - With a start time, only V(24) and V(48) are allowed.
    type: int
  backup_retention_period_in_hours:
    description:
      - Minimum number of hours to keep a backup, a multiple of 24. The API accepts V(24) to V(1080), which is 45 days.
    type: int
  backup_start_time:
    description:
      - Time of day in UTC at which backups start, a full hour in the form V(HH:00).
      - Quote it, since YAML reads C(12:00) as the number 720.
      - Requires a period of 24 or 48 hours, either the current one or that of O(backup_period_in_hours).
    type: str
  reset:
    description:
      - Options to set to the defaults of the API.
      - The defaults are 24 for V(backup_period_in_hours), 24 for V(backup_retention_period_in_hours), and no
        V(backup_start_time).
      - An option cannot be set and reset at the same time.
    type: list
    elements: str
    choices: [backup_period_in_hours, backup_retention_period_in_hours, backup_start_time]
notes:
  - M(clickhouse.cloud.service) has the same options as O(clickhouse.cloud.service#module:backup_config), and
    M(clickhouse.cloud.fleet) as O(clickhouse.cloud.fleet#module:services[].backup_config). If two tasks declare
    different values, the one that runs last wins, and both report a change in every run. Declare each value in one
    place.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id) and two with O(name).
    A change costs one more, and with O(wait=true) at least another one, which reads it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.backup_config_info
  - module: clickhouse.cloud.backup_info
"""

EXAMPLES = r"""
- name: Keep backups for 30 days
  clickhouse.cloud.backup_config:
    name: analytics
    backup_retention_period_in_hours: 720

- name: Back up the service every night at 02:00 UTC
  clickhouse.cloud.backup_config:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    backup_period_in_hours: 24
    backup_start_time: "02:00"

- name: Back up the service every six hours instead, at no fixed time
  clickhouse.cloud.backup_config:
    name: analytics
    backup_period_in_hours: 6
    reset: [backup_start_time]

- name: Restore the defaults of the API
  clickhouse.cloud.backup_config:
    name: analytics
    reset: [backup_period_in_hours, backup_retention_period_in_hours, backup_start_time]
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
backup_config:
  description:
    - The backup configuration of the service, with the same fields as in M(clickhouse.cloud.backup_config_info).
    - In check mode, the predicted configuration.
  returned: success
  type: dict
  contains:  # copied from backup_config_info by "make tables"
    backup_period_in_hours:
      description: Hours from one backup to the next.
      type: int
      sample: 24
    backup_retention_period_in_hours:
      description: Minimum number of hours that a backup is kept.
      type: int
      sample: 720
    backup_start_time:
      description: Time of day in UTC at which backups start; null if none is set.
      type: str
      sample: "02:00"
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.backups import BACKUP_CONFIG_PART
from ..module_utils._service.singleton import find_part


def run_module(ctx: ModuleContext) -> None:
    """Find the backup configuration of the service, and change what differs."""
    find_part(ctx, BACKUP_CONFIG_PART).ensure()


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        BACKUP_CONFIG_PART.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
