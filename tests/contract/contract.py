# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract, as it is written in the files beside this one. README.md describes their form."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DIRECTORY = Path(__file__).resolve().parent
OPERATIONS = DIRECTORY / "operations.yml"
SCHEMAS = DIRECTORY / "schemas.yml"
CORRECTIONS = DIRECTORY / "corrections.yml"
OUT_OF_SCOPE = DIRECTORY / "out_of_scope.yml"
UNCOVERED = DIRECTORY / "uncovered.yml"

#: The schema of a parameter of a path if the operation states no other.
PATH_PARAMETER = {"type": "string", "format": "uuid"}

#: The fields of each JSON response, which operations do not repeat. `error` is only in responses to refused requests.
ENVELOPE: dict[str, Any] = {"status": {"type": "integer"}, "requestId": {"type": "string", "format": "uuid"}}
ERROR = {"error": {"type": "string"}}

#: An operation or a schema: a mapping of strings, lists, numbers and further mappings.
Node = dict[str, Any]


@dataclass(frozen=True)
class Contract:
    """The operations by "METHOD /path", the schemas by name, and the date of the specification that states them."""

    date: str
    operations: dict[str, Node]
    schemas: dict[str, Node]
    #: The statuses with which any operation may refuse a request.
    errors: tuple[int, ...] = ()

    def resolve(self, node: Node) -> Node:
        """Return the schema that a node refers to, or the node itself."""
        while "$ref" in node:
            node = self.schemas[node["$ref"]]
        return node

    def fields(self, name: str) -> dict[str, Node]:
        """Return the fields of a schema by name."""
        fields: dict[str, Node] = self.schemas[name]["properties"]
        return fields


def references(node: Any) -> Iterator[str]:
    """Return the names of the schemas to which a node and its parts refer."""
    if isinstance(node, list):
        for part in node:
            yield from references(part)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from references(part)


def path_parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def is_out_of_scope(path: str) -> bool:
    """Return whether a path belongs to a part of the API that this project leaves out."""
    prefixes = {prefix for part in out_of_scope().values() for prefix in part}
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


@functools.cache
def out_of_scope() -> dict[str, list[str]]:
    """Return the beginnings of the paths that this project leaves out, by the name of the part of the API."""
    parts: dict[str, list[str]] = _read(OUT_OF_SCOPE)
    return parts


@functools.cache
def uncovered() -> dict[str, str]:
    """Return why no module covers the operations with a tag, by the tag."""
    reasons: dict[str, str] = _read(UNCOVERED)
    return reasons


@functools.cache
def load(*, corrected: bool = True) -> Contract:
    """Return the contract; without the corrections, what the specification states."""
    written = {**_read(OPERATIONS), "schemas": _read(SCHEMAS)}
    if corrected:
        written = merge(written, _read(CORRECTIONS))
    return Contract(
        date=written["date"],
        operations=written["operations"],
        schemas=written["schemas"],
        errors=tuple(written.get("errors", ())),
    )


def merge(node: Any, correction: Any) -> Any:
    """Return a node with a correction: mappings are merged, null removes an entry, and anything else replaces it."""
    if not isinstance(node, dict) or not isinstance(correction, dict):
        return correction
    merged = {**node, **{name: merge(node.get(name), value) for name, value in correction.items()}}
    return {name: value for name, value in merged.items() if name not in correction or value is not None}


def _read(path: Path) -> Any:
    # The loader in C is much faster, where there is one.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
