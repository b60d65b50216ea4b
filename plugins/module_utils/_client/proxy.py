# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The proxy that the environment names for a URL."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from .._errors import InvalidOption
from .options import DEFAULT_PORTS, is_loopback_host

SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


def find_proxies(url: str) -> dict[str, str]:
    """Return the proxy for this URL, by its scheme, {} if none is to be used.

    No request to this machine goes through a proxy, since it would leave the machine. Only the environment counts:
    macOS cannot be asked for its settings in a process that was forked, as Ansible's are, without a risk of a crash.
    Raise InvalidOption for a proxy that is not a URL.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    if is_loopback_host(host):
        return {}
    proxies = getproxies_environment()
    name = next((name for name in (parts.scheme, "all") if proxies.get(name)), None)
    if name is None or _is_exempt(host, port, proxies.get("no", "")):
        return {}
    return {parts.scheme: _check_proxy(name, proxies[name].strip())}


def _check_proxy(name: str, proxy: str) -> str:
    """Return the proxy as a URL. Raise InvalidOption, without the value, which may contain a password."""
    url = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_proxy(url):
        raise InvalidOption(
            f"The environment variable {name}_proxy, in lower or upper case, must be the URL of a proxy such as"
            " http://proxy.example:3128, with special characters of a password percent-encoded. Its value is not"
            " shown, since it may contain a password."
        )
    return url


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    more = parts.path.strip("/") or parts.query or parts.fragment or re.search(r"\s", url)
    return parts.scheme in SCHEMES and bool(host) and port != 0 and not more


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Return whether NO_PROXY names the host: itself, a domain above it, or a network that it is in."""
    return any(matches_host(entry, host, port) for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry)


def matches_host(entry: str, host: str, port: int) -> bool:
    """Return whether an entry of NO_PROXY names the host."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        # One of them is a name, or has a port.
        name, _colon, entry_port = entry.rpartition(":") if re.search(r"[^:]:\d+$", entry) else (entry, "", "")
    domain = name.strip("[]").lstrip("*").lstrip(".")
    return entry == "*" or (entry_port in ("", str(port)) and bool(domain) and f".{host}".endswith(f".{domain}"))
