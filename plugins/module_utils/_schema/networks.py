# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""IP addresses and networks: their canonical form, and how much of the internet they contain."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Union

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

#: All addresses on the internet. IPv6 has no other assigned addresses.
INTERNET: tuple[Network, ...] = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("2000::/3"))
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


class Exposure(NamedTuple):
    """The networks that contain more than half of the internet, as written, and whether they contain all of it."""

    sources: list[str]
    is_complete: bool


def parse_network(source: str) -> Network:
    """Return the network that the text stands for; an IPv4 address in the form of IPv6 is one of IPv4.

    Raise ValueError.
    """
    network = ipaddress.ip_network(source.strip(), strict=False)
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        address = int(network.network_address) & 0xFFFFFFFF
        return ipaddress.IPv4Network((address, network.prefixlen - _MAPPED.prefixlen))
    return network


def canonical_network(source: str) -> str:
    """Return the canonical form of a network, with its prefix. Return anything else unchanged."""
    try:
        return str(parse_network(source))
    except ValueError:
        return source


def normalize_source(source: str) -> str:
    """Return the source as it is sent: a network without host bits, an address without a prefix.

    Raise ValueError with what is wrong. Masks are refused, since 10.0.0.1/255.0.0.0 may mean one host or 16 million,
    and the API documents CIDR only; zones name an interface of one machine.
    """
    network = parse_network(source)
    address, slash, prefix = source.strip().partition("/")
    if "%" in address:
        raise ValueError("has a zone, which is only valid on one machine: remove the % and what follows it")
    if slash and not prefix.isdigit():
        raise ValueError(f"has a mask instead of a prefix: write {network} to allow that network")
    return str(network) if slash else str(network.network_address)


def admits(sources: Iterable[str], address: str) -> bool:
    """Return whether the address is in one of the networks."""
    host = parse_network(address)
    networks: list[Any] = [network for source in sources for network in _networks(source)]
    return any(network.version == host.version and network.supernet_of(host) for network in networks)


def covers(sources: Iterable[str], others: Iterable[str]) -> bool:
    """Return whether each of the other networks is in one of the networks."""
    networks: list[Any] = [network for source in sources for network in _networks(source)]
    return all(
        any(network.version == other.version and network.supernet_of(other) for network in networks)
        for source in others
        for other in _networks(source)
    )


def overlap(sources: Iterable[str], others: Iterable[str]) -> bool:
    """Return whether any address is in one of the networks, and in one of the other networks."""
    networks: list[Any] = [network for source in sources for network in _networks(source)]
    return any(
        network.version == other.version and network.overlaps(other)
        for source in others
        for other in _networks(source)
        for network in networks
    )


def own_addresses() -> list[str]:
    """Return the addresses that this host has on the internet, without a request; none behind a NAT."""
    addresses = []
    for family, destination in ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1")):
        # A datagram socket sends nothing when it connects. Without a route there is no address.
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((destination, 9))
            addresses.append(str(probe.getsockname()[0]))
    return [address for address in addresses if ipaddress.ip_address(address).is_global]


def find_exposure(sources: Iterable[str]) -> Exposure | None:
    """Return the exposure to more than half of the internet, of IPv4 or of IPv6; None if there is none."""
    networks = {source: network for source in sources for network in _networks(source)}
    shares: dict[str, float] = {}
    is_complete = False
    for internet in INTERNET:
        inside = {source: network for source, network in networks.items() if network.version == internet.version}
        total = share_of_internet(inside.values(), internet)
        is_complete |= total == 1
        if total > 0.5:
            shares.update(_largest_shares(inside, internet))
    # Sorting is stable: sources of the same share keep their order.
    exposed = sorted(filter(shares.__contains__, networks), key=shares.__getitem__, reverse=True)
    return Exposure(exposed, is_complete) if exposed else None


def _largest_shares(networks: Mapping[str, Network], internet: Network) -> dict[str, float]:
    """Return the sources that admit the whole internet with their share, or all that admit some of it if none does."""
    shares = {source: share_of_internet([network], internet) for source, network in networks.items()}
    minimum = 1 if 1 in shares.values() else min(filter(None, shares.values()))
    return {source: share for source, share in shares.items() if share >= minimum}


def _networks(source: str) -> list[Network]:
    """Return the network if the source is one; for the API, 0.0.0.0 alone is every address, too."""
    try:
        network = parse_network(source)
    except ValueError:
        return []
    if network.num_addresses == 1 and network.network_address.is_unspecified:
        return [network.supernet(new_prefix=0)]
    return [network]


def share_of_internet(networks: Iterable[Any], internet: Any) -> float:
    """Return the share of the internet that is in the networks, from 0 to 1."""
    inside = [internet if internet.subnet_of(net) else net for net in networks if net.overlaps(internet)]
    shared = sum(net.num_addresses for net in ipaddress.collapse_addresses(inside))
    return float(shared / internet.num_addresses)
