#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_info
short_description: Get existing ClickHouse Cloud services as the module fleet declares them
version_added: 1.1.0
description:
  - Returns a declaration of each service of an organization, or of those with certain tags. With these declarations,
    M(clickhouse.cloud.fleet) changes nothing, and it would create the same services elsewhere.
  - The role P(clickhouse.cloud.export#role) writes them to a file.
  - Costs one request for the list of services, and one for each of O(parts) and each service, except
    V(scaling_schedule), which the list contains. With all parts, 200 services cost 1001 requests. The API allows ten
    requests in ten seconds, so they take 17 minutes. A line shows the progress.
  - Does not wake up idle services.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  tags:
    description: Declare only services that have all these tags. A tag without a value matches any value.
    type: dict
  parts:
    description:
      - The parts to declare as well, by the names of the options of M(clickhouse.cloud.fleet). An empty list declares
        none.
      - A part that the API key may not read is left out, with a warning. A secondary service of a data warehouse has
        only those that do not belong to its primary service.
    type: list
    elements: str
    choices: [backup_config, snapshot_config, upgrade_window, scaling_schedule, query_endpoint, clickhouse_settings]
    default: [backup_config, snapshot_config, upgrade_window, scaling_schedule, query_endpoint, clickhouse_settings]
seealso:
  - module: clickhouse.cloud.fleet
  - module: clickhouse.cloud.service_info
"""

EXAMPLES = r"""
- name: Get all services as declarations
  clickhouse.cloud.fleet_info:
  register: existing

- name: Check that they declare what exists
  clickhouse.cloud.fleet:
    services: "{{ existing.services }}"
  check_mode: true
  register: plan
  failed_when: plan is changed

- name: Get the production services, without their parts, in one request
  clickhouse.cloud.fleet_info:
    tags:
      env: production
    parts: []
"""

RETURN = r"""
organization_id:
  description: ID of the organization.
  returned: success
  type: str
  sample: 0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
services:
  description:
    - A declaration of each service, in the order of their names, for O(clickhouse.cloud.fleet#module:services).
      Services that are being deleted are left out.
    - The options are in the order of their documentation. V(service_id) is among them if several services have the
      name, V(state) if the service is stopped, and V(data_warehouse_id) if it is a secondary service.
    - Passwords are not contained, and neither is anything else that the API does not return.
  returned: success
  type: list
  elements: dict
  sample:
    - name: analytics
      provider: aws
      region: eu-central-1
      ip_access_list:
        - source: 203.0.113.0/24
          description: office
      tags: {env: production}
      autoscaling_mode: vertical
      min_replica_memory_gb: 8
      max_replica_memory_gb: 16
      num_replicas: 3
      idle_scaling: true
      idle_timeout_minutes: 15
      backup_config:
        backup_period_in_hours: 24
        backup_retention_period_in_hours: 48
existing_services:
  description: The existing service that each of RV(services) declares, in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the service.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    name:
      description: Name of the service.
      type: str
      sample: analytics
    comments:
      description: What the declaration does not contain, as sentences; an empty list if it is complete.
      type: list
      elements: str
      sample: ["snapshot_config is not declared, since the API key may not read it."]
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.declaration import declare_fleet
from ..module_utils._service.parts import PARTS

ARGUMENT_SPEC: Spec = {
    "tags": {"type": "dict"},
    "parts": {"type": "list", "elements": "str", "choices": list(PARTS), "default": list(PARTS)},
}


def run_module(ctx: ModuleContext) -> None:
    """Get the services and their parts, and declare them."""
    declare_fleet(ctx)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
