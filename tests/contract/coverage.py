# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the table of all operations of the API, with the modules that cover them and the permissions they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .contract import Contract, Node, out_of_scope, references, uncovered

ORGANIZATION = "/v1/organizations/{organizationId}/"
#: The requests that are not those of the API, as scenarios state them: to the query host, and to an object storage.
OTHER_HOSTS = {"POST /service/{id}/run", "PUT /udf-uploads/{id}"}
#: The event sources that send an operation, besides modules.
EVENT_SOURCES = {f"GET {ORGANIZATION}activities": "activities"}


def find_modules(contract: Contract, requests: Mapping[str, Iterable[Sequence[str]]]) -> dict[str, list[str]]:
    """Return the modules that cover each operation, by "METHOD /path".

    requests has those of each scenario of each module, as scenarios state them. A module covers the operations that
    write. It covers a read if a scenario that only reads ends with it: the requests before it look up what to read. A
    read with which no scenario ends is covered by all modules that send it.
    """
    covering: dict[str, list[str]] = {}
    sending: dict[str, list[str]] = {}
    for module, scenarios in requests.items():
        sent = {line for scenario in scenarios for line in scenario} - OTHER_HOSTS
        read = {lines[-1] for lines in scenarios if lines and all(line.startswith("GET ") for line in lines)}
        for line in sorted(sent):
            operation = find_operation(contract, line)
            sending.setdefault(operation, []).append(module)
            if line in read or not line.startswith("GET "):
                covering.setdefault(operation, []).append(module)
    return {**sending, **covering}


def find_operation(contract: Contract, line: str) -> str:
    """Return the operation of a request that a scenario states. Raise LookupError if the contract has none."""
    method, path = line.split(" ")
    full = path if path.startswith("/") else ORGANIZATION + path
    exact = f"{method} {full}"
    matching = [operation for operation in contract.operations if _matches(operation, exact)]
    # A path without a parameter is more specific: clickhouseSettings/schema is not the setting called schema.
    matching.sort(key=lambda operation: operation.count("{"))
    if not matching:
        raise LookupError(f"The contract has no operation {line}")
    return matching[0]


def _matches(operation: str, line: str) -> bool:
    pattern = "[^/ ]+".join(re.escape(part) for part in re.split(r"{\w+}", operation))
    return re.fullmatch(pattern, line) is not None


def draw_table(contract: Contract, modules: Mapping[str, Sequence[str]]) -> str:
    """Return the rows of the table in reStructuredText: operation, coverage, permissions."""
    rows = [
        (_describe(line, operation), _coverage(contract, line, modules.get(line, ())), _permissions(operation))
        for line, operation in contract.operations.items()
    ]
    rows += [
        (f"all of ``{_shorten(prefix)}``", f"not covered: out of scope ({name})", "")
        for name, prefixes in out_of_scope().items()
        for prefix in prefixes
    ]
    return "".join("   * - " + "\n     - ".join(cells).replace("- \n", "-\n") + "\n" for cells in rows)


def _shorten(text: str) -> str:
    return text.replace(ORGANIZATION, "")


def _describe(line: str, operation: Node) -> str:
    notes = [name.lower() for name in operation.get("badges", ())]
    notes += ["deprecated"] if operation.get("deprecated") else []
    notes += [f"ends on {operation['until']}"] if "until" in operation else []
    return f"``{_shorten(line)}``" + (f" ({', '.join(notes)})" if notes else "")


def _coverage(contract: Contract, line: str, modules: Sequence[str]) -> str:
    covering = [f":ansplugin:`{name} <clickhouse.cloud.{name}#module>`" for name in modules]
    covering += [f"event source ``{EVENT_SOURCES[line]}``"] if line in EVENT_SOURCES else []
    return ", ".join(covering) or f"not covered: {_reason(contract, line)}"


def _reason(contract: Contract, line: str) -> str:
    """Return why no module covers the operation. Raise LookupError if there is no reason."""
    operation = contract.operations[line]
    if operation.get("deprecated"):
        return "deprecated"
    listing = re.sub("/{[^/]+}$", "", line)
    if line.startswith("GET ") and listing != line and _lists(contract, listing, operation):
        return f"``{_shorten(listing)}`` returns the same"
    try:
        return uncovered()[operation["tag"]]
    except KeyError:
        raise LookupError(f"State in uncovered.yml why no module covers {line}.") from None


def _lists(contract: Contract, listing: str, operation: Node) -> bool:
    """Return whether the list returns elements with the schema of what the operation returns."""
    lists = contract.operations.get(listing, {}).get("responses")
    direct = list(references(lists))
    listed = {*direct, *references([contract.schemas[name] for name in direct])}
    returned = list(references(operation.get("responses")))
    return bool(returned) and listed.issuperset(returned)


def _permissions(operation: Node) -> str:
    return ", ".join(_named_permissions(operation)).replace("control-plane:", "") or "none named"


def _named_permissions(operation: Node) -> Iterator[str]:
    for name in operation.get("permissions", ()):
        yield f"``{name}``"
    for kind in ("field_permissions", "command_permissions"):
        uses: dict[str, list[str]] = {}
        for use, permission in operation.get(kind, {}).items():
            uses.setdefault(permission, []).append(f"``{use}``")
        for permission, names in uses.items():
            yield f"``{permission}`` (for {' and '.join(names)})"
