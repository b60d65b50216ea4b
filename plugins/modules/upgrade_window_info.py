#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_window_info
short_description: Get the upgrade window of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns the time of the week at which ClickHouse Cloud upgrades a service. For a secondary service of a data
    warehouse, it is that of its primary service.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id), two if there is no upgrade window, and
    two with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.upgrade_window
"""

EXAMPLES = r"""
- name: Get the upgrade window of a service
  clickhouse.cloud.upgrade_window_info:
    name: analytics
  register: analytics

- name: Check that it is upgraded at the weekend
  ansible.builtin.assert:
    that: analytics.upgrade_window.weekday in ['saturday', 'sunday']
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
upgrade_window:
  description:
    - The upgrade window of the service; null if it has none, or, with a warning, if the API key may not read it.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
    weekday:
      description: Day of the week on which the window starts, in UTC.
      type: str
      sample: sunday
    start_hour_utc:
      description: Hour of the day at which the window starts, in UTC.
      type: int
      sample: 6
    duration:
      description: Length of the window in hours.
      type: int
      sample: 6
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.singleton import report_part
from ..module_utils._service.upgrade_window import UPGRADE_WINDOW_PART


def run_module(ctx: ModuleContext) -> None:
    """Get the upgrade window of the service."""
    report_part(ctx, UPGRADE_WINDOW_PART)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
