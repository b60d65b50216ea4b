#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: private_endpoint_info
short_description: List the private endpoints of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Lists the private endpoints that the organization has registered, each with the services that it may connect to.
  - Those without any service are left over if the cloud provider no longer has them. ClickHouse Cloud may then fail to
    attach others, with HTTP status 500. Remove them with M(clickhouse.cloud.private_endpoint).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
options:
  service_id:
    description:
      - ID of the service, a UUID, which is always unambiguous. If O(name) is set as well, only the ID is used.
      - List only the private endpoints in the list of this service.
    type: str
  name:
    description:
      - Name of the service, which must match exactly. If more than one service has this name, the task fails and lists
        their IDs. A service that is being deleted does not count.
      - List only the private endpoints in the list of this service.
    type: str
  cloud_provider:
    description: List only the private endpoints of this cloud provider.
    type: str
    choices: [aws, gcp, azure]
  region:
    description: List only the private endpoints in this region, such as V(eu-central-1).
    type: str
notes:
  - If O(organization_id) is set, a task costs two requests, whatever the options.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.private_endpoint
  - module: clickhouse.cloud.private_endpoint_config_info
"""

EXAMPLES = r"""
- name: List the private endpoints that may connect to a service
  clickhouse.cloud.private_endpoint_info:
    name: analytics
  register: analytics

- name: List all private endpoints of the organization in a region
  clickhouse.cloud.private_endpoint_info:
    cloud_provider: aws
    region: eu-central-1
  register: all_endpoints

- name: Remove those that no service uses
  clickhouse.cloud.private_endpoint:
    private_endpoint_id: "{{ item.id }}"
    state: absent
  loop: "{{ all_endpoints.private_endpoints | selectattr('services', 'equalto', []) }}"
"""

RETURN = r"""
private_endpoints:
  description:
    - The private endpoints that match the options.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
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
    services:
      description: The services with the private endpoint in their lists, of those that the API key may view.
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
service_id:
  description: ID of the service.
  returned: success, if O(name) or O(service_id) is set
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.private_endpoint import PRIVATE_ENDPOINT
from ..module_utils._service.private_endpoint import list_private_endpoints

FILTER_SPEC = {
    option: rule for option, rule in PRIVATE_ENDPOINT.argument_spec().items() if option in ("cloud_provider", "region")
}


def run_module(ctx: ModuleContext) -> None:
    """List the private endpoints that match the options."""
    filters = {option: ctx.options[option] for option in FILTER_SPEC if ctx.options[option]}
    ctx.set_result(
        private_endpoints=[
            endpoint
            for endpoint in list_private_endpoints(ctx)
            if all(endpoint[option] == value for option, value in filters.items())
        ]
    )


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, FILTER_SPEC)


if __name__ == "__main__":
    main()
