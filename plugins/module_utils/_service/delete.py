# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a service is deleted."""

from __future__ import annotations

from .._errors import ApiError, InvalidOption
from .._json import Resource
from .._module.context import WaitingTask
from .._schema.service import SERVICE
from .create import find_creation, find_unresolved, forget_creation
from .creation_attempt import mark_seen
from .find import DELETING, GONE, Seen, called, find_all, if_allowed, pick_living, read, state
from .guards import check_backup, check_deletion_protection, check_protection, is_protected
from .power_state import (
    DELETED,
    PASSING_CONFLICT,
    STOPPED_FOR_DELETION,
    command,
    deletable,
    delete,
    find_secondaries,
    refuse_for_secondaries,
    refuse_if_protected,
    wait,
)
from .update import apply


def remove(task: WaitingTask) -> None:
    """Delete the service that the options name, and wait until it is gone; wait also for a deletion in progress."""
    matches = find_all(task.api, task.options["service_id"], task.options["name"])
    service = pick_living(matches, task.options["name"]) or find_unresolved(task)
    if service:
        _remove(task, service)
        return
    for match in matches:
        attempt = find_creation(task, match)
        if not task.check_mode:
            forget_creation(task, match, attempt)
        if state(match) in DELETING:
            task.report(service=SERVICE.shown(match))
            if not task.check_mode:
                wait(task.patience, task.api, match, DELETED)


def _remove(task: WaitingTask, service: Resource) -> None:
    """Delete the service, once it is stopped if that is allowed, and wait until it is gone."""
    task.report(service=SERVICE.shown(service))
    if not deletable(service):
        _check(task, service)
    check_deletion_protection(task, service)
    check_protection(task, service)
    check_backup(task, service)
    if task.checks_secondaries and (is_protected(service) or not deletable(service)):
        # The API would refuse only the deletion, and not what comes before it.
        _check_secondaries(task, service)
    # Its record may be one that cannot be read.
    attempt = find_creation(task, service)
    if not task.plan(before=task.result["service"], after={}):
        return
    # All other checks have passed by now, so that what is not deleted stays protected.
    if is_protected(service):
        apply(task, service, {"deletion_protection": False})
    if not deletable(service):
        if state(service) != "stopping":
            service = command(task.api, service, "stop")
        service = wait(task.patience, task.api, service, STOPPED_FOR_DELETION)
        # It may have been protected while it was being stopped.
        check_deletion_protection(task, service)
        check_protection(task, service)
    # If the task ends before it knows that the deletion was accepted, the next one need not wait for the service.
    mark_seen(task.api.home, service)
    _delete(task, service)
    forget_creation(task, service, attempt)
    wait(task.patience, task.api, service, DELETED)


def _check_secondaries(task: WaitingTask, service: Resource) -> None:
    """Raise InvalidOption for a primary service that has secondary ones, as far as the API key may list them."""
    # A name was searched in the list, which need not be read again.
    list_services = task.api.services if task.options["service_id"] else lambda: task.api.last_seen
    others = if_allowed(task, lambda: find_secondaries(service, list_services))
    if others:
        raise InvalidOption(
            f"{called(service)} is the primary service of a data warehouse, and cannot be deleted while that has"
            f" secondary services: {', '.join(others)}. Delete those first."
        )


def _delete(task: WaitingTask, service: Resource) -> None:
    """Delete it as soon as the API lets it be: it is said to be stopped a little before."""
    told = False
    seen: Seen = service

    def act() -> None:
        nonlocal told, seen
        try:
            delete(task.api, service["id"])
        except ApiError as error:
            if error.status != 409:
                raise
            seen = read(task.api, service["id"])
            if seen is None or state(seen) in GONE:
                # The answer to a first request was lost, but the request was not.
                return
            refuse_if_protected(seen, error)
            if not told:
                told = True
                refuse_for_secondaries(task.api, service, error)
            raise

    def too_early(error: ApiError) -> bool:
        return error.status == 409 and deletable(seen)

    task.patience.insist(act, too_early, at_most=PASSING_CONFLICT)


def _check(task: WaitingTask, service: Resource) -> None:
    """Whether a service that the API does not delete in its state may be stopped for it."""
    if state(service) != "stopping" and not task.options["force"]:
        raise InvalidOption(
            f"{called(service)} is {state(service)}, and the API does not delete it in this state."
            " Stop it first, or set force: true to have it stopped and deleted."
        )
    if not task.options["wait"]:
        raise InvalidOption(f"{called(service)} can be deleted only once it is stopped, which needs wait: true.")
