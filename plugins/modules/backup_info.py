#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: List the backups of a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Lists all backups of a service, or those that match the options.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.selection
options:
  backup_id:
    description:
      - List only the backup with this ID, a UUID. The list is empty if the service has no such backup.
      - Mutually exclusive with O(newest).
    type: str
  status:
    description: List only backups with one of these statuses.
    type: list
    elements: str
    choices: [done, error, in_progress]
  type:
    description:
      - List only backups of this type. An V(incremental) backup contains the changes since the preceding backup.
    type: str
    choices: [full, incremental]
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id) and two with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.backup_config
  - module: clickhouse.cloud.backup_config_info
  - module: clickhouse.cloud.service
    description: Creates a service from a backup.
"""

EXAMPLES = r"""
- name: List all backups of a service
  clickhouse.cloud.backup_info:
    name: analytics
  register: backups

- name: Get the newest backup that can be restored
  clickhouse.cloud.backup_info:
    name: analytics
    newest: true
  register: latest

- name: Fail unless it was finished within the last 26 hours
  ansible.builtin.assert:
    that:
      - latest.backups | length == 1
      - latest.backups[0].age_in_seconds < 26 * 3600

- name: List the failed backups of the last week
  clickhouse.cloud.backup_info:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    status: [error]
    max_age_hours: 168

- name: Get the size of a backup
  clickhouse.cloud.backup_info:
    name: analytics
    backup_id: 8d2f1c44-6a0b-4b7e-9c55-0123456789ab
  register: result
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
backups:
  description:
    - The backups, the newest first; an empty list if there are none.
    - Null, with a warning, if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the backup.
      type: str
      sample: 8d2f1c44-6a0b-4b7e-9c55-0123456789ab
    status:
      description: V(done), V(error) or V(in_progress).
      type: str
      sample: done
    service_id:
      description: ID of the service that was backed up.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    started_at:
      description: When the backup was started, ISO 8601.
      type: str
      sample: "2026-11-01T02:00:04Z"
    finished_at:
      description: When the backup was finished, ISO 8601; null if it is not finished.
      type: str
      sample: "2026-11-01T02:03:10Z"
    size_in_bytes:
      description: Size of the backup, in bytes.
      type: int
      sample: 5368709120
    duration_in_seconds:
      description: Duration of the backup in seconds, up to now if it is not finished.
      type: int
      sample: 186
    type:
      description: V(full) or V(incremental).
      type: str
      sample: full
    backup_name:
      description: Name of the backup in the customer's own bucket; null if it is not in one.
      type: str
      sample: null
    bucket:
      description: The customer's own bucket that contains the backup; null if it is not in one.
      type: dict
      sample:
        bucket_provider: AWS
        bucket_path: s3://backups/analytics
        iam_role_arn: arn:aws:iam::123456789012:role/backups
        iam_role_session_name: clickhouse
    age_in_seconds:
      description:
        - Seconds since the backup was finished, or since it was started if it is not finished.
        - Measured with the clock of the host that runs the module; null if the API returns neither time.
      type: int
      sample: 43200
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.backups import SELECTION_SPEC
from ..module_utils._service.backups import BACKUPS, report_backups

ARGUMENT_SPEC = {
    **LOOKUP_SPEC,
    **SELECTION_SPEC,
    "backup_id": {"type": "str"},
    "status": {"type": "list", "elements": "str", "choices": ["done", "error", "in_progress"]},
    "type": {"type": "str", "choices": ["full", "incremental"]},
}


def run_module(ctx: ModuleContext) -> None:
    """List the backups of the service that match the options."""
    report_backups(ctx, BACKUPS)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        ARGUMENT_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=[("backup_id", "newest")],
    )


if __name__ == "__main__":
    main()
