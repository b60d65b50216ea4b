# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the query endpoint of a service."""

from __future__ import annotations

from .operations import SERVICE_PATH, declare_operations
from .part import PartEndpoints

declare_operations(
    f"{SERVICE_PATH}/serviceQueryEndpoint",
    "the query endpoint of service {service}",
    GET=("read", "service:view-query-api-endpoints"),
    POST=("set", "service:manage-query-api-endpoints"),
    DELETE=("delete", "service:manage-query-api-endpoints"),
)

QUERY_ENDPOINT_ENDPOINTS = PartEndpoints("serviceQueryEndpoint", keys=("openApiKeys", "roles"), method="POST")
