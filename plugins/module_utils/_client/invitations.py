# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the invitations to an organization, which cannot be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .collection import CollectionEndpoints
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(
    f"{ORGANIZATION_PATH}/invitations", "the invitations to the organization", GET=("list", "organization:view")
)
declare_operations(
    f"{ORGANIZATION_PATH}/invitations", "an invitation to the organization", POST=("create", "organization:manage")
)
declare_operations(
    f"{ORGANIZATION_PATH}/invitations/{{}}",
    "the invitation {element}",
    GET=("read", "organization:view"),
    DELETE=("delete", "organization:manage"),
)


class InvitationEndpoints(CollectionEndpoints):
    """The endpoints of the invitations."""

    def create(self, api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
        """Invite someone, and return the invitation (POST invitations)."""
        renamed = {"email": body["email"], "assignedRoleIds": body.get("assignedRoles", [])}
        return super().create(api, service_id, renamed)


INVITATION_ENDPOINTS = InvitationEndpoints("invitations", id_option="invitation_id", replaces=False)
