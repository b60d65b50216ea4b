# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of a part that a service has at most once, such as its backup configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._json import Resource
from .api import Api
from .retry import Retry


@dataclass(frozen=True)
class PartEndpoints:
    """The endpoints of a part.

    path is the last part of the path. The part has at least one of the keys. method is PATCH if a change keeps the
    other fields, and otherwise PUT or POST, which replaces the part, or creates it if there is none.
    """

    path: str
    keys: tuple[str, ...]
    method: str = "PATCH"

    def fetch(self, api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
        """Return the part (GET). Without one, the status is 404."""
        return api.request_object("GET", self._path(api, service_id), retry=retry, required_keys=self.keys)

    def send(self, api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
        """Change the part, and return it (PATCH, PUT or POST)."""
        path = self._path(api, service_id)
        return api.request_object(self.method, path, body, retry=Retry.LIKE_PUT, required_keys=self.keys)

    def delete(self, api: Api, service_id: str) -> None:
        """Delete the part (DELETE)."""
        api.call("DELETE", self._path(api, service_id))

    def _path(self, api: Api, service_id: str) -> str:
        return f"{api.service_path(service_id)}/{self.path}"
