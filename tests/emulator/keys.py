# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of an organization's API keys."""

from __future__ import annotations

from typing import Any

from .clock import parse_timestamp
from .organization import Key, Organization
from .paging import Paging, page_response
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, empty_response, not_found, ok_response
from .service_validation import ADDRESS
from .state import check_id
from .validation import Table, array, check_fields, choice, nullable, record, text, uuid4, validation_error

Fields = dict[str, Any]


def _check_expiry(path: str, value: object) -> None:
    """Check the time at which a key expires. An empty one means that it never does."""
    text(0, 40)(path, value)
    try:
        parse_timestamp(str(value or "2000-01-01T00:00:00Z"))
    except ValueError:
        raise validation_error(path, "The value must be a date and time", value) from None


_HASH_NAMES = ("keyIdHash", "keyIdSuffix", "keySecretHash")
_KEY: Table = {
    "name": text(),
    "expireAt": nullable(_check_expiry),
    "state": choice("enabled", "disabled"),
    "roles": array(choice("admin", "developer", "query_endpoints"), 1),
    "assignedRoleIds": array(uuid4),
    "ipAccessList": array(ADDRESS),
}
_NEW_KEY: Table = {**_KEY, "hashData": record(dict.fromkeys(_HASH_NAMES, text()), _HASH_NAMES)}


_PAGING = Paging("keys", 250, 250)


def key_to_resource(organization: Organization, key: Key) -> Fields:
    """Return the key as an API resource, without fields that are not known yet."""
    resource = {**key.fields, "assignedRoles": organization.assigned_roles(key.actor)}
    return {name: value for name, value in resource.items() if name != "usedAt" or value}


def list_keys(ctx: RequestContext) -> ApiResponse:
    return page_response(ctx, [key_to_resource(ctx.organization, key) for key in ctx.organization.keys], _PAGING)


def create_key(ctx: RequestContext) -> ApiResponse:
    body = ctx.body
    check_fields(_NEW_KEY, body, ("name",))
    _check_roles(ctx, body)
    key = ctx.store.add_key(ctx.organization, body["name"], body.get("roles", []))
    _update_key(ctx, key, body)
    # The audit log takes the ID of the key from here.
    ctx.ids["keyId"] = key.id
    if "hashData" in body:
        # The API has only the hashes of such a key and cannot return it.
        key.is_hashed = True
        key.key_id, key.secret = body["hashData"]["keyIdHash"], body["hashData"]["keySecretHash"]
        key.fields["keySuffix"] = body["hashData"]["keyIdSuffix"]
        return ok_response({"key": key_to_resource(ctx.organization, key)})
    secrets = {"keyId": key.key_id, "keySecret": key.secret}
    return ok_response({"key": key_to_resource(ctx.organization, key), **secrets})


def get_key(ctx: RequestContext) -> ApiResponse:
    return ok_response(key_to_resource(ctx.organization, _requested_key(ctx)))


def update_key(ctx: RequestContext) -> ApiResponse:
    key, body = _requested_key(ctx), ctx.body
    check_fields(_KEY, body)
    _check_roles(ctx, body)
    _update_key(ctx, key, body)
    return ok_response(key_to_resource(ctx.organization, key))


def delete_key(ctx: RequestContext) -> ApiResponse:
    key = _requested_key(ctx)
    if key is ctx.key:
        raise bad_request("The key that authenticates the request cannot be deleted")
    ctx.organization.assign_roles(key.actor, [])
    ctx.organization.keys.remove(key)
    return empty_response()


def _check_roles(ctx: RequestContext, body: Fields) -> None:
    known = {role["id"] for role in ctx.organization.roles}
    for role_id in body.get("assignedRoleIds", []):
        if role_id.lower() not in known:
            raise validation_error("body.assignedRoleIds", "The role does not exist", role_id)


def _update_key(ctx: RequestContext, key: Key, body: Fields) -> None:
    names = ("name", "expireAt", "state", "ipAccessList")
    key.fields.update({name: body[name] for name in names if name in body})
    key.fields["expireAt"] = key.fields["expireAt"] or None
    if "assignedRoleIds" in body:
        ctx.organization.assign_roles(key.actor, [role_id.lower() for role_id in body["assignedRoleIds"]])


def _requested_key(ctx: RequestContext) -> Key:
    key_id = ctx.ids["keyId"]
    check_id("key", key_id)
    key = next((key for key in ctx.organization.keys if key.id == key_id.lower()), None)
    if key is None:
        raise not_found(key_id)
    return key


def identify_caller(ctx: RequestContext) -> ApiResponse:
    """Return who sends the request."""
    key = ctx.key
    caller = {"keyId": key.id, "name": key.fields["name"], "organizationId": ctx.organization.id}
    return ok_response({"actorType": "apiKey", **caller})
