#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: private_endpoint_config_info
short_description: Get the private endpoint configuration of a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Returns the values that are required to set up a private endpoint for a service at the cloud provider (AWS
    PrivateLink, GCP Private Service Connect, Azure Private Link).
  - If O(organization_id) is set, costs one request with O(service_id) and two with O(name). Works in every state of the
    service, and does not wake up an idle service.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - The API key needs the permission C(control-plane:service:view-private-endpoints), and with O(name) also
    C(control-plane:service:view). Without the former, the task only warns.
seealso:
  - module: clickhouse.cloud.service
  - module: clickhouse.cloud.service_info
"""

EXAMPLES = r"""
- name: Get the private endpoint configuration
  clickhouse.cloud.private_endpoint_config_info:
    name: analytics
  register: analytics

- name: Create the private endpoint in AWS
  amazon.aws.ec2_vpc_endpoint:
    region: eu-central-1
    vpc_id: vpc-0123456789abcdef0
    service: "{{ analytics.private_endpoint_config.endpoint_service_id }}"
    vpc_endpoint_type: Interface
    vpc_endpoint_subnets: [subnet-0123456789abcdef0]
    vpc_endpoint_security_groups: [sg-0123456789abcdef0]
    wait: true
  register: endpoint

- name: Allow the private endpoint to connect to the service
  clickhouse.cloud.service:
    service_id: "{{ analytics.service_id }}"
    private_endpoint_mode: add
    private_endpoint_ids: ["{{ endpoint.result.vpc_endpoint_id }}"]

- name: Show the host name for connections from the VPC
  ansible.builtin.debug:
    var: analytics.private_endpoint_config.private_dns_hostname
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
private_endpoint_config:
  description:
    - The configuration for private endpoints of the service; null, with a warning, if the API key may not read it.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
    endpoint_service_id:
      description:
        - The target of the private endpoint, which is the service name in AWS, the target service in GCP and the
          Private Link service in Azure.
      type: str
      sample: com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0
    private_dns_hostname:
      description: Host name of the service for connections through the private endpoint.
      type: str
      sample: ql5ek38hzz.eu-central-1.vpce.aws.clickhouse.cloud
"""

from ..module_utils._client.private_endpoints import fetch_private_endpoint_config
from ..module_utils._json import Resource
from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.fields import Schema
from ..module_utils._service.find import get_subresource, none_if_forbidden, resolve_service_id

CONFIG = Schema(options=[], read_only=["endpointServiceId", "privateDnsHostname"])


def run_module(ctx: ModuleContext) -> None:
    """Get the private endpoint configuration of the service."""
    service_id = resolve_service_id(ctx.api, ctx.options)

    def fetch() -> Resource:
        return fetch_private_endpoint_config(ctx.api, service_id)

    config = none_if_forbidden(ctx, lambda: get_subresource("the private endpoint configuration", service_id, fetch))
    ctx.set_result(service_id=service_id, private_endpoint_config=None if config is None else CONFIG.to_result(config))


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
