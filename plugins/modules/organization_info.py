#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: organization_info
short_description: Tell which ClickHouse Cloud organization an API key belongs to
version_added: 1.0.0
description:
  - Lists the organizations of an API key. The API gives a key exactly one.
  - Needs nothing but the key, and costs one request. So it is the shortest way to see whether a key works.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  organization_id:
    description:
      - Only the organization of this ID, a UUID.
      - If not set, the environment variable E(CLICKHOUSE_ORG_ID) is used. If that is not set either, all organizations
        of the key are listed.
      - When the key does not belong to it, the list is empty and a warning says which organization the key belongs to.
    type: str
seealso:
  - module: clickhouse.cloud.service_info
"""

EXAMPLES = r"""
# From a shell, to see whether the key in the environment works:
#   ansible localhost -m clickhouse.cloud.organization_info

- name: Find the organization of the API key
  clickhouse.cloud.organization_info:
  register: key

- name: Make sure that it is not the key of another organization
  ansible.builtin.assert:
    that: key.organizations[0].name == "Example Ltd."
    fail_msg: "The API key belongs to {{ key.organizations[0].name }}."

- name: Spare further tasks the request by which each of them would find the organization
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
    - The organizations of the key; an empty list when it does not belong to O(organization_id).
    - What the API does not tell of an organization is null, and what this collection does not know yet is here too.
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
      description: The private endpoints that the organization has registered, for whichever of its services.
      type: list
      elements: dict
      contains:
        id:
          description: ID of the private endpoint.
          type: str
          sample: vpce-0123456789abcdef0
        description:
          description: What it is for.
          type: str
          sample: office
        cloud_provider:
          description: Cloud provider that it is in, V(aws), V(gcp) or V(azure).
          type: str
          sample: aws
        region:
          description: Region of the provider that it is in.
          type: str
          sample: eu-central-1
    byoc_config:
      description: The customer's own clouds (BYOC) that services may be created in.
      type: list
      elements: dict
      contains:
        id:
          description: ID of the configuration, which O(clickhouse.cloud.service#module:byoc_id) takes.
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
          description: Name for people.
          type: str
          sample: Our own cloud
    enable_core_dumps:
      description: Whether core dumps may be collected of the services of the organization.
      type: bool
      sample: true
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.runner import Runtime, run
from ..module_utils._schema.fields import Schema

ORGANIZATION = Schema(
    options=[], read_only=["id", "name", "createdAt", "privateEndpoints", "byocConfig", "enableCoreDumps"]
)


def run_module(ctx: ModuleContext) -> None:
    """List the organizations of the key that match the options."""
    desired = ctx.options["organization_id"]
    found = ctx.api.list_organizations()
    fitting = [one for one in found if desired is None or str(one["id"]).lower() == desired.lower()]
    ctx.report(organizations=[ORGANIZATION.to_result(one) for one in fitting])
    if found and not fitting:
        listed = ", ".join(f"{one['id']} ({one.get('name')})" for one in found)
        ctx.warn(f"The API key does not belong to organization {desired}, but to {listed}.")


def main(runtime: Runtime | None = None) -> None:
    run(runtime, run_module)


if __name__ == "__main__":
    main()
