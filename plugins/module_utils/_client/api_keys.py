# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the API keys of an organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from .._json import Resource
from .api import Api
from .collection import CollectionEndpoints
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(
    f"{ORGANIZATION_PATH}/keys", "the API keys of the organization", GET=("list", "organization:view-api-keys")
)
declare_operations(f"{ORGANIZATION_PATH}/keys", "the API key {name}", POST=("create", "organization:create-api-keys"))
declare_operations(
    f"{ORGANIZATION_PATH}/keys/{{}}",
    "the API key {element}",
    GET=("read", "organization:view-api-keys"),
    PATCH=("change", "organization:view-api-keys"),
    DELETE=("delete", "organization:view-api-keys"),
)

API_KEY_ENDPOINTS = CollectionEndpoints("keys", id_option="key_id", replaces=False)


def fetch_nameable_api_keys(api: Api) -> list[Resource]:
    """Return the API keys that a task may name: all that exist, and in check mode also those that are planned."""
    keys = fetch_api_keys(api)
    names = {key.get("name") for key in keys}
    return [*keys, *(planned for planned in api.planned_api_keys() if planned["name"] not in names)]


def fetch_api_keys(api: Api) -> list[Resource]:
    """Return all API keys of the organization, without their secrets (GET keys)."""
    return API_KEY_ENDPOINTS.fetch_all(api, "")


def create_api_key(api: Api, body: Mapping[str, Any], before_send: Callable[[], None]) -> Resource:
    """Create an API key (POST keys), and return {"key": …}.

    With hashData in the body, the key has the credentials of these hashes; otherwise, the API returns those that it has
    generated as keyId and keySecret. before_send is called immediately before each attempt.
    """
    path = f"/organizations/{api.organization}/keys"
    return api.request_object("POST", path, body, required_keys=("key",), before_send=before_send)
