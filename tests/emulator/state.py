# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the emulator knows: organizations, their keys and their services."""

from __future__ import annotations

import contextlib
import secrets
import string
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .organization import Key, Organization
from .responses import bad_request, not_found
from .service import Service
from .validation import describe, is_uuid, is_uuid4

Fields = dict[str, Any]

TIERS = ("BASIC", "SCALE", "ENTERPRISE", "legacy")


@dataclass(frozen=True)
class Origin:
    """What an emulator starts with and goes back to."""

    organization_id: str
    api_key: str
    api_secret: str
    step: float
    tier: str = "ENTERPRISE"
    forbidden: frozenset[str] = frozenset()
    #: For how many seconds a new service is not visible.
    visibility_lag: float = 0.0


def token(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _turn in range(length))


class Store:
    def __init__(self, origin: Origin, clock: Clock | None = None) -> None:
        self.origin = origin
        self.clock = clock or Clock()
        self.list_organizations: dict[str, Organization] = {}
        self._services: dict[str, Service] = {}
        self._lag = origin.visibility_lag
        self.reset()

    def reset(self) -> None:
        self.clock.reset()
        self._services.clear()
        self.list_organizations.clear()
        organization = self.add_organization(self.origin.organization_id, "Emulated organization", self.origin.tier)
        key = self.add_key(organization, "First key", self.origin.api_key, self.origin.api_secret, ["admin"])
        key.forbidden = self.origin.forbidden

    # Organizations and keys

    def add_organization(self, organization_id: str, name: str, tier: str) -> Organization:
        organization = Organization(
            {
                "id": organization_id,
                "createdAt": self.clock.timestamp(),
                "name": name,
                "privateEndpoints": [],
                "byocConfig": [],
                "enableCoreDumps": True,
            },
            tier,
        )
        organization.ensure_password_known()
        self.list_organizations[organization_id] = organization
        return organization

    def add_key(
        self,
        organization: Organization,
        name: str,
        key_id: str | None = None,
        secret: str | None = None,
        roles: list[str] | None = None,
    ) -> Key:
        key_id = key_id or token(20)
        roles = roles or ["admin"]
        fields: Fields = {
            "id": str(uuid.uuid4()),
            "name": name,
            "state": "enabled",
            "roles": roles,
            "assignedRoles": [],
            "keySuffix": key_id[-4:],
            "createdAt": self.clock.timestamp(),
            "expireAt": None,
            "ipAccessList": [{"source": "0.0.0.0/0", "description": "Anywhere"}],
        }
        key = Key(key_id, secret or "4b1d" + token(38), fields, roles)
        organization.keys.append(key)
        return key

    def authenticate(self, key_id: str, secret: str) -> Key | None:
        return next(
            (
                key
                for organization in self.list_organizations.values()
                for key in organization.keys
                if key.key_id == key_id and key.secret == secret and key.fields["state"] == "enabled"
            ),
            None,
        )

    def organization_of(self, key: Key) -> Organization:
        return next(found for found in self.list_organizations.values() if key in found.keys)

    # Services

    @contextlib.contextmanager
    def lagging(self, seconds: float | None) -> Iterator[None]:
        """Let services that are added become visible after these seconds, instead of the usual ones."""
        self._lag, usual = self._lag if seconds is None else seconds, self._lag
        try:
            yield
        finally:
            self._lag = usual

    def _shows(self, service: Service, organization_id: str | None) -> bool:
        """Return whether the organization can see the service; without an organization, whether it exists."""
        if organization_id is None:
            return not service.machine.gone
        visible = self.clock.seconds() >= service.visible_from
        return visible and organization_id == service.organization_id and not service.machine.gone

    def services(self, organization_id: str | None = None) -> list[Service]:
        """The living services, oldest first: those that the organization can see, or all there are."""
        living = [service for service in self._services.values() if self._shows(service, organization_id)]
        for service in living:
            service.ensure_password_known()
        return living

    def service(self, service_id: str, organization_id: str | None = None) -> Service:
        found = self._services.get(service_id.lower())
        if found is None or not self._shows(found, organization_id):
            raise not_found(service_id)
        found.ensure_password_known()
        return found

    def add_service(self, service: Service) -> None:
        service.visible_from = self.clock.seconds() + self._lag
        self._services[service.id] = service

    def secondaries(self, service: Service) -> list[Service]:
        return [
            other
            for other in self.services(service.organization_id)
            if other is not service and other.warehouse == service.warehouse and service.is_primary
        ]

    def primary(self, service: Service) -> Service:
        return next(
            (
                other
                for other in self.services(service.organization_id)
                if other.warehouse == service.warehouse and other.is_primary
            ),
            service,
        )

    def view(self, service: Service) -> Fields:
        organization = self.list_organizations[service.organization_id]
        available = [
            endpoint["id"]
            for endpoint in organization.fields["privateEndpoints"]
            if endpoint.get("region") == service.fields["region"]
        ]
        return service.view(available)


def check_id(kind: str, value: str) -> None:
    """Ids in a path must be UUIDs of version 4; the nil UUID is none, and is refused in words of its own."""
    if not is_uuid4(value):
        shown = f'string:"{value}"' if is_uuid(value) else describe(value)
        raise bad_request(f"Invalid {kind} id {shown}")
