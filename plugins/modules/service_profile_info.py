#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_profile_info
short_description: List the profiles that ClickHouse Cloud services can have
version_added: 1.1.0
description:
  - Lists the custom instance profiles that a new service can have in a region, or in your own cloud (BYOC), for the
    option O(clickhouse.cloud.service#module:profile) of M(clickhouse.cloud.service).
  - The list is empty if the tier of the organization does not include custom profiles.
  - If O(organization_id) is set, costs one request.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
options:
  region:
    description:
      - List the profiles of this region, such as V(us-east-1). Required unless O(byoc_id) is set.
      - If both are set, it must be the region of the configuration.
    type: str
  byoc_id:
    description:
      - List the profiles of the configuration of your own cloud (BYOC) with this ID, a UUID.
        M(clickhouse.cloud.organization_info) returns it.
    type: str
seealso:
  - module: clickhouse.cloud.service
  - module: clickhouse.cloud.organization_info
"""

EXAMPLES = r"""
- name: List the profiles of a region
  clickhouse.cloud.service_profile_info:
    region: us-east-1
  register: available

- name: Show those with at least 64 GiB of memory
  ansible.builtin.debug:
    msg: "{{ available.service_profiles | selectattr('memory_gi', 'ge', 64) | map(attribute='profile') }}"
"""

RETURN = r"""
service_profiles:
  description:
    - The profiles, in the order of the API. Null, with a warning, if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: list
  elements: dict
  contains:
    profile:
      description: Name of the profile, for O(clickhouse.cloud.service#module:profile).
      type: str
      sample: v1-highmem-xs
    cpu_cores:
      description: Number of vCPUs of each replica.
      type: float
      sample: 2
    memory_gi:
      description: Memory of each replica in GiB.
      type: float
      sample: 16
"""

import functools

from ..module_utils._client.service_profiles import fetch_service_profiles
from ..module_utils._errors import ApiError, NotFound
from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import Spec
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.fields import Schema
from ..module_utils._service.find import get_subresource, none_if_forbidden

ARGUMENT_SPEC: Spec = {"region": {"type": "str"}, "byoc_id": {"type": "str"}}

SERVICE_PROFILE = Schema(options=[], read_only=["profile", "cpuCores", "memoryGi"])


def run_module(ctx: ModuleContext) -> None:
    """List the profiles of the region or the configuration."""
    byoc_id = ctx.options["byoc_id"]
    try:
        fetch = functools.partial(fetch_service_profiles, ctx.api, ctx.options["region"], byoc_id)
        profiles = none_if_forbidden(ctx, lambda: get_subresource("the profiles", "", fetch))
    except ApiError as error:
        if byoc_id and error.is_not_found(byoc_id):
            raise NotFound(f"There is no configuration {byoc_id} of your own cloud: check byoc_id.") from error
        raise
    results = None if profiles is None else [SERVICE_PROFILE.to_result(profile) for profile in profiles]
    ctx.set_result(service_profiles=results)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, ARGUMENT_SPEC, required_one_of=[("region", "byoc_id")])


if __name__ == "__main__":
    main()
