#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_config_info
short_description: Get the snapshot configuration of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns whether snapshots of a service are made, how often, and for how long they are kept.
  - Snapshots are a beta feature of the API. For an organization without it, the module returns null, with a warning.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id) and two with O(name). If the API denies
    the request, another one finds out why.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.snapshot_config
  - module: clickhouse.cloud.snapshot_info
"""

EXAMPLES = r"""
- name: Get the snapshot configuration of a service
  clickhouse.cloud.snapshot_config_info:
    name: analytics
  register: analytics

- name: Check that snapshots are made
  ansible.builtin.assert:
    that: analytics.snapshot_config.enabled
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
snapshot_config:
  description:
    - The snapshot configuration of the service; null, with a warning, if the API key may not read it, or the
      organization does not have snapshots.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
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
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.singleton import report_part
from ..module_utils._service.snapshots import SNAPSHOT_CONFIG_PART


def run_module(ctx: ModuleContext) -> None:
    """Get the snapshot configuration of the service."""
    report_part(ctx, SNAPSHOT_CONFIG_PART)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
