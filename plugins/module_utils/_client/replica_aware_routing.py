# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the replica aware routing of a service, which is a beta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .features import FEATURES, describe_beta
from .operations import SERVICE_PATH, declare_operations
from .retry import Retry

declare_operations(
    f"{SERVICE_PATH}/replicaAwareRouting",
    "the replica aware routing of service {service}",
    GET=("read", "service:view"),
    PATCH=("change", "service:manage"),
)
FEATURES["replicaAwareRouting"] = describe_beta("replica aware routing")

#: The routing of a service has at least one of these fields.
ROUTING_KEYS = ("httpEnabled", "nativeEnabled")


def fetch_routing(api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the replica aware routing (GET replicaAwareRouting)."""
    path = api.service_path(service_id) + "/replicaAwareRouting"
    return api.request_object("GET", path, retry=retry, required_keys=ROUTING_KEYS)


def send_routing(api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
    """Change the replica aware routing, and return it (PATCH replicaAwareRouting)."""
    path = api.service_path(service_id) + "/replicaAwareRouting"
    return api.request_object("PATCH", path, body, required_keys=ROUTING_KEYS)
