# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the inventory, with their variables: services, or the endpoints of services."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

from ...module_utils._json import Resource
from ...module_utils._schema.service import SERVICE
from .._template_safety import mark_template_safety
from .parts import PARTS_KEY, parts_of

PREFIX = "clickhouse_cloud_"

#: The protocol that community.clickhouse uses, the user that each service has, and the option that enables TLS.
NATIVE_PROTOCOL = "nativesecure"
DEFAULT_USER = "default"
CLIENT_KWARGS = {"secure": True}
#: A host name, or an IP address.
ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:_-]*")
#: The IDs of hosts contain only this much of a protocol. Those of the API are much shorter.
MAX_PROTOCOL_LENGTH = 50

#: The variables of hosts, by an ID that is unique in all inventories.
Hosts = dict[str, dict[str, Any]]


def service_hosts(services: Iterable[Resource]) -> Hosts:
    """Return a host for each service, by the ID of the service."""
    # The same service may be on two pages of a list.
    return {service["id"].lower(): mark_template_safety(host_variables(service)) for service in services}


def endpoint_hosts(services: Iterable[Resource]) -> Hosts:
    """Return a host for each endpoint of each service, by the ID of the service followed by the protocol."""
    hosts = {}
    for service_id, of_service in service_hosts(services).items():
        for protocol, endpoint in _endpoints(of_service[f"{PREFIX}endpoints"]):
            endpoint_id = f"{service_id}_{_to_identifier(protocol)[:MAX_PROTOCOL_LENGTH]}"
            of_endpoint = {
                f"{PREFIX}endpoint_id": endpoint_id,
                f"{PREFIX}endpoint_name": f"{of_service[f'{PREFIX}name'] or ''}_{protocol}",
                **_endpoint_variables(protocol, endpoint),
            }
            hosts[endpoint_id] = {**of_service, **mark_template_safety(of_endpoint)}
    return hosts


#: For each choice of the option hosts, a function that returns the hosts, and an expression for their default names.
HOST_TYPES: dict[str, tuple[Callable[[Iterable[Resource]], Hosts], str]] = {
    "service": (service_hosts, mark_template_safety(f"{PREFIX}name")),
    "endpoint": (endpoint_hosts, mark_template_safety(f"{PREFIX}endpoint_name")),
}


def host_variables(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of service_info for the service, the host and port of each endpoint, and whether it runs.

    The parts that were added to the service are variables, too.
    """
    parts = parts_of(service)
    service = {name: value for name, value in service.items() if name != PARTS_KEY}
    result = SERVICE.to_result(service)
    # Names that need a replacement come first, so that they override no other name.
    names = sorted(result, key=lambda name: _variable(name) == PREFIX + name)
    variables = {_variable(name): result[name] for name in names}
    variables[f"{PREFIX}running"] = result["state"] == "running"
    for protocol, endpoint in _endpoints(result["endpoints"]):
        for key in ("host", "port"):
            variables[_variable(f"{protocol}_{key}")] = endpoint.get(key)
    return {**variables, **{_variable(part): value for part, value in parts.items()}}


def _endpoint_variables(protocol: str, endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the address of an endpoint, also for Ansible, and for community.clickhouse if it can log in there."""
    host, port, username = (endpoint.get(key) for key in ("host", "port", "username"))
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
    if protocol == NATIVE_PROTOCOL:
        variables[f"{PREFIX}login_host"] = host
        variables[f"{PREFIX}login_port"] = port
        variables[f"{PREFIX}login_user"] = username or DEFAULT_USER
        variables[f"{PREFIX}client_kwargs"] = CLIENT_KWARGS
    return variables


def _endpoints(endpoints: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the protocol and the endpoint of each endpoint that has a protocol."""
    for endpoint in endpoints if isinstance(endpoints, list) else []:
        protocol = endpoint.get("protocol") if isinstance(endpoint, dict) else None
        if protocol and isinstance(protocol, str):
            yield protocol, endpoint


@functools.lru_cache(maxsize=1000)
def _variable(name: str) -> str:
    return PREFIX + _to_identifier(name)


def _to_identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", text)
