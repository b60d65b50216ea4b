# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a service is: its fields, and how they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import InvalidOption
from .._json import Resource, abbreviate, is_finite_number
from .fields import CREATE_ONLY, Change, Field, Schema, SetField, require_str
from .networks import canonical_network, normalize_source, parse_network
from .prediction import predict_current_scaling, predict_endpoints


def tag_value(value: Any) -> str:
    """The value of a tag; YAML's yes and no as JSON has them, and nothing as an empty one."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_tags(option: str, tags: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a value that is not a single one."""
    for key, value in tags.items():
        if isinstance(value, (list, dict)):
            raise InvalidOption(
                f"{option}: the value of {key!r} must be text, a number, true or false, or nothing;"
                f" {abbreviate(value)} is a {'list' if isinstance(value, list) else 'dictionary'}."
            )


def tag_filters(tags: Mapping[str, Any], option: str = "tags") -> dict[str, str | None]:
    """The tags by which services are found, with the text that each value is stored as; None fits any value.

    Raises InvalidOption, which names the option, for a value that no tag can have.
    """
    _check_tags(option, tags)
    return {str(key): None if value is None else tag_value(value) for key, value in tags.items()}


def _tag_entries(option: Mapping[str, Any]) -> list[dict[str, Any]]:
    _check_tags("tags", option)
    return [
        {"key": str(key)} if value in (None, "") else {"key": str(key), "value": tag_value(value)}
        for key, value in option.items()
    ]


def parse_ip_access_list(option: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **{name: value for name, value in entry.items() if value is not None},
            "source": source_to_network(entry["source"]),
        }
        for entry in option
    ]


def source_to_network(written: str) -> str:
    """The source as it is sent. Raises InvalidOption."""
    try:
        parse_network(written)
    except ValueError:
        raise InvalidOption(
            f"ip_access_list: {written!r} is neither an IP address nor a network such as 10.1.0.0/16."
        ) from None
    try:
        return normalize_source(written)
    except ValueError as error:
        raise InvalidOption(f"ip_access_list: {written!r} {error}.") from None


#: The API refuses longer names of services.
MAX_NAME_LENGTH = 50

IP_ACCESS_LIST = SetField(
    "ip_access_list",
    required_by_post=True,
    mode="ip_access_mode",
    spec={
        "elements": "dict",
        "options": {"source": {"type": "str", "required": True}, "description": {"type": "str"}},
    },
    identity=lambda entry: canonical_network(require_str(entry["source"])),
    # A description is compared only when one is asked for.
    equal=lambda have, want: want.get("description") in (None, have.get("description") or ""),
    # The API finds an entry by the source alone, spelled as it is stored.
    reference=lambda entry: {"source": entry["source"]},
    load=parse_ip_access_list,
)

TAGS = SetField(
    "tags",
    type="dict",
    mode="tags_mode",
    identity=lambda tag: require_str(tag["key"]),
    equal=lambda have, want: tag_value(have.get("value")) == tag_value(want.get("value")),
    reference=lambda tag: {name: tag[name] for name in ("key", "value") if name in tag},
    load=_tag_entries,
    dump=lambda tags: {tag["key"]: tag_value(tag.get("value")) for tag in tags},
)


class EndpointToggle(Field):
    """Whether the endpoint of a protocol is on: told by its being listed, and written as {protocol, enabled}."""

    @property
    def answer(self) -> str:
        return "list"

    def current(self, resource: Mapping[str, Any]) -> Any:
        endpoints = resource.get(self.name)
        listed = endpoints if isinstance(endpoints, list) else []
        return any(isinstance(one, dict) and one.get("protocol") == "mysql" for one in listed)

    def creation(self, wish: Any) -> Any:
        return [{"protocol": "mysql", "enabled": wish}]

    def change(self, resource: Mapping[str, Any], wish: Any) -> Change | None:
        before = self.compared(resource)
        return None if before == wish else Change(self, before, wish, self.creation(wish))


class Flag(Field):
    """A switch that is off where the API does not mention it, so that creation need not turn it off."""

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = resource.get(self.name)
        return False if value is None else value

    def creation(self, wish: Any) -> Any:
        # Sending it needs a permission, even to repeat the default.
        return wish or None


#: What service_scaling takes; total memory has an endpoint of its own, which the API calls deprecated.
SCALING = Schema(
    options=[
        Field("min_total_memory_gb", "int", patch="/scaling", multiple=12),
        Field("max_total_memory_gb", "int", patch="/scaling", multiple=12),
        Field("autoscaling_mode", patch="/replicaScaling"),
        Field("min_replica_memory_gb", "int", patch="/replicaScaling", multiple=4),
        Field("max_replica_memory_gb", "int", patch="/replicaScaling", multiple=4),
        Field("num_replicas", "int", patch="/replicaScaling"),
        Field("min_replicas", "int", patch="/replicaScaling"),
        Field("max_replicas", "int", patch="/replicaScaling"),
        Field("idle_scaling", "bool", patch="/replicaScaling"),
        Field("idle_timeout_minutes", "int", patch="/replicaScaling"),
    ],
    ranges=[
        ("min_total_memory_gb", "max_total_memory_gb"),
        ("min_replica_memory_gb", "max_replica_memory_gb"),
        ("min_replicas", "max_replicas"),
    ],
)
#: Options that need the deprecated endpoint /scaling, and all fields that it takes.
TOTALS = frozenset({"min_total_memory_gb", "max_total_memory_gb"})
TAKEN_WITH_TOTALS = frozenset(
    {"minTotalMemoryGb", "maxTotalMemoryGb", "numReplicas", "idleScaling", "idleTimeoutMinutes"}
)
SCALING_OPTIONS = frozenset(field.option for field in SCALING.options())
#: Pairs of options that say the same thing in two ways.
SCALING_MUTUALLY_EXCLUSIVE = [
    (total, replica)
    for total in ("min_total_memory_gb", "max_total_memory_gb")
    for replica in ("min_replica_memory_gb", "max_replica_memory_gb")
] + [("num_replicas", "min_replicas"), ("num_replicas", "max_replicas")]

SERVICE = Schema(
    options=[
        Field("name", max_length=MAX_NAME_LENGTH),
        Field("provider", patch=CREATE_ONLY),
        Field("region", patch=CREATE_ONLY),
        Field("tier", patch=CREATE_ONLY),
        IP_ACCESS_LIST,
        SetField("private_endpoint_ids", mode="private_endpoint_mode", spec={"elements": "str"}),
        TAGS,
        Field("release_channel"),
        EndpointToggle("mysql_endpoint", "bool", api="endpoints"),
        Field("enable_core_dumps", "bool"),
        Flag("deletion_protection", "bool"),
        *SCALING.options(),
        Field("backup_id", patch=CREATE_ONLY, read=False),
        Field("data_warehouse_id", patch=CREATE_ONLY),
        Field("is_readonly", "bool", patch=CREATE_ONLY),
        Field("byoc_id", patch=CREATE_ONLY),
        Field("compliance_type", patch=CREATE_ONLY),
        Field("profile", patch=CREATE_ONLY),
        Field("encryption_key", patch=CREATE_ONLY, spec={"no_log": False}),
        Field("encryption_assumed_role_identifier", patch=CREATE_ONLY),
        Field("has_transparent_data_encryption", "bool", patch=CREATE_ONLY),
        Field("transparent_data_encryption_key_id", create=False, spec={"no_log": False}),
        Field("private_preview_terms_checked", "bool", patch=CREATE_ONLY, read=False),
    ],
    answers=[
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


def drop_moot_idle_timeout(service: Resource, desired: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted, but for the timeout of an idling that is switched off: it means nothing then."""
    idles = desired.get("idle_scaling", service.get("idleScaling"))
    return {option: wish for option, wish in desired.items() if option != "idle_timeout_minutes" or idles is not False}


def diff_service(service: Resource, desired: Mapping[str, Any]) -> list[Change]:
    """What SERVICE.changes() finds, but for what the API tells otherwise or not at all."""
    return SERVICE.changes(with_derived_fields(service), drop_moot_idle_timeout(service, desired))


def with_derived_fields(service: Resource) -> dict[str, Any]:
    """The service, with what follows from what the API tells of it."""
    memory: dict[str, Any] = {
        "minTotalMemoryGb": service.get("minReplicaMemoryGb"),
        "maxTotalMemoryGb": service.get("maxReplicaMemoryGb"),
    }
    totals = {name: 3 * value for name, value in memory.items() if is_finite_number(value)}
    # A fixed number of replicas may have been asked for as a band with equal ends.
    replicas = {"minReplicas": service.get("numReplicas"), "maxReplicas": service.get("numReplicas")}
    return {**totals, **replicas, **{name: value for name, value in service.items() if value is not None}}


def patch_bodies(service: Resource, desired: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What SERVICE.patches() gives, with what the API takes only together, and one request at most for the scaling."""
    bodies = SERVICE.patches(diff_service(service, desired))
    scaling = {**bodies.pop("/scaling", {}), **bodies.pop("/replicaScaling", {})}
    if "autoscalingMode" in scaling:
        # A mode is entered with all of its settings, also with those that would be the same, and at once.
        asked = drop_moot_idle_timeout(service, desired)
        for field in SCALING.options():
            if field.option in asked:
                scaling.setdefault(field.name, asked[field.option])
    band = ("minReplicas", "maxReplicas")
    if any(name in scaling for name in band):
        told = with_derived_fields(service)
        for name in band:
            if is_finite_number(told.get(name)):
                scaling.setdefault(name, told[name])
    return {**bodies, **_scaling_request(scaling, desired)} if scaling else bodies


def _scaling_request(scaling: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the path and the body of the one request that takes these changes of the scaling.

    A task that declares totals uses the endpoint for totals, unless something changes that only the other one takes.
    """
    if not desired.keys().isdisjoint(TOTALS) and scaling.keys() <= TAKEN_WITH_TOTALS:
        return {"/scaling": dict(scaling)}
    per_replica = {
        name.replace("Total", "Replica"): value // 3 if "Total" in name else value for name, value in scaling.items()
    }
    return {"/replicaScaling": per_replica}


def predict_service(service: Resource, found: list[Change]) -> dict[str, Any]:
    """What SERVICE.planned() gives, with what follows from the changes."""
    changed = {change.field.option for change in found}
    # What the API tells otherwise is no change, but is to be shown when the other mode comes.
    known = service if changed.isdisjoint(SCALING_OPTIONS) else with_derived_fields(service)
    shown = sync_scaling_fields(SERVICE.predict(known, found), changed)
    if not changed.isdisjoint(SCALING_OPTIONS):
        shown["current_scaling"] = predict_current_scaling(shown)
    if "mysql_endpoint" in changed:
        shown["endpoints"] = predict_endpoints(shown)
    return shown


def predict_new_service(desired: Mapping[str, Any]) -> dict[str, Any]:
    """What SERVICE.planned_new() gives, with what follows from it."""
    return sync_scaling_fields(SERVICE.predict_new(desired), set(desired))


def sync_scaling_fields(shown: dict[str, Any], changed: set[str]) -> dict[str, Any]:
    """The service as shown, in which all that is told of its scaling agrees with what has changed of it."""
    if changed.isdisjoint(SCALING_OPTIONS):
        return shown
    for bound in ("min", "max"):
        total, replica = f"{bound}_total_memory_gb", f"{bound}_replica_memory_gb"
        if total in changed:
            shown[replica] = shown[total] // 3
        elif is_finite_number(shown[replica]):
            shown[total] = 3 * shown[replica]
    if shown["autoscaling_mode"] == "horizontal":
        fixed = {"num_replicas": None, "min_total_memory_gb": None, "max_total_memory_gb": None}
        return {**shown, **fixed, "replica_memory_gb": shown["min_replica_memory_gb"]}
    least, number = shown["min_replicas"], shown["num_replicas"]
    if "num_replicas" not in changed and least is not None and least == shown["max_replicas"]:
        number = least
    return {**shown, "num_replicas": number, "min_replicas": None, "max_replicas": None, "replica_memory_gb": None}
