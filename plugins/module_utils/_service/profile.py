# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Check the profile of a service before it is created: the API knows which profiles there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._client.api import is_uuid
from .._client.service_profiles import fetch_service_profiles
from .._errors import ApiError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .find import none_if_forbidden
from .restore import API_DEFAULTS

#: With byoc_id, both must be the memory of the profile.
_PROFILE_MEMORY_OPTIONS = ("min_replica_memory_gb", "max_replica_memory_gb")


def check_profile(ctx: ModuleContext, desired: Mapping[str, Any], shared: dict[str, Any]) -> None:
    """Raise InvalidOption if the new service cannot have the profile of the task, in its region or infrastructure.

    shared is as in Part: the profiles of a place are read once.
    """
    profile = ctx.options["profile"]
    # Not every list may contain the default, which is not a custom profile.
    if profile in (None, API_DEFAULTS["profile"]):
        return
    profiles = _read_profiles(ctx, desired, shared)
    if profiles is None:
        return
    available = {entry["profile"]: entry for entry in profiles}
    if profile not in available:
        raise InvalidOption(_describe_available(profile, _describe_place(desired), list(available)))
    if desired.get("byoc_id"):
        _check_profile_memory(desired, available[profile])


def _read_profiles(ctx: ModuleContext, desired: Mapping[str, Any], shared: dict[str, Any]) -> list[Resource] | None:
    """Return the profiles for the region or infrastructure of the new service; None if they cannot be read."""
    place = desired["region"], desired.get("byoc_id")
    if place[1] and not is_uuid(place[1]):
        return None
    known = shared.setdefault("profiles", {})
    if place not in known:
        try:
            known[place] = none_if_forbidden(ctx, lambda: fetch_service_profiles(ctx.api, *place))
        except ApiError as error:
            # When the service is created, the API checks the profile again, and also the region and the infrastructure.
            if error.status not in (400, 404):
                raise
            known[place] = None
    profiles: list[Resource] | None = known[place]
    return profiles


def _describe_place(desired: Mapping[str, Any]) -> str:
    byoc_id = desired.get("byoc_id")
    return f"with byoc_id {byoc_id}" if byoc_id else f"in {desired['region']}"


def _describe_available(profile: str, place: str, available: list[str]) -> str:
    if not available:
        return (
            f"profile is {profile!r}, but the API lists no profiles for this organization {place}: its tier may not"
            " include them. Leave profile out."
        )
    return (
        f"profile is {profile!r}, which a service {place} cannot have. Set one of {', '.join(available)}, or leave"
        " profile out."
    )


def _check_profile_memory(desired: Mapping[str, Any], profile: Resource) -> None:
    """Raise InvalidOption unless the memory is that of the profile, as the API requires with byoc_id."""
    memory = profile.get("memoryGi")
    if memory is not None and any(desired.get(option) != memory for option in _PROFILE_MEMORY_OPTIONS):
        raise InvalidOption(
            f"With byoc_id, the memory must be that of the profile {profile['profile']!r}: set"
            f" {' and '.join(_PROFILE_MEMORY_OPTIONS)} to {memory}."
        )
