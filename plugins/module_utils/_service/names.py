# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Find what an option names: a service, a member, an API key or a role of the organization."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Callable

from .._client.api import Api, is_uuid
from .._client.api_keys import fetch_nameable_api_keys
from .._client.members import MEMBER_ENDPOINTS
from .._client.roles import ROLE_ENDPOINTS
from .._errors import AmbiguousName, NotFound
from .._json import Resource, abbreviate
from .._module.context import ModuleContext
from .._texts import nearest, reveal
from .service import Service

#: The system role that may do everything.
ADMIN = "Admin"


def _list_services(api: Api) -> list[Resource]:
    """Return all services that are not deleted."""
    return [service for service in api.cached_services() if not Service(service).is_deleted]


@dataclass(frozen=True)
class Kind:
    """A kind of resources that options name: the noun, how to list them, and the field with the name.

    The names of members are their email addresses, which are compared without regard to case. detail_key is the field
    that distinguishes those of one name in a message, besides their IDs.
    """

    noun: str
    fetch_all: Callable[[Api], list[Resource]]
    name_key: str = "name"
    detail_key: str = ""
    ignores_case: bool = False
    hint: str = ""


SERVICE_NAMES = Kind("service", _list_services)
API_KEY_NAMES = Kind("API key", fetch_nameable_api_keys, detail_key="state")
ROLE_NAMES = Kind("role", lambda api: ROLE_ENDPOINTS.fetch_all(api, ""))
MEMBER_NAMES = Kind(
    "member",
    lambda api: MEMBER_ENDPOINTS.fetch_all(api, ""),
    name_key="email",
    ignores_case=True,
    hint=" Someone who is invited becomes a member by accepting the invitation.",
)


@dataclass
class NameLookup:
    """The resources of one kind, which are requested only if a name has to be found, and once for a task."""

    api: Api
    kind: Kind
    _resources: Sequence[Resource] | None = field(default=None, init=False)

    def resolve(self, option: str, names: Iterable[str]) -> list[str]:
        """Return the IDs of what an option names; an ID stands for itself.

        Raise AmbiguousName if several have a name, and NotFound if none has it.
        """
        return [self._resolve(option, name) for name in names]

    def resolve_named(self, option: str, names: Iterable[str]) -> list[tuple[str, str]]:
        """Return the ID and the name of each. Raise as resolve() does, also if there is none with an ID."""
        known = {str(item["id"]).lower(): str(item.get(self.kind.name_key)) for item in self.resources}
        ids = self.resolve(option, names)
        for unknown in (item_id for item_id in ids if item_id not in known):
            raise NotFound(
                f"{option}: there is no {self.kind.noun} with the ID {unknown}. Use the name of one that exists."
            )
        return [(item_id, known[item_id]) for item_id in ids]

    def describe(self, item_id: str) -> str:
        """Return the ID, with the name if the list has been read anyway."""
        names = (item.get(self.kind.name_key) for item in self.read_resources if item["id"] == item_id)
        return next((f"{item_id} ({reveal(str(name))})" for name in names if name), item_id)

    def resolve_existing(self, option: str, names: Iterable[str], warn: Callable[[str], None]) -> list[str]:
        """Return the same as resolve(), without the names that none has, about which to warn."""
        ids = []
        for name in names:
            try:
                ids.append(self._resolve(option, name))
            except NotFound as error:
                warn(str(error))
        return ids

    def _resolve(self, option: str, name: str) -> str:
        if is_uuid(name):
            return name.lower()
        wanted = self._normalize(name)
        found = [item for item in self.resources if self._normalize(str(item.get(self.kind.name_key))) == wanted]
        if len(found) > 1:
            raise AmbiguousName(
                f"{option}: {len(found)} {self.kind.noun}s are named {abbreviate(name)}:"
                f" {', '.join(map(self._label, found))}. Use the ID of one of them."
            )
        if not found:
            raise NotFound(self._describe_unknown_name(option, name))
        # The ID of a key that is only planned is its name.
        found_id = str(found[0]["id"])
        return found_id.lower() if is_uuid(found_id) else found_id

    def _describe_unknown_name(self, option: str, name: str) -> str:
        """Return the message about a name that none has, with a similar one if there is one."""
        noun = self.kind.noun
        candidates = (item.get(self.kind.name_key) for item in self.resources)
        similar = nearest(name, (text for text in candidates if isinstance(text, str)))
        suggestion = f" Did you mean {similar!r}?" if similar else ""
        return reveal(
            f"{option}: there is no {noun} {abbreviate(name)}.{suggestion}{self.kind.hint} Name a {noun} of the"
            " organization, or use its ID, which is a UUID."
        ).replace(" a API", " an API")

    def _label(self, item: Resource) -> str:
        """Return the ID, and the detail in parentheses."""
        return f"{item['id']} ({item.get(self.kind.detail_key)})" if self.kind.detail_key else str(item["id"])

    def _normalize(self, name: str) -> str:
        return name.strip().casefold() if self.kind.ignores_case else name

    @property
    def is_read(self) -> bool:
        """Return whether the resources have been requested."""
        return self._resources is not None

    def discard(self) -> None:
        """Let the resources be requested again."""
        self._resources = None

    @property
    def read_resources(self) -> Sequence[Resource]:
        """Return the resources if they have been requested; otherwise none."""
        return self._resources or ()

    @property
    def resources(self) -> Sequence[Resource]:
        """Return all resources of the kind."""
        if self._resources is None:
            self._resources = self.kind.fetch_all(self.api)
        return self._resources


def accept_planned_role(ctx: ModuleContext, name: str, error: NotFound) -> None:
    """Warn about a role that an earlier task in check mode may have planned. Raise the error outside check mode."""
    if is_uuid(name) or not ctx.check_mode:
        raise error
    ctx.warn(
        f"{error} Outside check mode, the task fails unless the role is created first, for example with"
        " clickhouse.cloud.role."
    )
