# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The endpoint of the password of a service."""

from __future__ import annotations

from collections.abc import Mapping

from .._json import Resource
from .api import Api
from .operations import SERVICE_PATH, declare_operations
from .retry import Retry

declare_operations(f"{SERVICE_PATH}/password", "the password of service {service}", PATCH=("set", "service:manage"))


def send_password(api: Api, service_id: str, hashes: Mapping[str, str], *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Set the password of the user default (PATCH password).

    Without hashes, the API generates one, and returns it as {"password": …}.
    """
    return api.request_object("PATCH", api.service_path(service_id) + "/password", hashes, retry=retry)
