#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: replica_aware_routing_info
short_description: Get the replica aware routing of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns for which connections replica aware routing, also known as sticky routing, is enabled. It is a beta feature
    of the API.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id) and two with O(name).
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.replica_aware_routing
"""

EXAMPLES = r"""
- name: Get the replica aware routing of a service
  clickhouse.cloud.replica_aware_routing_info:
    name: analytics
  register: analytics

- name: Show whether HTTP clients have to send the header
  ansible.builtin.debug:
    msg: "{{ analytics.replica_aware_routing.http_enabled }}"
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
replica_aware_routing:
  description:
    - The replica aware routing of the service; null, with a warning, if the API key may not read it.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
    http_enabled:
      description: Whether it is enabled for HTTP.
      type: bool
      sample: true
    native_enabled:
      description: Whether it is enabled for the native protocol.
      type: bool
      sample: false
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.replica_aware_routing import ROUTING_PART
from ..module_utils._service.singleton import report_part


def run_module(ctx: ModuleContext) -> None:
    """Get the replica aware routing of the service."""
    report_part(ctx, ROUTING_PART)


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
