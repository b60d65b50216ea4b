#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_config
short_description: Set when a ClickHouse Cloud service is backed up
version_added: 1.0.0
description:
  - Sets how often a service is backed up, at what time, and how long backups are kept.
  - Only options that are given are compared and sent. An option that is left out keeps what the service has.
  - The API key has to have the role admin, and the organization the tier Scale or Enterprise. To find that nothing has
    to be changed, the permission to see backups is enough.
  - Only the primary service of a data warehouse has a backup configuration. A change to that of a secondary one is
    refused, by O(name) before anything is sent, and by O(service_id) by the API.
  - With O(wait=true) the task waits until what it has set can be read.
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
      - While there is a start time, only V(24) and V(48) are possible.
    type: int
  backup_retention_period_in_hours:
    description:
      - Hours that a backup is kept at least, a multiple of 24. The API takes V(24) to V(1080), which is 45 days.
    type: int
  backup_start_time:
    description:
      - Time of day, in UTC, at which backups begin, a full hour as V(HH:00).
      - Put it in quotes, since YAML takes C(12:00) for the number 720.
      - Needs a period of 24 or 48 hours, be it the one that is set already or that of O(backup_period_in_hours).
    type: str
  reset:
    description:
      - Options to put back to what the API does by default.
      - These are a V(backup_period_in_hours) of 24, a V(backup_retention_period_in_hours) of 24, and no
        V(backup_start_time).
      - An option cannot be set and reset at once.
    type: list
    elements: str
    choices: [backup_period_in_hours, backup_retention_period_in_hours, backup_start_time]
seealso:
  - module: clickhouse.cloud.backup_config_info
  - module: clickhouse.cloud.backup_info
"""

EXAMPLES = r"""
- name: Keep backups for 30 days
  clickhouse.cloud.backup_config:
    name: analytics
    backup_retention_period_in_hours: 720

- name: Back up every night at two o'clock UTC
  clickhouse.cloud.backup_config:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    backup_period_in_hours: 24
    backup_start_time: "02:00"

- name: Back up every six hours instead, at no fixed time
  clickhouse.cloud.backup_config:
    name: analytics
    backup_period_in_hours: 6
    reset: [backup_start_time]

- name: Go back to what every service has
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
    - When the service is backed up, with all that M(clickhouse.cloud.backup_config_info) returns of it.
    - In check mode, as it would be.
  returned: success
  type: dict
  contains:
    backup_period_in_hours:
      description: Hours from one backup to the next.
      type: int
      sample: 24
    backup_retention_period_in_hours:
      description: Hours that a backup is kept at least.
      type: int
      sample: 720
    backup_start_time:
      description: Time of day, in UTC, at which backups begin; null when none is set.
      type: str
      sample: "02:00"
"""

from ..module_utils._module.context import WaitingContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Runtime, run
from ..module_utils._service.backups import (
    BACKUP_CONFIG_SPEC,
    check_backup_options,
    ensure_backup_config,
    require_primary,
)
from ..module_utils._service.find import get_service


def run_module(ctx: WaitingContext) -> None:
    """Find the service, and change its backup configuration. The API checks an ID that the task gives."""
    check_backup_options(ctx)
    service_id = (ctx.options["service_id"] or require_primary(get_service(ctx.api, ctx.options))).lower()
    ctx.report(service_id=service_id)
    ensure_backup_config(ctx, service_id)


def main(runtime: Runtime | None = None) -> None:
    run(
        runtime,
        run_module,
        LOOKUP_SPEC,
        BACKUP_CONFIG_SPEC,
        WAIT_SPEC,
        kind=WaitingContext,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
