# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: not for use from outside, may change at any time.
"""What a host of the inventory is called, and what it knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import SERVICE

PREFIX = "clickhouse_cloud_"

#: What has a meaning of its own in an inventory.
RESERVED = frozenset({"", "all", "ungrouped", "localhost"})
#: What a host name cannot hold: ":" would begin a port, braces a template, brackets and commas a pattern.
UNFIT = re.compile(r"[:{}\[\],\x00-\x1f\x7f]")
LONGEST = 255


def host_variables(service: Mapping[str, Any]) -> dict[str, Any]:
    """All that SERVICE.shown() gives, its endpoints also one by one, and whether it runs."""
    shown = SERVICE.shown(service)
    variables = {PREFIX + name: value for name, value in shown.items()}
    variables[f"{PREFIX}running"] = shown["state"] == "running"
    for endpoint in shown["endpoints"] or []:
        if isinstance(endpoint, dict) and endpoint.get("protocol"):
            for part in ("host", "port"):
                variables[f"{PREFIX}{endpoint['protocol']}_{part}"] = endpoint.get(part)
    return variables


def host_names(wanted: Sequence[str], ids: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """A name for each host that an inventory can hold: the wanted one, or else one with its id behind it."""
    often = Counter(wanted)
    names = [
        name
        if name not in RESERVED
        and name not in taken
        and often[name] == 1
        and not UNFIT.search(name)
        and len(name) <= LONGEST
        # The id keeps it unique, and the same whatever else is in the inventory.
        else _with_id(name, service_id[:8])
        for name, service_id in zip(wanted, ids)
    ]
    often = Counter(names)
    return [
        name if often[name] == 1 else _with_id(plain, service_id) for name, plain, service_id in zip(names, wanted, ids)
    ]


def _with_id(name: str, service_id: str) -> str:
    return f"{UNFIT.sub('_', name)[: LONGEST - 37]}_{service_id}"
