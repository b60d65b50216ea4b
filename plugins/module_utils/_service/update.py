# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a service is brought to what is wanted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable

from .._client.retry import Retry
from .._errors import ApiError, CloudError, InvalidOption
from .._json import Resource
from .._module.context import WaitingContext
from .._module.waiter import WaitCondition
from .._schema.fields import to_diff
from .._schema.scaling import TOTALS
from .._schema.service import SERVICE, diff_service, patch_bodies, predict_service
from .find import LatestState, get_service_or_none, service_label
from .power_state import describe_service, read_after_refusal, wait_for_service

#: Seconds until the service is read after a request whose answer was lost; as many such requests are sent.
RETRY_DELAYS = (2, 4, 8)


def deprecate_total_memory(ctx: WaitingContext, desired: Mapping[str, Any]) -> None:
    """Tell whoever still asks for total memory what it means."""
    if desired.keys() & TOTALS:
        ctx.deprecate(
            "The API calls min_total_memory_gb and max_total_memory_gb deprecated. They mean the memory of three"
            " replicas together, however many there are: use min_replica_memory_gb and max_replica_memory_gb,"
            " a third of them."
        )


def update_service(ctx: WaitingContext, service: Resource, desired: Mapping[str, Any]) -> Resource:
    """Bring the service to what is wanted, with one request for each endpoint that has something to change."""
    _check_encryption_key(service, desired)
    found = diff_service(service, desired)
    ctx.report(service=SERVICE.to_result(service))
    if ctx.plan(**to_diff(found), service=predict_service(service, found)):
        reached: list[str] = []
        parts = list(patch_bodies(service, desired))
        service = apply_changes(ctx, service, desired, if_reached=reached.append)
        if reached == parts:
            ctx.discard_diff()
    return service


def _check_encryption_key(service: Resource, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a key of a service that has no encryption to use it for."""
    if desired.get("transparent_data_encryption_key_id") and service.get("hasTransparentDataEncryption") is False:
        raise InvalidOption(
            f"transparent_data_encryption_key_id needs transparent data encryption, which {service_label(service)} does"
            " not have. It can only be turned on when a service is created: leave the key out."
        )


def _ignore_subpath(_part: str) -> None:
    """For a caller that does not need to know which task has made the change."""


def apply_changes(
    ctx: WaitingContext,
    service: Resource,
    desired: Mapping[str, Any],
    *,
    if_reached: Callable[[str], object] = _ignore_subpath,
) -> Resource:
    """Send what differs, and wait until it can be read.

    A request that the API refuses with a conflict although nothing differs any more counts as done: another task has
    made the change. Then if_reached is called with the path of the request, unless this task may have made it.
    """
    for subpath, body in patch_bodies(service, desired).items():
        service = _patch_without_duplicates(ctx, service, subpath, body, desired, if_reached)
        ctx.report(service=SERVICE.to_result(service))
    service = wait_for_service(ctx.waiter, ctx.api, service, changes_visible(desired), immediately=True)
    ctx.report(service=SERVICE.to_result(service))
    return service


def _patch_without_duplicates(
    ctx: WaitingContext,
    service: Resource,
    subpath: str,
    body: Mapping[str, Any],
    desired: Mapping[str, Any],
    if_reached: Callable[[str], object],
) -> Resource:
    """The service, once the API has taken the body.

    What is added to a list would be added twice by a request that is merely sent again. So when the answer is lost, the
    service is read, and only what it still lacks is sent.
    """
    was_lost = False
    for pause in RETRY_DELAYS:
        try:
            return ctx.api.patch_service(service["id"], subpath, body, retry=Retry.ALWAYS if subpath else Retry.IF_SAFE)
        except CloudError as error:
            is_lost, error.may_have_been_applied = error.may_have_been_applied, error.may_have_been_applied or was_lost
            if isinstance(error, ApiError) and error.may_be_explained:
                latest = explain_refused_change(ctx, service, subpath, desired, error)
                if not error.may_have_been_applied:
                    if_reached(subpath)
                return latest
            if subpath or not is_lost:
                raise
            lost, was_lost = error, True
        time.sleep(pause)
        service = get_service_or_none(ctx.api, service["id"]) or service
        body = patch_bodies(service, desired).get(subpath, {})
        if not body:
            return service
    raise lost


def explain_refused_change(
    ctx: WaitingContext, service: Resource, subpath: str, desired: Mapping[str, Any], error: ApiError
) -> Resource:
    """Return the service if it is as wanted by now; raise the refusal, with what there is, if not."""
    latest = read_after_refusal(ctx.api, service, error)
    if patch_bodies(latest, desired).get(subpath):
        error.append(f"{changes_visible(desired).describe(latest)}.")
        raise error
    return latest


def changes_visible(desired: Mapping[str, Any]) -> WaitCondition[LatestState]:
    """What was written can be read: GET may lag behind PATCH."""

    def lagging(seen: LatestState) -> str:
        behind = "; ".join(f"{one.field.option} {one.before!r}" for one in diff_service(seen, desired)) if seen else ""
        return f"{describe_service(seen)}, and still has {behind}" if behind else describe_service(seen)

    return WaitCondition(
        description="as asked for",
        is_met=lambda seen: seen is not None and not diff_service(seen, desired),
        is_impossible=lambda seen: seen is None,
        describe=lagging,
    )
