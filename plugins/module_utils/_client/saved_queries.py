# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the saved queries of a service."""

from __future__ import annotations

from .collection import CollectionEndpoints
from .operations import SERVICE_PATH, declare_operations

declare_operations(
    f"{SERVICE_PATH}/saved-queries", "the saved queries of service {service}", GET=("list", "service:view")
)
declare_operations(
    f"{SERVICE_PATH}/saved-queries", "the saved query {name} of service {service}", POST=("create", "service:manage")
)
declare_operations(
    f"{SERVICE_PATH}/saved-queries/{{}}",
    "the saved query {element} of service {service}",
    GET=("read", "service:view"),
    PUT=("change", "service:manage"),
    DELETE=("delete", "service:manage"),
)

SAVED_QUERY_ENDPOINTS = CollectionEndpoints("saved-queries", id_option="query_id")
