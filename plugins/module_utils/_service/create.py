# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a service comes to be: exactly once, and with a password that somebody knows.

The request that creates a service is not harmless twice, and the password in its answer is never shown again. So it is
written down before it is sent, and never sent again while its outcome is unknown; a service that was made although the
answer was lost is given a new password. The protocol is described in docs/docsite/rst/guide_creation.rst.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._client.api import Api, is_uuid
from .._errors import CloudError, InvalidOption, UnexpectedResponse
from .._json import Resource
from .._module.context import WaitingContext
from .._schema.fields import to_diff
from .._schema.scaling import drop_moot_idle_timeout
from .._schema.service import SERVICE, diff_service, predict_new_service, predict_service
from .creation_attempt import (
    VISIBILITY_TIMEOUT,
    CreationAttempt,
    CreationLock,
    ServiceKey,
    creation_lock,
    last_attempt,
    mark_seen,
)
from .creation_record import CreationRecord
from .find import (
    LatestState,
    await_visible,
    describe_absence,
    find_attempted,
    find_service,
    retry_until_visible,
    service_label,
    service_state,
)
from .password import NewPassword, set_password
from .password_owner import check_owner, save_owner
from .power_state import IS_UP, wait_for_service
from .update import apply_changes, update_service

REQUIRED_FOR_CREATE = ("name", "provider", "region", "ip_access_list")


def create_service(ctx: WaitingContext, desired: Mapping[str, Any]) -> LatestState:
    """Create the service, keep its password, and wait until it runs. In check mode there is none."""
    # All that can go wrong here goes wrong before there is a password to lose.
    _check_create_options(ctx, desired)
    desired = drop_moot_idle_timeout({}, desired)
    order = CreateOperation(ctx, {"name": desired["name"]})
    order.record.check()
    body = SERVICE.create_body(desired)
    shown = predict_new_service(desired)
    # What cannot be read afterwards, as the backup, is as it was asked for.
    asked = {option: shown.get(option, wish) for option, wish in desired.items()}
    if not ctx.plan(before={}, after=asked, service=shown):
        return None
    with creation_lock(order.key, ctx.warn) as lock:
        found = _find_created_concurrently(order, lock)
        service = found or _create_and_set_password(order, lock, body)
    if found:
        ctx.discard_diff()
        return update_or_finish(ctx, found, desired)
    service = wait_for_service(ctx.waiter, ctx.api, service, IS_UP, max_not_found=VISIBILITY_TIMEOUT)
    if ctx.options["wait"]:
        mark_seen(ctx.api.services_url, service)
    ctx.report(service=SERVICE.to_result(service))
    if SERVICE.update_only(desired):
        await_visible(ctx.api, service)
        service = apply_changes(ctx, service, SERVICE.update_only(desired))
    return service


def find_unresolved(ctx: WaitingContext) -> LatestState:
    """Wait for the service of this name that an unresolved creation may have made; None when there is no such one."""
    name = ctx.options["name"]
    if ctx.options["service_id"] or not name:
        return None
    key = ServiceKey(ctx.api.services_url, name)
    attempt = now_or_later(last_attempt(key), CreationRecord(ctx, name).unresolved)
    if not attempt.is_recent:
        return None
    service = _find_attempted(ctx, name, attempt)
    if service is None and attempt.seen and not ctx.check_mode:
        # Later tasks need not look for it again.
        forget_creation(ctx, {"id": attempt.service_id, "name": name}, attempt)
    return service


def find_creation(ctx: WaitingContext, service: Resource) -> CreationAttempt:
    """Return the attempt that has created the service, an empty one if that is not known."""
    name = str(service.get("name"))
    attempt = now_or_later(last_attempt(ServiceKey(ctx.api.services_url, name)), CreationRecord(ctx, name).attempt)
    return attempt if attempt.sent and attempt.fits(service) else CreationAttempt()


def forget_creation(ctx: WaitingContext, service: Resource, attempt: CreationAttempt) -> None:
    """Forget the attempt that has created a deleted service, but not a later one of its name.

    Then no task waits for the service, and no record of its password counts.
    """
    if not attempt.sent:
        return
    name = str(service.get("name"))
    # Without the lock, another task is creating a service of this name, and writes down its own attempt.
    with contextlib.suppress(CloudError), creation_lock(ServiceKey(ctx.api.services_url, name), ctx.warn, 1) as lock:
        record = CreationRecord(ctx, name)
        if record.attempt.sent == attempt.sent:
            record.remove()
        if lock.previous.sent == attempt.sent:
            lock.save(replace(lock.previous, service_id=service["id"], seen=True, deleted=True))


def _find_attempted(ctx: WaitingContext, name: str, attempt: CreationAttempt) -> LatestState:
    """Find the service of an earlier attempt, for as long as the options let the task wait, but long enough."""
    timeout = max(VISIBILITY_TIMEOUT, ctx.options["wait_timeout"] if ctx.options["wait"] else 0)
    return find_attempted(ctx.api, name, attempt, timeout=timeout, on_progress=ctx.on_progress)


def update_or_finish(ctx: WaitingContext, service: Resource, desired: Mapping[str, Any]) -> Resource:
    """Change what differs; before, finish what an interrupted creation of this very service has left undone."""
    if not ctx.check_mode:
        # A list may show it before other requests find it.
        await_visible(ctx.api, service)
    if CreationRecord(ctx, str(service.get("name"))).names(service):
        service = _finish_interrupted(ctx, service, desired)
    else:
        service = update_service(ctx, service, desired)
    if service_state(service) == "provisioning" and not ctx.check_mode:
        # Somebody, perhaps an interrupted run of this very task, has only just created it.
        service = wait_for_service(ctx.waiter, ctx.api, service, IS_UP, max_not_found=VISIBILITY_TIMEOUT)
        ctx.report(service=SERVICE.to_result(service))
    return service


def _check_create_options(ctx: WaitingContext, desired: Mapping[str, Any]) -> None:
    options, name = ctx.options, ctx.options["name"]
    missing = [option for option in REQUIRED_FOR_CREATE if option not in desired]
    if missing:
        raise InvalidOption(
            f"{describe_absence(name, ctx.api.last_seen)} To create it, set {', '.join(missing)} as well."
        )
    if "data_warehouse_id" in desired and any(options[one] for one in ("password", "password_hash", "password_file")):
        raise InvalidOption("A service in the data warehouse of another one has its password: leave password out.")
    if "transparent_data_encryption_key_id" in desired and not desired.get("has_transparent_data_encryption"):
        raise InvalidOption("transparent_data_encryption_key_id needs has_transparent_data_encryption: true.")


def now_or_later(*attempts: CreationAttempt) -> CreationAttempt:
    """Return the attempt that was sent last; of the same one, what is known most of."""
    return max(attempts, key=lambda one: (one.sent, one.deleted, one.seen, one.service_id, one.ended))


class CreateOperation:
    """The creation of one service: what it is recorded as, and what becomes of its password.

    Raises InvalidOption for a password that is none, and for a file that it could not be kept in.
    """

    def __init__(self, ctx: WaitingContext, service: Resource) -> None:
        name = service["name"]
        self.task = ctx
        self.api: Api = ctx.api
        self.key = ServiceKey(ctx.api.services_url, name)
        self.record = CreationRecord(ctx, name)
        self.password = NewPassword.of(ctx.options)
        check_owner(ctx, service)

    def store_returned_password(self, service: Resource, response: Resource) -> bool:
        """Keep the password in the answer, if there is one, even if it is to be replaced: until then it holds."""
        if service:
            self.task.report(service=SERVICE.to_result(service))
        password = response.get("password")
        if not isinstance(password, str) or not password:
            return False
        try:
            if self.password.file:
                self.password.file.write(password)
            else:
                self.task.report(password=password)
        except CloudError:
            self.task.report(password=password)
            raise
        return True

    def ensure_password_known(self, service: Resource, heard: bool) -> None:
        """See to it that the password is known: the given one, the one that was heard, or else a new one."""
        if heard and self.password.file:
            save_owner(self.task, service, self.password.file.path)
        if not (heard and self.password.is_generated):
            set_password(self.task, service, self.password, lambda: self._set(service, self.password.hashes))
        if not self.password.is_generated:
            self.task.result.pop("password", None)
        self.record.remove()

    def _set(self, service: Resource, new_hashes: Mapping[str, str]) -> None:
        # From here on it is known which service the next run has to set the password of.
        sent = self.record.attempt.sent or time.time()
        self.record.write(CreationAttempt(sent, service["id"]))
        retry_until_visible(lambda: self.api.patch_service(service["id"], "/password", new_hashes))


def _create_and_set_password(order: CreateOperation, lock: CreationLock, body: Mapping[str, Any]) -> Resource:
    """Create the service, and see to its password."""
    order.task.sets_first_password = True
    # A secondary service has no password of its own.
    has_password = "dataWarehouseId" not in body
    service, password_known = _post_once(order, lock, body, has_password)
    if has_password:
        order.ensure_password_known(service, password_known)
    return service


def _post_once(
    order: CreateOperation, lock: CreationLock, body: Mapping[str, Any], has_password: bool
) -> tuple[Resource, bool]:
    """Return the service that is made, and whether its password is known, and not lost with the answer."""
    attempt = CreationAttempt()

    def record_attempt() -> None:
        nonlocal attempt
        attempt = CreationAttempt(time.time(), path=lock.path)
        if has_password:
            attempt = replace(attempt, record=order.record.write(attempt))
        lock.save(attempt)

    try:
        response = order.api.create_service(body, record_attempt)
    except CloudError as error:
        if not error.may_have_been_applied:
            order.record.remove()
            # What is known of the attempt before stays known.
            save_attempt(order, lock, lock.previous)
            raise
        return adopt_service(order, lock, replace(attempt, ended=time.time()), error), False
    attempt = replace(attempt, ended=time.time())
    service = response.get("service")
    if isinstance(service, dict) and is_uuid(service.get("id")):
        # Before the password is kept, for which the disk may be full.
        save_attempt(order, lock, replace(attempt, service_id=service["id"]))
        return service, order.store_returned_password(service, response)
    password_known = order.store_returned_password({}, response)
    unnamed = UnexpectedResponse("The API has created the service, but does not say which one it is.")
    return adopt_service(order, lock, attempt, unnamed), password_known


def save_attempt(order: CreateOperation, lock: CreationLock, attempt: CreationAttempt) -> None:
    """Write down what has become of the attempt. It is too late to fail."""
    try:
        lock.save(attempt)
    except CloudError as error:
        order.task.warn(str(error))


def adopt_service(order: CreateOperation, lock: CreationLock, attempt: CreationAttempt, error: CloudError) -> Resource:
    """Return the service that was created although the response was lost. Raises Unsettled when none appears."""
    save_attempt(order, lock, attempt)
    service = find_attempted(order.api, order.key.name, attempt, error=error)
    if service is None:
        raise error
    order.record.names(service)
    save_attempt(order, lock, replace(attempt, service_id=service["id"], seen=True))
    order.task.report(service=SERVICE.to_result(service))
    order.task.warn(f"The answer to the creation of {service_label(service)} was lost: it was found by its name.")
    return service


def _find_created_concurrently(order: CreateOperation, lock: CreationLock) -> LatestState:
    """Return the service if another task has made it since this one has listed the services."""
    attempt = now_or_later(lock.previous, order.record.unresolved)
    service = _find_attempted(order.task, order.key.name, attempt)
    if service:
        return service
    # That there is none was perhaps seen before another task had the lock, or in a list that lagged.
    order.api.discard_lists()
    return find_service(order.api, None, order.key.name)


def _finish_interrupted(ctx: WaitingContext, service: Resource, desired: Mapping[str, Any]) -> Resource:
    """Do what an interrupted creation has left undone, and change what differs."""
    order = CreateOperation(ctx, service)
    found = diff_service(service, desired)
    ctx.report(service=SERVICE.to_result(service))
    told = to_diff(found)
    before = {**told["before"], "password": "lost, since the creation was interrupted"}
    after = {**told["after"], "password": "a new one" if order.password.is_generated else "the given one"}
    ctx.sets_first_password = True
    if not ctx.plan(before, after, service=predict_service(service, found)):
        return service
    with creation_lock(order.key, ctx.warn):
        # The task that had the lock before may have finished it.
        is_unfinished = order.record.names(service)
        if is_unfinished:
            ctx.warn(
                f"{service_label(service)} was created by a task that was interrupted before its password was known:"
                " the password is set again."
            )
            order.ensure_password_known(service, heard=False)
    if not is_unfinished:
        ctx.sets_first_password = False
        ctx.discard_diff()
        return update_service(ctx, service, desired)
    return apply_changes(ctx, service, desired)
