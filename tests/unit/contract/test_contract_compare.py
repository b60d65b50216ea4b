# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A comparison with a newer specification reports each change once, with its place, and nothing else."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.contract.__main__ import main
from ansible_collections.clickhouse.cloud.tests.contract.compare import KINDS
from ansible_collections.clickhouse.cloud.tests.contract.contract import load, out_of_scope
from ansible_collections.clickhouse.cloud.tests.contract.derive import normalize
from ansible_collections.clickhouse.cloud.tests.contract.openapi import openapi

Specification = dict[str, Any]

ORGANIZATION = "/v1/organizations/{organizationId}"
#: Stands for a keyword that is absent.
ABSENT = object()
#: Operations without a body, whose removal leaves no schema unused that others need.
OPERATIONS = [
    "GET activities",
    "GET keys",
    "GET members",
    "GET quotas",
    "GET roles",
    "GET services",
    "GET services/{serviceId}",
    "GET services/{serviceId}/backups",
    "GET services/{serviceId}/prometheus",
    "DELETE services/{serviceId}",
    "DELETE services/{serviceId}/backupBucket",
    "GET udfs/{functionName}/versions",
]
#: Fields at all depths: of requests, responses, lists, queries, and alternatives.
FIELDS = [
    "Service.name",
    "ServicePostRequest.minReplicas",
    "ServiceEndpoint.username",
    "ScalingScheduleEntryRequest.weekdays",
    "ScalingScheduleEntryRequest.weekdays[]",
    "ResourceTagsV1.value",
    "UdfCreateRequest(alternative 2).returnType",
    "InstanceTagsPatch.add",
    "GET keys query.limit",
    "GET services query.filter[]",
    "GET keys 200.totalCount",
    "GET udfs/{functionName} 400.issues[].code",
]

#: By kind: places, and a keyword with its new value at each of them.
KEYWORDS: dict[str, list[tuple[str, str, Any]]] = {
    "Deprecations": [
        *((operation, "deprecated", True) for operation in OPERATIONS),
        *((field, "deprecated", True) for field in FIELDS),
        ("GET prometheus", "deprecated", ABSENT),
        ("ServicePostRequest.tier", "deprecated", ABSENT),
    ],
    "Read-only fields": [
        *((field, "readOnly", True) for field in FIELDS),
        *((field, "writeOnly", True) for field in ("GcpBackupBucketPostRequestV1.secretAccessKey", "Backup.type")),
    ],
    "Types": [
        ("Service.name", "type", ["string", "null"]),
        ("ServicePostRequest.minReplicas", "type", "number"),
        ("ServiceEndpoint.username", "type", "string"),
        ("ServiceEndpoint.port", "type", "integer"),
        ("ScalingScheduleEntryRequest.weekdays[]", "type", "string"),
        ("ApiKey.expireAt", "format", ABSENT),
        ("ApiKey.keySuffix", "format", "uuid"),
        ("WhoamiUser.actorType", "const", "member"),
        ("UdfCreateRequest(alternative 2).type", "const", "pool"),
        ("GET keys query.cursor", "type", "integer"),
        ("GET usageCost query.from_date", "format", "date-time"),
        ("GET keys 200.limit", "type", "number"),
        ("GET quotas/{quotaCode} path.quotaCode", "format", "uuid"),
    ],
    "Limits": [
        ("Service.name", "maxLength", 63),
        ("Service.name", "minLength", 3),
        ("Service.numReplicas", "maximum", 100),
        ("ServicePostRequest.minReplicaMemoryGb", "minimum", 4),
        ("ServiceReplicaScalingPatchRequest.maxReplicaMemoryGb", "multipleOf", 8),
        ("ResourceTagsV1.key", "pattern", "^[a-z]+$"),
        ("InstanceTagsPatch.add", "maxItems", 40),
        ("ScalingScheduleEntryRequest.weekdays", "minItems", ABSENT),
        ("ScalingScheduleEntryRequest.weekdays[]", "maximum", 6),
        ("UdfCreateRequest(alternative 1).functionName", "maxLength", 32),
        ("GET activeBalances query.limit", "maximum", 50),
        ("GET keys query.limit", "minimum", 10),
        ("GET services query.filter", "uniqueItems", True),
        ("ServiceClickhouseSettingsMap", "minProperties", 2),
    ],
    "Defaults": [
        *((f"GET {name} query.limit", "default", 20) for name in ("keys", "udfs", "notifications", "activeBalances")),
        ("GET activeBalances query.offset", "default", ABSENT),
        ("UdfCreateRequest(alternative 2).poolSize", "default", 5),
        ("UdfCreateRequest(alternative 1).memoryLimitMib", "default", 1024),
        ("UdfCreateRequest(alternative 1).deterministic", "default", True),
        ("PublicSavedQueryRequest.parameters", "default", ABSENT),
        ("PublicQueryApiEndpointRequest.allowedOrigins", "default", ["*"]),
        ("ServicePostRequest.idleScaling", "default", True),
        ("ServicePostRequest.releaseChannel", "default", None),
    ],
    "Others": [(field, "contentEncoding", "base64") for field in FIELDS],
}

#: By kind: places, the word for a list there, and the values that are added to it or removed from it.
MEMBERS: dict[str, list[tuple[str, str, list[Any], list[Any]]]] = {
    "Permissions": [
        *((operation, "permissions", ["control-plane:audit"], []) for operation in OPERATIONS),
        ("POST services", "permissions", ["control-plane:new"], ["control-plane:service:manage"]),
        ("PATCH keys/{keyId}", "permissions", [], ["control-plane:organization:view-api-keys"]),
    ],
    "Enumerations": [
        ("ServicePostRequest.region", "values", ["af-south-1"], []),
        ("ServicePostRequest.provider", "values", [], ["azure"]),
        ("Service.state", "values", ["paused", "resuming"], ["idle"]),
        ("Backup.status", "values", ["queued"], []),
        ("Activity.type", "values", ["service_frozen"], ["user_login"]),
        ("ApiKey.roles[]", "values", ["billing"], []),
        ("ApiKeyPostRequest.roles[]", "values", [], ["developer"]),
        ("ServiceQueryAPIEndpoint.roles[]", "values", ["sql_console_none"], []),
        ("ServiceStatePatchRequest.command", "values", ["restart"], []),
        ("UpgradeWindowPutRequest.startHourUtc", "values", [3, 9], [18]),
        ("UdfCreateRequest(alternative 1).runtime", "values", ["python3.13"], ["python3.11"]),
        ("GET notifications query.severity", "values", ["info"], []),
        ("ServiceEndpointChange.protocol", "values", ["grpc"], []),
    ],
    "Badges": [
        *((operation, "badges", ["Preview"], []) for operation in OPERATIONS),
        ("GET services/{serviceId}/snapshots", "badges", [], ["Beta"]),
    ],
    "Responses": [(operation, "statuses", [410], []) for operation in OPERATIONS],
}


@pytest.fixture
def specification() -> Specification:
    """Return a specification that states what the contract does."""
    return copy.deepcopy(openapi(load(corrected=False)))


@pytest.fixture
def list_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], specification: Specification
) -> Callable[[int], dict[str, list[str]]]:
    """Return a function that returns the list of changes in the specification by kind."""

    def changes(expected_status: int = 1) -> dict[str, list[str]]:
        path = tmp_path / "openapi.json"
        path.write_text(json.dumps(specification))
        assert main([str(path)]) == expected_status
        found: dict[str, list[str]] = {}
        for line in capsys.readouterr().out.splitlines():
            if line.startswith("## "):
                [(kind, count)] = re.findall(r"^## (.*) \((\d+)\)$", line)
                found[kind] = []
            elif line.startswith("- "):
                found[kind].append(line.removeprefix("- "))
                assert len(found[kind]) <= int(count)
        return found

    return changes


def operation(specification: Specification, line: str) -> Any:
    """Return an operation by the form in which a report names it."""
    method, path = line.split(" ")
    paths = specification["paths"]
    return paths.get(path, paths.get(f"{ORGANIZATION}/{path}"))[method.lower()]


def node(specification: Specification, place: str) -> Any:
    """Return the operation or the schema at a place of a report."""
    if re.fullmatch(r"[A-Z]+ \S+", place):
        return operation(specification, place)
    line, _blank, inside = place.rpartition(" ") if re.match(r"[A-Z]+ ", place) else ("", "", place)
    root, *names = re.findall(r"\w+(?:\(alternative \d\))?|\[\]", inside if line else place)
    found: Any
    if not line:
        name, _bracket, number = root.partition("(alternative ")
        found = specification["components"]["schemas"][name]
        found = found["oneOf"][int(number[0]) - 1] if number else found
    elif root in ("query", "path"):
        parameters = operation(specification, line)["parameters"]
        found = {"properties": {entry["name"]: entry["schema"] for entry in parameters if entry["in"] == root}}
    else:
        found = operation(specification, line)["responses"][root]["content"]["application/json"]["schema"]
    for name in names:
        found = found["items"] if name == "[]" else found["properties"][name]
    return found


def text(value: Any) -> str:
    return "absent" if value is ABSENT else f"`{json.dumps(value)}`"


def without_operations(lines: list[str]) -> list[str]:
    """Return lines without the operations that a change in a schema affects, which stand in brackets at the end."""
    return [re.sub(r" \((?:GET|POST|PUT|PATCH|DELETE) [^`]*\)$", "", line) for line in lines]


ListChanges = Callable[..., dict[str, list[str]]]


def test_there_are_at_least_twelve_planted_changes_of_each_kind() -> None:
    planted = {**KEYWORDS, **MEMBERS}
    assert all(len(changes) >= 12 for changes in planted.values())
    others = {"New operations", "Removed operations", "New fields", "Removed fields", "Required fields"}
    assert {*planted, *others} == set(KINDS)


def test_the_same_specification_has_no_changes(list_changes: ListChanges, capsys: pytest.CaptureFixture[str]) -> None:
    assert list_changes(0) == {}


@pytest.mark.parametrize("kind", KEYWORDS)
def test_a_changed_keyword(specification: Specification, list_changes: ListChanges, kind: str) -> None:
    expected = []
    for place, keyword, value in KEYWORDS[kind]:
        schema = node(specification, place)
        expected.append(f"`{place}`: {keyword} was {text(schema.get(keyword, ABSENT))}, is {text(value)}")
        if value is ABSENT:
            del schema[keyword]
        else:
            schema[keyword] = value
    found = list_changes()
    assert list(found) == [kind]
    assert sorted(without_operations(found[kind])) == sorted(expected)


@pytest.mark.parametrize("kind", MEMBERS)
def test_a_changed_list(specification: Specification, list_changes: ListChanges, kind: str) -> None:
    expected = []
    for place, word, added, removed in MEMBERS[kind]:
        change_list(node(specification, place), word, added, removed)
        texts = [
            f"{verb} {', '.join(map(text, values))}"
            for verb, values in (("added", added), ("removed", removed))
            if values
        ]
        expected.append(f"`{place}`: {word} {' and '.join(texts)}")
    found = list_changes()
    assert list(found) == [kind]
    assert sorted(without_operations(found[kind])) == sorted(expected)


def change_list(found: Any, word: str, added: list[Any], removed: list[Any]) -> None:
    """Add values to the list of a specification that a report names by this word, and remove others."""
    if word == "statuses":
        for status in added:
            found["responses"][str(status)] = found["responses"]["400"]
        return
    if word == "badges":
        known = [badge["name"] for badge in found.get("x-badges", [])]
    elif word == "permissions":
        known = found.get("security", [{"basicAuth": []}])[0]["basicAuth"]
    else:
        known = found.get("enum", [])
    # A list whose order has changed states the same.
    values = [*added, *(value for value in reversed(known) if value not in removed)]
    if word == "badges":
        found["x-badges"] = [{"name": value} for value in values]
    elif word == "permissions":
        found["security"] = [{"basicAuth": values}]
    else:
        found["enum"] = values


def test_a_changed_media_type(specification: Specification, list_changes: ListChanges) -> None:
    responses = operation(specification, "GET services/{serviceId}/prometheus")["responses"]
    content = responses["200"]["content"]
    content["application/openmetrics-text"] = content.pop("text/plain")
    expected = '`GET services/{serviceId}/prometheus`: media was `"text/plain"`, is `"application/openmetrics-text"`'
    assert list_changes() == {"Responses": [expected]}


def test_new_operations(specification: Specification, list_changes: ListChanges) -> None:
    paths = specification["paths"]
    new = {
        "tags": ["Service"],
        "security": [{"basicAuth": ["control-plane:service:view"]}],
        "x-badges": [{"name": "Beta"}],
        "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer"}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Service"}}}},
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    }
    expected = []
    for number in range(12):
        path = f"{ORGANIZATION}/new{number}"
        paths[path] = {"post": new}
        expected.append(
            f"`POST {path}`: tag Service; badges Beta; permissions control-plane:service:view; query limit;"
            " body Service"
        )
    paths[f"{ORGANIZATION}/keys"]["put"] = {**new, "deprecated": True}
    expected.append(
        f"`PUT {ORGANIZATION}/keys`: tag Service; deprecated; badges Beta; permissions control-plane:service:view;"
        " query limit; body Service"
    )
    found = list_changes()
    assert list(found) == ["New operations"]
    assert sorted(found["New operations"]) == sorted(expected)


def test_new_operations_out_of_scope_are_not_reported(specification: Specification, list_changes: ListChanges) -> None:
    prefixes = [prefix for part in out_of_scope().values() for prefix in part]
    assert len(prefixes) >= 4
    for prefix in prefixes:
        # The schema to which it refers does not even exist.
        schema = {"$ref": "#/components/schemas/Unknown"}
        new = {"parameters": [], "responses": {"200": {"content": {"application/json": {"schema": schema}}}}}
        specification["paths"][prefix] = specification["paths"][f"{prefix}/new"] = {"get": new, "post": new}
    assert list_changes(0) == {}


def test_removed_operations(specification: Specification, list_changes: ListChanges) -> None:
    paths = specification["paths"]
    for line in OPERATIONS:
        method, path = line.split(" ")
        del paths[f"{ORGANIZATION}/{path}"][method.lower()]
    expected = [f"`{line.replace(' ', f' {ORGANIZATION}/')}`" for line in OPERATIONS]
    found = list_changes()
    assert list(found) == ["Removed operations"]
    assert sorted(found["Removed operations"]) == sorted(expected)


#: Objects at all depths, each with a new field, and a field that it has and that is not required.
OBJECTS = [
    ("Service", "name"),
    ("ServicePostRequest", "tier"),
    ("ServiceEndpoint", "port"),
    ("IpAccessListEntry", "description"),
    ("ScalingScheduleEntryRequest", "idleScaling"),
    ("CurrentScaling", "activeEntryId"),
    ("UsageCostMetrics", "storageCHC"),
    ("UdfCreateRequest(alternative 2)", "sandboxType"),
    ("GET keys query", "cursor"),
    ("GET usageCost query", "filter"),
    ("GET keys 200", "nextCursor"),
    ("GET organizations 200", "limit"),
    ("GET udfs/{functionName} 400", "issues"),
]


@pytest.fixture
def objects(specification: Specification) -> dict[str, tuple[Any, str]]:
    """Return the objects of OBJECTS by the place in a report, each with the name of its field."""
    found = {}
    for place, field in OBJECTS:
        known = place.replace("GET organizations", "GET /v1/organizations")
        found[known] = (parent(specification, known), field)
    return found


class Query:
    """The parameters in the query of an operation, which a specification states as a list."""

    def __init__(self, parameters: list[Any]) -> None:
        self._parameters = parameters

    def add(self, name: str, schema: Any, required: bool) -> None:
        self._parameters.append({"in": "query", "name": name, "schema": schema, "required": required})

    def remove(self, name: str) -> Any:
        (found,) = [entry for entry in self._parameters if entry["name"] == name]
        self._parameters.remove(found)
        return found["schema"]

    def require(self, name: str) -> None:
        (found,) = [entry for entry in self._parameters if entry["name"] == name]
        found["required"] = True


class Object:
    """An object of a specification."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema

    def add(self, name: str, schema: Any, required: bool) -> None:
        self._schema["properties"][name] = schema
        if required:
            self.require(name)

    def remove(self, name: str) -> Any:
        return self._schema["properties"].pop(name)

    def require(self, name: str) -> None:
        self._schema.setdefault("required", []).append(name)


def parent(specification: Specification, place: str) -> Query | Object:
    if place.endswith(" query"):
        return Query(operation(specification, place.removesuffix(" query"))["parameters"])
    return Object(node(specification, place))


def test_new_fields(list_changes: ListChanges, objects: dict[str, tuple[Any, str]]) -> None:
    expected = []
    for number, (place, (found, _field)) in enumerate(objects.items()):
        required = bool(number % 2)
        found.add("brandNew", {"type": "string", "description": "Some words.", "example": "no"}, required)
        expected.append(f'`{place}.brandNew`: `{{"type": "string"}}`{", required" if required else ""}')
    found = list_changes()
    assert list(found) == ["New fields"]
    assert sorted(without_operations(found["New fields"])) == sorted(expected)


def test_removed_fields(list_changes: ListChanges, objects: dict[str, tuple[Any, str]]) -> None:
    expected = []
    for place, (found, field) in objects.items():
        schema = json.dumps(normalize(found.remove(field)))
        expected.append(f"`{place}.{field}`: it was `{schema}`")
    found = list_changes()
    assert list(found) == ["Removed fields"]
    assert sorted(without_operations(found["Removed fields"])) == sorted(expected)


def test_required_fields(list_changes: ListChanges, objects: dict[str, tuple[Any, str]]) -> None:
    for found, field in objects.values():
        found.require(field)
    expected = [f"`{place}.{field}`: required was `false`, is `true`" for place, (_found, field) in objects.items()]
    found = list_changes()
    assert list(found) == ["Required fields"]
    assert sorted(without_operations(found["Required fields"])) == sorted(expected)


def test_a_field_that_is_no_longer_required(specification: Specification, list_changes: ListChanges) -> None:
    node(specification, "ServicePostRequest")["required"].remove("region")
    assert list_changes() == {
        "Required fields": ["`ServicePostRequest.region`: required was `true`, is `false` (POST services)"]
    }


def test_a_body_that_comes_and_goes(specification: Specification, list_changes: ListChanges) -> None:
    schema = {"$ref": "#/components/schemas/ServiceStatePatchRequest"}
    operation(specification, "DELETE keys/{keyId}")["requestBody"] = {
        "content": {"application/json": {"schema": schema}}
    }
    del operation(specification, "PATCH services/{serviceId}/password")["requestBody"]
    assert list_changes() == {
        "New fields": ['`DELETE keys/{keyId} body`: it was absent, is `{"$ref": "ServiceStatePatchRequest"}`'],
        "Removed fields": [
            '`PATCH services/{serviceId}/password body`: it was `{"$ref": "ServicePasswordPatchRequest"}`, is absent'
        ],
    }


def test_alternatives(specification: Specification, list_changes: ListChanges) -> None:
    schemas = specification["components"]["schemas"]
    schemas["ServiceClickhouseSettingValue"]["oneOf"].append({"type": "boolean"})
    del schemas["Whoami"]["oneOf"][0]
    found = list_changes()
    assert without_operations(found["Types"]) == [
        '`ServiceClickhouseSettingValue`: oneOf added `"alternative 3"`',
        '`Whoami`: oneOf removed `"WhoamiUser"`',
    ]
    assert list(found) == ["Types"]


def test_a_list_that_becomes_an_object(specification: Specification, list_changes: ListChanges) -> None:
    schema = node(specification, "GET services 200")
    schema["properties"]["result"] = {"type": "object", "properties": {"items": {"type": "array"}}}
    assert list_changes() == {
        "New fields": ['`GET services 200.result.items`: `{"type": "array"}`'],
        "Types": [
            '`GET services 200.result`: items was `{"$ref": "Service"}`, is absent',
            '`GET services 200.result`: type was `"array"`, is absent',
        ],
    }


def test_the_values_of_a_mapping(specification: Specification, list_changes: ListChanges) -> None:
    node(specification, "PublicSavedQuery.parameters")["additionalProperties"]["maxLength"] = 10
    (line,) = list_changes()["Limits"]
    assert line.startswith("`PublicSavedQuery.parameters.*`: maxLength was absent, is `10` (")


def test_a_change_lists_the_operations_that_it_affects(specification: Specification, list_changes: ListChanges) -> None:
    node(specification, "IpAccessListEntry")["properties"]["source"]["maxLength"] = 43
    (line,) = list_changes()["Limits"]
    place, operations = line.split(" (", 1)
    assert place == "`IpAccessListEntry.source`: maxLength was absent, is `43`"
    assert {"POST services", "GET services", "PATCH services/{serviceId}", "POST keys"} <= set(
        operations.removesuffix(")").split(", ")
    )


def test_other_words_and_other_forms_of_the_same_are_no_change(
    specification: Specification, list_changes: ListChanges
) -> None:
    schemas = specification["components"]["schemas"]
    schemas["Service"]["properties"]["name"].update(
        description="Other words.", example="x", title="Name", deprecated=False
    )
    schemas["ServiceEndpoint"]["properties"]["username"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    schemas["ApiKey"]["properties"]["expireAt"] = {"type": "string", "format": "date-time", "nullable": True}
    schemas["AssignedRole"]["type"] = "object"
    schemas["Region"] = copy.deepcopy(schemas["Service"]["properties"]["region"])
    schemas["Service"]["properties"]["region"] = {"$ref": "#/components/schemas/Region"}
    paths = specification["paths"]
    parameters = paths[f"{ORGANIZATION}/keys"]["get"]["parameters"]
    specification["components"]["parameters"] = {"Limit": parameters.pop()}
    paths[f"{ORGANIZATION}/keys"]["get"]["parameters"] += [{"$ref": "#/components/parameters/Limit"}]
    shared = paths[f"{ORGANIZATION}/members/{{userId}}"]
    shared["parameters"] = shared["get"].pop("parameters")
    for name in ("patch", "delete"):
        del shared[name]["parameters"]
    assert list_changes(0) == {}


def test_a_schema_that_contains_itself(specification: Specification, list_changes: ListChanges) -> None:
    schemas = specification["components"]["schemas"]
    schemas["RBACPolicyTags"]["properties"]["parent"] = {"$ref": "#/components/schemas/RBACPolicyTags"}
    (line,) = list_changes()["New fields"]
    assert line.startswith('`RBACPolicyTags.parent`: `{"$ref": "RBACPolicyTags"}` (')


def test_several_changes_at_once(specification: Specification, list_changes: ListChanges) -> None:
    for kind, changes in KEYWORDS.items():
        if kind != "Types":
            for place, keyword, value in changes:
                if value is not ABSENT:
                    node(specification, place)[keyword] = value
    found = list_changes()
    kinds = [kind for kind in KINDS if kind in KEYWORDS and kind != "Types"]
    assert list(found) == kinds
    for kind in kinds:
        assert len(found[kind]) == sum(value is not ABSENT for *_place, value in KEYWORDS[kind])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        (b"\xff", "it is not text"),
        (b"<html>", "it is not JSON (Expecting value: line 1 column 1 (char 0))"),
        (b"[]", "it has no paths, so it is not an OpenAPI description"),
        (b'{"error": "no"}', "it has no paths, so it is not an OpenAPI description"),
    ],
)
def test_a_file_that_is_not_a_specification(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, message: str
) -> None:
    path = tmp_path / "openapi.json"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path)]) == 2
    assert capsys.readouterr() == ("", f"{path} cannot be used: {message}.\n")


def test_a_reference_to_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], specification: Specification
) -> None:
    del specification["components"]["schemas"]["ServiceEndpoint"]
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(specification))
    assert main([str(path)]) == 2
    assert "it has no schema ServiceEndpoint, to which it refers" in capsys.readouterr().err


def test_keywords_beside_a_reference(specification: Specification, list_changes: ListChanges) -> None:
    schedule = specification["components"]["schemas"]["Service"]["properties"]["scalingSchedule"]
    schedule.update(readOnly=True, nullable=True, minProperties=2, default={}, description="Text states nothing.")
    found = {kind: without_operations(lines) for kind, lines in list_changes().items()}
    assert found == {
        "Read-only fields": ["`Service.scalingSchedule`: readOnly was absent, is `true`"],
        "Types": ["`Service.scalingSchedule`: nullable was absent, is `true`"],
        "Limits": ["`Service.scalingSchedule`: minProperties was absent, is `2`"],
        "Defaults": ["`Service.scalingSchedule`: default was absent, is `{}`"],
    }


def test_the_body_of_a_request_becomes_required(specification: Specification, list_changes: ListChanges) -> None:
    body = operation(specification, "POST services")["requestBody"]
    body["required"] = True
    body["content"] = {"multipart/form-data": body["content"]["application/json"]}
    assert list_changes() == {
        "Required fields": ["`POST services`: body_required was absent, is `true`"],
        "Types": ['`POST services`: body_media was absent, is `"multipart/form-data"`'],
    }


def test_an_error_gets_a_field(specification: Specification, list_changes: ListChanges) -> None:
    response = operation(specification, "GET quotas")["responses"]["400"]["content"]["application/json"]["schema"]
    response["properties"]["code"] = {"type": "string"}
    assert list_changes() == {"New fields": ['`GET quotas 400.code`: `{"type": "string"}`']}


def test_newer_keywords_refer_to_schemas(specification: Specification, list_changes: ListChanges) -> None:
    name = specification["components"]["schemas"]["Service"]["properties"]["name"]
    tag = {"$ref": "#/components/schemas/ResourceTagsV1", "description": "Text states nothing."}
    name.update(contains=tag, then=tag, prefixItems=[tag], **{"if": tag})
    expected = [
        *(f'`Service.name`: {keyword} was absent, is `{{"$ref": "ResourceTagsV1"}}`' for keyword in ("contains", "if")),
        '`Service.name`: prefixItems was absent, is `[{"$ref": "ResourceTagsV1"}]`',
        '`Service.name`: then was absent, is `{"$ref": "ResourceTagsV1"}`',
    ]
    assert {kind: without_operations(lines) for kind, lines in list_changes().items()} == {"Others": expected}
