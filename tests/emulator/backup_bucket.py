# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bucket of the organization to which the backups of a service go."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from .request_context import RequestContext
from .responses import bad_request
from .service import BACKUP_BUCKET, BUCKET_SECRETS, Service
from .service_singleton import Singleton
from .validation import Table, check_fields, choice, nullable, text, validation_error

Fields = dict[str, Any]

_TEXT = text(1, 2**20)
_TABLES: dict[str, Table] = {
    "AWS": {
        "bucketPath": _TEXT,
        "iamRoleArn": _TEXT,
        "iamRoleSessionName": _TEXT,
        "iamRoleExternalId": _TEXT,
    },
    "GCP": {"bucketPath": _TEXT, "accessKeyId": _TEXT, "secretAccessKey": _TEXT},
    "AZURE": {"containerName": _TEXT, "connectionString": _TEXT},
}
# A change can remove these.
_REMOVABLE: Table = {name: nullable(_TEXT) for name in ("iamRoleSessionName", "iamRoleExternalId")}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "AWS": ("bucketPath", "iamRoleArn"),
    "GCP": ("bucketPath", "accessKeyId", "secretAccessKey"),
    "AZURE": ("containerName", "connectionString"),
}
# A change has to repeat these.
_SECRETS: dict[str, tuple[str, ...]] = {
    "AWS": ("iamRoleArn",),
    "GCP": ("accessKeyId", "secretAccessKey"),
    "AZURE": ("connectionString",),
}


class BackupBucket(Singleton):
    path = BACKUP_BUCKET
    methods = ("GET", "POST", "PATCH", "DELETE")
    table: ClassVar[Table] = {"bucketProvider": choice(*_TABLES)}

    def check(self, ctx: RequestContext, service: Service, body: Fields) -> None:
        check_fields(self.table, body, ("bucketProvider",))
        provider = body["bucketProvider"]
        if provider != service.fields["provider"].upper():
            raise validation_error("body.bucketProvider", "The value must be the provider of the service", provider)
        if self.fields_of(service) is None:
            check_fields(_TABLES[provider], body, _REQUIRED[provider])
        else:
            check_fields({**_TABLES[provider], **_REMOVABLE}, body, _SECRETS[provider])
        if not service.is_primary:
            raise bad_request("Backups are configured on the primary service of the data warehouse")

    def merge(self, current: Fields, body: Fields) -> Fields:
        table = _TABLES[body["bucketProvider"]]
        fields = {"id": str(uuid.uuid4()), "bucketProvider": body["bucketProvider"], **current}
        fields.update({name: value for name, value in body.items() if name in table})
        return {name: value for name, value in fields.items() if value is not None}

    def to_resource(self, fields: Fields) -> Fields:
        return {name: value for name, value in fields.items() if name not in BUCKET_SECRETS}
