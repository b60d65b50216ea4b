#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: organization
short_description: Manage the settings of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Renames the organization of the API key, and allows or forbids core dumps of its services.
  - Private endpoints of the organization are registered with M(clickhouse.cloud.private_endpoint).
  - With O(wait=true), the task waits until the API returns the change.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.wait
options:
  name:
    description:
      - New name of the organization, at most 50 characters.
      - It does not select the organization. Set O(organization_id), so that a wrong API key renames nothing.
    type: str
  enable_core_dumps:
    description:
      - Whether core dumps, which are crash reports, may be collected from the services of the organization.
      - V(false) turns them off for all services. If V(true) follows, they stay off until they are turned on for each
        service, for example with M(clickhouse.cloud.service).
    type: bool
seealso:
  - module: clickhouse.cloud.organization_info
  - module: clickhouse.cloud.private_endpoint
"""

EXAMPLES = r"""
- name: Set the name of the organization, and collect no core dumps
  clickhouse.cloud.organization:
    organization_id: 0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
    name: Example Ltd.
    enable_core_dumps: false
"""

RETURN = r"""
organization:
  description:
    - The organization, with the same fields as in M(clickhouse.cloud.organization_info).
    - In check mode, the predicted values.
  returned: success
  type: dict
  contains:  # copied from organization_info by "make tables"
    id:
      description: ID of the organization.
      type: str
      sample: 0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
    name:
      description: Name of the organization.
      type: str
      sample: Example Ltd.
    created_at:
      description: When the organization was created, ISO 8601.
      type: str
      sample: "2026-03-01T08:15:30Z"
    private_endpoints:
      description: The private endpoints that the organization has registered, for all of its services.
      type: list
      elements: dict
      contains:
        id:
          description: ID of the private endpoint.
          type: str
          sample: vpce-0123456789abcdef0
        description:
          description: Purpose of the private endpoint.
          type: str
          sample: office
        cloud_provider:
          description: Cloud provider of the private endpoint, V(aws), V(gcp) or V(azure).
          type: str
          sample: aws
        region:
          description: Region of the private endpoint.
          type: str
          sample: eu-central-1
    byoc_config:
      description: The configurations of the customer's own clouds (BYOC) in which services can be created.
      type: list
      elements: dict
      contains:
        id:
          description: ID of the configuration, for O(clickhouse.cloud.service#module:byoc_id).
          type: str
          sample: 5e6f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b
        state:
          description: V(infra-ready), V(infra-provisioning) or V(infra-terminated).
          type: str
          sample: infra-ready
        account_name:
          description: Name of the account at the provider.
          type: str
          sample: example-data
        region_id:
          description: Region of the provider.
          type: str
          sample: eu-central-1
        cloud_provider:
          description: Cloud provider, V(aws), V(gcp) or V(azure).
          type: str
          sample: aws
        display_name:
          description: Display name of the configuration.
          type: str
          sample: Our own cloud
    enable_core_dumps:
      description: Whether core dumps may be collected from the services of the organization.
      type: bool
      sample: true
    capabilities:
      description: Features that not every organization has.
      type: dict
      contains:
        snapshots:
          description: Whether the services can have snapshots, a beta feature.
          type: bool
          sample: true
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.organization import find_organization
from ..module_utils._schema.organization import ORGANIZATION


def run_module(ctx: ModuleContext) -> None:
    """Change the settings of the organization that differ."""
    desired = ORGANIZATION.desired(ctx.options)
    find_organization(ctx).create_or_update(desired)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ORGANIZATION.argument_spec(), WAIT_SPEC)


if __name__ == "__main__":
    main()
