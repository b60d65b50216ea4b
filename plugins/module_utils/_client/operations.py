# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Requests to the API: their descriptions for messages, and the permissions that they need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .._json import to_snake_case
from .features import advise_on_feature, describe_missing_feature, names_feature


class Operation(NamedTuple):
    """A request in messages: a verb and its object, and the permissions that the request needs.

    In the texts, {name} is the name in the body, {service} the ID in the path, {element} the last ID or name there,
    {function} the name of a user-defined function in either, {fields} the fields of the body, and {line} the method and
    path.
    """

    verb: str
    target: str
    permissions: tuple[str, ...] = ()


#: The past tense of each verb of a write.
PAST_TENSE: Mapping[str, str] = {
    "attach": "attached",
    "change": "changed",
    "create": "created",
    "delete": "deleted",
    "detach": "detached",
    "reset": "reset",
    "run": "ran",
    "send": "sent",
    "set": "set",
    "start": "started",
    "stop": "stopped",
    "upload": "uploaded",
    "wake up": "woke up",
}

#: Paths after /v1, with {} for each ID.
ORGANIZATION_PATH = "/organizations/{}"
SERVICES_PATH = f"{ORGANIZATION_PATH}/services"
SERVICE_PATH = f"{SERVICES_PATH}/{{}}"

#: By method and path. Each file of endpoints adds its own, so that a module's payload contains only those that it uses.
OPERATIONS: dict[tuple[str, str], Operation] = {}


def declare_operations(path: str, target: str, **methods: tuple[str, ...]) -> None:
    """Add the operations of a path to OPERATIONS: each method with its verb and its permissions.

    The permissions are those of the vendor's specification. It names none for lists, which contain what the key may
    view.
    """
    for method, (verb, *permissions) in methods.items():
        OPERATIONS[method, path] = Operation(verb, target, tuple(permissions))


#: The operation of PATCH of the state, by the command in its body.
COMMANDS: Mapping[str, Operation] = {
    "start": Operation("start", "service {service}", ("service:manage",)),
    "stop": Operation("stop", "service {service}", ("service:manage",)),
    "awake": Operation("wake up", "service {service}", ("service:view",)),
}

#: Any other request.
UNKNOWN_OPERATION = Operation("send", "{line}")

#: Further permissions that writes to services need for certain fields in their bodies.
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
_FUNCTION_NAME = re.compile(r"(?<=udfs/)[^/]+")
#: The parts of a path that differ between resources: IDs, the names of settings and functions, and versions.
_VARIABLE = re.compile(
    rf"(?<=/){UUID.pattern}(?=/|$)|(?<=/clickhouseSettings/)(?!schema$)[^/]+$|{_FUNCTION_NAME.pattern}|(?<=/versions/)\d+$"
)


def to_template(path: str) -> str:
    """Return the path as OPERATIONS has it, with {} for each ID and name of a resource."""
    return _VARIABLE.sub("{}", path)


@dataclass(frozen=True)
class Request:
    """A request to the API, with its description for messages."""

    method: str
    path: str
    # Holds hashes of passwords.
    body: Mapping[str, Any] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"The request to {self._describe(self._operation.verb)}"

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
        return self._describe(PAST_TENSE[self._operation.verb])

    @property
    def permissions(self) -> list[str]:
        """Return the permissions that an API key needs for the request, by their names in the API."""
        fields = self.body or {} if "/services" in self.path else {}
        field_permissions = (FIELD_PERMISSIONS.get((self.method, name)) for name in fields)
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

    def _describe(self, verb: str) -> str:
        body, ids = self.body or {}, [match.group() for match in _VARIABLE.finditer(self.path)]
        return f"{verb} {self._operation.target}".format(
            name=repr(body.get("name")),
            service=next(iter(ids[1:] or ids), ""),
            element=ids[-1] if ids else "",
            function=repr(body.get("functionName") or "".join(_FUNCTION_NAME.findall(self.path))),
            fields=" and ".join(map(to_snake_case, body)),
            line=self.line,
        )
