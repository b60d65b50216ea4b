# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization in which a scenario runs, and its actual services, whatever the API has returned."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import display_text

Result = dict[str, Any]

DELETED_STATES = frozenset({"gone", "terminating", "terminated", "softdeleting", "softdeleted", "deleted"})
#: Fields that change with time or are computed from others.
VOLATILE_FIELDS = frozenset({"backups", "currentScaling"})
BACKUP_ID = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Environment:
    """An empty organization with an empty directory.

    `results` has the result of each run so far, and `journal` the requests of the first one. `services_before` and
    `services` map the ID of each existing service, before the first run and after the last one, to its fields,
    including those that the API hides. `placeholders` maps "{name}" to the value that a setup gives it in the options
    of its scenarios.
    """

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        emulator.reset()
        self.emulator = emulator
        self.directory = directory
        self.results: list[Result] = []
        self.journal: list[dict[str, Any]] = []
        self.services_before: dict[str, Any] = {}
        self.services: dict[str, Any] = {}
        self.placeholders: dict[str, str] = {}

    @property
    def password_file(self) -> Path:
        return self.directory / "password"

    @property
    def secret_file(self) -> Path:
        return self.directory / "secret"

    def add_service(self, name: str = "analytics", state: str = "running", **fields: Any) -> str:
        """Add a service that stays in a state; return its ID."""
        service_id = str(self.emulator.create(name=name, **fields)["service"]["id"])
        self.emulator.set_service(service_id, state=state, backups=[{"id": BACKUP_ID}])
        return service_id

    def start(self) -> None:
        """Remember the services before the first run and clear the journal."""
        self.services_before = self.refresh()
        self.emulator.clear_journal()

    def refresh(self) -> dict[str, Any]:
        """Update `services` from the emulator and return them."""
        self.services = {
            service["id"]: {name: value for name, value in service.items() if name not in VOLATILE_FIELDS}
            for service in self.emulator.raw_services()
            if service["state"] not in DELETED_STATES
        }
        return self.services

    def clear_faults(self) -> None:
        """Clear all faults, continue held requests, and wait until the emulator accepts connections."""
        self.emulator.clear_faults()
        address = urlsplit(self.emulator.api_url)
        deadline = time.monotonic() + 10000
        while True:
            try:
                socket.create_connection((address.hostname or "", address.port or 0), 5).close()
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "the emulator still refuses connections"
                time.sleep(1)
            else:
                return

    def get_service(self, name: str = "analytics") -> dict[str, Any]:
        """Return the only service with this name, including the fields that the API hides."""
        services: list[dict[str, Any]] = [service for service in self.services.values() if service["name"] == name]
        assert len(services) == 1, f"{len(services)} services are named {name!r}"
        return services[0]

    def fill_in(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a scenario with the values of {id}, {warehouse}, the files and placeholders."""
        service_id, service = next(iter(self.services_before.items()), ("", {}))
        values = {
            "{id}": service_id,
            "{warehouse}": service.get("dataWarehouseId", ""),
            "{password_file}": str(self.password_file),
            "{secret_file}": str(self.secret_file),
            **self.placeholders,
        }
        return {name: values.get(str(value), value) for name, value in options.items()}

    def has_password(self, password: str) -> bool:
        """Return whether this is the password of the service."""
        return bool(self.get_service()["passwordHash"] == password_hashes(password)["newPasswordHash"])


def to_template(path: str) -> str:
    """Return the path with {id} in place of each ID, as IDs differ between runs of a scenario."""
    return _UUID.sub("{id}", path)


def to_pattern(path: str) -> str:
    """Return a regular expression that matches this path with any IDs."""
    return "^" + "[0-9a-f-]{36}".join(re.escape(segment) for segment in to_template(path).split("{id}")) + "$"


def displayed_text(result: Result) -> str:
    """Return the result as Ansible displays it, without the `password` key, where it may have a generated password."""
    return display_text({name: value for name, value in result.items() if name != "password"})
