# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user-defined functions that a test sets, and what it sees of them."""

from __future__ import annotations

import hashlib
from typing import Any

from .functions import Attachment, Function, Version
from .organization import Organization
from .state import Store
from .udfs import DEFAULTS, to_fields

Fields = dict[str, Any]

_ARGUMENT = {"name": "input", "type": "String"}
_USUAL: Fields = {
    **DEFAULTS,
    "runtime": "python3.11",
    "type": "executable",
    "arguments": [_ARGUMENT],
    "returnType": "String",
    "poolSize": None,
}


def preset_functions(store: Store, organization: Organization, given: list[Fields]) -> None:
    """Replace all functions by those of a test.

    Beside its configuration, a function can have a number of `versions`, the `status` of the latest one with its
    `error`, and the IDs of the `services` to which that is attached. Its source cannot be called.
    """
    organization.functions.clear()
    for service in store.list_services(organization.id):
        service.functions.clear()
    for fields in given:
        _add(store, organization, dict(fields))


def _add(store: Store, organization: Organization, fields: Fields) -> None:
    last, service_ids = fields.pop("versions", 1), fields.pop("services", [])
    status, error = fields.pop("status", "ready"), fields.pop("error", None)
    function, now = Function(fields.pop("functionName")), store.clock
    for number in range(1, last + 1):
        resource = to_fields(function.name, number, {**_USUAL, **fields}, now.timestamp())
        function.versions[number] = Version(resource, b"", now.seconds(), None)
    function.latest.error = error
    if status == "building":
        function.latest.built_at = float("inf")
    organization.functions[function.name] = function
    for service_id in service_ids:
        store.get_service(service_id).functions[function.name] = Attachment(function.latest, now.seconds())


def show_functions(store: Store, organization: Organization) -> list[Fields]:
    """Return the functions with all versions, the hashes of their source, and the services that have them."""
    services = store.list_services(organization.id)
    return [
        {
            "functionName": function.name,
            "versions": [
                {**version.to_resource(store.clock), "sha256": hashlib.sha256(version.archive).hexdigest()}
                for version in function.versions.values()
            ],
            "services": {
                service.id: attached[function.name].version.number
                for service in services
                for attached in [service.attached_functions()]
                if function.name in attached
            },
        }
        for function in organization.functions.values()
    ]
