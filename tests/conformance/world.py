# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources in the emulator, and generated requests that are about them.

A schema states the values of each field, but not which of them go together, and which resources exist. The functions
here make a generated request acceptable in these two respects, and leave everything else as it was generated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import requests

from ..contract.contract import path_parameters
from ..emulator import regions
from ..emulator.client import Emulator

SECONDS = 60
SERVICE = "/services/{serviceId}"
SAVED_QUERY = {"name": "query", "sql": "SELECT 1", "database": "default"}
#: A resource of each kind by the parameter of its path: how to create it below the organization.
BODIES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "roleId": ("/roles", {"name": "role", "actors": [], "policies": []}),
    "invitationId": ("/invitations", {"email": "new@example.com"}),
    "queryId": (f"{SERVICE}/saved-queries", SAVED_QUERY),
}
#: Resources of a service that exist once, by the end of their path: how to create them.
SINGLETONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "/scalingSchedule": (
        "POST",
        {"entries": [{"name": "night", "weekdays": [0], "startHourUtc": 0, "endHourUtc": 6, "numReplicas": 3}]},
    ),
    "/upgradeWindow": ("PUT", {"weekday": 1, "startHourUtc": 6}),
    "/backupBucket": ("POST", {"bucketProvider": "AWS", "bucketPath": "s3://a", "iamRoleArn": "arn:aws:iam::1:role/a"}),
}
UDF = "/udfs/{functionName}"
#: The state of a service in which each command is accepted.
STATES = {"start": "stopped", "stop": "running", "awake": "idle"}


class World:
    """An emulator with the resources that a request needs, which are new for each request."""

    def __init__(self, emulator: Emulator, line: str) -> None:
        self.line = line
        self._method, path = line.split(" ")
        self._path = path.removeprefix("/v1/organizations/{organizationId}")
        self._emulator = emulator
        self.base_url = emulator.api_url.removesuffix("/v1")
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (emulator.api_key, emulator.api_secret)
        self._count = 0
        self.ids: dict[str, str] = {}

    def fit(self, case: Any) -> None:
        """Make a valid request acceptable."""
        self._restart()
        case.path_parameters = dict(self.ids)
        if isinstance(case.body, dict):
            case.body = self._with_references(case.body)
        FITS.get(self.line.replace("/v1/organizations/{organizationId}", ""), _leave)(self, case)
        _fit_query(case.query)

    def aim(self, case: Any) -> None:
        """Let every other invalid request be about resources that exist, so that only its other parts are invalid."""
        self._count += 1
        self._restart()
        if self._count % 2:
            case.path_parameters = dict(self.ids)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request about the organization that must be accepted. Return the result."""
        url = f"{self._emulator.api_url}/organizations/{self._emulator.organization_id}{path.format(**self.ids)}"
        response = self.session.request(method, url, json=body, timeout=SECONDS)
        if response.status_code >= 300:
            raise RuntimeError(f"{method} {path}: {response.text}")
        return response.json().get("result")

    def set_service(self, **fields: Any) -> None:
        self._emulator.set_service(self.ids["serviceId"], **fields)

    def _restart(self) -> None:
        self._emulator.reset()
        self.ids = {"organizationId": self._emulator.organization_id}
        for name in path_parameters(self.line):
            if name != "organizationId":
                self.ids[name] = self._create(name)
        for end, (method, body) in SINGLETONS.items():
            if self._path.endswith(end) and self._method != method:
                self.request(method, self._path, body)
        if self._path.endswith("/serviceQueryEndpoint") and self._method != "POST":
            self.request("POST", self._path, {"roles": ["sql_console_admin"], "openApiKeys": [self._key_id()]})
        if (self._method, self._path) == ("DELETE", SERVICE):
            self.set_service(state="stopped")
        if UDF in self._path and "{serviceId}" in self._path and self._method != "PUT":
            self.request("PUT", self._path, {})

    def _create(self, name: str) -> str:
        """Return the ID of a new resource whose paths have this parameter."""
        if name in BODIES:
            path, body = BODIES[name]
            return str(self.request("POST", path, body)["id"])
        return CREATORS[name](self)

    def _key_id(self) -> str:
        return str(self.request("GET", "/keys")[0]["id"])

    def new_service(self, provider: str = "aws") -> str:
        body = {"name": "test", "provider": provider, "region": regions.REGIONS[provider][0], "ipAccessList": []}
        return str(self.request("POST", "/services", body)["service"]["id"])

    def new_backup(self, kind: str) -> str:
        self.set_service(**{kind: [{}]})
        return str(self.request("GET", f"{SERVICE}/{kind}")[0]["id"])

    def new_activity(self) -> str:
        self.new_service()
        return str(self.request("GET", "/activities")[0]["id"])

    def new_setting(self) -> str:
        self.request("PATCH", f"{SERVICE}/clickhouseSettings", {"settings": {"max_threads": 4}})
        return "max_threads"

    def new_endpoint(self) -> str:
        body = {**SAVED_QUERY, "apiKeyIds": [self._key_id()], "roles": ["reader"]}
        return str(self.request("POST", f"{SERVICE}/query-api-endpoints", body)["id"])

    def new_function(self) -> str:
        self._emulator.set_functions({"functionName": "test", "versions": 2})
        return "test"

    def new_upload(self) -> str:
        upload = self.request("POST", "/udfUploads/url")
        headers = {"Content-Type": "application/zip"}
        with requests.Session() as storage:  # The storage refuses the authentication of the API.
            storage.trust_env = False
            storage.put(upload["uploadUrl"], b"source", headers=headers, timeout=SECONDS).raise_for_status()
        return str(upload["uploadId"])

    def _with_references(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body with the IDs of resources that exist, wherever it has others."""
        for name, find in REFERENCES.items():
            if name in body:
                body[name] = find(self) if body[name] else body[name]
        for name in UNAVAILABLE:
            body.pop(name, None)
        return body

    def role_ids(self) -> list[str]:
        return [str(self.request("GET", "/roles")[0]["id"])]

    def key_ids(self) -> list[str]:
        return [self._key_id()]


#: How to create resources that need more than one request, by the parameter of their paths.
CREATORS: Mapping[str, Callable[[World], str]] = {
    "serviceId": World.new_service,
    "backupId": lambda world: world.new_backup("backups"),
    "snapshotId": lambda world: world.new_backup("snapshots"),
    "keyId": lambda world: str(world.request("POST", "/keys", {"name": "key"})["key"]["id"]),
    "userId": lambda world: str(world.request("GET", "/members")[-1]["userId"]),
    "activityId": World.new_activity,
    "quotaCode": lambda world: str(world.request("GET", "/quotas")[0]["quotaCode"]),
    "settingName": World.new_setting,
    "endpointId": World.new_endpoint,
    "functionName": World.new_function,
    # The latest version cannot be deleted.
    "version": lambda _world: "1",
}
#: The fields of requests that refer to other resources.
REFERENCES: Mapping[str, Callable[[World], list[str]]] = {
    "assignedRoleIds": World.role_ids,
    "apiKeyIds": World.key_ids,
    "openApiKeys": World.key_ids,
}
#: Fields that refer to resources in the same region, or that the organization may not use.
UNAVAILABLE = ("dataWarehouseId", "byocId", "backupId", "backupEncryptionConfig", "tier")


def _leave(world: World, case: Any) -> None:
    """Leave a request as it is."""


def _fit_query(query: dict[str, Any] | None) -> None:
    """Replace the values of a query whose form the schema does not state."""
    if not query:
        return
    # A cursor is only valid if a response has had it.
    query.pop("cursor", None)
    if "filter" in query:
        query["filter"] = [f"tag:{number}" for number, _value in enumerate(query["filter"])]


def _fit_network(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return entries of an IP access list with a source in each."""
    return [{**entry, "source": f"10.{number}.0.0/16"} for number, entry in enumerate(entries[:200])]


def _fit_sources(world: World, case: Any) -> None:
    if "ipAccessList" in case.body:
        case.body["ipAccessList"] = _fit_network(case.body["ipAccessList"])


def _fit_scaling(body: dict[str, Any]) -> None:
    """Leave the fields of one mode, and put the ends of each range in order."""
    body.pop("minTotalMemoryGb", None)
    body.pop("maxTotalMemoryGb", None)
    if body.get("autoscalingMode") == "horizontal":
        body.pop("numReplicas", None)
        body["maxReplicas"] = max(2, body.get("maxReplicas", 2), body.get("minReplicas", 2))
        body["minReplicas"] = max(2, min(body.get("minReplicas", 2), body["maxReplicas"]))
        memory = body.get("minReplicaMemoryGb", 16)
        body.update(minReplicaMemoryGb=memory, maxReplicaMemoryGb=memory)
        return
    body.pop("minReplicas", None)
    body.pop("maxReplicas", None)
    if "numReplicas" in body or "autoscalingMode" in body:
        body["numReplicas"] = max(2, body.get("numReplicas", 2))
    if "minReplicaMemoryGb" in body or "maxReplicaMemoryGb" in body:
        ends = [body.get("minReplicaMemoryGb", 16), body.get("maxReplicaMemoryGb", 16)]
        body.update(minReplicaMemoryGb=min(ends), maxReplicaMemoryGb=max(ends))


def _fit_idling(body: dict[str, Any]) -> None:
    if "idleTimeoutMinutes" in body:
        body["idleTimeoutMinutes"] = min(int(body["idleTimeoutMinutes"]), 10**6)


def _unique_tags(tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({tag["key"]: tag for tag in tags if tag.get("value") != ""}.values())


def _fit_service(world: World, case: Any) -> None:
    body = case.body
    _fit_sources(world, case)
    body["region"] = regions.REGIONS[body["provider"]][0]
    _fit_scaling(body)
    _fit_idling(body)
    if "tags" in body:
        body["tags"] = _unique_tags(body["tags"])
    if "endpoints" in body:
        body["endpoints"] = [{"enabled": True, **endpoint, "protocol": "mysql"} for endpoint in body["endpoints"]]
    if "profile" in body:
        body["profile"] = "v1-default"
    body.pop("isReadonly", None)


def _fit_replica_scaling(world: World, case: Any) -> None:
    _fit_scaling(case.body)
    _fit_idling(case.body)


def _fit_schedule(world: World, case: Any) -> None:
    for number, entry in enumerate(case.body["entries"]):
        _fit_scaling(entry)
        _fit_idling(entry)
        # An entry has its own day, and begins and ends at different hours.
        entry.update(name=f"{number} {entry['name']}", weekdays=[number % 7])
        entry["endHourUtc"] = max(entry["endHourUtc"], entry["startHourUtc"] + 1)
    del case.body["entries"][7:]


def _fit_total_scaling(world: World, case: Any) -> None:
    body = case.body
    _fit_idling(body)
    if "numReplicas" in body:
        body["numReplicas"] = max(2, body["numReplicas"])
    ends = sorted((body.pop("minTotalMemoryGb", 48), body.pop("maxTotalMemoryGb", 360)))
    body.update(minTotalMemoryGb=ends[0], maxTotalMemoryGb=ends[1])


def _fit_service_change(world: World, case: Any) -> None:
    body = case.body
    for part in body.get("ipAccessList", {}):
        body["ipAccessList"][part] = _fit_network(body["ipAccessList"][part])
    for part in body.get("tags", {}):
        body["tags"][part] = _unique_tags(body["tags"][part])
    if "endpoints" in body:
        body["endpoints"] = [{"enabled": True, **endpoint, "protocol": "mysql"} for endpoint in body["endpoints"]]
    for part in body.get("privateEndpointIds", {}):
        body["privateEndpointIds"][part] = sorted({name for name in body["privateEndpointIds"][part] if name})
    # Only a service with transparent data encryption has such a key.
    body.pop("transparentDataEncryptionKeyId", None)


def _fit_state(world: World, case: Any) -> None:
    world.set_service(state=STATES[case.body["command"]])


def _fit_usage(world: World, case: Any) -> None:
    start = min(date.fromisoformat(case.query["from_date"]), date(9000, 1, 1))
    end = min(date.fromisoformat(case.query["to_date"]), date(9000, 1, 1))
    days = min(30, max(0, (end - start).days))
    case.query.update(from_date=start.isoformat(), to_date=(start + timedelta(days)).isoformat())


def _fit_key(world: World, case: Any) -> None:
    _fit_sources(world, case)
    body = case.body
    if "name" in body:
        body["name"] = body["name"] or "key"
    if "hashData" in body:
        body["hashData"] = {"keyIdHash": "hash", "keyIdSuffix": "abcd", "keySecretHash": "hash"}


def _fit_role(world: World, case: Any) -> None:
    body = case.body
    if "name" in body:
        body["name"] = body["name"] or "role"
    if "actors" in body:
        body["actors"] = [f"user/{world.request('GET', '/members')[0]['userId']}"] if body["actors"] else []
    for policy in body.get("policies", []):
        policy.update(permissions=["control-plane:service:view"], resources=["instance/*"])


def _fit_bucket(world: World, case: Any) -> None:
    body = case.body
    provider = body.setdefault("bucketProvider", "AWS")
    known = {
        "AWS": {"bucketPath": "s3://a", "iamRoleArn": "arn:aws:iam::1:role/a"},
        "GCP": {"bucketPath": "gs://a", "accessKeyId": "id", "secretAccessKey": "secret"},
        "AZURE": {"containerName": "a", "connectionString": "secret"},
    }[provider]
    case.body = {**known, **{name: value for name, value in body.items() if value != ""}}
    world.ids["serviceId"] = case.path_parameters["serviceId"] = world.new_service(provider.lower())
    if case.method == "PATCH":
        world.request("POST", f"{SERVICE}/backupBucket", {"bucketProvider": provider, **known})


def _fit_settings(world: World, case: Any) -> None:
    schema = world.request("GET", f"{SERVICE}/clickhouseSettings/schema")["settings"]
    known = [entry["name"] for entry in schema if entry["type"].lower().endswith(("int", "int64", "integer", "number"))]
    names = known[: len(case.body["settings"])]
    case.body["settings"] = {name: number for number, name in enumerate(names, 1)}


def _fit_private_endpoint(world: World, case: Any) -> None:
    case.body["id"] = "vpce-0123456789abcdef0"


def _fit_function(world: World, case: Any) -> None:
    case.body["uploadId"] = world.new_upload()


def _fit_profiles(world: World, case: Any) -> None:
    # A region is required, and the organization has no BYOC infrastructure.
    case.query = {"region_id": regions.REGIONS["aws"][0]}


def _fit_private_endpoint_config(world: World, case: Any) -> None:
    provider = case.query["cloud_provider"]
    world.new_service(provider)
    case.query["region_id"] = regions.REGIONS[provider][0]


#: What makes a valid request acceptable, by the operation below the organization.
FITS: Mapping[str, Callable[[World, Any], None]] = {
    "POST /services": _fit_service,
    f"PATCH {SERVICE}": _fit_service_change,
    f"PATCH {SERVICE}/state": _fit_state,
    f"PATCH {SERVICE}/replicaScaling": _fit_replica_scaling,
    f"POST {SERVICE}/scalingSchedule": _fit_schedule,
    f"PATCH {SERVICE}/scaling": _fit_total_scaling,
    f"PATCH {SERVICE}/clickhouseSettings": _fit_settings,
    f"POST {SERVICE}/privateEndpoint": _fit_private_endpoint,
    f"POST {SERVICE}/backupBucket": _fit_bucket,
    f"PATCH {SERVICE}/backupBucket": _fit_bucket,
    "GET /privateEndpointConfig": _fit_private_endpoint_config,
    "GET /serviceProfiles": _fit_profiles,
    "POST /udfs": _fit_function,
    f"POST {UDF}/versions": _fit_function,
    "POST /keys": _fit_key,
    "PATCH /keys/{keyId}": _fit_key,
    "POST /roles": _fit_role,
    "PATCH /roles/{roleId}": _fit_role,
    "GET /usageCost": _fit_usage,
}
