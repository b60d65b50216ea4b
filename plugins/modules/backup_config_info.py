#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_config_info
short_description: Get the backup configuration of a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Returns how often and at what time a service is backed up, and how long its backups are kept.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id) and two with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.backup_config
  - module: clickhouse.cloud.backup_info
"""

EXAMPLES = r"""
- name: Get the backup configuration of a service
  clickhouse.cloud.backup_config_info:
    name: analytics
  register: analytics

- name: Check that its backups are kept for at least a week
  ansible.builtin.assert:
    that: analytics.backup_config.backup_retention_period_in_hours >= 7 * 24
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
backup_config:
  description:
    - The backup configuration of the service; null, with a warning, if the API key may not read it.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
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
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.backups import BACKUP_CONFIG_PART
from ..module_utils._service.singleton import report_part


def run_module(ctx: ModuleContext) -> None:
    """Get the backup configuration of the service."""
    report_part(ctx, BACKUP_CONFIG_PART)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
