#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_window
short_description: Manage the upgrade window of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Sets the time of the week at which ClickHouse Cloud upgrades a service. The window lasts six hours.
  - Without an upgrade window, ClickHouse Cloud chooses the time.
  - Setting a window requires an organization with scheduled upgrades, which the tiers Scale and Enterprise have.
    A window can be deleted in any organization.
  - A secondary service of a data warehouse has the upgrade window of its primary service. For a secondary service, the
    task fails before it sends a change if O(name) is set, and the API rejects the change if O(service_id) is set.
  - With O(wait=true), the task waits until the API returns the new upgrade window.
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
      - With V(present), the service has the upgrade window that O(weekday) and O(start_hour_utc) state.
      - With V(absent), it has none, and ClickHouse Cloud chooses the time. O(weekday) and O(start_hour_utc) are then
        ignored. This needs no confirmation, since the task that declares the upgrade window restores it.
    type: str
    choices: [present, absent]
    default: present
  weekday:
    description:
      - Day of the week on which the window starts, in UTC.
      - Required if O(state=present).
    type: str
    choices: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]
  start_hour_utc:
    description:
      - Hour of the day at which the window starts, in UTC.
      - Required if O(state=present).
    type: int
    choices: [0, 6, 12, 18]
notes:
  - M(clickhouse.cloud.service) has the same options as O(clickhouse.cloud.service#module:upgrade_window), and
    M(clickhouse.cloud.fleet) as O(clickhouse.cloud.fleet#module:services[].upgrade_window). If two tasks declare
    different values, the one that runs last wins, and both report a change in every run. Declare each value in one
    place.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id), two if the service
    has no upgrade window, and two with O(name). A change costs one more, and with O(wait=true) at least another one,
    which reads it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.upgrade_window_info
"""

EXAMPLES = r"""
- name: Upgrade the service on Sundays between 00:00 and 06:00 UTC
  clickhouse.cloud.upgrade_window:
    name: analytics
    weekday: sunday
    start_hour_utc: 0

- name: Let ClickHouse Cloud choose the time
  clickhouse.cloud.upgrade_window:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    state: absent
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
upgrade_window:
  description:
    - The upgrade window of the service, with the same fields as in M(clickhouse.cloud.upgrade_window_info); null if it
      has none.
    - In check mode, the predicted upgrade window.
  returned: success
  type: dict
  contains:  # copied from upgrade_window_info by "make tables"
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
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.singleton import find_part
from ..module_utils._service.upgrade_window import UPGRADE_WINDOW_PART


def run_module(ctx: ModuleContext) -> None:
    """Find the upgrade window of the service, and delete, create or change it."""
    find_part(ctx, UPGRADE_WINDOW_PART).ensure()


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        UPGRADE_WINDOW_PART.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
