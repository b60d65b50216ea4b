# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoint of who sends a request."""

from __future__ import annotations

from .._json import Resource
from .api import Api
from .operations import declare_operations

declare_operations("/whoami", "who the API key belongs to", GET=("read",))


def fetch_caller(api: Api) -> Resource:
    """Return who sends the request: the API key and its organization (GET whoami)."""
    return api.request_object("GET", "/whoami", required_keys=("keyId", "userId"))
