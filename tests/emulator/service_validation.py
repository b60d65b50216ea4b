# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validate the requests that create a service, and apply those that change one."""

from __future__ import annotations

from typing import Any, Callable

from . import regions, scaling
from .profiles import PROFILES
from .responses import bad_request, forbidden
from .service import Service, is_mysql_enabled
from .validation import (
    Table,
    array,
    boolean,
    check_fields,
    choice,
    list_patch,
    mapping,
    network,
    record,
    text,
    uuid4,
    validation_error,
)

Fields = dict[str, Any]

MAX_TAGS = 50
TAG_PATTERN = r"[a-zA-Z0-9._-]+"
TIERS = ("development", "production")
BYOC_MEMORY = (48, 116, 172, 232)


def _anything(path: str, value: Any) -> None:
    """Accept any value."""


ADDRESS = record({"source": network, "description": text(0)}, ("source",))
REMOVED_ADDRESS = record({"source": text()}, ("source",))
TAG = record({"key": text(1, 128, TAG_PATTERN), "value": text(1, 256, TAG_PATTERN)}, ("key",))
ENDPOINT = record({"protocol": choice("mysql"), "enabled": boolean}, ("protocol", "enabled"))
_ADDRESSES = record({"add": array(ADDRESS), "remove": array(REMOVED_ADDRESS)})

_COMMON: Table = {
    "name": text(1, 50),
    "releaseChannel": choice("slow", "default", "fast"),
    "endpoints": array(ENDPOINT),
    "enableCoreDumps": boolean,
    "deletionProtection": boolean,
}
CREATE: Table = {
    **_COMMON,
    "provider": choice(*regions.PROVIDERS),
    "region": choice(*regions.ALL_REGIONS),
    "tier": choice(*TIERS),
    "ipAccessList": array(ADDRESS),
    **scaling.TOTAL_SCALING,
    **scaling.REPLICA_SCALING,
    "isReadonly": boolean,
    "dataWarehouseId": text(),
    "backupId": uuid4,
    "privateEndpointIds": array(text()),
    "privatePreviewTermsChecked": boolean,
    "byocId": text(),
    "hasTransparentDataEncryption": boolean,
    "profile": text(),
    "backupEncryptionConfig": mapping(_anything),
    "complianceType": choice("hipaa", "pci"),
    "tags": array(TAG, 0, MAX_TAGS),
}
PATCH: Table = {
    **_COMMON,
    "ipAccessList": _ADDRESSES,
    "privateEndpointIds": list_patch(text()),
    "transparentDataEncryptionKeyId": text(),
    "tags": list_patch(TAG, MAX_TAGS),
}


def check_create_request(body: Fields, tier: str) -> None:
    """Raise ApiError unless the body is valid for a new service in an organization of this tier."""
    if "ipAccessList" not in body:
        raise bad_request("request body.ipAccessList value is not an array: undefined")
    check_fields(CREATE, body, ("name", "provider", "region"))
    for rule in (
        _check_region,
        _check_tier,
        _check_development,
        _check_profile,
        _check_byoc,
        _check_enterprise,
        _check_protection,
    ):
        rule(body, tier)
    if body.get("isReadonly") and "dataWarehouseId" not in body:
        raise bad_request("isReadonly can only be true if a dataWarehouseId is provided")
    _check_unique_tags(body.get("tags", []))


def _check_region(body: Fields, tier: str) -> None:
    if body["region"] not in regions.REGIONS[body["provider"]]:
        raise validation_error(
            "body.region", f"The region is not available for the provider {body['provider']}", body["region"]
        )


def _check_tier(body: Fields, tier: str) -> None:
    if tier == "legacy" and "tier" not in body:
        raise validation_error("body.tier", "The value is required")
    if tier != "legacy" and "tier" in body:
        raise validation_error("body.tier", "The value must be omitted for this organization", body["tier"])
    _check_channel(body, body.get("tier"))


def _check_channel(body: Fields, service_tier: str | None) -> None:
    if service_tier == "development" and body.get("releaseChannel", "default") != "default":
        raise validation_error(
            "body.releaseChannel", "The value must be default for development services", body["releaseChannel"]
        )


def _check_development(body: Fields, tier: str) -> None:
    if body.get("tier") != "development":
        return
    if body["provider"] == "azure":
        raise validation_error("body.tier", "The value must be production for the provider azure", body["tier"])
    for name in ("minReplicaMemoryGb", "maxReplicaMemoryGb", "minTotalMemoryGb", "maxTotalMemoryGb"):
        if name in body:
            raise bad_request("Memory can be set for production services only")


def _check_profile(body: Fields, tier: str) -> None:
    """Check the profile. Those of a BYOC infrastructure have the same memory as minimum and maximum."""
    if "profile" not in body or body["profile"] in PROFILES:
        return
    if "byocId" not in body:
        raise validation_error("body.profile", "The profile does not exist", body["profile"])
    if body.get("minReplicaMemoryGb") != body.get("maxReplicaMemoryGb"):
        raise bad_request("minReplicaMemoryGb and maxReplicaMemoryGb must be the memory of the profile")


def _check_byoc(body: Fields, tier: str) -> None:
    if "byocId" not in body:
        return
    for name in ("minReplicaMemoryGb", "maxReplicaMemoryGb"):
        if body.get(name) not in BYOC_MEMORY:
            raise validation_error(
                f"body.{name}", f"The value must be one of {BYOC_MEMORY} with a byocId", body.get(name)
            )


def _check_enterprise(body: Fields, tier: str) -> None:
    requested = [name for name in ("profile", "hasTransparentDataEncryption", "complianceType") if body.get(name)]
    if requested and tier in ("BASIC", "SCALE"):
        raise forbidden(f"{requested[0]} is not available in {tier} pricing package")


def _check_protection(body: Fields, tier: str) -> None:
    if body.get("deletionProtection") and tier == "BASIC":
        raise bad_request("Deletion protection is not available for this organization")


_RULES = (
    _check_region,
    _check_tier,
    _check_development,
    _check_profile,
    _check_byoc,
    _check_enterprise,
    _check_protection,
)


def _check_unique_tags(tags: list[Fields]) -> None:
    keys = [tag["key"] for tag in tags]
    for key in keys:
        if keys.count(key) > 1:
            raise bad_request(f"Duplicate tag key '{key}'")


def apply_patch(service: Service, body: Fields, tier: str) -> None:
    """Change a service of an organization of this tier. Raise ApiError without any change if a value is invalid."""
    check_fields(PATCH, body)
    _check_protection(body, tier)
    _check_channel(body, service.fields["tier"])
    if "transparentDataEncryptionKeyId" in body and not service.fields["hasTransparentDataEncryption"]:
        raise bad_request("Transparent data encryption is not enabled for the service")
    direct = ("name", "releaseChannel", "enableCoreDumps", "deletionProtection", "transparentDataEncryptionKeyId")
    after = {name: body[name] for name in direct if name in body}
    for name, apply in _LIST_PATCHERS.items():
        if name in body:
            after[name] = apply(service.fields[name] or [], body[name])
    service.apply_changes(after)
    if "endpoints" in body:
        service.mysql_enabled = is_mysql_enabled(body, service.mysql_enabled)
        service.overrides.pop("endpoints", None)


def _patch_addresses(current: list[Fields], change: Fields) -> list[Fields]:
    removed = {entry["source"] for entry in change.get("remove", [])}
    return [*(entry for entry in current if entry["source"] not in removed), *change.get("add", [])]


def _patch_endpoints(current: list[str], change: Fields) -> list[str]:
    remaining = [identifier for identifier in current if identifier not in change.get("remove", [])]
    for identifier in change.get("add", []):
        if identifier in remaining:
            raise bad_request(f"Private endpoint '{identifier}' is already attached to the service")
        remaining.append(identifier)
    return remaining


def _patch_tags(current: list[Fields], change: Fields) -> list[Fields]:
    def is_removed(tag: Fields) -> bool:
        return any(
            tag["key"] == other["key"] and other.get("value", tag.get("value")) == tag.get("value")
            for other in change.get("remove", [])
        )

    _check_unique_tags(change.get("add", []))
    after = {tag["key"]: tag for tag in current if not is_removed(tag)}
    after.update({tag["key"]: tag for tag in change.get("add", [])})
    if len(after) > MAX_TAGS:
        raise bad_request(f"A service can have at most {MAX_TAGS} tags")
    return list(after.values())


_LIST_PATCHERS: dict[str, Callable[[list[Any], Fields], list[Any]]] = {
    "ipAccessList": _patch_addresses,
    "privateEndpointIds": _patch_endpoints,
    "tags": _patch_tags,
}
