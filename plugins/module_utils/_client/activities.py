# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoint of the activities of an organization, its audit log."""

from __future__ import annotations

from collections.abc import Mapping

from .._json import Resource
from .api import Api
from .operations import ORGANIZATION_PATH, declare_operations

declare_operations(
    f"{ORGANIZATION_PATH}/activities",
    "the activities of the organization",
    GET=("list", "organization:view-activities"),
)


def fetch_activities(api: Api, query: Mapping[str, str]) -> list[Resource]:
    """Return the activities from the day from_date to the day to_date of the query (GET activities)."""
    return api.request_list(f"/organizations/{api.organization}/activities", query)
