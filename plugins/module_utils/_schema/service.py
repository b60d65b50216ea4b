# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a service, and how they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import Change, Field, Schema, SetField, require_str
from .ip_access_list import IP_ACCESS_LIST
from .prediction import predict_current_scaling, predict_endpoints
from .scaling import (
    SCALING,
    SCALING_OPTIONS,
    drop_moot_idle_timeout,
    scaling_request,
    sync_scaling_fields,
    with_derived_fields,
)
from .texts import check_scalars, stored_text


def tag_filters(tags: Mapping[str, Any], option: str = "tags") -> dict[str, str | None]:
    """Return the tags to filter services by, with the stored form of each value; None matches any value.

    Raise InvalidOption, which names the option, for a value that no tag can have.
    """
    check_scalars(option, tags)
    return {str(key): None if value is None else stored_text(value) for key, value in tags.items()}


def has_tags(service: Mapping[str, Any], tags: Mapping[str, str | None]) -> bool:
    """Return whether the service has all the tags. None stands for any value."""
    current = TAGS.current(service)
    return all(key in current and value in (None, current[key]) for key, value in tags.items())


def _tag_entries(option: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tags as they are sent. Raise InvalidOption."""
    check_scalars("tags", option)
    return [
        {"key": str(key)} if value in (None, "") else {"key": str(key), "value": stored_text(value)}
        for key, value in option.items()
    ]


#: The API rejects longer names of services.
MAX_NAME_LENGTH = 50


def endpoint_identity(endpoint_id: object) -> str:
    """Return the key of the ID of a private endpoint, the same in any spelling. Raise TypeError for anything but text.

    Azure returns the same ID with letters in another case, and no two IDs of a cloud provider differ only in case.
    """
    return require_str(endpoint_id).strip().lower()


PRIVATE_ENDPOINT_IDS = SetField(
    "private_endpoint_ids",
    mode="private_endpoint_mode",
    spec={"elements": "str"},
    identity=endpoint_identity,
)

TAGS = SetField(
    "tags",
    type="dict",
    mode="tags_mode",
    identity=lambda tag: require_str(tag["key"]),
    equal=lambda current, desired: stored_text(current.get("value")) == stored_text(desired.get("value")),
    reference=lambda tag: {name: tag[name] for name in ("key", "value") if name in tag},
    load=_tag_entries,
    dump=lambda tags: {tag["key"]: stored_text(tag.get("value")) for tag in tags},
)


class EndpointToggle(Field):
    """A switch for the MySQL endpoint: on if the API lists it, and written as {protocol, enabled}."""

    @property
    def response_type(self) -> str:
        return "list"

    def current(self, resource: Mapping[str, Any]) -> Any:
        endpoints = resource.get(self.name)
        items = endpoints if isinstance(endpoints, list) else []
        return any(isinstance(endpoint, dict) and endpoint.get("protocol") == "mysql" for endpoint in items)

    def to_create(self, desired: Any) -> Any:
        return [{"protocol": "mysql", "enabled": desired}]

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        return None if before == desired else Change(self, before, desired, self.to_create(desired))


class Flag(Field):
    """A switch that is off if the API omits it, so it does not have to be turned off at creation."""

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = resource.get(self.name)
        return False if value is None else value

    def to_create(self, desired: Any) -> Any:
        # Sending it needs a permission, even for the default.
        return desired or None


SERVICE = Schema(
    options=[
        Field("name", max_length=MAX_NAME_LENGTH),
        Field("provider", patch_path=None),
        Field("region", patch_path=None),
        Field("tier", patch_path=None),
        IP_ACCESS_LIST,
        PRIVATE_ENDPOINT_IDS,
        TAGS,
        Field("release_channel"),
        EndpointToggle("mysql_endpoint", "bool", api="endpoints"),
        Field("enable_core_dumps", "bool"),
        Flag("deletion_protection", "bool"),
        *SCALING.options(),
        Field("backup_id", patch_path=None, readable=False),
        Field("data_warehouse_id", patch_path=None),
        Field("is_readonly", "bool", patch_path=None),
        Field("byoc_id", patch_path=None),
        Field("compliance_type", patch_path=None),
        Field("profile", patch_path=None),
        Field("has_transparent_data_encryption", "bool", patch_path=None),
        Field("transparent_data_encryption_key_id", in_create=False, spec={"no_log": False}),
        Field("encryption_key", patch_path=None, spec={"no_log": False}),
        Field("encryption_assumed_role_identifier", patch_path=None),
        Field("private_preview_terms_checked", "bool", patch_path=None, readable=False),
    ],
    read_only=[
        "id",
        "state",
        "endpoints",
        "clickhouseVersion",
        "createdAt",
        "iamRole",
        "isPrimary",
        "replicaMemoryGb",
        "currentScaling",
        "scalingSchedule",
        "encryptionRoleId",
        "availablePrivateEndpointIds",
    ],
    ranges=SCALING.ranges,
)


def diff_service(service: Mapping[str, Any], desired: Mapping[str, Any]) -> list[Change]:
    """Return the differences, also to fields that follow from others. Raise as Schema.diff() does."""
    return SERVICE.diff(with_derived_fields(service), drop_moot_idle_timeout(service, desired))


def patch_bodies(service: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the body for each endpoint that has something to change, with one request at most for the scaling."""
    bodies = SERVICE.patch_bodies(diff_service(service, desired))
    scaling = {**bodies.pop("/scaling", {}), **bodies.pop("/replicaScaling", {})}
    return {**bodies, **scaling_request(service, scaling, desired)}


def predict_service(service: Mapping[str, Any], changes: list[Change]) -> dict[str, Any]:
    """Return the result for the service once the changes are made, with the fields that follow from them."""
    changed = {change.field.option for change in changes}
    if changed.isdisjoint(SCALING_OPTIONS):
        result = SERVICE.predict(service, changes)
    else:
        # A change of the mode shows fields that the API omits in the current one.
        result = sync_scaling_fields(SERVICE.predict(with_derived_fields(service), changes), changed)
        result["current_scaling"] = predict_current_scaling(result)
    if "mysql_endpoint" in changed:
        result["endpoints"] = predict_endpoints(result)
    return result


def predict_new_service(desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result for a service that is created with these values."""
    return sync_scaling_fields(SERVICE.predict_new(desired), set(desired))
