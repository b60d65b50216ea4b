# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service is and how it is shown."""

from __future__ import annotations

import base64
import hashlib
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, field
from typing import Any

from . import backups, regions, scaling
from .backup_history import History
from .clock import Clock
from .lifecycle import Machine
from .schedule import active_entry, schedule_view

Fields = dict[str, Any]

VERSION = "25.8"

# Fields as they are kept, in the order of the API. What is not here is worked out when a service is shown.
KEPT = (
    "id",
    "name",
    "provider",
    "region",
    "clickhouseVersion",
    "tier",
    *scaling.REPLICA_SCALING,
    "ipAccessList",
    "createdAt",
    "encryptionKey",
    "encryptionAssumedRoleIdentifier",
    "iamRole",
    "privateEndpointIds",
    "dataWarehouseId",
    "isPrimary",
    "isReadonly",
    "releaseChannel",
    "byocId",
    "hasTransparentDataEncryption",
    "profile",
    "transparentDataEncryptionKeyId",
    "encryptionRoleId",
    "complianceType",
    "tags",
    "enableCoreDumps",
    "deletionProtection",
)


@dataclass
class Service:
    """One service, with all that hangs on it."""

    organization_id: str
    fields: Fields
    machine: Machine
    clock: Clock
    host_name: str
    history: History
    mysql: bool = False
    #: The second from which on the API shows it.
    visible_from: float = 0.0
    password_hash: str = ""
    double_sha1_hash: str = ""
    # What a test has set although it is worked out otherwise.
    overrides: Fields = field(default_factory=dict)
    get_backup_configuration: Fields = field(default_factory=lambda: dict(backups.DEFAULTS))
    query_endpoint: Fields | None = None
    upgrade_window: Fields | None = None
    schedule: list[Fields] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    database: sqlite3.Connection | None = None

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    @property
    def warehouse(self) -> str:
        return str(self.fields["dataWarehouseId"])

    @property
    def is_primary(self) -> bool:
        return bool(self.fields["isPrimary"])

    @property
    def backups(self) -> list[Fields]:
        return self.history.view(self.clock.now())

    def ensure_password_known(self) -> None:
        """Let all have happened that time has brought since the last request."""
        since = self.machine.up_since
        # A warehouse is backed up by its primary service.
        up = None if since is None or not self.is_primary else self.clock.at(since)
        self.history.ensure_password_known(self.clock.now(), up, self.get_backup_configuration)

    def set_password(self, password: str | None = None) -> str:
        """Take a password, a new one if none is given, and remember only its hashes."""
        password = password or secrets.token_urlsafe(12)
        self.password_hash = base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()
        self.double_sha1_hash = hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest()
        return password

    def endpoints(self) -> list[Fields]:
        host = regions.host(self.host_name, self.fields["region"], self.fields["provider"])
        shown = [
            {"protocol": "https", "host": host, "port": 8443, "username": "default"},
            {"protocol": "nativesecure", "host": host, "port": 9440, "username": "default"},
        ]
        if self.mysql:
            shown.append({"protocol": "mysql", "host": host, "port": 3306, "username": f"mysql4{self.host_name}"})
        return shown

    def view(self, available_endpoints: list[str]) -> Fields:
        """The service as the API shows it: a field without a value is absent."""
        active = active_entry(self.schedule, self.clock.now())
        kept = {**{name: self.fields.get(name) for name in KEPT}, **scaling.view(self.fields)}
        shown = {
            **{name: kept[name] for name in ("id", "name", "provider", "region")},
            "state": self.machine.state,
            "clickhouseVersion": kept["clickhouseVersion"],
            "endpoints": self.endpoints(),
            "tier": kept["tier"],
            **scaling.view(self.fields),
            **kept,
            "availablePrivateEndpointIds": available_endpoints,
            "scalingSchedule": schedule_view(self.schedule, self.fields, self.clock.now()),
            "currentScaling": without_nothing(scaling.current_scaling(self.fields, active)),
            **self.overrides,
        }
        return without_nothing(shown)

    def changed(self, fields: Fields) -> None:
        """Take fields which a request has changed: from now on they count, not what a test had set."""
        self.fields.update(fields)
        for name in fields:
            self.overrides.pop(name, None)


def without_nothing(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def new_service(organization_id: str, body: Fields, replicas: int, clock: Clock, step: float) -> Service:
    """A service made of a checked body."""
    host_name = regions.new_host_name()
    encrypted = body.get("hasTransparentDataEncryption", False)
    role = regions.iam_role(host_name, body["region"], body["provider"])
    fields: Fields = {
        **{name: body.get(name) for name in KEPT},
        "id": str(uuid.uuid4()),
        "clickhouseVersion": VERSION,
        **scaling.initial(body, replicas),
        "ipAccessList": list(body["ipAccessList"]),
        "createdAt": clock.timestamp(),
        "iamRole": role or None,
        "privateEndpointIds": list(body.get("privateEndpointIds", [])),
        "dataWarehouseId": body.get("dataWarehouseId") or str(uuid.uuid4()),
        "isPrimary": "dataWarehouseId" not in body,
        "isReadonly": body.get("isReadonly", False),
        "releaseChannel": body.get("releaseChannel", "default"),
        "hasTransparentDataEncryption": encrypted,
        "transparentDataEncryptionKeyId": None,
        "encryptionRoleId": role if encrypted else None,
        "tags": list(body.get("tags", [])),
        "enableCoreDumps": body.get("enableCoreDumps", True),
        "deletionProtection": body.get("deletionProtection", False),
    }
    machine = Machine(clock.seconds, step)
    service = Service(organization_id, fields, machine, clock, host_name, History(fields["id"]))
    service.mysql = mysql_wanted(body, False)
    return service


def mysql_wanted(body: Fields, current: bool) -> bool:
    """Whether the endpoint for MySQL is on after a request; it is the only one that can be switched."""
    for change in body.get("endpoints", []):
        current = bool(change["enabled"])
    return current
