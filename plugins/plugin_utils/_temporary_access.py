# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of IP access lists that admit an address until a time. Their descriptions name the runs that need them.

The API identifies an entry only by its source, so all runs with the same address share one entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils._schema.ip_access_list import check_source
from ..module_utils._schema.networks import canonical_network, parse_network

Entry = Mapping[str, Any]
#: The time until which each run needs an entry. Times in this form compare as text.
Shares = Mapping[str, str]

PREFIX = "clickhouse.cloud.temporary_access: "
OWNER = "[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}"
TIME, TIME_FORMAT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "%Y-%m-%dT%H:%M:%SZ"
_SHARE = re.compile(f"({OWNER}) until ({TIME})")
#: Networks with a shorter prefix are not admitted unless that is allowed.
MIN_PREFIX = 8


def parse_shares(entry: Entry) -> Shares | None:
    """Return the shares in the description of an entry; None if it was written by others."""
    description = entry.get("description")
    if not (isinstance(description, str) and description.startswith(PREFIX)):
        return None
    matches = [_SHARE.fullmatch(share) for share in description[len(PREFIX) :].split(", ")]
    return {match[1]: match[2] for match in matches if match} if all(matches) else None


def describe_shares(shares: Shares) -> str:
    """Return the description of an entry with these shares."""
    return PREFIX + ", ".join(f"{owner} until {until}" for owner, until in sorted(shares.items()))


def check_address(address: str, allow_any: bool) -> str:
    """Return the address or network as it is sent. Raise InvalidOption or ValueError if it must not be admitted."""
    source = check_source(address)
    network = parse_network(source)
    if not allow_any and (network.prefixlen < MIN_PREFIX or network.network_address.is_unspecified):
        raise ValueError(
            f"{source} is a large part of the internet. Name the address of the host that needs access, or set"
            " temporary_access_allow_any if you want this."
        )
    return source


def plan_access(entries: Iterable[Entry], source: str, owner: str, until: str, now: str) -> dict[str, Any]:
    """Return the entries to add or to change, and those to remove, so that the owner has access until a time.

    Without a source and a time, the access of the owner ends, whatever the source. Shares that have expired are
    removed, too. Entries of others are never touched, nor is one whose network others have admitted, too.
    """
    shares_of, sources = _shares_by_network(entries)
    target = canonical_network(source) if source else ""
    if target:
        shares_of.setdefault(target, {})
        sources.setdefault(target, source)
    plan: dict[str, Any] = {"add": [], "remove": []}
    for network, shares in shares_of.items():
        if shares is None:
            continue
        after = _without_ended(shares, owner, until, now)
        if network == target:
            after[owner] = max(until, shares.get(owner, ""))
        if after and after != shares:
            plan["add"].append({"source": sources[network], "description": describe_shares(after)})
        elif shares and not after:
            plan["remove"].append({"source": sources[network]})
    return plan


def _shares_by_network(entries: Iterable[Entry]) -> tuple[dict[str, Shares | None], dict[str, str]]:
    """Return the shares of each network, None if others have an entry for it, and the network as the service has it."""
    listed = [entry for entry in entries if isinstance(entry.get("source"), str)]
    shares_of: dict[str, Shares | None] = {}
    for entry in listed:
        network, shares = canonical_network(entry["source"]), parse_shares(entry)
        # Others win if both have an entry for the same network, since the API would remove both.
        shares_of[network] = None if shares is None or shares_of.get(network, shares) is None else shares
    return shares_of, {canonical_network(entry["source"]): entry["source"] for entry in listed}


def _without_ended(shares: Shares, owner: str, until: str, now: str) -> dict[str, str]:
    """Return the shares that have not expired, without those of the owner unless it has access until a time."""
    return {name: end for name, end in shares.items() if end > now and (until or name != owner)}
