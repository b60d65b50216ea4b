#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_info
short_description: List the snapshots of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Lists all snapshots of a service, or those that match the options.
  - Snapshots are a beta feature of the API. For an organization without it, the module returns null, with a warning.
  - A snapshot is not a backup, and M(clickhouse.cloud.backup_info) does not list it. The specification of the API does
    not say how to restore one.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.selection
options:
  snapshot_id:
    description:
      - List only the snapshot with this ID, a UUID. The list is empty if the service has no such snapshot.
      - Mutually exclusive with O(newest).
    type: str
  status:
    description:
      - List only snapshots with one of these statuses.
      - V(throttled) means that the creation was delayed, since there were too many at the time, and will be repeated.
    type: list
    elements: str
    choices: [done, error, in_progress, throttled]
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id) and two with O(name). Each further 250
    snapshots cost one more. If the API denies the request, another one finds out why.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.snapshot_config
  - module: clickhouse.cloud.snapshot_config_info
  - module: clickhouse.cloud.backup_info
"""

EXAMPLES = r"""
- name: List all snapshots of a service
  clickhouse.cloud.snapshot_info:
    name: analytics
  register: snapshots

- name: Get the newest completed snapshot
  clickhouse.cloud.snapshot_info:
    name: analytics
    newest: true
  register: latest

- name: Fail unless it was finished within the last two hours
  ansible.builtin.assert:
    that:
      - latest.snapshots | length == 1
      - latest.snapshots[0].age_in_seconds < 2 * 3600

- name: List the snapshots that have failed or were delayed
  clickhouse.cloud.snapshot_info:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    status: [error, throttled]
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
snapshots:
  description:
    - The snapshots, the newest first; an empty list if there are none.
    - Null, with a warning, if the API key may not read them, or the organization does not have snapshots.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the snapshot.
      type: str
      sample: 8d2f1c44-6a0b-4b7e-9c55-0123456789ab
    status:
      description: V(done), V(error), V(in_progress) or V(throttled).
      type: str
      sample: done
    service_id:
      description: ID of the service of which the snapshot was made.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    started_at:
      description: When the snapshot was started, ISO 8601.
      type: str
      sample: "2026-11-01T02:00:04Z"
    finished_at:
      description: When the snapshot was finished, ISO 8601; null if it is not finished.
      type: str
      sample: "2026-11-01T02:03:10Z"
    size_in_bytes:
      description: Size of the snapshot, in bytes.
      type: int
      sample: 5368709120
    duration_in_seconds:
      description: Duration of the snapshot in seconds, up to now if it is not finished.
      type: int
      sample: 186
    type:
      description: V(full), since no snapshot depends on another one.
      type: str
      sample: full
    backup_name:
      description: Name of the snapshot in the customer's own bucket; null if it is not in one.
      type: str
      sample: null
    bucket:
      description: The customer's own bucket that contains the snapshot; null if it is not in one.
      type: dict
      sample:
        bucket_provider: AWS
        bucket_path: s3://snapshots/analytics
        iam_role_arn: arn:aws:iam::123456789012:role/snapshots
        iam_role_session_name: clickhouse
    age_in_seconds:
      description:
        - Seconds since the snapshot was finished, or since it was started if it is not finished.
        - Measured with the clock of the host that runs the module; null if the API returns neither time.
      type: int
      sample: 43200
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.backups import SELECTION_SPEC
from ..module_utils._service.backups import report_backups
from ..module_utils._service.snapshots import SNAPSHOTS

ARGUMENT_SPEC = {
    **LOOKUP_SPEC,
    **SELECTION_SPEC,
    "snapshot_id": {"type": "str"},
    "status": {"type": "list", "elements": "str", "choices": ["done", "error", "in_progress", "throttled"]},
}


def run_module(ctx: ModuleContext) -> None:
    """List the snapshots of the service that match the options."""
    report_backups(ctx, SNAPSHOTS)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        ARGUMENT_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=[("snapshot_id", "newest")],
    )


if __name__ == "__main__":
    main()
