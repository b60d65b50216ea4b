# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of a collection of elements with an ID, of a service or of the organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._json import Resource
from .api import Api, require_uuid
from .retry import Retry


@dataclass(frozen=True)
class CollectionEndpoints:
    """The endpoints of a collection. If the service ID is empty, it is one of the organization.

    path is the last part of the path. id_option is the option with the ID of an element, for messages. replaces is true
    if an element is changed with PUT, which replaces all its fields, and false for PATCH, which keeps the others.
    """

    path: str
    id_option: str
    replaces: bool = True

    def fetch_all(self, api: Api, service_id: str) -> list[Resource]:
        """Return all elements as the list shows them, from all pages (GET)."""
        return api.request_list(self._path(api, service_id))

    def fetch(self, api: Api, service_id: str, element_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
        """Return the element (GET element). Without one, the status is 404."""
        return api.request_object(
            "GET", self._element_path(api, service_id, element_id), retry=retry, expected_id=element_id
        )

    def create(self, api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
        """Create an element, and return it (POST). The request is not sent again if it may have been applied."""
        return api.request_object("POST", self._path(api, service_id), body, required_keys=("id",))

    def update(self, api: Api, service_id: str, element_id: str, body: Mapping[str, Any]) -> Resource:
        """Change the element, and return it (PUT or PATCH element)."""
        path = self._element_path(api, service_id, element_id)
        return api.request_object("PUT" if self.replaces else "PATCH", path, body, expected_id=element_id)

    def delete(self, api: Api, service_id: str, element_id: str) -> None:
        """Delete the element (DELETE element)."""
        api.call("DELETE", self._element_path(api, service_id, element_id))

    def _path(self, api: Api, service_id: str) -> str:
        place = api.service_path(service_id) if service_id else f"/organizations/{api.organization}"
        return f"{place}/{self.path}"

    def _element_path(self, api: Api, service_id: str, element_id: str) -> str:
        # Another value, such as "" or "..", would be the path of another resource.
        return f"{self._path(api, service_id)}/{require_uuid(self.id_option, element_id)}"
