# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The operations of the API that the collection uses: their descriptions and the permissions that they need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .._json import to_snake_case
from .features import advise_on_feature, describe_missing_feature, names_feature


class Operation(NamedTuple):
    """The description of a request before and after it is sent, and the permissions that it needs.

    In the texts, {name} is the name in the body, {service} the ID in the path, {element} the last ID or name there,
    {fields} the fields of the body, and {line} the method and path.
    """

    action: str
    done: str
    permissions: tuple[str, ...]


_ORGANIZATION = "/organizations/{}"
_SERVICES = f"{_ORGANIZATION}/services"
_SERVICE = f"{_SERVICES}/{{}}"

#: By method and path. The permissions are those of the vendor's specification. It names none for lists, which contain
#: what the key may view.
OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/organizations"): Operation("list the organizations of the API key", "", ("organization:view",)),
    ("GET", _ORGANIZATION): Operation("read the organization", "", ("organization:view",)),
    ("PATCH", _ORGANIZATION): Operation(
        "change {fields} of the organization", "changed {fields} of the organization", ("organization:manage",)
    ),
    ("GET", _SERVICES): Operation("list the services", "", ("service:view",)),
    ("POST", _SERVICES): Operation(
        "create the service {name}",
        "created the service {name}",
        ("organization:create-service", "service:manage"),
    ),
    ("GET", _SERVICE): Operation("read service {service}", "", ("service:view",)),
    ("PATCH", _SERVICE): Operation(
        "change {fields} of service {service}", "changed {fields} of service {service}", ("service:manage",)
    ),
    ("DELETE", _SERVICE): Operation("delete service {service}", "deleted service {service}", ("service:delete",)),
    ("PATCH", f"{_SERVICE}/scaling"): Operation(
        "change the scaling of service {service}",
        "changed the scaling of service {service}",
        ("service:manage-scaling-config",),
    ),
    ("PATCH", f"{_SERVICE}/replicaScaling"): Operation(
        "change the scaling of service {service}",
        "changed the scaling of service {service}",
        ("service:manage-scaling-config",),
    ),
    ("PATCH", f"{_SERVICE}/password"): Operation(
        "set the password of service {service}", "set the password of service {service}", ("service:manage",)
    ),
    ("GET", f"{_SERVICE}/backupConfiguration"): Operation(
        "read the backup configuration of service {service}", "", ("service:view-backups",)
    ),
    ("PATCH", f"{_SERVICE}/backupConfiguration"): Operation(
        "change the backup configuration of service {service}",
        "changed the backup configuration of service {service}",
        ("service:manage-backups",),
    ),
    ("GET", f"{_SERVICE}/backups"): Operation("list the backups of service {service}", "", ("service:view-backups",)),
    ("GET", f"{_SERVICE}/backups/{{}}"): Operation("read a backup of service {service}", "", ("service:view-backups",)),
    ("GET", f"{_SERVICE}/snapshots"): Operation(
        "list the snapshots of service {service}", "", ("service:view-snapshots",)
    ),
    ("GET", f"{_SERVICE}/snapshots/{{}}"): Operation(
        "read a snapshot of service {service}", "", ("service:view-snapshots",)
    ),
    ("GET", f"{_SERVICE}/snapshotConfiguration"): Operation(
        "read the snapshot configuration of service {service}", "", ("service:view-snapshots",)
    ),
    ("PATCH", f"{_SERVICE}/snapshotConfiguration"): Operation(
        "change the snapshot configuration of service {service}",
        "changed the snapshot configuration of service {service}",
        ("service:manage-snapshots",),
    ),
    ("GET", f"{_SERVICE}/privateEndpointConfig"): Operation(
        "read the private endpoint configuration of service {service}", "", ("service:view-private-endpoints",)
    ),
    ("POST", f"{_SERVICE}/privateEndpoint"): Operation(
        "attach a private endpoint to service {service}",
        "attached a private endpoint to service {service}",
        ("service:manage-private-endpoints",),
    ),
    ("GET", f"{_SERVICE}/upgradeWindow"): Operation(
        "read the upgrade window of service {service}", "", ("service:view",)
    ),
    ("PUT", f"{_SERVICE}/upgradeWindow"): Operation(
        "set the upgrade window of service {service}",
        "set the upgrade window of service {service}",
        ("service:manage",),
    ),
    ("DELETE", f"{_SERVICE}/upgradeWindow"): Operation(
        "delete the upgrade window of service {service}",
        "deleted the upgrade window of service {service}",
        ("service:manage",),
    ),
    ("GET", f"{_SERVICE}/clickhouseSettings"): Operation(
        "read the ClickHouse settings of service {service}", "", ("service:view",)
    ),
    ("GET", f"{_SERVICE}/clickhouseSettings/schema"): Operation(
        "read which ClickHouse settings of service {service} can be changed", "", ("service:view",)
    ),
    ("PATCH", f"{_SERVICE}/clickhouseSettings"): Operation(
        "change the ClickHouse settings of service {service}",
        "changed the ClickHouse settings of service {service}",
        ("service:manage",),
    ),
    ("DELETE", f"{_SERVICE}/clickhouseSettings/{{}}"): Operation(
        "reset the ClickHouse setting {element} of service {service}",
        "reset the ClickHouse setting {element} of service {service}",
        ("service:manage",),
    ),
    ("GET", f"{_SERVICE}/serviceQueryEndpoint"): Operation(
        "read the query endpoint of service {service}", "", ("service:view-query-api-endpoints",)
    ),
    ("POST", f"{_SERVICE}/serviceQueryEndpoint"): Operation(
        "set the query endpoint of service {service}",
        "set the query endpoint of service {service}",
        ("service:manage-query-api-endpoints",),
    ),
    ("DELETE", f"{_SERVICE}/serviceQueryEndpoint"): Operation(
        "delete the query endpoint of service {service}",
        "deleted the query endpoint of service {service}",
        ("service:manage-query-api-endpoints",),
    ),
    ("GET", f"{_ORGANIZATION}/keys"): Operation(
        "list the API keys of the organization", "", ("organization:view-api-keys",)
    ),
    ("GET", f"{_SERVICE}/scalingSchedule"): Operation(
        "read the scaling schedule of service {service}", "", ("service:view",)
    ),
    ("POST", f"{_SERVICE}/scalingSchedule"): Operation(
        "set the scaling schedule of service {service}",
        "set the scaling schedule of service {service}",
        ("service:manage-scaling-config",),
    ),
    ("DELETE", f"{_SERVICE}/scalingSchedule"): Operation(
        "delete the scaling schedule of service {service}",
        "deleted the scaling schedule of service {service}",
        ("service:manage-scaling-config",),
    ),
    ("GET", f"{_SERVICE}/replicaAwareRouting"): Operation(
        "read the replica aware routing of service {service}", "", ("service:view",)
    ),
    ("PATCH", f"{_SERVICE}/replicaAwareRouting"): Operation(
        "change the replica aware routing of service {service}",
        "changed the replica aware routing of service {service}",
        ("service:manage",),
    ),
    ("GET", f"{_SERVICE}/saved-queries"): Operation(
        "list the saved queries of service {service}", "", ("service:view",)
    ),
    ("POST", f"{_SERVICE}/saved-queries"): Operation(
        "create the saved query {name} of service {service}",
        "created the saved query {name} of service {service}",
        ("service:manage",),
    ),
    ("GET", f"{_SERVICE}/saved-queries/{{}}"): Operation(
        "read the saved query {element} of service {service}", "", ("service:view",)
    ),
    ("PUT", f"{_SERVICE}/saved-queries/{{}}"): Operation(
        "change the saved query {element} of service {service}",
        "changed the saved query {element} of service {service}",
        ("service:manage",),
    ),
    ("DELETE", f"{_SERVICE}/saved-queries/{{}}"): Operation(
        "delete the saved query {element} of service {service}",
        "deleted the saved query {element} of service {service}",
        ("service:manage",),
    ),
    ("GET", f"{_SERVICE}/prometheus"): Operation("read the metrics of service {service}", "", ("service:view",)),
}

#: The same for PATCH of the state, by the command in its body.
COMMANDS: Mapping[str, Operation] = {
    "start": Operation("start service {service}", "started service {service}", ("service:manage",)),
    "stop": Operation("stop service {service}", "stopped service {service}", ("service:manage",)),
    "awake": Operation("wake up service {service}", "woke up service {service}", ("service:view",)),
}

#: Any other request.
UNKNOWN_OPERATION = Operation("send {line}", "sent {line}", ())

#: Further permissions that writes need for certain fields in their bodies.
FIELD_PERMISSIONS: Mapping[tuple[str, str], str] = {
    ("POST", "backupId"): "service:manage-backups",
    ("POST", "privateEndpointIds"): "service:manage-private-endpoints",
    ("POST", "deletionProtection"): "service:delete",
    ("PATCH", "ipAccessList"): "service:manage-ip-access-list",
    ("PATCH", "privateEndpointIds"): "service:manage-private-endpoints",
    ("PATCH", "deletionProtection"): "service:delete",
}

#: Joins the two possible reasons for a refusal.
OR_FEATURE = ". If it has, "

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: The parts of a path that differ between resources: IDs, and the name of a setting.
_VARIABLE = re.compile(rf"(?<=/){UUID.pattern}(?=/|$)|(?<=/clickhouseSettings/)(?!schema$)[^/]+$")


def to_template(path: str) -> str:
    """Return the path as OPERATIONS has it, with {} for each ID and for the name of a setting."""
    return _VARIABLE.sub("{}", path)


@dataclass(frozen=True)
class Request:
    """A request to the API, with its description for messages."""

    method: str
    path: str
    # Holds hashes of passwords.
    body: Mapping[str, Any] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"The request to {self._fill_in(self._operation.action)}"

    @property
    def line(self) -> str:
        """Return the method and the path."""
        return f"{self.method} /v1{self.path}"

    @property
    def is_write(self) -> bool:
        """Return whether the request may change something."""
        return self.method != "GET"

    @property
    def done(self) -> str:
        """Return the description of a write that was sent."""
        return self._fill_in(self._operation.done)

    @property
    def permissions(self) -> list[str]:
        """Return the permissions that an API key needs for the request, by their names in the API."""
        field_permissions = (FIELD_PERMISSIONS.get((self.method, name)) for name in self.body or {})
        names = dict.fromkeys([*self._operation.permissions, *filter(None, field_permissions)])
        return [f"control-plane:{name}" for name in names]

    def advise(self, status: int, error: str) -> str | None:
        """Return advice if the role of the key or a missing feature may be the reason of a refusal; None otherwise."""
        if names_feature(status, error):
            return advise_on_feature(status, self.method, self.path)
        names = self.permissions
        if status != 403 or not names:
            return None
        needed = f"permission{'s' if len(names) > 1 else ''} {' and '.join(names)}"
        advice = f"The role of the API key does not allow this: use a key that has the {needed}"
        # Without a reason, it may be either.
        feature = "" if ": " in error else describe_missing_feature(self.method, self.path)
        return f"{advice}{OR_FEATURE}{feature}" if feature else advice

    @property
    def _operation(self) -> Operation:
        if self.path.endswith("/state"):
            return COMMANDS.get((self.body or {}).get("command", ""), UNKNOWN_OPERATION)
        return OPERATIONS.get((self.method, to_template(self.path)), UNKNOWN_OPERATION)

    def _fill_in(self, template: str) -> str:
        body, ids = self.body or {}, [match.group() for match in _VARIABLE.finditer(self.path)]
        return template.format(
            name=repr(body.get("name")),
            service=next(iter(ids[1:] or ids), ""),
            element=ids[-1] if ids else "",
            fields=" and ".join(map(to_snake_case, body)),
            line=self.line,
        )
