# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private endpoints that an organization has registered, and those of its services.

A service that is given an ID registers it in the organization, and the registration remains when the service gives it
up. The IDs are not checked.
"""

from __future__ import annotations

from typing import Any

from . import regions
from .lifecycle import DELETION_STATES
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, ok_response
from .service import Service
from .validation import check_fields, text

Fields = dict[str, Any]


def get_private_endpoint_config(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    region, provider = service.fields["region"], service.fields["provider"]
    return ok_response(
        {
            "endpointServiceId": regions.format_endpoint_service(region, provider),
            "privateDnsHostname": regions.format_private_host(service.host_name, region, provider),
        }
    )


def create_private_endpoint(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    check_fields({"id": text(), "description": text(0)}, body, ("id",))
    attached = service.fields["privateEndpointIds"] or []
    if body["id"] in attached:
        raise bad_request(f"Private endpoint '{body['id']}' is already attached to the service")
    endpoints: list[Fields] = ctx.organization.fields["privateEndpoints"]
    endpoints[:] = [other for other in endpoints if other["id"] != body["id"]]
    service.apply_changes({"privateEndpointIds": [*attached, body["id"]]})
    register_endpoints(ctx, service, body.get("description", ""))
    return ok_response(endpoints[-1])


def register_endpoints(ctx: RequestContext, service: Service, description: str = "") -> None:
    """Register the private endpoints of the service that the organization does not have yet."""
    endpoints: list[Fields] = ctx.organization.fields["privateEndpoints"]
    known = {endpoint["id"] for endpoint in endpoints}
    place = {"cloudProvider": service.fields["provider"], "region": service.fields["region"]}
    for endpoint_id in service.fields["privateEndpointIds"] or []:
        if endpoint_id not in known:
            endpoints.append({"id": endpoint_id, "description": description, **place})


def change_registrations(ctx: RequestContext, change: Fields) -> None:
    """Remove registrations from the organization, then add others. Raise ApiError if that is impossible."""
    added = change.get("add", [])
    added_ids = {endpoint["id"] for endpoint in added}
    removed_ids = {endpoint["id"] for endpoint in change.get("remove", [])}
    _check_unused(ctx, removed_ids - added_ids)
    endpoints: list[Fields] = ctx.organization.fields["privateEndpoints"]
    remaining = [endpoint for endpoint in endpoints if endpoint["id"] not in removed_ids]
    for endpoint in remaining:
        if endpoint["id"] in added_ids:
            raise bad_request(f"Private endpoint '{endpoint['id']}' is already registered")
    endpoints[:] = remaining + [{"description": "", **endpoint} for endpoint in added]


def _check_unused(ctx: RequestContext, endpoint_ids: set[str]) -> None:
    """Raise ApiError if a service uses one of these private endpoints."""
    for service in ctx.store.list_services(ctx.organization.id):
        used = endpoint_ids.intersection(service.fields["privateEndpointIds"] or [])
        if used and service.lifecycle.state not in DELETION_STATES:
            raise bad_request(f"Private endpoint '{min(used)}' is attached to the service {service.id}")
