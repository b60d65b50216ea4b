# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Change a service to the desired options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from .._client.api import Api
from .._client.retry import Retry
from .._errors import ApiError, CloudError, InvalidOption
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.fields import to_diff
from .._schema.scaling import TOTALS
from .._schema.service import SERVICE, diff_service, patch_bodies, predict_service
from .outcome import ServiceOutcome
from .power_state import describe_service, read_after_refusal, wait_for_service
from .service import Service

#: Seconds before the service is read after a request whose response was lost; one request is sent for each of them.
RETRY_DELAYS = (2, 4, 8)


def deprecate_total_memory(ctx: ModuleContext, desired: Mapping[str, Any]) -> None:
    """Warn that the options for total memory are deprecated."""
    if desired.keys() & TOTALS:
        ctx.deprecate(
            "The API calls min_total_memory_gb and max_total_memory_gb deprecated. They mean the memory of three"
            " replicas together, however many there are: use min_replica_memory_gb and max_replica_memory_gb,"
            " a third of them."
        )


def update_service(ctx: ModuleContext, service: Service, desired: Mapping[str, Any]) -> ServiceOutcome:
    """Change the options that differ from the desired ones; in check mode, predict the service."""
    _check_encryption_key(service, desired)
    changes = diff_service(service, desired)
    ctx.add_diff(**to_diff(changes))
    if not changes:
        return ServiceOutcome(service)
    if ctx.check_mode:
        return ServiceOutcome(service, predict_service(service, changes))
    subpaths = list(patch_bodies(service, desired))
    made_by_others: list[str] = []
    service = apply_changes(ctx, service, desired, if_reached=made_by_others.append)
    if made_by_others == subpaths:
        ctx.discard_diff()
    return ServiceOutcome(service)


def _check_encryption_key(service: Service, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption for an encryption key if the service has no transparent data encryption."""
    if desired.get("transparent_data_encryption_key_id") and service.get("hasTransparentDataEncryption") is False:
        raise InvalidOption(
            f"transparent_data_encryption_key_id needs transparent data encryption, which {service.label} does"
            " not have. It can only be turned on when a service is created: leave the key out."
        )


def _ignore_subpath(_subpath: str) -> None:
    """Do nothing, for a caller that need not know which task has made a change."""


def apply_changes(
    ctx: ModuleContext,
    service: Service,
    desired: Mapping[str, Any],
    *,
    if_reached: Callable[[str], object] = _ignore_subpath,
) -> Service:
    """Send the changes, and wait until they can be read.

    A request that the API refuses with a conflict counts as done if nothing differs any more: another task has made the
    change. Then call if_reached with the subpath of the request, unless this task may have made the change.
    """
    for subpath, body in patch_bodies(service, desired).items():
        service = _patch_without_duplicates(ctx, service, subpath, body, desired, if_reached)
        ctx.set_result(service=SERVICE.to_result(service))
    return wait_for_service(ctx, service, changes_visible(desired), immediately=True)


def _patch(api: Api, service: Service, subpath: str, body: Mapping[str, Any]) -> Service:
    """Send the body to the subpath once, and return the service.

    PATCH of a subpath replaces the part as a whole, so it may be repeated; PATCH of the service may add entries.
    """
    retry = Retry.ALWAYS if subpath else Retry.IF_SAFE
    return Service(api.patch_service(service.id, subpath, body, retry=retry))


def _patch_without_duplicates(
    ctx: ModuleContext,
    service: Service,
    subpath: str,
    body: Mapping[str, Any],
    desired: Mapping[str, Any],
    if_reached: Callable[[str], object],
) -> Service:
    """Send the body to the subpath, and return the service.

    Repeating a request that adds to a list would add the entries twice. So after a lost response, read the service, and
    send only the changes that it still lacks.
    """
    earlier_outcome_unknown = False
    for delay in RETRY_DELAYS:
        try:
            return _patch(ctx.api, service, subpath, body)
        except CloudError as error:
            outcome_unknown = error.may_have_been_applied
            error.may_have_been_applied |= earlier_outcome_unknown
            if isinstance(error, ApiError) and error.may_be_explained:
                return explain_refused_change(ctx, service, subpath, desired, error, if_reached)
            if subpath or not outcome_unknown:
                raise
            last_error, earlier_outcome_unknown = error, True
        ctx.await_effect(delay)
        service, body = _read_remaining(ctx, service, subpath, desired)
        if not body:
            return service
    raise last_error


def _read_remaining(
    ctx: ModuleContext, service: Service, subpath: str, desired: Mapping[str, Any]
) -> tuple[Service, Mapping[str, Any]]:
    """Return the service as it is now, and the body with the changes that it still lacks."""
    latest = Service(ctx.api.get_service_or_none(service.id) or service)
    return latest, patch_bodies(latest, desired).get(subpath, {})


def explain_refused_change(
    ctx: ModuleContext,
    service: Service,
    subpath: str,
    desired: Mapping[str, Any],
    error: ApiError,
    if_reached: Callable[[str], object],
) -> Service:
    """Return the service if it is as desired by now; otherwise raise the refusal, with its present state."""
    latest = read_after_refusal(ctx, service, error)
    if patch_bodies(latest, desired).get(subpath):
        error.append(f"{changes_visible(desired).describe(latest)}.")
        raise error
    if not error.may_have_been_applied:
        if_reached(subpath)
    return latest


def changes_visible(desired: Mapping[str, Any]) -> WaitCondition[Service | None]:
    """Return the condition that the changes can be read: GET may lag behind PATCH."""

    def describe(service: Service | None) -> str:
        changes = diff_service(service, desired) if service else []
        pending = "; ".join(f"{change.field.option} {change.before!r}" for change in changes)
        return f"{describe_service(service)}, and still has {pending}" if pending else describe_service(service)

    return WaitCondition(
        description="as requested",
        is_met=lambda service: service is not None and not diff_service(service, desired),
        is_impossible=lambda service: service is None,
        describe=describe,
    )
