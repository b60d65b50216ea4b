# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources of the mock server: servers of hcloud and instances of vultr."""

from __future__ import annotations

from typing import Any

LOCATIONS = ("fsn1", "nbg1", "hel1", "ash", "hil")
STATES = ("running", "running", "running", "off")
CREATED = "2026-01-31T02:00:00+00:00"
IMAGE = {
    "id": 114690387,
    "name": "debian-12",
    "description": "Debian 12",
    "type": "system",
    "status": "available",
    "os_flavor": "debian",
    "os_version": "12",
    "architecture": "x86",
    "image_size": None,
    "disk_size": 5,
    "created": CREATED,
    "created_from": None,
    "bound_to": None,
    "rapid_deploy": True,
    "protection": {"delete": False},
    "deprecated": None,
    "labels": {},
}
SERVER_TYPE = {
    "id": 104,
    "name": "cx22",
    "description": "CX22",
    "cores": 2,
    "memory": 4.0,
    "disk": 40,
    "prices": [],
    "storage_type": "local",
    "cpu_type": "shared",
    "architecture": "x86",
    "deprecated": False,
    "deprecation": None,
    "included_traffic": None,
}


def build_location(number: int) -> dict[str, Any]:
    name = LOCATIONS[number % len(LOCATIONS)]
    return {
        "id": number % len(LOCATIONS) + 1,
        "name": name,
        "description": f"Park {name}",
        "country": "DE",
        "city": name,
        "latitude": 50.0,
        "longitude": 12.0,
        "network_zone": "eu-central",
    }


def build_public_net(number: int) -> dict[str, Any]:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return {
        "ipv4": {"id": number, "ip": address, "blocked": False, "dns_ptr": f"{number}.example.com"},
        "ipv6": {"id": number, "ip": f"2001:db8:{number:x}::/64", "blocked": False, "dns_ptr": []},
        "floating_ips": [],
        "firewalls": [],
    }


def build_datacenter(number: int) -> dict[str, Any]:
    location = build_location(number)
    return {
        "id": location["id"],
        "name": f"{location['name']}-dc1",
        "description": location["description"],
        "location": location,
        "server_types": {"supported": [104], "available": [104], "available_for_migration": [104]},
    }


def build_server(number: int) -> dict[str, Any]:
    """Return a complete server of hcloud, so that the module needs no further requests."""
    return {
        "id": number,
        "name": f"service-{number}",
        "status": STATES[number % len(STATES)],
        "created": CREATED,
        "public_net": build_public_net(number),
        "private_net": [],
        "server_type": SERVER_TYPE,
        "location": build_location(number),
        "datacenter": build_datacenter(number),
        "image": IMAGE,
        "iso": None,
        "rescue_enabled": False,
        "locked": False,
        "backup_window": None,
        "outgoing_traffic": 0,
        "ingoing_traffic": 0,
        "included_traffic": 0,
        "protection": {"delete": False, "rebuild": False},
        "labels": {"env": ("production", "staging")[number % 2], "team": f"team{number % 10}"},
        "volumes": [],
        "load_balancers": [],
        "primary_disk_size": 40,
        "placement_group": None,
    }


def build_instance(number: int) -> dict[str, Any]:
    """Return an instance of vultr."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "os": "Debian 12 x64 (bookworm)",
        "os_id": 2136,
        "ram": 2048,
        "disk": 55,
        "main_ip": "192.0.2.1",
        "vcpu_count": 1,
        "region": "ams",
        "plan": "vc2-1c-2gb",
        "date_created": CREATED,
        "status": "active",
        "power_status": "running",
        "server_status": "ok",
        "label": f"service-{number}",
        "hostname": f"service-{number}",
        "tags": ["production"],
        "features": [],
        "user_data": "",
    }
