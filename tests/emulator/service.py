# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service and its representation in the API."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from . import backups, regions, scaling
from .backup_history import BackupHistory
from .clock import Clock
from .engines import Databases
from .functions import Attachment, Version
from .lifecycle import Lifecycle
from .organization import hash_text
from .schedule import find_active_entry, schedule_to_resource

Fields = dict[str, Any]

VERSION = "25.8"
# The ends of the paths of parts that decide how backups and snapshots are created.
SNAPSHOT_CONFIGURATION = "snapshotConfiguration"
BACKUP_BUCKET = "backupBucket"
# What the API never returns of a bucket.
BUCKET_SECRETS = ("secretAccessKey", "connectionString")

# The stored fields, in the order of the API. All others are computed for each response.
STORED_FIELDS = (
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
    """A service with its subresources."""

    organization_id: str
    fields: Fields
    lifecycle: Lifecycle
    clock: Clock
    host_name: str
    history: BackupHistory
    snapshots: BackupHistory
    mysql_enabled: bool = False
    #: When the API starts to return it, in seconds of the clock.
    visible_from: float = 0.0
    password_hash: str = ""
    double_sha1_hash: str = ""
    # Values that a test has set for computed fields.
    overrides: Fields = field(default_factory=dict)
    backup_configuration: Fields = field(default_factory=lambda: dict(backups.DEFAULTS))
    query_endpoint: Fields | None = None
    upgrade_window: Fields | None = None
    schedule: list[Fields] = field(default_factory=list)
    #: The platform itself sets this one.
    settings: Fields = field(default_factory=lambda: {"compatibility": VERSION})
    # The fields of each part that the service has once, by the last part of its path.
    parts: dict[str, Fields] = field(default_factory=dict)
    # The elements of each collection by ID, by the last part of the collection's path.
    collections: dict[str, dict[str, Fields]] = field(default_factory=dict)
    # The user-defined functions that are attached, by name.
    functions: dict[str, Attachment] = field(default_factory=dict)
    # All services of a data warehouse have the same databases.
    databases: Databases = field(default_factory=Databases)

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
        return self.history.list_backups(self.clock.now())

    @property
    def bucket(self) -> Fields | None:
        """Return the bucket as the backups in it show it, or None if the service has none."""
        fields = self.parts.get(BACKUP_BUCKET)
        hidden = ("id", *BUCKET_SECRETS)
        return None if fields is None else {name: value for name, value in fields.items() if name not in hidden}

    def catch_up(self) -> None:
        """Bring the backups and snapshots up to date."""
        since = self.lifecycle.up_since
        # A warehouse is backed up by its primary service.
        up = None if since is None or not self.is_primary else self.clock.date_at(since)
        now = self.clock.now()
        self.history.catch_up(now, up, self.backup_configuration, self.bucket)
        if self.is_primary:
            self.databases.keep_backups(backup["id"] for backup in self.backups)
        configuration = self.parts.get(SNAPSHOT_CONFIGURATION, {})
        if "gap" in configuration:
            schedule = {
                "backupPeriodInHours": configuration["gap"] / 60,
                "backupRetentionPeriodInHours": configuration["timeFrame"] / 60,
                "backupStartTime": None,
            }
            self.snapshots.catch_up(now, up if configuration["enabled"] else None, schedule, self.bucket)

    def attached_functions(self) -> dict[str, Attachment]:
        """Return the attachments by the name of the function."""
        now = self.clock.seconds()
        self.functions = {name: entry for name, entry in self.functions.items() if not entry.is_gone(now)}
        return {name: entry for name, entry in self.functions.items() if not entry.is_deleted}

    def callable_functions(self) -> list[Version]:
        """Return the versions of functions that SQL can call."""
        self.attached_functions()
        found = [attachment.callable_version(self.clock.seconds()) for attachment in self.functions.values()]
        # Those that a test has made have no source.
        return [version for version in found if version is not None and version.archive]

    def set_password(self, password: str | None = None) -> str:
        """Store the hashes of a password, by default of a generated one; return the password."""
        password = password or secrets.token_urlsafe(12)
        self.password_hash = hash_text(password)
        self.double_sha1_hash = hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest()
        return password

    def list_endpoints(self) -> list[Fields]:
        host = regions.format_host(self.host_name, self.fields["region"], self.fields["provider"])
        endpoints = [
            {"protocol": "https", "host": host, "port": 8443, "username": "default"},
            {"protocol": "nativesecure", "host": host, "port": 9440, "username": "default"},
        ]
        if self.mysql_enabled:
            endpoints.append({"protocol": "mysql", "host": host, "port": 3306, "username": f"mysql4{self.host_name}"})
        return endpoints

    def to_resource(self, available_endpoints: list[str]) -> Fields:
        """Return the service as an API resource, without fields that are None."""
        active = find_active_entry(self.schedule, self.clock.now())
        stored = {**{name: self.fields.get(name) for name in STORED_FIELDS}, **scaling.to_resource(self.fields)}
        resource = {
            **{name: stored[name] for name in ("id", "name", "provider", "region")},
            "state": self.lifecycle.state,
            "clickhouseVersion": stored["clickhouseVersion"],
            "endpoints": self.list_endpoints(),
            "tier": stored["tier"],
            **scaling.to_resource(self.fields),
            **stored,
            "availablePrivateEndpointIds": available_endpoints,
            "scalingSchedule": schedule_to_resource(self.schedule, self.fields, self.clock.now()),
            "currentScaling": drop_nulls(scaling.build_current_scaling(self.fields, active)),
            **self.overrides,
        }
        return drop_nulls(resource)

    def apply_changes(self, fields: Fields) -> None:
        """Store fields that a request has changed. They replace values set by a test."""
        self.fields.update(fields)
        for name in fields:
            self.overrides.pop(name, None)


def drop_nulls(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def build_service(organization_id: str, body: Fields, replicas: int, clock: Clock, step: float) -> Service:
    """Return a service from a valid request body."""
    host_name = regions.generate_host_prefix()
    # A backup in the organization's own bucket is always restored with transparent data encryption.
    encrypted = body.get("hasTransparentDataEncryption", False) or "backupEncryptionConfig" in body
    role = regions.format_iam_role(host_name, body["region"], body["provider"])
    fields: Fields = {
        **{name: body.get(name) for name in STORED_FIELDS},
        "id": str(uuid.uuid4()),
        "clickhouseVersion": VERSION,
        **scaling.build_initial(body, replicas),
        "ipAccessList": list(body["ipAccessList"]),
        "createdAt": clock.timestamp(),
        # A request cannot set these any more, but older services may have them.
        "encryptionKey": None,
        "encryptionAssumedRoleIdentifier": None,
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
    lifecycle = Lifecycle(clock.seconds, step)
    backup_history = BackupHistory(fields["id"])
    snapshots = BackupHistory(fields["id"], chain_length=1, namespace="snapshot/")
    service = Service(organization_id, fields, lifecycle, clock, host_name, backup_history, snapshots)
    service.mysql_enabled = is_mysql_enabled(body, False)
    return service


def is_mysql_enabled(body: Fields, current: bool) -> bool:
    """Return whether the MySQL endpoint is enabled after a request. No other endpoint can be changed."""
    for change in body.get("endpoints", []):
        current = bool(change["enabled"])
    return current
