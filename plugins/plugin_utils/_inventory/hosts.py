# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of the inventory are, and what they know: services, or the endpoints of services."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

from ...module_utils._json import Resource
from ...module_utils._schema.service import SERVICE
from .._template_safety import inert

PREFIX = "clickhouse_cloud_"

#: The protocol that community.clickhouse speaks, the user that each service has, and what makes the client use TLS.
NATIVE = "nativesecure"
USER = "default"
CLIENT = {"secure": True}
#: A host name, or an IP address.
ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:_-]*")
#: So much of the name of a protocol tells hosts apart; those of the API are much shorter.
LONGEST_PROTOCOL = 50

#: The variables of hosts, by what tells each host from all others, whatever else there is.
Hosts = dict[str, dict[str, Any]]


def of_services(services: Iterable[Resource]) -> Hosts:
    """A host for each service, by the id of the service."""
    # The same service may be on two pages of a list.
    return {service["id"].lower(): inert(host_variables(service)) for service in services}


def of_endpoints(services: Iterable[Resource]) -> Hosts:
    """A host for each endpoint of each service, by the id of the service with the protocol behind it."""
    hosts = {}
    for identity, known in of_services(services).items():
        for protocol, endpoint in _endpoints(known[f"{PREFIX}endpoints"]):
            of_endpoint = f"{identity}_{_word(protocol)[:LONGEST_PROTOCOL]}"
            own = {
                f"{PREFIX}endpoint_id": of_endpoint,
                f"{PREFIX}endpoint_name": f"{known[f'{PREFIX}name'] or ''}_{protocol}",
                **_of_endpoint(protocol, endpoint),
            }
            hosts[of_endpoint] = {**known, **inert(own)}
    return hosts


#: What can be hosts, and an expression for what each is called if nobody asks for another name.
KINDS: dict[str, tuple[Callable[[Iterable[Resource]], Hosts], str]] = {
    "service": (of_services, inert(f"{PREFIX}name")),
    "endpoint": (of_endpoints, inert(f"{PREFIX}endpoint_name")),
}


def host_variables(service: Mapping[str, Any]) -> dict[str, Any]:
    """All that SERVICE.shown() gives, its endpoints also one by one, and whether it runs."""
    shown = SERVICE.to_result(service)
    # What has to be made a name of a variable comes first: it replaces nothing that is known.
    names = sorted(shown, key=lambda name: _variable(name) == PREFIX + name)
    variables = {_variable(name): shown[name] for name in names}
    variables[f"{PREFIX}running"] = shown["state"] == "running"
    for protocol, endpoint in _endpoints(shown["endpoints"]):
        for part in ("host", "port"):
            variables[_variable(f"{protocol}_{part}")] = endpoint.get(part)
    return variables


def _of_endpoint(protocol: str, endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Where one endpoint is, for Ansible too, and for community.clickhouse if it can log in there."""
    host, port, username = (endpoint.get(part) for part in ("host", "port", "username"))
    variables = {
        f"{PREFIX}endpoint_protocol": protocol,
        f"{PREFIX}endpoint_host": host,
        f"{PREFIX}endpoint_port": port,
        f"{PREFIX}endpoint_username": username,
    }
    # Without these, Ansible connects to the name of the host. Text that is not an address could be an option for ssh.
    if isinstance(host, str) and ADDRESS.fullmatch(host):
        variables["ansible_host"] = host
    if isinstance(port, int):
        variables["ansible_port"] = port
    if protocol == NATIVE:
        variables[f"{PREFIX}login_host"] = host
        variables[f"{PREFIX}login_port"] = port
        variables[f"{PREFIX}login_user"] = username or USER
        variables[f"{PREFIX}client_kwargs"] = CLIENT
    return variables


def _endpoints(listed: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Those of the endpoints that have a protocol, each with it."""
    for endpoint in listed if isinstance(listed, list) else []:
        protocol = endpoint.get("protocol") if isinstance(endpoint, dict) else None
        if protocol and isinstance(protocol, str):
            yield protocol, endpoint


@functools.lru_cache(maxsize=1000)
def _variable(name: str) -> str:
    return PREFIX + _word(name)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", text)
