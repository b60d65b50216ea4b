# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The replica aware routing of a service: which replica answers a client."""

from __future__ import annotations

from .._client.replica_aware_routing import ROUTING_ENDPOINTS
from .._schema.replica_aware_routing import ROUTING
from .singleton import Part, Singleton

#: What the clients of a service have to know when an option is turned on.
NOTICES = {
    "http_enabled": (
        "Replica aware routing for HTTP changes how HTTP connections of the service behave: its clients must send the"
        " header X-ClickHouse-Replica-Tag, whose value determines the replica that answers. Check the clients first."
    ),
    "native_enabled": (
        "Replica aware routing for the native protocol changes how native connections of the service are distributed"
        " among its replicas: clients select one by the server name that they send with TLS (SNI). Check the clients"
        " first."
    ),
}

ROUTING_PART = Singleton(
    name="replica aware routing",
    result="replica_aware_routing",
    schema=ROUTING,
    fetch=ROUTING_ENDPOINTS.fetch,
    send=ROUTING_ENDPOINTS.send,
)


def ensure_routing(part: Part) -> None:
    """Change the options that differ, with a warning for each one that is turned on; in check mode, predict them."""
    desired = ROUTING.desired(part.ctx.options)
    for change in ROUTING.diff(part.current or {}, desired):
        if change.after:
            part.ctx.warn(NOTICES[change.field.option])
    part.create_or_update(desired)
