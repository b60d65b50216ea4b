# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""What a service is: its fields, its states, and how it is found and waited for."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from typing import Any, Optional

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Api, Resource
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    Ambiguous,
    ApiError,
    InvalidOption,
    NotVisibleYet,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._fields import (
    CREATE_ONLY,
    Change,
    Entries,
    Field,
    Fields,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._wait import Goal, Patience

#: A service, or None when there is none.
Seen = Optional[Resource]

#: A service in one of these is as good as absent: its name is free, and nothing brings it back.
GONE = frozenset({"terminating", "terminated", "softdeleting", "softdeleted", "deleted"})
#: A service in one of these has been started; "idle" wakes up by itself at the next query.
STARTED = frozenset({"running", "idle", "degraded", "partially_running"})
#: A service in one of these is on its way up.
RISING = frozenset({"provisioning", "starting", "awaking"})
#: The states in which the API accepts DELETE.
DELETABLE = frozenset({"provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed"})

#: How many answers that deny a new service are borne.
UNSEEN_AT_FIRST = 5


def canonical_network(source: str) -> str:
    """One spelling for each network: 10.0.0.1 is 10.0.0.1/32, and an IPv6 address is lower case and compressed."""
    try:
        return str(ipaddress.ip_network(source.strip(), strict=False))
    except ValueError:
        # Whatever else the API holds is compared as it stands.
        return source


def _access_entries(option: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for entry in option:
        try:
            ipaddress.ip_network(entry["source"].strip(), strict=False)
        except ValueError as error:
            raise InvalidOption(
                f"ip_access_list: {entry['source']!r} is neither an IP address nor a network such as 10.1.0.0/16."
            ) from error
    return [{name: value for name, value in entry.items() if value is not None} for entry in option]


IP_ACCESS_LIST = Entries(
    "ip_access_list",
    mode="ip_access_mode",
    spec={
        "elements": "dict",
        "options": {"source": {"type": "str", "required": True}, "description": {"type": "str"}},
    },
    identity=lambda entry: canonical_network(entry["source"]),
    # A description is compared only when one is asked for.
    equal=lambda have, want: want.get("description") in (None, have.get("description") or ""),
    # The API finds an entry by the source alone, spelled as it is stored.
    reference=lambda entry: {"source": entry["source"]},
    load=_access_entries,
)

TAGS = Entries(
    "tags",
    type="dict",
    mode="tags_mode",
    identity=lambda tag: tag["key"],
    equal=lambda have, want: (have.get("value") or "") == (want.get("value") or ""),
    load=lambda option: [
        {"key": str(key)} if value in (None, "") else {"key": str(key), "value": str(value)}
        for key, value in option.items()
    ],
    dump=lambda tags: {tag["key"]: tag.get("value") or "" for tag in tags},
)

SERVICE = Fields(
    options=[
        Field("name"),
        Field("provider", patch=CREATE_ONLY),
        Field("region", patch=CREATE_ONLY),
        Field("tier", patch=CREATE_ONLY),
        IP_ACCESS_LIST,
        Entries("private_endpoint_ids", mode="private_endpoint_mode", spec={"elements": "str"}),
        TAGS,
        Field("min_total_memory_gb", "int", patch="/scaling", multiple=12),
        Field("max_total_memory_gb", "int", patch="/scaling", multiple=12),
        Field("min_replica_memory_gb", "int", patch="/replicaScaling", multiple=4),
        Field("max_replica_memory_gb", "int", patch="/replicaScaling", multiple=4),
        Field("num_replicas", "int", patch="/replicaScaling"),
        Field("idle_scaling", "bool", patch="/replicaScaling"),
        Field("idle_timeout_minutes", "int", patch="/replicaScaling"),
        Field("backup_id", patch=CREATE_ONLY, read=False),
        Field("encryption_key", patch=CREATE_ONLY, spec={"no_log": False}),
        Field("encryption_assumed_role_identifier", patch=CREATE_ONLY),
        Field("private_preview_terms_checked", "bool", patch=CREATE_ONLY, read=False),
    ],
    answers=[
        "id",
        "state",
        "endpoints",
        "clickhouseVersion",
        "createdAt",
        "iamRole",
        "dataWarehouseId",
        "isPrimary",
        "isReadonly",
        "releaseChannel",
        "autoscalingMode",
        "minReplicas",
        "maxReplicas",
        "replicaMemoryGb",
        "currentScaling",
        "availablePrivateEndpointIds",
    ],
    ranges=[
        ("min_total_memory_gb", "max_total_memory_gb"),
        ("min_replica_memory_gb", "max_replica_memory_gb"),
    ],
)


def changes(service: Resource, wanted: Mapping[str, Any]) -> list[Change]:
    """What SERVICE.changes() finds, but for the timeout of an idling that is switched off: it means nothing then."""
    idles = wanted.get("idle_scaling", service.get("idleScaling"))
    meant = {option: wish for option, wish in wanted.items() if option != "idle_timeout_minutes" or idles is not False}
    return SERVICE.changes(service, meant)


def read(api: Api, service_id: str) -> Seen:
    """The service of this id, in whatever state; None when the API does not know it."""
    try:
        return api.service(service_id)
    except ApiError as error:
        if _unknown(error, service_id):
            return None
        raise


def find(api: Api, service_id: str | None, name: str | None) -> Seen:
    """The one living service of this id, or else of exactly this name; None when there is none.

    Raises Ambiguous when several living services bear the name.
    """
    if service_id:
        service = read(api, service_id)
        return service if service and service.get("state") not in GONE else None
    if not name:
        raise InvalidOption("Say which service is meant: by name or by service_id.")
    matches = [one for one in api.services() if one.get("name") == name and one.get("state") not in GONE]
    if len(matches) > 1:
        listed = "; ".join(
            f"{one['id']} ({one.get('provider')} {one.get('region')}, {one.get('state')})" for one in matches
        )
        raise Ambiguous(f"{len(matches)} services are named {name!r}: {listed}. Say which by service_id.")
    return matches[0] if matches else None


def deletable(service: Seen) -> bool:
    """Whether the API accepts DELETE now; of one that is gone already it says so."""
    return service is None or service.get("state") in DELETABLE


def delete(api: Api, service_id: str) -> None:
    """Delete the service; that it is gone already is as good."""
    try:
        api.delete_service(service_id)
    except ApiError as error:
        if not _unknown(error, service_id):
            raise


def _unknown(error: ApiError, service_id: str) -> bool:
    """Whether the API says that there is no such service.

    A wrong organization_id or api_url is answered with 404 too, but then not about this service.
    """
    return error.status == 404 and service_id.lower() in error.error.lower()


def called(service: Resource) -> str:
    """How messages speak of a service."""
    return f"Service {service.get('name')!r} ({service.get('id')})"


def wait(
    patience: Patience, api: Api, service: Resource, goal: Goal[Seen], *, unseen: int = 0, at_once: bool = False
) -> Resource:
    """Wait until the service is what the goal says; return what was seen of it last.

    unseen is how often it may seem not to exist, since GET may know nothing of a new service for a moment.
    """
    left = unseen

    def look() -> Seen:
        nonlocal left
        seen = read(api, service["id"])
        if seen is None and left > 0:
            left -= 1
            raise NotVisibleYet(f"{called(service)} cannot be seen yet.")
        return seen

    return patience.until(look, goal, service, at_once=at_once) or service


def _describe(seen: Seen) -> str:
    return f"{called(seen)} is {seen.get('state')}" if seen else "The service is gone"


def in_state(states: Collection[str], words: str) -> Goal[Seen]:
    """The service is in one of the states; a failed or vanished service will never be."""
    return Goal(
        words=words,
        met=lambda seen: seen is not None and seen.get("state") in states,
        lost=lambda seen: seen is None or seen.get("state") in GONE | {"failed"},
        describe=_describe,
    )


UP = in_state({"running", "idle"}, "running or idle")
AWAKE = in_state({"running"}, "running")
STOPPED = in_state({"stopped"}, "stopped")
STOPPED_FOR_DELETION = in_state(DELETABLE, "stopped")
DELETED: Goal[Seen] = Goal(
    words="deleted",
    met=lambda seen: seen is None or seen.get("state") in {"terminated", "softdeleted", "deleted"},
    lost=lambda seen: False,
    describe=_describe,
)


def showing(wanted: Mapping[str, Any]) -> Goal[Seen]:
    """What was written can be read: GET may lag behind PATCH."""

    def describe(seen: Seen) -> str:
        lagging = "; ".join(f"{one.field.option} {one.before!r}" for one in changes(seen, wanted)) if seen else ""
        return f"{_describe(seen)}, and still has {lagging}" if lagging else _describe(seen)

    return Goal(
        words="as asked for",
        met=lambda seen: seen is not None and not changes(seen, wanted),
        lost=lambda seen: seen is None,
        describe=describe,
    )
