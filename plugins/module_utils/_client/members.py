# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the members of an organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import UnexpectedResponse
from .._json import Resource
from .api import Api
from .collection import CollectionEndpoints
from .operations import ORGANIZATION_PATH, declare_operations
from .retry import Retry

declare_operations(f"{ORGANIZATION_PATH}/members", "the members of the organization", GET=("list", "organization:view"))
declare_operations(
    f"{ORGANIZATION_PATH}/members/{{}}",
    "the member {element}",
    GET=("read", "organization:view"),
    PATCH=("change", "organization:manage"),
    DELETE=("delete", "organization:manage"),
)


class MemberEndpoints(CollectionEndpoints):
    """The endpoints of the members, whose ID is here the field id, as that of other elements."""

    def fetch_all(self, api: Api, service_id: str) -> list[Resource]:
        """Return all members, with their roles (GET members)."""
        return [_with_id(member) for member in api.request_list(self._path(api, service_id), key="userId")]

    def fetch(self, api: Api, service_id: str, element_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
        """Return the member (GET member). Without one, the status is 404."""
        path = self._element_path(api, service_id, element_id)
        return self._check(api.request_object("GET", path, retry=retry, required_keys=("userId",)), element_id)

    def update(self, api: Api, service_id: str, element_id: str, body: Mapping[str, Any]) -> Resource:
        """Change the roles of the member, and return it (PATCH member)."""
        path = self._element_path(api, service_id, element_id)
        changed = {"assignedRoleIds": body["assignedRoles"]}
        return self._check(api.request_object("PATCH", path, changed, required_keys=("userId",)), element_id)

    @staticmethod
    def _check(member: Resource, user_id: str) -> Resource:
        """Return the member. Raise UnexpectedResponse if it is another one."""
        if str(member["userId"]).lower() != user_id.lower():
            raise UnexpectedResponse(
                f"The API returned the member {member['userId']!r} in place of {user_id}. Check that api_url is the URL"
                " of the API, and try again."
            )
        return _with_id(member)


def _with_id(member: Resource) -> Resource:
    return {"id": member["userId"], **{name: value for name, value in member.items() if name != "userId"}}


MEMBER_ENDPOINTS = MemberEndpoints("members", id_option="user_id", replaces=False)
