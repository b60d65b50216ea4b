# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets that Prometheus can discover, in its format for discovery over HTTP."""

from __future__ import annotations

import re

from .authorization import list_visible_services
from .lifecycle import DELETION_STATES
from .request_context import RequestContext
from .responses import ApiResponse, to_json
from .service import Service
from .services import parse_filtered_metrics


def get_targets(ctx: RequestContext) -> ApiResponse:
    """Return one group per service that is not being deleted, without an envelope."""
    filtered = str(parse_filtered_metrics(ctx, "true")).lower()
    services = [one for one in list_visible_services(ctx) if one.lifecycle.state not in DELETION_STATES]
    groups = [{"targets": [ctx.host], "labels": _build_labels(service, filtered)} for service in services]
    return ApiResponse(content=to_json(groups))


def _build_labels(service: Service, filtered: str) -> dict[str, str]:
    labels = {
        # The emulator has no certificate; the API is https.
        "__scheme__": "http",
        "__metrics_path__": f"/v1/organizations/{service.organization_id}/services/{service.id}/prometheus",
        "__param_filtered_metrics": filtered,
        "clickhouse_org_id": service.organization_id,
        "clickhouse_service_id": service.id,
        "clickhouse_discovery_service_name": str(service.fields["name"]),
        "__meta_clickhouse_region": str(service.fields["region"]),
        "__meta_clickhouse_provider": str(service.fields["provider"]),
    }
    for tag in service.fields["tags"] or []:
        name = re.sub(r"[^a-zA-Z0-9_]", "_", tag["key"])
        labels[f"__meta_clickhouse_tagpresent_{name}"] = "true"
        if "value" in tag:
            labels[f"__meta_clickhouse_tag_{name}"] = tag["value"]
    return labels
