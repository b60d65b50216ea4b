# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive the contract from the vendor's specification: the facts in a standard form, and none of the wording."""

from __future__ import annotations

import io
from typing import Any

import yaml

from .contract import (
    ENVELOPE,
    ERROR,
    OPERATIONS,
    PATH_PARAMETER,
    SCHEMAS,
    Contract,
    Node,
    is_out_of_scope,
    path_parameters,
    references,
)

METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
#: Keywords that explain a schema and state nothing about values.
WORDING = {"description", "title", "example", "examples", "externalDocs", "summary", "xml", "discriminator"}
#: Keywords that state nothing if they are false.
FLAGS = {"deprecated", "nullable", "readOnly", "writeOnly", "uniqueItems"}
#: Keywords whose values are schemas, or lists of schemas.
NESTED = {
    *("items", "prefixItems", "contains", "unevaluatedItems"),
    *("additionalProperties", "propertyNames", "unevaluatedProperties"),
    *("oneOf", "anyOf", "allOf", "not", "if", "then", "else"),
}
#: The pattern that some tool of the vendor adds to each format "uuid".
UUID_PATTERN = (
    "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
    "|00000000-0000-0000-0000-000000000000)$"
)
#: What a response may state about the fields that each response has.
STANDARD: dict[str, list[Node]] = {name: [schema] for name, schema in {**ENVELOPE, **ERROR}.items()}
STANDARD["status"].append({"type": "number"})

LICENSE = """\
---
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Derived from the vendor's specification by "make contract". What it should have stated belongs in corrections.yml.
"""
#: The longest line that a mapping or list may have.
WIDTH = 120


class SpecificationError(Exception):
    """The specification is not one that a contract can be derived from."""


def derive(specification: Any, date: str) -> Contract:
    """Return the contract that a specification of OpenAPI 3 states, without the parts that are out of scope."""
    if not isinstance(specification, dict) or not isinstance(specification.get("paths"), dict):
        raise SpecificationError("it has no paths, so it is not an OpenAPI description")
    operations = {
        f"{method.upper()} {path}": _Operation(specification, path, item[method], item).derived()
        for path, item in sorted(specification["paths"].items())
        if not is_out_of_scope(path)
        for method in METHODS
        if method in item
    }
    return Contract(date, operations, _schemas(specification, operations))


def _schemas(specification: Node, operations: Node) -> dict[str, Node]:
    known = specification.get("components", {}).get("schemas", {})
    schemas: dict[str, Node] = {}
    missing = set(references(operations))
    while missing:
        for name in missing:
            if name not in known:
                raise SpecificationError(f"it has no schema {name}, to which it refers")
            schemas[name] = normalize(known[name])
        missing = set(references(schemas)) - schemas.keys()
    return dict(sorted(schemas.items()))


class _Operation:
    """An operation of a specification."""

    def __init__(self, specification: Node, path: str, operation: Node, item: Node) -> None:
        self._specification = specification
        self._path = path
        self._operation = operation
        self._parameters = [
            self._resolve(node) for node in [*item.get("parameters", []), *operation.get("parameters", [])]
        ]

    def derived(self) -> Node:
        operation = self._operation
        permissions = [name for entry in operation.get("security", []) for names in entry.values() for name in names]
        optional = {
            "badges": [badge["name"] for badge in operation.get("x-badges", [])],
            "deprecated": operation.get("deprecated", False),
            "permissions": permissions,
            "path": self._path_parameters(),
            "query": self._fields("query"),
            "header": self._fields("header"),
            **self._body(),
        }
        return {
            "tag": (operation.get("tags") or ["-"])[0],
            **{name: value for name, value in optional.items() if value},
            **self._responses(),
        }

    def _path_parameters(self) -> Node:
        stated = self._fields("path").get("properties", {})
        missing: Node = {name: {} for name in path_parameters(self._path) if name not in stated}
        return {name: schema for name, schema in {**stated, **missing}.items() if schema != PATH_PARAMETER}

    def _fields(self, place: str) -> Node:
        found = [node for node in self._parameters if node["in"] == place]
        properties = {
            node["name"]: {**node.get("schema", {}), **({"deprecated": True} if node.get("deprecated") else {})}
            for node in found
        }
        required = [node["name"] for node in found if node.get("required") and place != "path"]
        return normalize({"properties": properties, "required": required}) if found else {}

    def _body(self) -> Node:
        node = self._resolve(self._operation.get("requestBody", {}))
        media, schema = self._content(node)
        return {
            "body": schema,
            "body_media": media if media != JSON else "",
            "body_required": node.get("required", False),
        }

    def _responses(self) -> Node:
        responses: dict[int | str, Node] = {}
        errors = []
        media = {}
        for name, response in sorted(self._operation.get("responses", {}).items()):
            # Not a number: "default", or "4XX".
            status = int(name) if name.isdigit() else name
            kind, schema = self._content(response)
            fields = _without_envelope(schema)
            if kind != JSON:
                media["media"] = kind
            if isinstance(status, int) and status >= 400 and not fields:
                errors.append(status)
            else:
                responses[status] = fields
        return {**media, "responses": responses, "errors": errors}

    def _content(self, node: Node) -> tuple[str, Node]:
        """Return the media type and the schema of a request's or a response's body."""
        content: Node = self._resolve(node).get("content") or {JSON: {}}
        kind = JSON if JSON in content else next(iter(content))
        return kind, normalize(content[kind].get("schema", {}))

    def _resolve(self, node: Node) -> Node:
        while "$ref" in node:
            _root, *names = node["$ref"].split("/")
            node = self._specification
            for name in names:
                node = node[name]
        return node


def _without_envelope(schema: Node) -> Node:
    properties = schema.get("properties", {})
    known = {name for name, schema in properties.items() if schema in STANDARD.get(name, [])}
    if not {"status", "requestId"} <= known:
        return schema
    own = {name: value for name, value in properties.items() if name not in known}
    required = [name for name in schema.get("required", []) if name in own]
    return {**({"properties": own} if own else {}), **({"required": required} if required else {})}


def normalize(node: Any) -> Any:
    """Return a schema without wording, and in one of the forms that mean the same."""
    if isinstance(node, list):
        return [normalize(part) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        # In OpenAPI 3.1, a reference may have further keywords.
        return {"$ref": node["$ref"].split("/")[-1], **_keywords(node)}
    schema = _keywords(node)
    return _ordered(_without_defaults(_with_null(schema, schema.pop("nullable", False))))


def _keywords(node: Node) -> Node:
    """Return the keywords of a schema that state something about values, without the reference."""
    return {
        name: normalize(value) if name in NESTED else value
        for name, value in node.items()
        if name not in WORDING | {"$ref"} and not name.startswith("x-") and not (name in FLAGS and value is False)
    }


def _with_null(schema: Node, nullable: bool) -> Node:
    """Return the schema with "null" among its types instead of as an alternative."""
    alternatives = schema.get("anyOf", [])
    others = [alternative for alternative in alternatives if alternative != {"type": "null"}]
    if len(others) == 1 and len(alternatives) == 2 and isinstance(others[0].get("type"), str):
        schema = {**{name: value for name, value in schema.items() if name != "anyOf"}, **others[0]}
        nullable = True
    types = schema.get("type")
    if isinstance(types, list):
        nullable = nullable or "null" in types
        types = [name for name in types if name != "null"]
        schema["type"] = types[0] if len(types) == 1 else types
    if nullable and "type" in schema:
        schema["type"] = [*(types if isinstance(types, list) else [schema["type"]]), "null"]
    return schema


def _without_defaults(schema: Node) -> Node:
    """Return the schema without what is stated by other keywords, or by none."""
    if "properties" in schema:
        schema["properties"] = {name: normalize(value) for name, value in sorted(schema["properties"].items())}
        if schema.get("type") == "object":
            del schema["type"]
    if schema.get("format") == "uuid" and schema.get("pattern") == UUID_PATTERN:
        del schema["pattern"]
    for name, meaningless in (
        ("additionalProperties", (True, {})),
        ("propertyNames", ({"type": "string"},)),
        ("required", ([],)),
    ):
        if schema.get(name) in meaningless:
            del schema[name]
    if "required" in schema:
        schema["required"] = sorted(schema["required"])
    return schema


def _ordered(schema: Node) -> Node:
    """Return the schema with its type first and its fields last."""
    first, last = ("type", "format", "deprecated"), ("required", "properties")
    between = sorted(name for name in schema if name not in (*first, *last))
    return {name: schema[name] for name in (*first, *between, *last) if name in schema}


def write(contract: Contract) -> None:
    """Write the files of the contract, without corrections."""
    OPERATIONS.write_text(dump({"date": contract.date, "operations": contract.operations}), encoding="utf-8")
    SCHEMAS.write_text(dump(contract.schemas), encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Writes lists as yamllint wants them, and everything in full."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def dump(data: Any) -> str:
    """Return data as YAML, where each mapping or list that fits is in one line."""
    node = _Dumper(io.StringIO(), sort_keys=False).represent_data(data)
    _fold(node, 0, WIDTH)
    text: str = yaml.serialize(node, Dumper=_Dumper, width=WIDTH, allow_unicode=True)
    return LICENSE + text


def _fold(node: yaml.Node, indent: int, start: int) -> None:
    """Choose the style of a node and its parts, from the columns of its parts below each other, and in one line."""
    if not isinstance(node, yaml.CollectionNode):
        return
    for part in node.value:
        if isinstance(node, yaml.SequenceNode):
            _fold(part, indent + 4, indent + 2)
        else:
            key, value = part
            _fold(value, indent + 2, indent + len(key.value) + 2)
    node.flow_style = start + len(_in_one_line(node)) <= WIDTH


def _in_one_line(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return f"[{', '.join(map(_in_one_line, node.value))}]"
    if isinstance(node, yaml.MappingNode):
        return f"{{{', '.join(f'{_in_one_line(key)}: {_in_one_line(value)}' for key, value in node.value)}}}"
    # In a list, since more texts are quoted there.
    text: str = yaml.serialize(yaml.SequenceNode("tag:yaml.org,2002:seq", [node], flow_style=True), width=10**6)
    return text.strip()[1:-1]
