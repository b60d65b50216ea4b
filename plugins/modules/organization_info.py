#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: organization_info
short_description: Get information about the organization of an API key
version_added: 1.0.0
description:
  - Lists the organizations of an API key. The API returns exactly one for each key.
  - Requires only the key, and costs one request, so it is the simplest way to test a key.
  - With O(caller=true), it also returns which key this is, and what it may do.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  organization_id:
    description:
      - List only the organization with this ID, a UUID.
      - If not set, the environment variable E(CLICKHOUSE_ORG_ID) is used. If that is not set either, all organizations
        of the key are listed.
      - If the key does not belong to it, the list is empty, and a warning names the organization of the key.
    type: str
  caller:
    description:
      - Also return the API key, with its roles and policies. This costs two more requests.
      - The request that identifies the key belongs to a beta of the API.
    type: bool
    default: false
    version_added: 1.1.0
seealso:
  - module: clickhouse.cloud.organization
  - module: clickhouse.cloud.service_info
"""

EXAMPLES = r"""
# From a shell, to test the key in the environment:
#   ansible localhost -m clickhouse.cloud.organization_info

- name: Get the organization of the API key
  clickhouse.cloud.organization_info:
  register: key

- name: Check that the key belongs to the right organization
  ansible.builtin.assert:
    that: key.organizations[0].name == "Example Ltd."
    fail_msg: "The API key belongs to {{ key.organizations[0].name }}."

- name: Check that the API key of a job may not delete services
  clickhouse.cloud.organization_info:
    caller: true
  register: job
  failed_when: >-
    job.caller.policies is none
    or job.caller.policies | selectattr('permissions', 'contains', 'control-plane:service:delete') | list | length > 0

- name: Save the request with which each of the following tasks would look up the organization
  module_defaults:
    group/clickhouse.cloud.all:
      organization_id: "{{ key.organizations[0].id }}"
  block:
    - name: List all services
      clickhouse.cloud.service_info:
      register: all_services
"""

RETURN = r"""
organizations:
  description:
    - The organizations of the key; an empty list if it does not belong to O(organization_id).
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
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
caller:
  description: The API key. Null, with a warning, if the API does not identify it.
  returned: if O(caller=true)
  type: dict
  contains:
    actor_type:
      description: V(apiKey).
      type: str
      sample: apiKey
    key_id:
      description: ID of the key, a UUID. This is not the value of O(api_key).
      type: str
      sample: 5c8e1f2a-3b4c-4d5e-8f60-718293a4b5c6
    name:
      description: Name of the key.
      type: str
      sample: nightly stop
    organization_id:
      description: ID of the organization that the key belongs to.
      type: str
      sample: 0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f
    roles:
      description: Names of the roles of the key. Null, with a warning, if the key may not read the roles.
      type: list
      elements: str
      sample: [Service API reader]
    policies:
      description:
        - What these roles allow and deny, in the form of the option O(clickhouse.cloud.role#module:policies). Null,
          with a warning, if the key may not read the roles.
      type: list
      elements: dict
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.organization import describe_caller
from ..module_utils._schema.organization import ORGANIZATION

CALLER_SPEC = {"caller": {"type": "bool", "default": False}}


def run_module(ctx: ModuleContext) -> None:
    """List the organizations of the key that match the options, and describe the key."""
    desired_id = ctx.options["organization_id"]
    organizations = ctx.api.list_organizations()
    matching = [
        organization
        for organization in organizations
        if desired_id is None or str(organization["id"]).lower() == desired_id.lower()
    ]
    ctx.set_result(organizations=[ORGANIZATION.to_result(organization) for organization in matching])
    if ctx.options["caller"]:
        ctx.set_result(caller=describe_caller(ctx))
    if organizations and not matching:
        labels = ", ".join(f"{organization['id']} ({organization.get('name')})" for organization in organizations)
        ctx.warn(f"The API key does not belong to organization {desired_id}, but to {labels}.")


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, CALLER_SPEC)


if __name__ == "__main__":
    main()
