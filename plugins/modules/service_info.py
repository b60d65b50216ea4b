#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_info
short_description: List ClickHouse Cloud services
version_added: 1.0.0
description:
  - Lists all services of an organization, or those that match the options.
  - Costs one request if O(organization_id) is set, and does not wake up an idle service.
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
      - List only the service with this ID, a UUID.
      - Mutually exclusive with O(name) and O(tags).
    type: str
  name:
    description: List only services with exactly this name.
    type: str
  tags:
    description: List only services that have all these tags. A tag without a value matches any value.
    type: dict
  states:
    description: List only services in one of these states.
    type: list
    elements: str
    choices:
      - provisioning
      - starting
      - awaking
      - running
      - partially_running
      - degraded
      - idle
      - stopping
      - stopped
      - failed
      - terminating
      - terminated
      - softdeleting
      - softdeleted
    aliases: [state]
seealso:
  - module: clickhouse.cloud.service
  - plugin: clickhouse.cloud.services
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: List all services
  clickhouse.cloud.service_info:
  register: all_services

- name: Get the endpoints of a service
  clickhouse.cloud.service_info:
    name: analytics
  register: analytics

- name: Show the host name of its HTTPS endpoint
  ansible.builtin.debug:
    msg: "{{ analytics.services[0].endpoints | selectattr('protocol', 'eq', 'https') | map(attribute='host') | first }}"

- name: List the production services that are idle or stopped
  clickhouse.cloud.service_info:
    tags:
      env: production
    states: [idle, stopped]
"""

RETURN = r"""
services:
  description:
    - The services, in the order of the API; an empty list if there are none.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
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
    state:
      description:
        - State of the service, for example V(running), V(idle), V(stopped), V(provisioning), V(starting), V(stopping),
          V(awaking), V(degraded) or V(failed).
      type: str
      sample: running
    provider:
      description: Cloud provider.
      type: str
      sample: aws
    region:
      description: Region of the provider.
      type: str
      sample: eu-central-1
    tier:
      description: Tier of the service, if the pricing of the organization still has tiers.
      type: str
      sample: production
    endpoints:
      description: The addresses of the service. The entry V(mysql) is only present while that endpoint is enabled.
      type: list
      elements: dict
      contains:
        protocol:
          description: V(https), V(nativesecure) or V(mysql).
          type: str
          sample: https
        host:
          description: Host name.
          type: str
          sample: ql5ek38hzz.eu-central-1.aws.clickhouse.cloud
        port:
          description: TCP port.
          type: int
          sample: 8443
        username:
          description: Name of the user to log in as, if the API returns one.
          type: str
          sample: default
    ip_access_list:
      description: The addresses that may connect to the service.
      type: list
      elements: dict
      contains:
        source:
          description: IP address or network.
          type: str
          sample: 203.0.113.0/24
        description:
          description: Purpose of the entry.
          type: str
          sample: office
    private_endpoint_ids:
      description: IDs of the private endpoints that may connect to the service.
      type: list
      elements: str
      sample: [vpce-0123456789abcdef0]
    available_private_endpoint_ids:
      description: IDs of the private endpoints that could be allowed to connect to the service.
      type: list
      elements: str
      sample: []
    tags:
      description: Tags of the service. A tag without a value has the value V("").
      type: dict
      sample: {env: production}
    autoscaling_mode:
      description: V(vertical) or V(horizontal).
      type: str
      sample: vertical
    min_replica_memory_gb:
      description: Minimum memory of each replica, in GB.
      type: int
      sample: 8
    max_replica_memory_gb:
      description: Maximum memory of each replica, in GB.
      type: int
      sample: 16
    min_total_memory_gb:
      description: Minimum memory of three replicas together, in GB, regardless of the number of replicas.
      type: int
      sample: 24
    max_total_memory_gb:
      description: Maximum memory of three replicas together, in GB, regardless of the number of replicas.
      type: int
      sample: 48
    replica_memory_gb:
      description: Memory of each replica, in GB, when scaling is horizontal.
      type: int
      sample: 16
    num_replicas:
      description: Number of replicas, when scaling is vertical.
      type: int
      sample: 3
    min_replicas:
      description: Minimum number of replicas, when scaling is horizontal.
      type: int
      sample: 2
    max_replicas:
      description: Maximum number of replicas, when scaling is horizontal.
      type: int
      sample: 6
    current_scaling:
      description: The settings currently in effect, including those of a schedule.
      type: dict
      sample: {effective_autoscaling_mode: vertical, effective_idle_scaling: true}
    idle_scaling:
      description: Whether the service may become idle while it is not used.
      type: bool
      sample: true
    idle_timeout_minutes:
      description: Minutes without use after which the service becomes idle.
      type: int
      sample: 15
    clickhouse_version:
      description: Version of ClickHouse that the service runs.
      type: str
      sample: "25.8"
    release_channel:
      description: V(slow), V(default) or V(fast).
      type: str
      sample: default
    data_warehouse_id:
      description: ID of the data warehouse that the service belongs to.
      type: str
      sample: 0c1d2e3f-4a5b-4c6d-8e7f-a1b2c3d4e5f6
    is_primary:
      description: Whether the service is the primary one of its data warehouse.
      type: bool
      sample: true
    is_readonly:
      description: Whether the service only reads.
      type: bool
      sample: false
    encryption_key:
      description: ARN of the customer's own key for the encryption of the disks.
      type: str
      sample: arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d
    encryption_assumed_role_identifier:
      description: ARN of the role that uses the key.
      type: str
      sample: arn:aws:iam::123456789012:role/clickhouse
    iam_role:
      description: ARN of the role with which the service reads objects in S3.
      type: str
      sample: arn:aws:iam::123456789012:role/CH-S3-analytics
    mysql_endpoint:
      description: Whether the service accepts connections with the MySQL protocol.
      type: bool
      sample: false
    enable_core_dumps:
      description: Whether core dumps may be collected.
      type: bool
      sample: true
    deletion_protection:
      description:
        - Whether the API refuses to delete the service; V(false) also if the API does not return this field.
      type: bool
      sample: false
    scaling_schedule:
      description: The scaling schedule of the service, if it has one.
      type: dict
      sample: {entries: []}
    byoc_id:
      description: ID of the configuration of the customer's own cloud (BYOC) that the service is in.
      type: str
      sample: null
    compliance_type:
      description: Regulation that the service complies with, V(hipaa) or V(pci).
      type: str
      sample: null
    profile:
      description: Custom profile of the instances.
      type: str
      sample: v1-default
    has_transparent_data_encryption:
      description: Whether the service uses transparent data encryption.
      type: bool
      sample: false
    transparent_data_encryption_key_id:
      description: ID of the customer's own key for transparent data encryption.
      type: str
      sample: arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d
    encryption_role_id:
      description: ID of the role for transparent data encryption.
      type: str
      sample: arn:aws:iam::123456789012:role/clickhouse
    created_at:
      description: When the service was created, ISO 8601.
      type: str
      sample: "2026-11-01T08:15:30Z"
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._json import Resource
from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.service import SERVICE, tag_filters
from ..module_utils._service.service import STATES_SPEC, Service

ARGUMENT_SPEC: Spec = {
    **LOOKUP_SPEC,
    "tags": {"type": "dict"},
    **STATES_SPEC,
}


def run_module(ctx: ModuleContext) -> None:
    """Get one service or list all, and return those that match the options."""
    options = ctx.options
    if options["service_id"]:
        service = ctx.api.get_service_or_none(options["service_id"])
        services = [service] if service else []
    else:
        services = ctx.api.list_services(tag_filters(options["tags"] or {}))
    ctx.set_result(services=[SERVICE.to_result(service) for service in services if matches(service, options)])


def matches(service: Resource, options: Mapping[str, Any]) -> bool:
    """Return whether the service has the name and one of the states."""
    has_name = options["name"] in (None, service.get("name"))
    return has_name and (options["states"] is None or Service(service).state in options["states"])


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ARGUMENT_SPEC, mutually_exclusive=[("service_id", "name"), ("service_id", "tags")])


if __name__ == "__main__":
    main()
