#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: replica_aware_routing
short_description: Manage the replica aware routing of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Enables or disables replica aware routing, also known as sticky routing, for each of the two kinds of connections.
    With it, a client can have related queries answered by the same replica, for example to use its cache, or temporary
    tables. After the number of replicas has changed, it may be another one.
  - Enabling it affects all clients of the service, also those that do not need it. See O(http_enabled) and
    O(native_enabled). The task shows this as a warning, also in check mode.
  - Only options that are set are compared and sent. An option that is not set keeps its current value.
  - Replica aware routing is a beta feature, which ClickHouse support turns on for an organization. Without it, a change
    fails, and the message says so.
  - With O(wait=true), the task waits until the API returns the new values.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  http_enabled:
    description:
      - Whether replica aware routing is enabled for HTTP.
      - While it is, HTTP clients must send the header C(X-ClickHouse-Replica-Tag). Requests with the same value are
        answered by the same replica.
    type: bool
  native_enabled:
    description:
      - Whether replica aware routing is enabled for the native protocol.
      - While it is, native clients select a replica by the server name that they send with TLS (SNI).
    type: bool
notes:
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id) and two with O(name).
    A change costs one more, and with O(wait=true) at least another one, which reads it again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.replica_aware_routing_info
"""

EXAMPLES = r"""
- name: Show what the clients have to know, and change nothing
  clickhouse.cloud.replica_aware_routing:
    name: analytics
    http_enabled: true
  check_mode: true

- name: Have HTTP clients select a replica
  clickhouse.cloud.replica_aware_routing:
    name: analytics
    http_enabled: true

- name: Distribute all connections evenly again
  clickhouse.cloud.replica_aware_routing:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    http_enabled: false
    native_enabled: false
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
replica_aware_routing:
  description:
    - The replica aware routing of the service, with the same fields as in
      M(clickhouse.cloud.replica_aware_routing_info).
    - In check mode, the predicted values.
  returned: success
  type: dict
  contains:  # copied from replica_aware_routing_info by "make tables"
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
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.replica_aware_routing import ROUTING_PART, ensure_routing
from ..module_utils._service.singleton import find_part


def run_module(ctx: ModuleContext) -> None:
    """Find the replica aware routing of the service, and change what differs."""
    ensure_routing(find_part(ctx, ROUTING_PART))


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        ROUTING_PART.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
