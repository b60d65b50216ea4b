#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_bucket_info
short_description: Get the backup bucket of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns the bucket of your organization to which the backups of a service go, without its secrets, which the API
    never returns.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id), two if the service has no
    backup bucket, and two with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.backup_bucket
  - module: clickhouse.cloud.backup_info
"""

EXAMPLES = r"""
- name: Get the backup bucket
  clickhouse.cloud.backup_bucket_info:
    name: analytics
  register: analytics

- name: Fail unless the backups go to a bucket of the organization
  ansible.builtin.assert:
    that: analytics.backup_bucket is not none
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
backup_bucket:
  description:
    - The backup bucket of the service; null if it has none, or, with a warning, if the API key may not read it.
    - Fields that the API does not return, such as those of other clouds, are null. Fields that this collection does
      not know yet are returned as well.
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
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.backup_bucket import BACKUP_BUCKET_PART
from ..module_utils._service.singleton import report_part


def run_module(ctx: ModuleContext) -> None:
    """Get the backup bucket of the service."""
    report_part(ctx, BACKUP_BUCKET_PART)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
