# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the emulator: organizations, their keys and their services."""

from __future__ import annotations

import contextlib
import secrets
import string
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .clock import Clock, parse_timestamp
from .cursors import Cursors
from .engines import Engines
from .organization import Key, Organization
from .responses import bad_request, not_found
from .roles import REPLACEMENTS
from .service import Service
from .validation import describe, is_uuid, is_uuid4

Fields = dict[str, Any]

TIERS = ("BASIC", "SCALE", "ENTERPRISE", "legacy")


@dataclass(frozen=True)
class EmulatorConfig:
    """The configuration of an emulator, which reset() restores."""

    organization_id: str
    api_key: str
    api_secret: str
    step: float
    tier: str = "ENTERPRISE"
    forbidden: frozenset[str] = frozenset()
    #: How long a new service is not visible, in seconds.
    visibility_lag: float = 0.0
    #: The size of the largest page of a list; None does not limit it.
    page_size: int | None = None


def random_token(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _number in range(length))


class Store:
    def __init__(self, config: EmulatorConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.cursors = Cursors()
        self.engines = Engines()
        self.organizations: dict[str, Organization] = {}
        self._services: dict[str, Service] = {}
        self._lag = config.visibility_lag
        self.reset()

    def reset(self) -> None:
        self.clock.reset()
        self.cursors.reset(self.config.page_size)
        self.engines.close()
        self._services.clear()
        self.organizations.clear()
        organization = self.add_organization(self.config.organization_id, "Emulated organization", self.config.tier)
        key = self.add_test_key(organization, "First key", "admin", self.config.api_key, self.config.api_secret)
        key.forbidden = self.config.forbidden

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
        organization.add_default_roles_and_members()
        self.organizations[organization_id] = organization
        return organization

    def add_key(self, organization: Organization, name: str, roles: list[str]) -> Key:
        """Add a key without any rights. `roles` are the deprecated ones, which have no effect."""
        key_id = random_token(20)
        fields: Fields = {
            "id": str(uuid.uuid4()),
            "name": name,
            "state": "enabled",
            "roles": roles,
            "keySuffix": key_id[-4:],
            "createdAt": self.clock.timestamp(),
            "expireAt": None,
            "usedAt": None,
            "ipAccessList": [],
        }
        key = Key(key_id, "4b1d" + random_token(38), fields)
        organization.keys.append(key)
        return key

    def add_test_key(
        self, organization: Organization, name: str, role: str, key_id: str | None = None, secret: str | None = None
    ) -> Key:
        """Add a key for a test, from any IP address, with the system roles that replace a deprecated role."""
        key = self.add_key(organization, name, [role])
        key.key_id, key.secret = key_id or key.key_id, secret or key.secret
        anywhere = {"source": "0.0.0.0/0", "description": "Anywhere"}
        key.fields.update({"keySuffix": key.key_id[-4:], "ipAccessList": [anywhere]})
        organization.assign_roles(key.actor, organization.system_role_ids(REPLACEMENTS[role]))
        return key

    def authenticate(self, key_id: str, secret: str) -> Key | None:
        """Return the key that has these credentials, unless it is disabled or expired."""
        keys = [key for organization in self.organizations.values() for key in organization.keys]
        return next((key for key in keys if key.has_credentials(key_id, secret) and self._is_valid(key)), None)

    def _is_valid(self, key: Key) -> bool:
        expiry = key.fields["expireAt"]
        is_expired = bool(expiry) and parse_timestamp(expiry) <= self.clock.now()
        return key.fields["state"] == "enabled" and not is_expired

    def get_organization(self, key: Key) -> Organization:
        return next(service for service in self.organizations.values() if key in service.keys)

    # Services

    @contextlib.contextmanager
    def override_visibility_lag(self, seconds: float | None) -> Iterator[None]:
        """Make services added in this context visible after a number of seconds; None keeps the configured lag."""
        self._lag, previous = self._lag if seconds is None else seconds, self._lag
        try:
            yield
        finally:
            self._lag = previous

    def _is_visible(self, service: Service, organization_id: str | None) -> bool:
        """Return whether the organization can see the service; without an organization, whether it exists."""
        if organization_id is None:
            return not service.lifecycle.is_gone
        visible = self.clock.seconds() >= service.visible_from
        return visible and organization_id == service.organization_id and not service.lifecycle.is_gone

    def list_services(self, organization_id: str | None = None) -> list[Service]:
        """Return the existing services, oldest first: those visible to the organization, by default all."""
        visible = [service for service in self._services.values() if self._is_visible(service, organization_id)]
        for service in visible:
            service.catch_up()
        return visible

    def get_service(self, service_id: str, organization_id: str | None = None) -> Service:
        service = self._services.get(service_id.lower())
        if service is None or not self._is_visible(service, organization_id):
            raise not_found(service_id)
        service.catch_up()
        return service

    def add_service(self, service: Service) -> None:
        service.visible_from = self.clock.seconds() + self._lag
        self._services[service.id] = service

    def list_warehouse(self, service: Service) -> list[Service]:
        """Return the services of the same data warehouse, including this one unless it is new."""
        services = self.list_services(service.organization_id)
        return [other for other in services if other.warehouse == service.warehouse]

    def list_secondaries(self, service: Service) -> list[Service]:
        others = self.list_warehouse(service) if service.is_primary else []
        return [other for other in others if other is not service]

    def get_primary(self, service: Service) -> Service:
        return next((other for other in self.list_warehouse(service) if other.is_primary), service)

    def to_resource(self, service: Service) -> Fields:
        organization = self.organizations[service.organization_id]
        available = [
            endpoint["id"]
            for endpoint in organization.fields["privateEndpoints"]
            if endpoint.get("region") == service.fields["region"]
        ]
        return service.to_resource(available)


def check_id(kind: str, value: str) -> None:
    """Raise ApiError unless an ID in a path is a UUID of version 4. For other UUIDs the message differs."""
    if not is_uuid4(value):
        description = f'string:"{value}"' if is_uuid(value) else describe(value)
        raise bad_request(f"Invalid {kind} id {description}")
