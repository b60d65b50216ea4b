# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The query endpoint of a service, and the API keys that it admits."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from .._client.api import is_uuid
from .._client.api_keys import fetch_api_keys
from .._client.query_endpoint import QUERY_ENDPOINT_ENDPOINTS
from .._errors import AmbiguousName, ApiError, InvalidOption, NotFound
from .._json import Resource, abbreviate, join_names, nearest, reveal
from .._schema.fields import DesiredEntries
from .._schema.query_endpoint import API_KEYS, QUERY_ENDPOINT
from .singleton import Part, Singleton


def query_endpoint_advice(error: ApiError) -> str | None:
    """Return the next step after a refusal; None if the usual one applies."""
    if error.status == 400 and (error.request_line or "").startswith("POST"):
        return (
            "Check that each ID in api_keys is the UUID of an API key that exists. The ID of a deleted key that the"
            " query endpoint still has is left out if the key of this task may list the API keys"
        )
    return None


QUERY_ENDPOINT_PART = Singleton(
    name="query endpoint",
    result="query_endpoint",
    schema=QUERY_ENDPOINT,
    fetch=QUERY_ENDPOINT_ENDPOINTS.fetch,
    send=QUERY_ENDPOINT_ENDPOINTS.send,
    delete=QUERY_ENDPOINT_ENDPOINTS.delete,
    optional=True,
    replaces=True,
    advise=query_endpoint_advice,
)


def ensure_query_endpoint(part: Part) -> None:
    """Create, change or delete the query endpoint, as the options state; in check mode, predict it."""
    if part.ctx.options["state"] == "absent":
        part.delete()
        return
    desired = QUERY_ENDPOINT.desired(part.ctx.options)
    keys: DesiredEntries | None = desired.get("api_keys")
    if part.current is None and keys is not None and keys.mode == "remove":
        # No key has access.
        part.ctx.add_diff({}, {})
        return
    api_keys = ApiKeys(part)
    if keys is not None:
        desired["api_keys"] = keys = DesiredEntries(api_keys.resolve(keys), keys.mode)
    if part.current is None:
        _require_all(desired)
    else:
        desired = _keep_others(part, desired, api_keys)
    part.create_or_update(desired)


def _require_all(desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if a value is missing without which no query endpoint can be created."""
    missing = [option for option in ("api_keys", "roles") if option not in desired]
    if missing:
        raise InvalidOption(f"There is no query endpoint yet. To create one, set {' and '.join(missing)}.")


def _keep_others(part: Part, desired: dict[str, Any], api_keys: ApiKeys) -> dict[str, Any]:
    """Return the desired values of a change with those that the API would drop, since it replaces all of them."""
    current = part.current or {}
    changes = QUERY_ENDPOINT.diff(current, desired)
    if not changes:
        return desired
    planned = QUERY_ENDPOINT.predict(current, changes)
    _warn_of_removed_keys(part, desired, api_keys)
    named = desired["api_keys"].entries if "api_keys" in desired else ()
    kept = api_keys.select_existing(planned["api_keys"], named, part.service_id)
    others = {option: planned[option] for option in ("roles", "allowed_origins") if planned[option] is not None}
    return {**others, "api_keys": DesiredEntries({key_id: key_id for key_id in kept}, "set")}


def _warn_of_removed_keys(part: Part, desired: Mapping[str, Any], api_keys: ApiKeys) -> None:
    """Warn if the mode set removes API keys, which another task may have added, unless it removes all of them."""
    keys: DesiredEntries | None = desired.get("api_keys")
    if keys is None or keys.mode != "set" or not keys.entries:
        return
    removed = [key_id for key_id in API_KEYS.current(part.current or {}) if key_id not in keys.entries]
    if removed:
        part.ctx.warn(
            f"api_keys_mode: set removes from the query endpoint of service {part.service_id} what api_keys does not"
            f" contain: {join_names(list(map(api_keys.describe, removed)))}. If other tasks add it, use"
            " api_keys_mode: add."
        )


class ApiKeys:
    """The API keys of the organization, which are requested only if a name, or what else exists, has to be found.

    All parts of a task share the list.
    """

    def __init__(self, part: Part) -> None:
        self._ctx = part.ctx
        self._shared = part.shared

    def resolve(self, desired: DesiredEntries) -> dict[Hashable, Any]:
        """Return the IDs of the keys, by themselves.

        Raise AmbiguousName if several keys have a name, and NotFound if none has it, unless its key is to be removed.
        """
        found = (
            entry.lower() if is_uuid(entry) else self._find_id(entry, desired.mode)
            for entry in map(str, desired.entries)
        )
        return {key_id: key_id for key_id in found if key_id}

    def describe(self, key_id: str) -> str:
        """Return the ID, with the name of the key if the list has been read anyway."""
        names = (key["name"] for key in self._shared.get("api_keys", ()) if key["id"] == key_id and key.get("name"))
        return next((f"{key_id} ({reveal(str(name))})" for name in names), key_id)

    def select_existing(self, ids: Iterable[str], named: Iterable[Hashable], service_id: str) -> list[str]:
        """Return the IDs without those that the task does not name and that are not IDs of keys any more.

        The API refuses a request with the ID of a deleted key, although it keeps such an ID.
        """
        kept, others = list(ids), set(ids).difference(named)
        existing = self._existing_ids() if others else None
        if existing is None:
            return kept
        deleted = [key_id for key_id in kept if key_id in others and key_id.lower() not in existing]
        if deleted:
            self._ctx.warn(
                f"The query endpoint of service {service_id} contains IDs of deleted API keys, which this change"
                f" removes: {', '.join(deleted)}."
            )
        return [key_id for key_id in kept if key_id not in deleted]

    def _existing_ids(self) -> set[str] | None:
        """Return the IDs of all keys; None if the key of this task may not list them."""
        try:
            return {key["id"].lower() for key in self._list()}
        except ApiError as error:
            if error.is_forbidden:
                return None
            raise

    def _list(self) -> list[Resource]:
        if "api_keys" not in self._shared:
            self._shared["api_keys"] = fetch_api_keys(self._ctx.api)
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
            return str(matches[0]["id"]).lower()
        similar = nearest(name, (key["name"] for key in self._list() if isinstance(key.get("name"), str)))
        problem = (
            f"api_keys: there is no API key named {abbreviate(name)}.{f' Did you mean {similar!r}?' if similar else ''}"
        )
        if mode != "remove":
            raise NotFound(reveal(f"{problem} Name a key of the organization, or its ID, which is a UUID."))
        self._ctx.warn(reveal(f"{problem} If it was deleted, use its ID to remove it from the query endpoint."))
        return None
