# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: not for use from outside, may change at any time.
"""What a host of the inventory is called, and what it knows."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import SERVICE

PREFIX = "clickhouse_cloud_"
#: The variables that hold the name of the service, and the protocol of a host that is an endpoint.
NAME = f"{PREFIX}name"
PROTOCOL = f"{PREFIX}endpoint_protocol"
#: The user that every service has. The API does not tell it of all endpoints.
USER = "default"
#: The protocols that are never spoken without TLS.
SECURE = frozenset({"https", "nativesecure"})

#: What has a meaning of its own in an inventory, or as the name of a file of variables or facts.
RESERVED = frozenset({"", ".", "..", "all", "ungrouped", "localhost", "127.0.0.1"})
#: What a host name cannot hold: ":" would begin a port, braces a template, brackets, commas, asterisks and question
#: marks a pattern, and "/" leads to the variables of others.
UNFIT = frozenset(":{}[],*?/")
#: The categories of Unicode of what cannot be seen: control characters, marks of direction, halves of characters, and
#: ends of lines.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: With one of these at its beginning, a name would be a pattern, a file or an option of the command line.
LEADING = "!&~@-"
LONGEST = 255


#: Variables of hosts, by what tells the hosts apart: of the same length or longer than the id of a service.
Hosts = dict[str, dict[str, Any]]


def service_host(service_id: str, service: Mapping[str, Any]) -> Hosts:
    """The service as one host."""
    return {service_id: host_variables(service)}


def endpoint_hosts(service_id: str, service: Mapping[str, Any]) -> Hosts:
    """Each endpoint of the service as a host."""
    variables = host_variables(service)
    hosts: Hosts = {}
    for endpoint in _endpoints(variables[f"{PREFIX}endpoints"]):
        protocol, host, port = endpoint["protocol"], endpoint.get("host"), endpoint.get("port")
        hosts[f"{service_id}_{_word(protocol)}"] = {
            **variables,
            PROTOCOL: protocol,
            f"{PREFIX}endpoint_host": host,
            f"{PREFIX}endpoint_port": port,
            f"{PREFIX}endpoint_username": endpoint.get("username") or USER,
            f"{PREFIX}endpoint_secure": protocol in SECURE,
            "ansible_host": host,
            "ansible_port": port,
        }
    return hosts


def _endpoints(told: object) -> list[Mapping[str, Any]]:
    """The endpoints that have a protocol; the API may tell anything."""
    listed = told if isinstance(told, list) else []
    return [one for one in listed if isinstance(one, dict) and one.get("protocol") and isinstance(one["protocol"], str)]


def host_variables(service: Mapping[str, Any]) -> dict[str, Any]:
    """All that SERVICE.shown() gives, its endpoints also one by one, and whether it runs."""
    shown = SERVICE.shown(service)
    # What has to be made a name of a variable comes first: it replaces nothing that is known.
    names = sorted(shown, key=lambda name: _variable(name) == PREFIX + name)
    variables = {_variable(name): shown[name] for name in names}
    variables[f"{PREFIX}running"] = shown["state"] == "running"
    for endpoint in _endpoints(shown["endpoints"]):
        for part in ("host", "port"):
            variables[_variable(f"{endpoint['protocol']}_{part}")] = endpoint.get(part)
    return variables


@functools.lru_cache(maxsize=1000)
def _variable(name: str) -> str:
    return PREFIX + _word(name)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


def host_names(wanted: Sequence[str], ids: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """A name for each host that an inventory can hold: the wanted one, or else one with its id behind it.

    The ids are UUIDs, perhaps with a word behind them, and all different. The names do not depend on the order.
    """
    names = [name if _is_fit(name) else _with_id(name, service_id, 1) for name, service_id in zip(wanted, ids)]
    step = 0
    while True:
        step += 1
        often = Counter(names)
        ambiguous = [index for index, name in enumerate(names) if often[name] > 1 or name in taken]
        if not ambiguous:
            return names
        for index in ambiguous:
            names[index] = _with_id(wanted[index], ids[index], step)


def _is_fit(name: str) -> bool:
    return name not in RESERVED and _made_fit(name) == name and len(name) <= LONGEST


def _made_fit(name: str) -> str:
    seen = "".join("_" if char in UNFIT or unicodedata.category(char) in UNSEEN else char for char in name).strip()
    return f"_{seen[1:]}" if seen.startswith(tuple(LEADING)) else seen


def _with_id(name: str, service_id: str, step: int) -> str:
    """The name with the beginning of the id at the first step, then with all of it, then with ever more behind it.

    The id keeps it unique, and the same whatever else is in the inventory.
    """
    tail = service_id[:8] if step == 1 else service_id + "_" * (step - 2)
    return f"{_made_fit(name)[: LONGEST - 40]}_{tail}"


def group_name(name: str) -> str:
    """The name of a group, which holds letters, digits and underscores already, as an inventory can have it."""
    if name in ("", "localhost"):
        # Plays for this machine are not to go to services.
        return f"{name}_"
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{digest}"
