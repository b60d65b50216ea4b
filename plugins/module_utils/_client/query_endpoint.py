# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the query endpoint of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .operations import SERVICE_PATH, declare_operations
from .retry import Retry

declare_operations(
    f"{SERVICE_PATH}/serviceQueryEndpoint",
    "the query endpoint of service {service}",
    GET=("read", "service:view-query-api-endpoints"),
    POST=("set", "service:manage-query-api-endpoints"),
    DELETE=("delete", "service:manage-query-api-endpoints"),
)

#: A query endpoint has at least one of these fields.
QUERY_ENDPOINT_KEYS = ("openApiKeys", "roles")


def _query_endpoint_path(api: Api, service_id: str) -> str:
    return api.service_path(service_id) + "/serviceQueryEndpoint"


def fetch_query_endpoint(api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the query endpoint (GET serviceQueryEndpoint). Without one, the status is 404."""
    return api.request_object(
        "GET", _query_endpoint_path(api, service_id), retry=retry, required_keys=QUERY_ENDPOINT_KEYS
    )


def send_query_endpoint(api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
    """Create the query endpoint, or replace all its fields, and return it (POST serviceQueryEndpoint)."""
    path = _query_endpoint_path(api, service_id)
    return api.request_object("POST", path, body, retry=Retry.LIKE_PUT, required_keys=QUERY_ENDPOINT_KEYS)


def delete_query_endpoint(api: Api, service_id: str) -> None:
    """Delete the query endpoint (DELETE serviceQueryEndpoint)."""
    api.call("DELETE", _query_endpoint_path(api, service_id))
