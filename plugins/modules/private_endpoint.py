#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: private_endpoint
short_description: Register private endpoints, and attach them to ClickHouse Cloud services
version_added: 1.1.0
description:
  - Lets a private endpoint of AWS PrivateLink, GCP Private Service Connect or Azure Private Link connect to a service.
  - The organization registers a private endpoint once, with a description, and each service has a list of those that
    may connect to it. ClickHouse Cloud registers a private endpoint when it is attached to a service, but does not
    remove it from the organization when it is detached. This module manages both, so that nothing is left behind.
  - Changes only the private endpoint in O(private_endpoint_id). All others stay registered and attached.
  - Create the private endpoint at the cloud provider first, with the values that
    M(clickhouse.cloud.private_endpoint_config_info) returns. ClickHouse Cloud also accepts the ID of one that does not
    exist.
  - O(clickhouse.cloud.service#module:private_endpoint_ids) changes the list of the same service. With the default,
    O(clickhouse.cloud.service#module:private_endpoint_mode=set), the task that runs last wins. A task of
    M(clickhouse.cloud.service) then removes what this module has attached, unless it names the ID too, and warns
    about that. Use only one of the two modules for the list of a service, or V(add) there.
  - With O(wait=true), the task waits until the API returns the changes.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  private_endpoint_id:
    description:
      - ID of the private endpoint.
      - On AWS, the ID of the VPC endpoint, such as V(vpce-0123456789abcdef0). On GCP, the ID of the PSC connection, a
        number. On Azure, the resource ID of the private endpoint, or its C(resourceGuid).
      - The case of letters is ignored when it is compared, since Azure returns the same ID in different ways.
    type: str
    required: true
  state:
    description:
      - With V(attached), the private endpoint is registered, and in the list of the service.
      - With V(detached), it is not in the list of the service. It stays registered.
      - With V(registered), it is registered, which does not give it access to any service. Use this before there is a
        service, or to change the description. The API calls registering without attaching deprecated.
      - With V(absent), it is neither registered nor in the list of any service. The task fails if a service other than
        the one in O(name) or O(service_id) still uses it, unless O(force=true). It is not an error if the service in
        O(name) or O(service_id) no longer exists.
    type: str
    choices: [registered, attached, detached, absent]
    default: attached
  service_id:
    description:
      - ID of the service, a UUID, which is always unambiguous. If O(name) is set as well, only the ID is used.
      - O(name) or O(service_id) is required if O(state) is V(attached) or V(detached), and not allowed with
        O(state=registered).
  description:
    description:
      - Purpose of the private endpoint, for the readers of the list.
      - If not set, the description is not changed. Ignored if O(state) is V(detached) or V(absent).
      - The API has no request that changes only the description of a registered private endpoint. The task removes its
        registration, and adds it with the new one, in a single request. Whether that affects services to which it is
        attached is not documented. The API may refuse it, and then nothing is changed.
    type: str
  cloud_provider:
    description:
      - Cloud provider of the private endpoint.
      - With O(state=registered), required to register it. With O(state=attached), it is that of the service, and the
        task fails if this is another one. Ignored if O(state) is V(detached) or V(absent).
    type: str
    choices: [aws, gcp, azure]
  region:
    description:
      - Region of the private endpoint, such as V(eu-central-1).
      - With O(state=registered), required to register it. With O(state=attached), it is that of the service, and the
        task fails if this is another one. Ignored if O(state) is V(detached) or V(absent).
    type: str
  force:
    description:
      - With O(state=absent), detach the private endpoint from all services that use it. They can no longer be reached
        through it.
    type: bool
    default: false
notes:
  - If O(organization_id) is set, a task that changes nothing costs two requests, and only one with O(state=registered)
    or O(state=detached). A change costs one or two more, and with O(wait=true) at least as many as before, which read
    it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.private_endpoint_info
  - module: clickhouse.cloud.private_endpoint_config_info
  - module: clickhouse.cloud.service
"""

EXAMPLES = r"""
- name: Get what the private endpoint connects to
  clickhouse.cloud.private_endpoint_config_info:
    name: analytics
  register: config

- name: Create the private endpoint at AWS
  amazon.aws.ec2_vpc_endpoint:
    region: eu-central-1
    vpc_id: vpc-0123456789abcdef0
    service: "{{ config.private_endpoint_config.endpoint_service_id }}"
    vpc_endpoint_type: Interface
  register: vpc_endpoint

- name: Let it connect to the service
  clickhouse.cloud.private_endpoint:
    private_endpoint_id: "{{ vpc_endpoint.result.vpc_endpoint_id }}"
    name: analytics
    description: office

- name: Register a private endpoint before there is a service
  clickhouse.cloud.private_endpoint:
    private_endpoint_id: vpce-0123456789abcdef0
    state: registered
    cloud_provider: aws
    region: eu-central-1
    description: office

- name: Stop it from connecting to one service
  clickhouse.cloud.private_endpoint:
    private_endpoint_id: vpce-0123456789abcdef0
    name: analytics
    state: detached

- name: Remove it from the service and from the organization
  clickhouse.cloud.private_endpoint:
    private_endpoint_id: vpce-0123456789abcdef0
    name: analytics
    state: absent

- name: Remove it, whichever services use it
  clickhouse.cloud.private_endpoint:
    private_endpoint_id: vpce-0123456789abcdef0
    state: absent
    force: true
"""

RETURN = r"""
private_endpoint:
  description:
    - The private endpoint as the organization has registered it; null if it has not.
    - In check mode, as predicted. Fields that the API does not return are null. Fields that this collection does not
      know yet are returned as well.
  returned: success, unless O(state=detached)
  type: dict
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
service_id:
  description: ID of the service.
  returned: success, if O(name) or O(service_id) names an existing service
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
private_endpoint_ids:
  description: The private endpoints in the list of this service; in check mode, as predicted.
  returned: success, if O(name) or O(service_id) names an existing service
  type: list
  elements: str
  sample: [vpce-0123456789abcdef0]
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC, Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.private_endpoint import PRIVATE_ENDPOINT
from ..module_utils._service.private_endpoint import STATES, find_private_endpoint

ENDPOINT_SPEC: Spec = {
    "private_endpoint_id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": list(STATES), "default": "attached"},
    "force": {"type": "bool", "default": False},
}


def run_module(ctx: ModuleContext) -> None:
    """Find the private endpoint and the services that matter, and send what is missing."""
    find_private_endpoint(ctx).run()


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, ENDPOINT_SPEC, PRIVATE_ENDPOINT.argument_spec(), WAIT_SPEC)


if __name__ == "__main__":
    main()
