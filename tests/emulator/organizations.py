# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of an organization and its keys."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from . import regions
from .metrics import exposition
from .organization import Key
from .request_context import Call
from .responses import Answer, bad_request, done, not_found, success
from .responses import text as plain_text
from .service_validation import ADDRESS
from .services import filtered
from .state import check_id
from .validation import (
    Table,
    additions_and_removals,
    array,
    boolean,
    check_fields,
    choice,
    nullable,
    record,
    refuse,
    text,
    uuid4,
)

_ENDPOINT: Table = {
    "id": text(),
    "description": text(0),
    "cloudProvider": choice(*regions.PROVIDERS),
    "region": choice(*regions.ALL_REGIONS),
}
_PATCH: Table = {
    "name": text(1, 50),
    "privateEndpoints": additions_and_removals(record(_ENDPOINT, ("id",))),
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
_LONGEST_USAGE = timedelta(days=31)


def list_organizations(call: Call) -> Answer:
    return success([call.organization.fields])


def get_organization(call: Call) -> Answer:
    return success(call.organization.fields)


def update_organization(call: Call) -> Answer:
    fields, body = call.organization.fields, call.body
    check_fields(_PATCH, body)
    fields.update({name: body[name] for name in ("name", "enableCoreDumps") if name in body})
    change = body.get("privateEndpoints", {})
    gone = {endpoint["id"] for endpoint in change.get("remove", [])}
    kept = [endpoint for endpoint in fields["privateEndpoints"] if endpoint["id"] not in gone]
    fields["privateEndpoints"] = kept + change.get("add", [])
    return success(fields)


def get_prometheus(call: Call) -> Answer:
    return plain_text(exposition(call.store.services(call.organization.id), filtered(call)))


def get_private_endpoint_config(call: Call) -> Answer:
    provider, region = call.one("cloud_provider"), call.one("region_id")
    choice(*regions.PROVIDERS)("query.cloud_provider", provider)
    choice(*regions.REGIONS[provider])("query.region_id", region)
    services = call.store.services(call.organization.id)
    if not any(service.fields["region"] == region for service in services):
        raise bad_request(f"The organization has no created instances in {provider} {region}")
    return success({"endpointServiceId": regions.endpoint_service(region, provider)})


def get_usage_cost(call: Call) -> Answer:
    """Nothing costs anything here."""
    first, last = _day(call, "from_date"), _day(call, "to_date")
    if first > last or last - first > _LONGEST_USAGE:
        raise bad_request("The period must be of 1 to 31 days")
    return success({"grandTotalCHC": 0, "costs": []})


def _day(call: Call, name: str) -> date:
    value = call.one(name)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise refuse(f"query.{name}", "The value must be a date", value) from None


def list_keys(call: Call) -> Answer:
    return success([key.view() for key in call.organization.keys])


def create_key(call: Call) -> Answer:
    body = call.body
    check_fields(_KEY, body, ("name",))
    key = call.store.add_key(call.organization, body["name"], roles=body.get("roles") or ["developer"])
    _change_key(call, key, body)
    if "hashData" in body:
        # The server knows only hashes of such a key and cannot show it.
        key.secret = None
        key.fields["keySuffix"] = body["hashData"].get("keyIdSuffix", "")
        return success({"key": key.view()})
    return success({"key": key.view(), "keyId": key.key_id, "keySecret": key.secret})


def get_key(call: Call) -> Answer:
    return success(_key(call).view())


def update_key(call: Call) -> Answer:
    key, body = _key(call), call.body
    check_fields({name: check for name, check in _KEY.items() if name != "hashData"}, body)
    _change_key(call, key, body)
    return success(key.view())


def delete_key(call: Call) -> Answer:
    call.organization.keys.remove(_key(call))
    return done()


def _change_key(call: Call, key: Key, body: dict[str, Any]) -> None:
    names = ("name", "expireAt", "state", "roles", "ipAccessList")
    key.fields.update({name: body[name] for name in names if name in body})
    key.roles = key.fields["roles"]
    if "assignedRoleIds" in body:
        key.fields["assignedRoles"] = [
            {"roleId": role_id, "roleName": role_id, "roleType": "custom"} for role_id in body["assignedRoleIds"]
        ]


def _key(call: Call) -> Key:
    key_id = call.ids["keyId"]
    check_id("key", key_id)
    found = next((key for key in call.organization.keys if key.fields["id"] == key_id.lower()), None)
    if found is None:
        raise not_found(key_id)
    return found
