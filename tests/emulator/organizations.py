# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of an organization."""

from __future__ import annotations

from . import regions
from .authorization import list_visible_services
from .metrics import render_metrics
from .paging import Paging, page_response
from .private_endpoints import change_registrations
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, ok_response, text_response
from .services import parse_filtered_metrics
from .validation import Table, boolean, check_fields, choice, list_patch, record, text

_ENDPOINT: Table = {
    "id": text(),
    "description": text(0),
    "cloudProvider": choice(*regions.PROVIDERS),
    "region": choice(*regions.ALL_REGIONS),
}
_PATCH: Table = {
    "name": text(1, 50),
    "privateEndpoints": list_patch(record(_ENDPOINT, ("id",))),
    "enableCoreDumps": boolean,
}
_PAGING = Paging("organizations", 250, 250, has_total=False)


def list_organizations(ctx: RequestContext) -> ApiResponse:
    return page_response(ctx, [ctx.organization.to_resource(ctx.clock.now())], _PAGING)


def get_organization(ctx: RequestContext) -> ApiResponse:
    return ok_response(ctx.organization.to_resource(ctx.clock.now()))


def update_organization(ctx: RequestContext) -> ApiResponse:
    fields, body = ctx.organization.fields, ctx.body
    check_fields(_PATCH, body)
    change_registrations(ctx, body.get("privateEndpoints", {}))
    fields.update({name: body[name] for name in ("name", "enableCoreDumps") if name in body})
    if not fields["enableCoreDumps"]:
        for service in ctx.store.list_services(ctx.organization.id):
            service.apply_changes({"enableCoreDumps": False})
    return ok_response(ctx.organization.to_resource(ctx.clock.now()))


def get_prometheus(ctx: RequestContext) -> ApiResponse:
    ctx.require_feature("organizationMetrics")
    return text_response(render_metrics(list_visible_services(ctx), parse_filtered_metrics(ctx)))


def get_private_endpoint_config(ctx: RequestContext) -> ApiResponse:
    provider, region = ctx.required_parameter("cloud_provider"), ctx.required_parameter("region_id")
    choice(*regions.PROVIDERS)("query.cloud_provider", provider)
    choice(*regions.REGIONS[provider])("query.region_id", region)
    services = ctx.store.list_services(ctx.organization.id)
    if not any(service.fields["region"] == region for service in services):
        raise bad_request(f"organization has no created instances in {provider} {region}")
    return ok_response({"endpointServiceId": regions.format_endpoint_service(region, provider)})
