# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the contract as an OpenAPI description, which tools for validation can read."""

from __future__ import annotations

from typing import Any

from .contract import ENVELOPE, ERROR, PATH_PARAMETER, Contract, Node, path_parameters

JSON = "application/json"


def openapi(contract: Contract, *, strict: bool = False) -> Node:
    """Return the contract as an OpenAPI description.

    If it is strict, a response must have every field that the operation states, and objects may have no other fields
    than those of their schemas. A specification allows both, but neither belongs in a request or response of ours.
    """
    paths: dict[str, Node] = {}
    for line, operation in contract.operations.items():
        method, path = line.split(" ")
        paths.setdefault(path, {})[method.lower()] = _operation(contract, path, operation, strict)
    return {
        "openapi": "3.1.1",
        "info": {"title": "ClickHouse Cloud", "version": contract.date},
        "paths": paths,
        "components": {
            "schemas": {name: _schema(node, strict) for name, node in contract.schemas.items()},
            "securitySchemes": {"basicAuth": {"type": "http", "scheme": "basic"}},
        },
    }


def _operation(contract: Contract, path: str, operation: Node, strict: bool) -> Node:
    written: Node = {
        "tags": [operation["tag"]],
        "parameters": _parameters(path, operation, strict),
        "responses": _responses(contract, operation, strict),
    }
    if "body" in operation:
        required = {"required": True} if strict or "body_required" in operation else {}
        media = operation.get("body_media", JSON)
        written["requestBody"] = {**required, "content": {media: {"schema": _schema(operation["body"], strict)}}}
    if "permissions" in operation:
        written["security"] = [{"basicAuth": operation["permissions"]}]
    if "badges" in operation:
        written["x-badges"] = [{"name": name} for name in operation["badges"]]
    if "deprecated" in operation:
        written["deprecated"] = True
    return written


def _parameters(path: str, operation: Node, strict: bool) -> list[Node]:
    stated = operation.get("path", {})
    parameters: list[Node] = [
        {"in": "path", "name": name, "required": True, "schema": stated.get(name, PATH_PARAMETER)}
        for name in path_parameters(path)
    ]
    for place in ("query", "header"):
        fields = operation.get(place, {})
        for name, node in fields.get("properties", {}).items():
            required = {"required": True} if name in fields.get("required", []) else {}
            parameters.append({"in": place, "name": name, **required, "schema": _schema(node, strict)})
    return parameters


def _responses(contract: Contract, operation: Node, strict: bool) -> Node:
    refusals: dict[int, Node] = {status: {} for status in (*operation["errors"], *contract.errors)}
    responses = {}
    for status, node in sorted({**refusals, **operation["responses"]}.items()):
        media = JSON if status >= 400 else operation.get("media", JSON)
        schema = _schema(_with_envelope(status, node, strict), strict)
        responses[str(status)] = {"description": "", "content": {media: {"schema": schema}}}
    return responses


def _with_envelope(status: int, node: Node, strict: bool) -> Node:
    if node and "properties" not in node:
        return node
    envelope = {**ENVELOPE, **(ERROR if status >= 400 else {})}
    own = node.get("properties", {})
    required = node.get("required", [])
    if strict:
        required = [*envelope, *(own if status < 400 else required)]
    return {"properties": {**envelope, **own}, **({"required": required} if required else {})}


def _schema(node: Any, strict: bool) -> Any:
    """Return a schema of the contract as one of OpenAPI."""
    if isinstance(node, list):
        return [_schema(part, strict) for part in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _schema(value, strict) for name, value in node.items() if name != "properties"}
    if "$ref" in node:
        schema["$ref"] = f"#/components/schemas/{node['$ref']}"
    if "properties" in node:
        schema["type"] = "object"
        schema["properties"] = {name: _schema(value, strict) for name, value in node["properties"].items()}
        if strict:
            schema.setdefault("additionalProperties", False)
    return schema
