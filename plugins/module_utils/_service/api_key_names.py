# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The API keys that an option names, by name or ID."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from .._errors import ApiError
from .._module.context import ModuleContext
from .names import API_KEY_NAMES, NameLookup


class ApiKeys:
    """The API keys of the organization, which are requested only if a name, or what else exists, has to be found.

    All parts of a task share the list, which shared holds.
    """

    def __init__(self, ctx: ModuleContext, shared: dict[str, Any]) -> None:
        self._ctx = ctx
        self._lookup: NameLookup = shared.setdefault("api_keys", NameLookup(ctx.api, API_KEY_NAMES))

    def resolve(self, keys: Iterable[str], mode: str) -> list[str]:
        """Return the IDs of the keys, which are given by name or ID, without duplicates. mode is one of MODES.

        Raise AmbiguousName if several keys have a name, and NotFound if none has it, unless its key is to be removed.
        """
        if mode == "remove":
            return list(dict.fromkeys(self._lookup.resolve_existing("api_keys", keys, self._ctx.warn)))
        return list(dict.fromkeys(self._lookup.resolve("api_keys", keys)))

    def describe(self, key_id: str) -> str:
        """Return the ID, with the name of the key if the list has been read anyway."""
        return self._lookup.describe(key_id)

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
        is_older = self._lookup.is_read
        try:
            deleted = self._select_unknown(ids)
            if deleted and is_older:
                # Another task may have created the key since the list was read.
                self._lookup.discard()
                deleted = self._select_unknown(deleted)
        except ApiError as error:
            if error.is_forbidden:
                return set()
            raise
        return deleted

    def _select_unknown(self, ids: set[str]) -> set[str]:
        existing = {key["id"].lower() for key in self._lookup.resources}
        return {key_id for key_id in ids if key_id.lower() not in existing}
