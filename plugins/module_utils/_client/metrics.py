# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The endpoint of the metrics of a service."""

from __future__ import annotations

from .api import Api
from .operations import SERVICE_PATH, declare_operations

declare_operations(f"{SERVICE_PATH}/prometheus", "the metrics of service {service}", GET=("read", "service:view"))


def fetch_metrics(api: Api, service_id: str, filtered: bool = False) -> str:
    """Return metrics in the text format of Prometheus (GET prometheus); filtered, only the most important ones."""
    query = {"filtered_metrics": "true"} if filtered else None
    return api.request_text(api.service_path(service_id) + "/prometheus", query, "metrics in text")
