# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The IP access list of a service and of an API key."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from .._errors import InvalidOption
from .fields import Change, SetField, require_str
from .networks import canonical_network, normalize_source, parse_network


def _ip_access_entries(option: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries as they are sent. Raise InvalidOption."""
    return [
        {
            **{name: value for name, value in entry.items() if value is not None},
            "source": check_source(entry["source"]),
        }
        for entry in option
    ]


def check_source(source: str) -> str:
    """Return the source as it is sent. Raise InvalidOption if it is not an address or a network."""
    try:
        parse_network(source)
    except ValueError:
        raise InvalidOption(
            f"ip_access_list: {source!r} is neither an IP address nor a network such as 10.1.0.0/16."
        ) from None
    try:
        return normalize_source(source)
    except ValueError as error:
        raise InvalidOption(f"ip_access_list: {source!r} {error}.") from None


@dataclass(frozen=True)
class IpAccessList(SetField):
    """The addresses that may connect. If is_whole is true, PATCH replaces the list, and otherwise adds and removes."""

    required_by_post: bool = True
    mode: str = "ip_access_mode"
    spec: Mapping[str, Any] = field(
        default_factory=lambda: {
            "elements": "dict",
            "options": {"source": {"type": "str", "required": True}, "description": {"type": "str"}},
        }
    )
    identity: Callable[[Any], Hashable] = lambda entry: canonical_network(require_str(entry["source"]))
    # A description is compared only if the option gives one.
    equal: Callable[[Any, Any], bool] = lambda current, desired: (
        desired.get("description") in (None, current.get("description") or "")
    )
    # The API identifies an entry only by its source, exactly as stored.
    reference: Callable[[Any], Any] = lambda entry: {"source": entry["source"]}
    load: Callable[[Any], list[Any]] = _ip_access_entries
    is_whole: bool = False

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        change = super().diff(resource, desired)
        return replace(change, patch_value=change.after) if change and self.is_whole else change


IP_ACCESS_LIST = IpAccessList("ip_access_list")
