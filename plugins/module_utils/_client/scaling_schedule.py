# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the scaling schedule of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import Resource
from .api import Api
from .features import FEATURES, describe_beta
from .operations import SERVICE_PATH, declare_operations
from .retry import Retry

declare_operations(
    f"{SERVICE_PATH}/scalingSchedule",
    "the scaling schedule of service {service}",
    GET=("read", "service:view"),
    POST=("set", "service:manage-scaling-config"),
    DELETE=("delete", "service:manage-scaling-config"),
)
FEATURES["scalingSchedule"] = describe_beta("scheduled scaling")
FEATURES["POST scalingSchedule"] = (
    f"{FEATURES['scalingSchedule']}. An entry with autoscaling_mode: horizontal also requires horizontal autoscaling"
)

#: A schedule has at least one of these fields.
SCHEDULE_KEYS = ("entries", "baseConfig")


def _path(api: Api, service_id: str) -> str:
    return api.service_path(service_id) + "/scalingSchedule"


def fetch_schedule(api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the scaling schedule (GET scalingSchedule). Without one, the status is 404."""
    return api.request_object("GET", _path(api, service_id), retry=retry, required_keys=SCHEDULE_KEYS)


def send_schedule(api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
    """Create the scaling schedule, or replace all of its entries, and return it (POST scalingSchedule)."""
    return api.request_object("POST", _path(api, service_id), body, retry=Retry.LIKE_PUT, required_keys=SCHEDULE_KEYS)


def delete_schedule(api: Api, service_id: str) -> None:
    """Delete the scaling schedule (DELETE scalingSchedule)."""
    api.call("DELETE", _path(api, service_id))
