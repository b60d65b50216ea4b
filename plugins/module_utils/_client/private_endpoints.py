# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The endpoint of the private endpoint configuration of a service."""

from __future__ import annotations

from .._json import Resource
from .api import Api

#: A private endpoint configuration has at least one of these fields.
PRIVATE_ENDPOINT_CONFIG_KEYS = ("endpointServiceId", "privateDnsHostname")


def fetch_private_endpoint_config(api: Api, service_id: str) -> Resource:
    """Return the private endpoint configuration (GET privateEndpointConfig)."""
    path = api.service_path(service_id) + "/privateEndpointConfig"
    return api.request_object("GET", path, required_keys=PRIVATE_ENDPOINT_CONFIG_KEYS)
