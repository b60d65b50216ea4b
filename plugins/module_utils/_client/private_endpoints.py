# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the private endpoints of a service, and of their configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .operations import SERVICE_PATH, declare_operations
from .retry import Retry

declare_operations(
    f"{SERVICE_PATH}/privateEndpointConfig",
    "the private endpoint configuration of service {service}",
    GET=("read", "service:view-private-endpoints"),
)
declare_operations(
    f"{SERVICE_PATH}/privateEndpoint",
    "a private endpoint to service {service}",
    POST=("attach", "service:manage-private-endpoints"),
)

#: A private endpoint configuration has at least one of these fields.
PRIVATE_ENDPOINT_CONFIG_KEYS = ("endpointServiceId", "privateDnsHostname")


def fetch_private_endpoint_config(api: Api, service_id: str) -> Resource:
    """Return the private endpoint configuration (GET privateEndpointConfig)."""
    path = api.service_path(service_id) + "/privateEndpointConfig"
    return api.request_object("GET", path, required_keys=PRIVATE_ENDPOINT_CONFIG_KEYS)


def create_private_endpoint(api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
    """Attach a private endpoint to the service, register it in the organization, and return it (POST privateEndpoint).

    After a lost response, the request is not repeated: a second one would be refused.
    """
    path = api.service_path(service_id) + "/privateEndpoint"
    return api.request_object("POST", path, body, retry=Retry.IF_SAFE, required_keys=("id",))


def patch_private_endpoint_ids(api: Api, service_id: str, change: Mapping[str, Any]) -> Resource:
    """Change the list of private endpoints of the service, and return the service (PATCH service).

    After a lost response, the request is not repeated: the API refuses to add an ID that the list has.
    """
    return api.patch_service(service_id, "", {"privateEndpointIds": change}, retry=Retry.IF_SAFE)
