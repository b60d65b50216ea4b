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
from .._module.context import ModuleContext
from .._schema.query_api_endpoint import QUERY_API_ENDPOINT
from .api_key_names import ApiKeys
from .collection import Collection, Element, find_element

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


def find_query_api_endpoint(ctx: ModuleContext) -> Element:
    """Return the endpoint that the options select, to be changed; it need not exist. Raise CloudError."""
    return find_element(ctx, QUERY_API_ENDPOINTS, QueryApiEndpoint)


class QueryApiEndpoint(Element):
    """A Query API endpoint. The API refuses a change with the ID of a deleted key, although it keeps such an ID."""

    def create_or_update(self, desired: Mapping[str, Any]) -> None:
        """Change the values that differ; create the endpoint if there is none, and it is selected by its name."""
        self._api_keys = ApiKeys(self.ctx, {})
        if "api_keys" in desired:
            desired = {**desired, "api_keys": self._api_keys.resolve(desired["api_keys"], "set")}
        super().create_or_update(desired)

    def delete(self) -> None:
        """Delete the endpoint if there is one. Raise InvalidOption for a user's, or another name than confirm_name."""
        _require_manageable(self.current, "deleted")
        super().delete()

    def _complete(self, current: Resource, desired: Mapping[str, Any]) -> Mapping[str, Any]:
        desired = super()._complete(current, desired)
        if not QUERY_API_ENDPOINT.diff(current, desired):
            return desired
        _require_manageable(current, "changed")
        return desired if "api_keys" in desired else {**desired, "api_keys": _existing_keys(self._api_keys, current)}


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
