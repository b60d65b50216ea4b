# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the contract with that of a newer specification: what changed, and where."""

from __future__ import annotations

import json
from typing import Any

from .contract import PATH_PARAMETER, Contract, Node, path_parameters

#: The kinds of changes, in the order of a report.
KINDS = (
    "New operations",
    "Removed operations",
    "Deprecations",
    "Permissions",
    "New fields",
    "Removed fields",
    "Required fields",
    "Read-only fields",
    "Types",
    "Limits",
    "Enumerations",
    "Defaults",
    "Responses",
    "Badges",
    "Others",
)

#: The kind of a change of a keyword, for those that are not compared part by part.
KEYWORDS = {
    "deprecated": "Deprecations",
    "readOnly": "Read-only fields",
    "writeOnly": "Read-only fields",
    "default": "Defaults",
    **dict.fromkeys(("type", "format", "const", "nullable"), "Types"),
    **dict.fromkeys(
        (
            *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
            *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
            *("minProperties", "maxProperties", "propertyNames"),
        ),
        "Limits",
    ),
}

#: Keywords that are compared part by part.
PARTS = {"$ref", "properties", "required", "items", "additionalProperties", "enum", "oneOf", "anyOf", "allOf"}

#: The first characters of most paths, which a report leaves out.
ORGANIZATION = "/v1/organizations/{organizationId}/"

#: Stands for a keyword that is absent, since null is a value.
ABSENT = object()

#: A kind, the place, and the description of a change.
Change = tuple[str, str, str]


def compare(old: Contract, new: Contract) -> dict[Change, list[str]]:
    """Return the changes in the order of a report, each with the operations that it affects."""
    comparison = _Comparison(old, new)
    comparison.run()
    return dict(sorted(comparison.changes.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1:])))


def report(changes: dict[Change, list[str]]) -> str:
    """Return the changes as a list in Markdown, by kind."""
    lines = []
    for kind in KINDS:
        found = [(change, operations) for change, operations in changes.items() if change[0] == kind]
        if found:
            lines += ["", f"## {kind} ({len(found)})", ""]
        for (_kind, place, text), operations in found:
            affected = f" ({', '.join(operations)})" if operations else ""
            lines.append(f"- `{place}`: {text}{affected}" if text else f"- `{place}`{affected}")
    return "\n".join(lines[1:])


def _short(line: str) -> str:
    return line.replace(ORGANIZATION, "")


def _text(value: Any) -> str:
    return "absent" if value is ABSENT else f"`{json.dumps(value)}`"


class _Comparison:
    """The comparison of two contracts."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self._old, self._new = old, new
        self.changes: dict[Change, list[str]] = {}
        self._line = ""
        # The schemas that contain the present one, since a schema may contain itself.
        self._open: list[str] = []

    def run(self) -> None:
        old, new = self._old.operations, self._new.operations
        for line in sorted(new.keys() - old.keys()):
            self._add("New operations", line, _summary(new[line]))
        for line in sorted(old.keys() - new.keys()):
            self._add("Removed operations", line, "")
        for line in sorted(old.keys() & new.keys()):
            self._line = line
            self._operation(line, old[line], new[line])

    def _add(self, kind: str, place: str, text: str) -> None:
        operations = self.changes.setdefault((kind, place, text), [])
        # A place that begins with the operation needs no list of operations.
        if self._line and not place.startswith(_short(self._line)) and _short(self._line) not in operations:
            operations.append(_short(self._line))

    def _value(self, kind: str, place: str, what: str, old: Any, new: Any) -> None:
        if old != new:
            self._add(kind, place, f"{what} was {_text(old)}, is {_text(new)}")

    def _keyword(self, kind: str, place: str, keyword: str, old: Node, new: Node) -> None:
        self._value(kind, place, keyword, old.get(keyword, ABSENT), new.get(keyword, ABSENT))

    def _members(self, kind: str, place: str, what: str, old: list[Any], new: list[Any]) -> None:
        """Report what was added to a list whose order states nothing, and what was removed from it."""
        added = [value for value in new if value not in old]
        removed = [value for value in old if value not in new]
        texts = [
            f"{verb} {', '.join(map(_text, values))}"
            for verb, values in (("added", added), ("removed", removed))
            if values
        ]
        if texts:
            self._add(kind, place, f"{what} {' and '.join(texts)}")

    def _operation(self, line: str, old: Node, new: Node) -> None:
        place = _short(line)
        self._keyword("Deprecations", place, "deprecated", old, new)
        self._members("Permissions", place, "permissions", old.get("permissions", []), new.get("permissions", []))
        self._members("Badges", place, "badges", old.get("badges", []), new.get("badges", []))
        self._members("Responses", place, "statuses", _statuses(old), _statuses(new))
        self._keyword("Responses", place, "media", old, new)
        self._keyword("Types", place, "body_media", old, new)
        self._keyword("Required fields", place, "body_required", old, new)
        for name in path_parameters(line):
            parameters = (node.get("path", {}).get(name, PATH_PARAMETER) for node in (old, new))
            self._schema(f"{place} path.{name}", *parameters)
        for part in ("query", "header", "body"):
            self._part(f"{place} {part}", old.get(part), new.get(part))
        before, after = _responses(old), _responses(new)
        for status in sorted(before.keys() & after.keys(), key=str):
            self._schema(f"{place} {status}", before[status], after[status])

    def _part(self, place: str, old: Node | None, new: Node | None) -> None:
        """Compare the query, header or body of an operation, each of which may be absent."""
        if place.endswith(" body") and new != old and None in (old, new):
            kind = "New fields" if old is None else "Removed fields"
            self._value(kind, place, "it", *(ABSENT if node is None else node for node in (old, new)))
        else:
            self._schema(place, old or {}, new or {})

    def _schema(self, place: str, old: Node, new: Node) -> None:
        name = old.get("$ref")
        if name is not None and name == new.get("$ref"):
            self._keywords(place, old, new)
            self._named(name)
            return
        old, new = self._old.resolve(old), self._new.resolve(new)
        self._keywords(place, old, new)
        self._members("Enumerations", place, "values", old.get("enum", []), new.get("enum", []))
        self._fields(place, old, new)
        self._nested("items", place, f"{place}[]", old, new)
        self._nested("additionalProperties", place, f"{place}.*", old, new)
        for keyword in ("oneOf", "anyOf", "allOf"):
            self._alternatives(place, keyword, old.get(keyword, []), new.get(keyword, []))

    def _keywords(self, place: str, old: Node, new: Node) -> None:
        for keyword in sorted((old.keys() | new.keys()) - PARTS):
            self._keyword(KEYWORDS.get(keyword, "Others"), place, keyword, old, new)

    def _named(self, name: str) -> None:
        if name not in self._open:
            self._open.append(name)
            self._schema(name, self._old.schemas[name], self._new.schemas[name])
            self._open.pop()

    def _fields(self, place: str, old: Node, new: Node) -> None:
        before, after = old.get("properties", {}), new.get("properties", {})
        was, now = old.get("required", []), new.get("required", [])
        for name in sorted(after.keys() - before.keys()):
            self._add("New fields", f"{place}.{name}", _text(after[name]) + (", required" if name in now else ""))
        for name in sorted(before.keys() - after.keys()):
            self._add("Removed fields", f"{place}.{name}", f"it was {_text(before[name])}")
        for name in sorted(before.keys() & after.keys()):
            self._value("Required fields", f"{place}.{name}", "required", name in was, name in now)
            self._schema(f"{place}.{name}", before[name], after[name])

    def _nested(self, keyword: str, place: str, inside: str, old: Node, new: Node) -> None:
        """Compare the schemas of the elements of a list or mapping."""
        if isinstance(old.get(keyword), dict) and isinstance(new.get(keyword), dict):
            self._schema(inside, old[keyword], new[keyword])
        else:
            self._keyword("Types", place, keyword, old, new)

    def _alternatives(self, place: str, keyword: str, old: list[Node], new: list[Node]) -> None:
        """Compare alternatives by the names of their schemas, or else by their order."""
        before, after = _by_name(old), _by_name(new)
        self._members("Types", place, keyword, list(before), list(after))
        for name in before.keys() & after.keys():
            self._schema(f"{place}({name})", before[name], after[name])


def _by_name(alternatives: list[Node]) -> dict[str, Node]:
    return {node.get("$ref", f"alternative {number}"): node for number, node in enumerate(alternatives, 1)}


def _responses(operation: Node) -> Node:
    """Return the responses by status, with those that have no fields except the envelope."""
    return {**{status: {} for status in operation["errors"]}, **operation["responses"]}


def _statuses(operation: Node) -> list[int | str]:
    return sorted(_responses(operation), key=str)


def _summary(operation: Node) -> str:
    """Describe a new operation by what a module for it has to know."""
    query = list(operation.get("query", {}).get("properties", {}))
    known = {
        "badges": operation.get("badges", []),
        "permissions": operation.get("permissions", []),
        "query": query,
        "body": [operation.get("body", {}).get("$ref", "see the specification")] if "body" in operation else [],
    }
    parts = [f"{name} {', '.join(values)}" for name, values in known.items() if values]
    return "; ".join([f"tag {operation['tag']}", *(["deprecated"] if operation.get("deprecated") else []), *parts])
