# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the differences between declared services and those that exist, in the results of fleet and service_info."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..module_utils._schema.service import has_tags
from ..module_utils._service.service import DELETED_STATES
from ..module_utils._texts import printable

Service = Mapping[str, Any]

#: The kinds of findings, for the actions of a plan.
_KINDS = {"create": "missing", "change": "changed", "delete": "unwanted"}
_TEXTS = {
    "missing": "does not exist",
    "unwanted": "is declared as absent, and exists",
    "undeclared": "exists, and is not declared",
}


def find_drift(
    planned: Mapping[str, Any], services: Sequence[Service], tags: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """Return the findings, in the order of the declarations, followed by the services that are not declared.

    planned is the result of fleet in check mode, services are those that exist, as service_info returns them. Only
    services with these tags have to be declared; None matches any value.
    """
    # A service that is to be created has no ID yet, and its name is declared once.
    actions = {action["service_id"] or action["name"]: action for action in planned["plan"]}
    names = {service.get("name") for service in services}
    declared = [
        _compare(entry, actions.get(entry["service_id"] or entry["name"]), names) for entry in planned["services"]
    ]
    undeclared = _find_undeclared(planned["services"], services, tags)
    return [*filter(None, declared), *(_finding("undeclared", item.get("name"), item["id"]) for item in undeclared)]


def _find_undeclared(
    entries: Sequence[Mapping[str, Any]], services: Sequence[Service], tags: Mapping[str, str | None]
) -> list[Service]:
    """Return the services with these tags that no entry declares, not even by an ambiguous name."""
    ids = {entry["service_id"] for entry in entries}
    names = {entry["name"] for entry in entries if entry["service_id"] is None}
    others = (service for service in services if service["id"] not in ids and service.get("name") not in names)
    return [service for service in others if _exists(service) and has_tags({"tags": _to_api_tags(service)}, tags)]


def _exists(service: Service) -> bool:
    return service.get("state") not in DELETED_STATES


def _compare(
    entry: Mapping[str, Any], action: Mapping[str, Any] | None, names: Collection[str | None]
) -> dict[str, Any] | None:
    """Return the finding about a declared service, for the action that is planned; None if it is as declared.

    names are those of the services that exist. One that is ambiguous is not missing.
    """
    if entry["failed"]:
        kind = "conflicting" if entry["service_id"] or entry["name"] in names else "missing"
        return _finding(kind, entry["name"], entry["service_id"], text=str(entry["msg"]))
    if action is None:
        return None
    kind, before, after = _KINDS[action["action"]], action["before"], action["after"]
    options = {**before, **after} if kind == "changed" else {}
    changes = [{"option": option, "current": before.get(option), "declared": after.get(option)} for option in options]
    return _finding(kind, action["name"], action["service_id"], changes=changes)


def _finding(
    kind: str, name: Any, service_id: str | None, text: str = "", changes: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return a finding. Its texts fit in a line, whatever the name of the service is."""
    described = "; ".join(
        f"{change['option']} is {_to_json(change['current'])}, declared as {_to_json(change['declared'])}"
        for change in changes
    )
    return {
        "kind": kind,
        "name": printable(str(name or service_id)),
        "service_id": service_id,
        "text": printable(text or described or _TEXTS[kind]),
        "changes": list(changes),
    }


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _to_api_tags(service: Service) -> list[dict[str, Any]]:
    tags = service.get("tags")
    return [{"key": key, "value": value} for key, value in tags.items()] if isinstance(tags, Mapping) else []
