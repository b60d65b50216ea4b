# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of an organization and its keys."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from . import regions
from .metrics import render_metrics
from .organization import Key
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, empty_response, not_found, ok_response, text_response
from .service_validation import ADDRESS
from .services import parse_filtered_metrics
from .state import check_id
from .validation import (
    Table,
    array,
    boolean,
    check_fields,
    choice,
    list_patch,
    nullable,
    record,
    text,
    uuid4,
    validation_error,
)

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
_KEY: Table = {
    "name": text(),
    "expireAt": nullable(text(20, 40, r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")),
    "state": choice("enabled", "disabled"),
    "hashData": record({name: text() for name in ("keyIdHash", "keyIdSuffix", "keySecretHash")}),
    "roles": array(choice("admin", "developer", "query_endpoints")),
    "assignedRoleIds": array(uuid4),
    "ipAccessList": array(ADDRESS),
}
_MAX_USAGE_PERIOD = timedelta(days=31)


def list_organizations(ctx: RequestContext) -> ApiResponse:
    return ok_response([ctx.organization.fields])


def get_organization(ctx: RequestContext) -> ApiResponse:
    return ok_response(ctx.organization.fields)


def update_organization(ctx: RequestContext) -> ApiResponse:
    fields, body = ctx.organization.fields, ctx.body
    check_fields(_PATCH, body)
    fields.update({name: body[name] for name in ("name", "enableCoreDumps") if name in body})
    change = body.get("privateEndpoints", {})
    removed = {endpoint["id"] for endpoint in change.get("remove", [])}
    remaining = [endpoint for endpoint in fields["privateEndpoints"] if endpoint["id"] not in removed]
    fields["privateEndpoints"] = remaining + change.get("add", [])
    return ok_response(fields)


def get_prometheus(ctx: RequestContext) -> ApiResponse:
    return text_response(render_metrics(ctx.store.list_services(ctx.organization.id), parse_filtered_metrics(ctx)))


def get_private_endpoint_config(ctx: RequestContext) -> ApiResponse:
    provider, region = ctx.required_parameter("cloud_provider"), ctx.required_parameter("region_id")
    choice(*regions.PROVIDERS)("query.cloud_provider", provider)
    choice(*regions.REGIONS[provider])("query.region_id", region)
    services = ctx.store.list_services(ctx.organization.id)
    if not any(service.fields["region"] == region for service in services):
        raise bad_request(f"The organization has no created instances in {provider} {region}")
    return ok_response({"endpointServiceId": regions.format_endpoint_service(region, provider)})


def get_usage_cost(ctx: RequestContext) -> ApiResponse:
    """Return usage cost of zero for a valid period."""
    start, end = _parse_date_parameter(ctx, "from_date"), _parse_date_parameter(ctx, "to_date")
    if start > end or end - start > _MAX_USAGE_PERIOD:
        raise bad_request("The period must be of 1 to 31 days")
    return ok_response({"grandTotalCHC": 0, "costs": []})


def _parse_date_parameter(ctx: RequestContext, name: str) -> date:
    value = ctx.required_parameter(name)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise validation_error(f"query.{name}", "The value must be a date", value) from None


def list_keys(ctx: RequestContext) -> ApiResponse:
    return ok_response([key.to_resource() for key in ctx.organization.keys])


def create_key(ctx: RequestContext) -> ApiResponse:
    body = ctx.body
    check_fields(_KEY, body, ("name",))
    key = ctx.store.add_key(ctx.organization, body["name"], roles=body.get("roles") or ["developer"])
    _update_key(ctx, key, body)
    if "hashData" in body:
        # The API has only the hashes of such a key and cannot return it.
        key.secret = None
        key.fields["keySuffix"] = body["hashData"].get("keyIdSuffix", "")
        return ok_response({"key": key.to_resource()})
    return ok_response({"key": key.to_resource(), "keyId": key.key_id, "keySecret": key.secret})


def get_key(ctx: RequestContext) -> ApiResponse:
    return ok_response(_requested_key(ctx).to_resource())


def update_key(ctx: RequestContext) -> ApiResponse:
    key, body = _requested_key(ctx), ctx.body
    check_fields({name: check for name, check in _KEY.items() if name != "hashData"}, body)
    _update_key(ctx, key, body)
    return ok_response(key.to_resource())


def delete_key(ctx: RequestContext) -> ApiResponse:
    ctx.organization.keys.remove(_requested_key(ctx))
    return empty_response()


def _update_key(ctx: RequestContext, key: Key, body: dict[str, Any]) -> None:
    names = ("name", "expireAt", "state", "roles", "ipAccessList")
    key.fields.update({name: body[name] for name in names if name in body})
    key.roles = key.fields["roles"]
    if "assignedRoleIds" in body:
        key.fields["assignedRoles"] = [
            {"roleId": role_id, "roleName": role_id, "roleType": "custom"} for role_id in body["assignedRoleIds"]
        ]


def _requested_key(ctx: RequestContext) -> Key:
    key_id = ctx.ids["keyId"]
    check_id("key", key_id)
    key = next((key for key in ctx.organization.keys if key.fields["id"] == key_id.lower()), None)
    if key is None:
        raise not_found(key_id)
    return key
