#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_bucket
short_description: Manage the backup bucket of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Sets the bucket of your organization to which the backups of a service go, on AWS, GCP or Azure. Without one, they
    go to a bucket of ClickHouse Cloud.
  - The API returns all options except O(secret_access_key) and O(connection_string). Whether these two differ is not
    known, so that by default they are only sent when the bucket is created, and with each change of another option.
    With O(update_credentials=always), they are sent each time.
  - The bucket must exist, and admit ClickHouse Cloud. This module only changes the service.
  - With O(wait=true), the task waits until the API returns the change.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
attributes:
  idempotent:
    support: partial
    details: Not with O(update_credentials=always), except on AWS.
options:
  state:
    description:
      - With V(present), the service has a backup bucket with these options. An option that is not set keeps its current
        value.
      - With V(absent), it has none. The bucket itself and its contents stay. The options of the bucket are then
        ignored.
    type: str
    choices: [present, absent]
    default: present
  bucket_provider:
    description:
      - Cloud of the bucket, which must be that of the service.
      - Required with O(state=present). It cannot be changed.
    type: str
    choices: [aws, gcp, azure]
  bucket_path:
    description:
      - Path of the bucket, for V(aws) and V(gcp).
      - Required to create one. If it changes, new backups go to the new bucket, and the existing ones stay in the old
        one, of which the task warns.
    type: str
  iam_role_arn:
    description:
      - ARN of the role that ClickHouse Cloud assumes to access the bucket, for V(aws).
      - Required to create one.
    type: str
  iam_role_session_name:
    description: Name of the session of this role, for V(aws).
    type: str
  iam_role_external_id:
    description: External ID that the trust policy of this role requires, for V(aws).
    type: str
  reset:
    description: Options to remove, for V(aws).
    type: list
    elements: str
    choices: [iam_role_session_name, iam_role_external_id]
  access_key_id:
    description:
      - ID of the HMAC key that accesses the bucket, for V(gcp).
      - Required to create one.
    type: str
  secret_access_key:
    description:
      - Secret of this HMAC key, for V(gcp).
      - Required to create one, and for each change.
    type: str
  container_name:
    description:
      - Name of the container, for V(azure).
      - Required to create one. If it changes, new backups go to the new container, and the existing ones stay in the
        old one, of which the task warns.
    type: str
  connection_string:
    description:
      - Connection string of the storage account, for V(azure).
      - Required to create one, and for each change.
    type: str
  update_credentials:
    description:
      - With V(on_create), O(secret_access_key) and O(connection_string) are sent when the bucket is created, and when
        another option changes. If only they have changed, nothing is sent.
      - With V(always), they are sent each time, and the task always reports a change. On AWS, where there is no such
        secret, this has no effect.
    type: str
    choices: [on_create, always]
    default: on_create
  confirm_name:
    description:
      - Guards the deletion. With O(state=absent), the task fails unless this is the O(bucket_path) or O(container_name)
        of the bucket.
      - Required for O(state=absent) with O(service_id), which does not show what would be deleted.
    type: str
  force:
    description:
      - With O(state=absent), the task fails if the bucket may hold backups of the service, unless this is V(true).
        Backups that have failed do not count, nor do those that are certainly in another bucket, or under another
        prefix, in whatever form the API returns its URL.
      - Whether such backups can be restored after that is not documented.
    type: bool
    default: false
notes:
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id), two if the service
    has no backup bucket, and two with O(name). A change costs one more, and with O(wait=true) at least another one,
    which reads it again. A deletion without O(force) costs one more for the list of backups.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.backup_bucket_info
  - module: clickhouse.cloud.backup_config
  - module: clickhouse.cloud.backup_info
"""

EXAMPLES = r"""
- name: Keep the backups in your own bucket on AWS
  clickhouse.cloud.backup_bucket:
    name: analytics
    bucket_provider: aws
    bucket_path: https://backups.s3.us-east-1.amazonaws.com/clickhouse
    iam_role_arn: arn:aws:iam::123456789012:role/backups

- name: Keep the backups in your own bucket on GCP
  clickhouse.cloud.backup_bucket:
    name: reports
    bucket_provider: gcp
    bucket_path: https://storage.googleapis.com/backups/clickhouse
    access_key_id: GOOG1EXAMPLE
    secret_access_key: "{{ vault_backup_secret }}"

- name: Set a new connection string on Azure
  clickhouse.cloud.backup_bucket:
    name: events
    bucket_provider: azure
    container_name: backups
    connection_string: "{{ vault_backup_connection }}"
    update_credentials: always

- name: Let the backups go to the bucket of ClickHouse Cloud again, and keep those in your own bucket
  clickhouse.cloud.backup_bucket:
    name: analytics
    state: absent
    confirm_name: https://backups.s3.us-east-1.amazonaws.com/clickhouse
    force: true
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
backup_bucket:
  description:
    - The backup bucket of the service, with the same fields as in M(clickhouse.cloud.backup_bucket_info); null if it
      has none. It never contains O(secret_access_key) or O(connection_string). The fields of other clouds are null.
    - In check mode, the predicted bucket. The ID of a new one is null.
  returned: success
  type: dict
  contains:
    id:
      description: ID of the backup bucket.
      type: str
      sample: 2b1d7c80-5a3e-4f6b-9c1d-7e8f90123456
    bucket_provider:
      description: Cloud of the bucket, V(aws), V(gcp) or V(azure).
      type: str
      sample: aws
    bucket_path:
      description: Path of the bucket on AWS or GCP.
      type: str
      sample: https://backups.s3.us-east-1.amazonaws.com/clickhouse
    container_name:
      description: Name of the container on Azure.
      type: str
      sample: null
    iam_role_arn:
      description: ARN of the role that accesses the bucket on AWS.
      type: str
      sample: arn:aws:iam::123456789012:role/backups
    iam_role_session_name:
      description: Name of the session of the role.
      type: str
      sample: null
    iam_role_external_id:
      description: External ID of the role.
      type: str
      sample: null
    access_key_id:
      description: ID of the HMAC key on GCP.
      type: str
      sample: null
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.backup_bucket import (
    BACKUP_BUCKET_PART,
    BACKUP_BUCKET_SPEC,
    check_deletion_options,
    ensure_backup_bucket,
)
from ..module_utils._service.singleton import find_part

ARGUMENT_SPEC = BACKUP_BUCKET_SPEC


def run_module(ctx: ModuleContext) -> None:
    """Find the backup bucket of the service, and delete, create or change it."""
    check_deletion_options(ctx.options)
    ensure_backup_bucket(find_part(ctx, BACKUP_BUCKET_PART))


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        ARGUMENT_SPEC,
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
