# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The snapshots of a service and their configuration: a beta, which is off in many organizations."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar

from .._client.api import Api
from .._client.features import FEATURES
from .._client.operations import OR_FEATURE
from .._client.snapshots import SNAPSHOT_CONFIG_ENDPOINTS, fetch_snapshot, fetch_snapshots
from .._errors import ApiError, CloudError, FeatureOff
from .._schema.snapshot_config import SNAPSHOT_CONFIG, check_cadence
from .backups import BackupList
from .singleton import Singleton

Result = TypeVar("Result")

#: A clause of FEATURES, as a sentence.
BETA_IS_OFF = FEATURES["snapshots"][:1].upper() + FEATURES["snapshots"][1:]


def explain_beta(request: Callable[..., Result]) -> Callable[..., Result]:
    """Return the same endpoint, but if the API denies the request, the error names the right one of two causes.

    These are that the beta is off for the organization, and that the key lacks the permission.
    """

    @functools.wraps(request)
    def wrapper(api: Api, *arguments: Any, **options: Any) -> Result:
        try:
            return request(api, *arguments, **options)
        except ApiError as error:
            if not error.is_forbidden:
                raise
            raise _explain(api, error) from error

    return wrapper


def _explain(api: Api, error: ApiError) -> CloudError:
    """Return the error to raise for a denied request. It costs a request for the capabilities of the organization."""
    enabled = has_snapshots(api)
    if enabled is None:
        return error
    if enabled:
        return error.with_message(error.request, (error.advice or "").partition(OR_FEATURE)[0])
    return FeatureOff(error, BETA_IS_OFF)


def has_snapshots(api: Api) -> bool | None:
    """Return whether the organization has snapshots; None if that is not known."""
    try:
        organizations = api.list_organizations()
    except CloudError:
        # The error to explain is the one to report.
        return None
    for organization in organizations:
        capabilities = organization.get("capabilities")
        if organization["id"].lower() == api.organization.lower() and isinstance(capabilities, dict):
            enabled = capabilities.get("snapshots")
            return enabled if isinstance(enabled, bool) else None
    return None


SNAPSHOTS = BackupList("snapshots", "snapshot_id", explain_beta(fetch_snapshots), explain_beta(fetch_snapshot))

SNAPSHOT_CONFIG_PART = Singleton(
    name="snapshot configuration",
    result="snapshot_config",
    schema=SNAPSHOT_CONFIG,
    fetch=explain_beta(SNAPSHOT_CONFIG_ENDPOINTS.fetch),
    send=explain_beta(SNAPSHOT_CONFIG_ENDPOINTS.send),
    secondary="Only the primary service of a data warehouse has a snapshot configuration: change that one.",
    check=check_cadence,
)
