# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the Query API endpoints of a service."""

from __future__ import annotations

from .collection import CollectionEndpoints
from .operations import SERVICE_PATH, declare_operations

declare_operations(
    f"{SERVICE_PATH}/query-api-endpoints",
    "the Query API endpoints of service {service}",
    GET=("list", "service:view-query-api-endpoints"),
)
declare_operations(
    f"{SERVICE_PATH}/query-api-endpoints",
    "the Query API endpoint {name} of service {service}",
    POST=("create", "service:manage-query-api-endpoints"),
)
declare_operations(
    f"{SERVICE_PATH}/query-api-endpoints/{{}}",
    "the Query API endpoint {element} of service {service}",
    GET=("read", "service:view-query-api-endpoints"),
    PUT=("change", "service:manage-query-api-endpoints"),
    DELETE=("delete", "service:manage-query-api-endpoints"),
)

QUERY_API_ENDPOINT_ENDPOINTS = CollectionEndpoints("query-api-endpoints", id_option="endpoint_id")
