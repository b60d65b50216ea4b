# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The Query API endpoints of a service, and the API keys that they admit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._client.query_api_endpoints import QUERY_API_ENDPOINT_ENDPOINTS
from .._errors import ApiError, InvalidOption
from .._json import Resource
from .._schema.query_api_endpoint import QUERY_API_ENDPOINT
from .api_key_names import ApiKeys
from .collection import Collection, Element

_USER_OWNED = "a user owns its query, so that an API key can neither change nor delete it"


def query_api_endpoint_advice(error: ApiError) -> str | None:
    """Return the next step after a refusal; None if the usual one applies."""
    if error.status == 409:
        return f"If {_USER_OWNED}, use the SQL console"
    if error.status == 400:
        return "Check the options, and that each ID in api_keys is the UUID of an API key that exists"
    return None


QUERY_API_ENDPOINTS = Collection(
    name="Query API endpoint",
    plural="Query API endpoints",
    result="query_api_endpoint",
    results="query_api_endpoints",
    schema=QUERY_API_ENDPOINT,
    endpoints=QUERY_API_ENDPOINT_ENDPOINTS,
    id_option="endpoint_id",
    name_option="endpoint_name",
    required=("sql", "database", "api_keys", "roles"),
    advise=query_api_endpoint_advice,
)


def ensure_query_api_endpoint(element: Element, desired: Mapping[str, Any]) -> None:
    """Delete, create or change the endpoint, as the options state; in check mode, predict it."""
    current = element.current
    if element.ctx.options["state"] == "absent":
        _require_manageable(current, "deleted")
        element.delete()
        return
    api_keys = ApiKeys(element.ctx, {})
    values = {option: value for option, value in desired.items() if option != QUERY_API_ENDPOINTS.id_option}
    if "api_keys" in values:
        values["api_keys"] = api_keys.resolve(values["api_keys"], "set")
    if current is not None and QUERY_API_ENDPOINT.diff(current, values):
        _require_manageable(current, "changed")
        if "api_keys" not in values:
            values["api_keys"] = _existing_keys(api_keys, current)
    element.create_or_update(values)


def _require_manageable(endpoint: Resource | None, participle: str) -> None:
    """Raise InvalidOption for an endpoint that the API does not let API keys change or delete."""
    if endpoint is not None and endpoint.get("ownerType") == "user":
        raise InvalidOption(
            f"The Query API endpoint {endpoint['id']} is not {participle}: {_USER_OWNED}. Use the SQL console for this."
        )


def _existing_keys(api_keys: ApiKeys, endpoint: Resource) -> list[str]:
    """Return the IDs of the keys that the endpoint keeps. Raise InvalidOption if all of them were deleted."""
    current: list[str] = QUERY_API_ENDPOINT.checked_current(endpoint, ["api_keys"])["api_keys"] or []
    kept = api_keys.select_existing(current, (), f"The Query API endpoint {endpoint['id']}")
    if not kept:
        raise InvalidOption(
            f"The Query API endpoint {endpoint['id']} has no API key that still exists. To change it, set api_keys."
        )
    return kept
