# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The query endpoint of a service, and the API keys that it admits."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from .._client.query_endpoint import QUERY_ENDPOINT_ENDPOINTS
from .._errors import ApiError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.fields import DesiredEntries
from .._schema.query_endpoint import API_KEYS_FIELD, QUERY_ENDPOINT
from .._texts import join_names
from .api_key_names import ApiKeys
from .confirmation import check_service_confirmation, require_service_confirmation
from .singleton import Part, Singleton, find_part


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


def find_query_endpoint(ctx: ModuleContext) -> Part:
    """Return the query endpoint of the service that the options name, to be changed.

    Raise InvalidOption if it is to be deleted, and confirm_name is not the name of the service.
    """
    require_service_confirmation(ctx.options, "delete the query endpoint")
    part = find_part(ctx, QUERY_ENDPOINT_PART)
    if ctx.options["state"] == "absent" and part.current is not None:
        check_service_confirmation(ctx, part.service_id, part.service, "The query endpoint is not deleted from")
    return part


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
    api_keys = ApiKeys(part.ctx, part.shared)
    if keys is not None:
        ids = api_keys.resolve(map(str, keys.entries), keys.mode)
        desired["api_keys"] = keys = DesiredEntries({key_id: key_id for key_id in ids}, keys.mode)
    if part.current is None:
        _require_keys_and_roles(desired)
    elif QUERY_ENDPOINT.diff(part.current, desired):
        _warn_of_removed_keys(part, desired, api_keys)
    part.create_or_update(desired, complete=functools.partial(_keep_others, part.service_id, api_keys))


def _require_keys_and_roles(desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if a value is missing without which no query endpoint can be created."""
    missing = [option for option in ("api_keys", "roles") if option not in desired]
    if missing:
        raise InvalidOption(f"There is no query endpoint yet. To create one, set {' and '.join(missing)}.")


def _keep_others(
    service_id: str, api_keys: ApiKeys, current: Resource, desired: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the desired values of a change with those that the API would drop, since it replaces all of them."""
    changes = QUERY_ENDPOINT.diff(current, desired)
    if not (current and changes):
        return desired
    planned = QUERY_ENDPOINT.predict(current, changes)
    named = desired["api_keys"].entries if "api_keys" in desired else ()
    kept = api_keys.select_existing(planned["api_keys"], named, f"The query endpoint of service {service_id}")
    others = {option: planned[option] for option in ("roles", "allowed_origins") if planned[option] is not None}
    return {**others, "api_keys": DesiredEntries({key_id: key_id for key_id in kept}, "set")}


def _warn_of_removed_keys(part: Part, desired: Mapping[str, Any], api_keys: ApiKeys) -> None:
    """Warn if the mode set removes API keys, which another task may have added, unless it removes all of them."""
    keys: DesiredEntries | None = desired.get("api_keys")
    if keys is None or keys.mode != "set" or not keys.entries:
        return
    removed = [key_id for key_id in API_KEYS_FIELD.current(part.current or {}) if key_id not in keys.entries]
    if removed:
        part.ctx.warn(
            f"api_keys_mode: set removes from the query endpoint of service {part.service_id} what api_keys does not"
            f" contain: {join_names(list(map(api_keys.describe, removed)))}. If other tasks add it, use"
            " api_keys_mode: add."
        )
