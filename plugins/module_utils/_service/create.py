# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Create a service exactly once, and so that its password is known.

The request is not idempotent, and the API returns the password only in its response. So the request is recorded before
it is sent, and never repeated while its outcome is unknown; a service whose response was lost gets a new password. The
protocol is described in docs/docsite/rst/guide_creation.rst.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from .._client.api import Api, is_uuid
from .._client.passwords import send_password
from .._errors import CloudError, InvalidOption, NotFound, UnexpectedResponse
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.fields import to_diff
from .._schema.prediction import predict_new, predict_state
from .._schema.scaling import drop_moot_idle_timeout
from .._schema.service import SERVICE, diff_service, predict_new_service, predict_service
from .creation_attempt import (
    VISIBILITY_TIMEOUT,
    CreationAttempt,
    CreationKey,
    CreationLock,
    creation_lock,
    last_attempt,
    mark_seen,
)
from .creation_record import CreationRecord
from .find import (
    ServiceSearch,
    await_visible,
    describe_absence,
    find_all,
    find_service,
    pick_existing,
    retry_until_visible,
)
from .guards import check_name, check_release_channel, warn_if_open_to_internet
from .outcome import ServiceOutcome
from .password import NewPassword, set_password
from .password_owner import check_owner, save_owner
from .power_state import IS_UP, wait_for_service
from .profile import check_profile
from .restore import with_restore_defaults
from .service import Service
from .update import apply_changes, update_service

REQUIRED_FOR_CREATE = ("name", "provider", "region", "ip_access_list")


def create_service(
    ctx: ModuleContext,
    desired: Mapping[str, Any],
    new_names: Iterable[Resource] = (),
    shared: dict[str, Any] | None = None,
) -> ServiceOutcome:
    """Create the service, keep its password, and wait until it runs; in check mode, predict it.

    new_names is as for check_name(), and shared as for check_profile().
    """
    # Check everything that can fail before there is a password to lose.
    desired = _check_creation(ctx, desired, new_names)
    check_profile(ctx, desired, {} if shared is None else shared)
    operation = CreateOperation(ctx, Service({"name": desired["name"]}))
    operation.record.check_not_foreign()
    body = SERVICE.create_body(desired)
    predicted = predict_new_service(desired)
    # Options that cannot be read later, such as the backup, are shown as set.
    ctx.add_diff(before={}, after={option: predicted.get(option, value) for option, value in desired.items()})
    if ctx.check_mode:
        new = predict_new(predicted, wait=ctx.options["wait"])
        ctx.set_result(unknown=new["unknown"])
        return ServiceOutcome(returned=new["service"])
    with creation_lock(operation.key, ctx.warn, progress=ctx.progress) as lock:
        concurrent = _find_created_concurrently(operation, lock)
        service = concurrent or _create_and_set_password(operation, lock, body)
    if concurrent:
        ctx.discard_diff()
        return update_or_finish(ctx, concurrent, desired)
    return ServiceOutcome(_complete(ctx, service, desired), sets_first_password=True)


def _check_creation(ctx: ModuleContext, desired: Mapping[str, Any], new_names: Iterable[Resource]) -> dict[str, Any]:
    """Return the desired options of the new service, with those of restore_from. Raise InvalidOption and NotFound."""
    service_id = ctx.options["service_id"]
    if service_id:
        raise NotFound(f"{describe_absence(service_id, ctx.api.last_seen)} Leave service_id out to create one.")
    check_name(ctx, desired, new_names=new_names)
    complete = with_restore_defaults(ctx.api, ctx.options, desired)
    check_release_channel(ctx, complete)
    warn_if_open_to_internet(ctx, complete)
    _check_create_options(ctx, complete)
    return drop_moot_idle_timeout({}, complete)


def _complete(ctx: ModuleContext, service: Service, desired: Mapping[str, Any]) -> Service:
    """Wait until the new service runs, and set the options that its creation does not take."""
    service = _wait_until_up(ctx, service)
    if ctx.options["wait"]:
        mark_seen(ctx.api.services_url, service)
    _warn_about_ignored_options(ctx, service, desired)
    if SERVICE.update_only(desired):
        await_visible(ctx.api, service)
        service = apply_changes(ctx, service, SERVICE.update_only(desired))
    return service


def _warn_about_ignored_options(ctx: ModuleContext, service: Service, desired: Mapping[str, Any]) -> None:
    """Warn if the new service lacks an option that can only be set at creation, since every later run rejects it."""
    try:
        diff_service(service, SERVICE.create_only(desired))
    except InvalidOption as error:
        ctx.warn(
            f"{service.label} was created, but the API ignored an option: {error} Otherwise, every later run fails."
        )


def _wait_until_up(ctx: ModuleContext, service: Service) -> Service:
    """Wait until a new service, which need not be visible yet, runs."""
    return wait_for_service(ctx, service, IS_UP, max_not_found=VISIBILITY_TIMEOUT)


def find_declared(ctx: ModuleContext) -> tuple[Service | None, list[Service]]:
    """Return the service that is not deleted, None if there is none, and all of this name or ID, in any state."""
    matches = find_all(ctx.api, ctx.options["service_id"], ctx.options["name"])
    return pick_existing(matches, ctx.options["name"]) or find_unresolved(ctx), matches


def find_unresolved(ctx: ModuleContext) -> Service | None:
    """Wait for the service of this name that an unresolved attempt may have created; return None if there is none."""
    name = ctx.options["name"]
    if ctx.options["service_id"] or not name:
        return None
    key = CreationKey(ctx.api.services_url, name)
    attempt = latest_attempt(last_attempt(key), CreationRecord(ctx, name).unresolved)
    if not attempt.is_recent:
        return None
    service = _find_attempted(ctx, name, attempt)
    if service is None and attempt.seen and not ctx.check_mode:
        # Later tasks need not look for it again.
        forget_creation(ctx, Service({"id": attempt.resource_id, "name": name}), attempt)
    return service


def find_creation(ctx: ModuleContext, service: Service) -> CreationAttempt:
    """Return the attempt that created the service; an empty one if it is not known."""
    name = service.name
    attempt = latest_attempt(last_attempt(CreationKey(ctx.api.services_url, name)), CreationRecord(ctx, name).attempt)
    return attempt if attempt.sent_at and attempt.may_have_created(service) else CreationAttempt()


def forget_creation(ctx: ModuleContext, service: Service, attempt: CreationAttempt) -> None:
    """Forget the attempt that created a deleted service, but not a later one with the same name.

    Afterwards, no task waits for the service, and the record of its password is ignored.
    """
    if not attempt.sent_at:
        return
    name = service.name
    # If the lock is taken, another task is creating a service of this name, and records its attempt.
    with contextlib.suppress(CloudError), creation_lock(CreationKey(ctx.api.services_url, name), ctx.warn, 1) as lock:
        record = CreationRecord(ctx, name)
        if record.attempt.sent_at == attempt.sent_at:
            record.remove()
        if lock.previous.sent_at == attempt.sent_at:
            lock.save(replace(lock.previous, resource_id=service.id, seen=True, deleted=True))


def _find_attempted(ctx: ModuleContext, name: str, attempt: CreationAttempt) -> Service | None:
    """Find the service of an earlier attempt, for wait_timeout seconds, and at least until it has to be visible."""
    timeout = max(VISIBILITY_TIMEOUT, ctx.options["wait_timeout"] if ctx.options["wait"] else 0)
    return ServiceSearch(ctx.api, name, attempt, timeout, progress=ctx.progress).run()


def update_or_finish(ctx: ModuleContext, service: Service, desired: Mapping[str, Any]) -> ServiceOutcome:
    """Update the service, after its creation is finished if a task was interrupted."""
    if not ctx.check_mode:
        # A list may show it before other requests find it.
        await_visible(ctx.api, service)
    if CreationRecord(ctx, service.name).matches(service):
        outcome = _finish_interrupted(ctx, service, desired)
    else:
        outcome = update_service(ctx, service, desired)
    if outcome.service is None or outcome.service.state != "provisioning":
        return outcome
    # Another task, or an interrupted run of this one, has just created it.
    if ctx.check_mode:
        state = predict_state("provisioning", wait=ctx.options["wait"])
        return replace(outcome, returned={**outcome.to_result()["service"], "state": state})
    return replace(outcome, service=_wait_until_up(ctx, outcome.service))


def _check_create_options(ctx: ModuleContext, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption for options with which no service can be created."""
    options, name = ctx.options, ctx.options["name"]
    missing = [option for option in REQUIRED_FOR_CREATE if option not in desired]
    if missing:
        raise InvalidOption(
            f"{describe_absence(name, ctx.api.last_seen)} To create it, set {', '.join(missing)} as well."
        )
    if "data_warehouse_id" in desired and any(map(options.get, ("password", "password_hash", "password_file"))):
        raise InvalidOption("A secondary service shares the password of its primary service: leave password out.")
    if "transparent_data_encryption_key_id" in desired and not desired.get("has_transparent_data_encryption"):
        raise InvalidOption("transparent_data_encryption_key_id needs has_transparent_data_encryption: true.")


def latest_attempt(*attempts: CreationAttempt) -> CreationAttempt:
    """Return the attempt that was sent last, in the version that knows most about it."""
    return max(attempts, key=attrgetter("sent_at", "deleted", "seen", "resource_id", "ended"))


class CreateOperation:
    """The creation of one service, with its record and its password.

    Raise InvalidOption for an invalid password, and for a file in which it cannot be kept.
    """

    def __init__(self, ctx: ModuleContext, service: Service) -> None:
        name = service["name"]
        self.ctx = ctx
        self.api: Api = ctx.api
        self.key = CreationKey(ctx.api.services_url, name)
        self.record = CreationRecord(ctx, name)
        self.password = NewPassword.from_options(ctx.options)
        check_owner(ctx, service)

    def store_returned_password(self, response: Resource) -> bool:
        """Return whether the response contains a password, which is kept, since it is valid until it is replaced."""
        password = response.get("password")
        if not isinstance(password, str) or not password:
            return False
        try:
            if self.password.file:
                self.password.file.write(password)
            else:
                self.ctx.set_result(password=password)
        except CloudError:
            self.ctx.set_result(password=password)
            raise
        return True

    def ensure_password_known(self, service: Service, password_known: bool) -> None:
        """Set the given password, or a new one unless the password of the service is known."""
        if password_known and self.password.file:
            save_owner(self.ctx, service, self.password.file.path)
        if not (password_known and self.password.is_generated):
            set_password(self.ctx, service, self.password, lambda: self._set_password(service))
        if not self.password.is_generated:
            self.ctx.unset_result("password")
        self.record.remove()

    def _set_password(self, service: Service) -> None:
        # From here on, the next run knows which service it has to set the password of.
        sent = self.record.attempt.sent_at or time.time()
        self.record.write(CreationAttempt(sent, service.id))
        retry_until_visible(self.api, service.label, lambda: send_password(self.api, service.id, self.password.hashes))


def _create_and_set_password(operation: CreateOperation, lock: CreationLock, body: Mapping[str, Any]) -> Service:
    """Create the service, and ensure that its password is known."""
    # A secondary service has the password of its primary one.
    has_password = "dataWarehouseId" not in body
    service, password_known = _post_once(operation, lock, body, has_password)
    if has_password:
        operation.ensure_password_known(service, password_known)
    return service


def _post_once(
    operation: CreateOperation, lock: CreationLock, body: Mapping[str, Any], has_password: bool
) -> tuple[Service, bool]:
    """Return the service that is created, and whether its password is known, and not lost with the response."""
    attempt = CreationAttempt()

    def record_attempt() -> None:
        nonlocal attempt
        attempt = CreationAttempt(time.time(), path=lock.path)
        if has_password:
            attempt = replace(attempt, record=operation.record.write(attempt))
        lock.save(attempt)

    try:
        response = operation.api.create_service(body, record_attempt)
    except CloudError as error:
        if not error.may_have_been_applied:
            operation.record.remove()
            # The attempt before is still the last one.
            save_attempt(operation, lock, lock.previous)
            raise
        return adopt_service(operation, lock, replace(attempt, ended=time.time()), error), False
    return _handle_response(operation, lock, replace(attempt, ended=time.time()), response)


def _handle_response(
    operation: CreateOperation, lock: CreationLock, attempt: CreationAttempt, response: Resource
) -> tuple[Service, bool]:
    """Return the service, and whether its password is known; keep the password of the response."""
    resource = response.get("service")
    if isinstance(resource, dict) and is_uuid(resource.get("id")):
        service = Service(resource)
        # Before the password is kept, for which the disk may be full.
        save_attempt(operation, lock, replace(attempt, resource_id=service.id))
        operation.ctx.set_result(service=SERVICE.to_result(service))
        return service, operation.store_returned_password(response)
    password_known = operation.store_returned_password(response)
    error = UnexpectedResponse("The API has created the service, but does not say which one it is.")
    return adopt_service(operation, lock, attempt, error), password_known


def save_attempt(operation: CreateOperation, lock: CreationLock, attempt: CreationAttempt) -> None:
    """Record the outcome of the attempt; only warn if that fails, since the request was sent."""
    try:
        lock.save(attempt)
    except CloudError as error:
        operation.ctx.warn(str(error))


def adopt_service(
    operation: CreateOperation, lock: CreationLock, attempt: CreationAttempt, error: CloudError
) -> Service:
    """Return the service that was created although the response was lost; raise the error if there is none."""
    save_attempt(operation, lock, attempt)
    service = ServiceSearch(operation.api, operation.key.name, attempt, error=error).run()
    if service is None:
        raise error
    operation.record.matches(service)
    save_attempt(operation, lock, replace(attempt, resource_id=service.id, seen=True))
    operation.ctx.set_result(service=SERVICE.to_result(service))
    operation.ctx.warn(f"The response to the creation of {service.label} was lost: it was found by its name.")
    return service


def _find_created_concurrently(operation: CreateOperation, lock: CreationLock) -> Service | None:
    """Return the service if another task has created it since this one listed the services."""
    attempt = latest_attempt(lock.previous, operation.record.unresolved)
    service = _find_attempted(operation.ctx, operation.key.name, attempt)
    if service:
        return service
    # The list may have been read before another task had the lock, or have lagged behind.
    operation.api.discard_lists()
    return find_service(operation.api, None, operation.key.name)


def _finish_interrupted(ctx: ModuleContext, service: Service, desired: Mapping[str, Any]) -> ServiceOutcome:
    """Set the password that an interrupted creation has not set, and apply the changes."""
    operation = CreateOperation(ctx, service)
    changes = diff_service(service, desired)
    diff = to_diff(changes)
    before = {**diff["before"], "password": "lost, since the creation was interrupted"}
    after = {**diff["after"], "password": "a new one" if operation.password.is_generated else "the given one"}
    ctx.add_diff(before, after)
    if ctx.check_mode:
        return ServiceOutcome(service, predict_service(service, changes), sets_first_password=True)
    with creation_lock(operation.key, ctx.warn, progress=ctx.progress):
        # The task that held the lock before may have finished it.
        is_unfinished = operation.record.matches(service)
        if is_unfinished:
            ctx.warn(
                f"{service.label} was created by a task that was interrupted before its password was known:"
                " the password is set again."
            )
            operation.ensure_password_known(service, password_known=False)
    if not is_unfinished:
        ctx.discard_diff()
        return update_service(ctx, service, desired)
    return ServiceOutcome(apply_changes(ctx, service, desired), sets_first_password=True)
