# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Delete a service, once it is stopped and all checks have passed."""

from __future__ import annotations

from collections.abc import Iterable

from .._errors import ApiError, InvalidOption
from .._module.context import ModuleContext
from .._schema.service import SERVICE
from .create import find_creation, forget_creation
from .creation_attempt import mark_seen
from .find import none_if_forbidden
from .guards import check_deletion_protection, check_protect_tag, check_recent_backup, is_protected
from .outcome import ServiceOutcome
from .power_state import (
    IS_DELETABLE,
    IS_DELETED,
    MAX_CONFLICT_SECONDS,
    find_secondaries,
    is_deletable,
    raise_if_has_secondaries,
    raise_if_protected,
    send_delete,
    send_state_command,
    wait_for_service,
)
from .service import DELETING, Service
from .update import apply_changes


def delete_service(
    ctx: ModuleContext,
    service: Service | None,
    matches: Iterable[Service],
    *,
    is_pruned: bool = False,
    secondaries_are_checked: bool = False,
) -> ServiceOutcome:
    """Delete the service, and wait until it is gone; without one, wait for a deletion in progress.

    matches are all services of this name or ID, in any state. is_pruned is true if the service is deleted because no
    entry of a fleet declares it, and secondaries_are_checked if the caller has checked which secondary services remain.
    """
    if service is None:
        return _await_deletion(ctx, matches)
    ctx.set_result(service=SERVICE.to_result(service))
    _check_deletion(ctx, service, is_pruned, secondaries_are_checked)
    # Raises an error if the record cannot be read.
    attempt = find_creation(ctx, service)
    ctx.add_diff(before=SERVICE.to_result(service), after={})
    if ctx.check_mode:
        return ServiceOutcome(returned=SERVICE.to_result(service))
    # All other checks have passed, so that a service that is not deleted stays protected.
    if is_protected(service):
        service = apply_changes(ctx, service, {"deletion_protection": False})
    if not is_deletable(service):
        _stop(ctx, service, is_pruned)
    # If this task ends before the API accepts the deletion, the next one need not wait for the service.
    mark_seen(ctx.api.services_url, service)
    _delete_with_retry(ctx, service)
    forget_creation(ctx, service, attempt)
    wait_for_service(ctx, service, IS_DELETED)
    return ServiceOutcome(returned=SERVICE.to_result(service))


def _await_deletion(ctx: ModuleContext, matches: Iterable[Service]) -> ServiceOutcome:
    """Wait for the deletion of these services, if it is in progress."""
    outcome = ServiceOutcome()
    for match in matches:
        attempt = find_creation(ctx, match)
        if not ctx.check_mode:
            forget_creation(ctx, match, attempt)
        if match.state in DELETING:
            outcome = ServiceOutcome(returned=SERVICE.to_result(match))
            ctx.set_result(**outcome.to_result())
            if not ctx.check_mode:
                wait_for_service(ctx, match, IS_DELETED)
    return outcome


def _check_deletion(ctx: ModuleContext, service: Service, is_pruned: bool, secondaries_are_checked: bool) -> None:
    """Raise InvalidOption unless the service may be deleted, and may be stopped if that is necessary."""
    if not is_deletable(service):
        _check_may_stop(ctx, service)
    check_deletion_protection(ctx, service, is_pruned)
    check_protect_tag(ctx, service, is_pruned)
    check_recent_backup(ctx, service)
    if not secondaries_are_checked and (is_protected(service) or not is_deletable(service)):
        # The API would refuse only the deletion, and not the requests before it.
        _check_secondaries(ctx, service)


def _stop(ctx: ModuleContext, service: Service, is_pruned: bool) -> None:
    """Stop the service, so that it can be deleted."""
    if service.state != "stopping":
        service = send_state_command(ctx, service, "stop")
    service = wait_for_service(ctx, service, IS_DELETABLE)
    # It may have been protected while it was being stopped.
    check_deletion_protection(ctx, service, is_pruned)
    check_protect_tag(ctx, service, is_pruned)


def _check_secondaries(ctx: ModuleContext, service: Service) -> None:
    """Raise InvalidOption for a primary service that has secondary ones, if the API key may list them."""
    # To find a name, the list was read, and need not be read again.
    list_services = ctx.api.list_services if ctx.options["service_id"] else lambda: ctx.api.last_seen
    others = none_if_forbidden(ctx, lambda: find_secondaries(service, list_services))
    if others:
        raise InvalidOption(
            f"{service.label} is the primary service of a data warehouse, and cannot be deleted while that has"
            f" secondary services: {', '.join(others)}. Delete those first."
        )


def _delete_with_retry(ctx: ModuleContext, service: Service) -> None:
    """Delete the service; repeat the request while the API refuses it, which it may for a while after a stop."""
    latest: Service | None = service
    secondaries_checked = False

    def delete() -> None:
        nonlocal latest, secondaries_checked
        try:
            send_delete(ctx.api, service.id)
        except ApiError as error:
            if error.status != 409:
                raise
            resource = ctx.api.get_service_or_none(service.id)
            latest = Service(resource) if resource else None
            if latest is None or latest.is_deleted:
                # The API has accepted an earlier request, whose response was lost.
                return
            raise_if_protected(latest, error)
            if not secondaries_checked:
                secondaries_checked = True
                raise_if_has_secondaries(ctx.api, service, error)
            raise

    def is_too_early(error: ApiError) -> bool:
        return error.status == 409 and is_deletable(latest)

    ctx.waiter.retry_while(delete, is_too_early, limit=MAX_CONFLICT_SECONDS)


def _check_may_stop(ctx: ModuleContext, service: Service) -> None:
    """Raise InvalidOption unless the task may stop the service, which the API does not delete in its state."""
    if service.state != "stopping" and not ctx.options["force"]:
        raise InvalidOption(
            f"{service.label} is {service.state}, and the API does not delete it in this state."
            " Stop it first, or set force: true to have it stopped and deleted."
        )
    if not ctx.options["wait"]:
        raise InvalidOption(f"{service.label} can be deleted only once it is stopped, which needs wait: true.")
