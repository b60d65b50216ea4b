# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The API keys that an option names, by name or ID."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from .._client.api import is_uuid
from .._client.api_keys import fetch_nameable_api_keys
from .._errors import AmbiguousName, ApiError, NotFound
from .._json import Resource, abbreviate
from .._module.context import ModuleContext
from .._texts import nearest, reveal


class ApiKeys:
    """The API keys of the organization, which are requested only if a name, or what else exists, has to be found.

    All parts of a task share the list, which shared holds.
    """

    def __init__(self, ctx: ModuleContext, shared: dict[str, Any]) -> None:
        self._ctx = ctx
        self._shared = shared

    def resolve(self, keys: Iterable[str], mode: str) -> list[str]:
        """Return the IDs of the keys, which are given by name or ID, without duplicates. mode is one of MODES.

        Raise AmbiguousName if several keys have a name, and NotFound if none has it, unless its key is to be removed.
        """
        found = (key.lower() if is_uuid(key) else self._find_id(key, mode) for key in keys)
        return list(dict.fromkeys(key_id for key_id in found if key_id))

    def describe(self, key_id: str) -> str:
        """Return the ID, with the name of the key if the list has been read anyway."""
        names = (key["name"] for key in self._shared.get("api_keys", ()) if key["id"] == key_id and key.get("name"))
        return next((f"{key_id} ({reveal(str(name))})" for name in names), key_id)

    def select_existing(self, ids: Iterable[str], named: Iterable[Hashable], owner: str) -> list[str]:
        """Return the IDs without those that the task does not name and that are not IDs of keys any more.

        The API refuses a request with the ID of a deleted key, although it keeps such an ID. owner is what has the IDs,
        for the warning.
        """
        kept, others = list(ids), set(ids).difference(named)
        deleted = self._find_deleted(others) if others else set()
        if deleted:
            self._ctx.warn(
                f"{owner} contains IDs of deleted API keys, which this change removes:"
                f" {', '.join(key_id for key_id in kept if key_id in deleted)}."
            )
        return [key_id for key_id in kept if key_id not in deleted]

    def _find_deleted(self, ids: set[str]) -> set[str]:
        """Return those of the IDs that no key has any more; none if the key of this task may not list the keys."""
        is_older = "api_keys" in self._shared
        try:
            deleted = self._select_unknown(ids)
            if deleted and is_older:
                # Another task may have created the key since the list was read.
                del self._shared["api_keys"]
                deleted = self._select_unknown(deleted)
        except ApiError as error:
            if error.is_forbidden:
                return set()
            raise
        return deleted

    def _select_unknown(self, ids: set[str]) -> set[str]:
        existing = {key["id"].lower() for key in self._list()}
        return {key_id for key_id in ids if key_id.lower() not in existing}

    def _list(self) -> list[Resource]:
        if "api_keys" not in self._shared:
            self._shared["api_keys"] = fetch_nameable_api_keys(self._ctx.api)
        keys: list[Resource] = self._shared["api_keys"]
        return keys

    def _find_id(self, name: str, mode: str) -> str | None:
        """Return the ID of the key with this name; None, with a warning, if there is none and it is to be removed."""
        matches = [key for key in self._list() if key.get("name") == name]
        if len(matches) > 1:
            candidates = "; ".join(f"{key['id']} ({key.get('state')})" for key in matches)
            raise AmbiguousName(
                f"api_keys: {len(matches)} API keys are named {abbreviate(name)}: {candidates}. Use the ID of one of"
                " them."
            )
        if matches:
            key_id = str(matches[0]["id"])
            return key_id.lower() if is_uuid(key_id) else key_id
        similar = nearest(name, (key["name"] for key in self._list() if isinstance(key.get("name"), str)))
        problem = (
            f"api_keys: there is no API key named {abbreviate(name)}.{f' Did you mean {similar!r}?' if similar else ''}"
        )
        if mode != "remove":
            raise NotFound(reveal(f"{problem} Name a key of the organization, or its ID, which is a UUID."))
        self._ctx.warn(reveal(f"{problem} If it was deleted, use its ID to remove it from the query endpoint."))
        return None
