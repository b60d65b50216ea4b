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

from .._client.api import Api, is_id
from .._errors import CloudError, InvalidOption, UnexpectedAnswer
from .._json import Resource
from .._module.context import WaitingTask
from .._schema.fields import difference
from .._schema.service import SERVICE, changes, meant, planned, planned_new
from .creation_attempt import (
    VISIBILITY_TIMEOUT,
    CreationAttempt,
    CreationLock,
    ServiceKey,
    creation_lock,
    last_attempt,
    mark_seen,
)
from .creation_record import Record
from .find import Seen, await_visible, called, describe_absence, find, find_attempted, retry_until_visible, state
from .password import NewPassword, set_password
from .password_owner import check_owner, note_owner
from .power_state import UP, wait
from .update import apply, change

NEEDED_FOR_CREATION = ("name", "provider", "region", "ip_access_list")


def create(task: WaitingTask, wanted: Mapping[str, Any]) -> Seen:
    """Create the service, keep its password, and wait until it runs. In check mode there is none."""
    # All that can go wrong here goes wrong before there is a password to lose.
    _check(task, wanted)
    wanted = meant({}, wanted)
    order = Order(task, {"name": wanted["name"]})
    order.record.check()
    body = SERVICE.creation(wanted)
    shown = planned_new(wanted)
    # What cannot be read afterwards, as the backup, is as it was asked for.
    asked = {option: shown.get(option, wish) for option, wish in wanted.items()}
    if not task.plan(before={}, after=asked, service=shown):
        return None
    with creation_lock(order.key, task.warn) as lock:
        found = _made_meanwhile(order, lock)
        service = found or _make(order, lock, body)
    if found:
        task.give_up_plan()
        return update(task, found, wanted)
    service = wait(task.patience, task.api, service, UP, unseen=VISIBILITY_TIMEOUT)
    if task.options["wait"]:
        mark_seen(task.api.home, service)
    task.report(service=SERVICE.shown(service))
    if SERVICE.later(wanted):
        await_visible(task.api, service)
        service = apply(task, service, SERVICE.later(wanted))
    return service


def find_unresolved(task: WaitingTask) -> Seen:
    """Wait for the service of this name that an unresolved creation may have made; None when there is no such one."""
    name = task.options["name"]
    if task.options["service_id"] or not name:
        return None
    key = ServiceKey(task.api.home, name)
    attempt = _latest(last_attempt(key), Record(task, name).unresolved)
    if not attempt.is_recent:
        return None
    service = _find_attempted(task, name, attempt)
    if service is None and attempt.seen and not task.check_mode:
        # Later tasks need not look for it again.
        forget_creation(task, {"id": attempt.service_id, "name": name}, attempt)
    return service


def find_creation(task: WaitingTask, service: Resource) -> CreationAttempt:
    """Return the attempt that has created the service, an empty one if that is not known."""
    name = str(service.get("name"))
    attempt = _latest(last_attempt(ServiceKey(task.api.home, name)), Record(task, name).attempt)
    return attempt if attempt.sent and attempt.fits(service) else CreationAttempt()


def forget_creation(task: WaitingTask, service: Resource, attempt: CreationAttempt) -> None:
    """Forget the attempt that has created a deleted service, but not a later one of its name.

    Then no task waits for the service, and no record of its password counts.
    """
    if not attempt.sent:
        return
    name = str(service.get("name"))
    # Without the lock, another task is creating a service of this name, and writes down its own attempt.
    with contextlib.suppress(CloudError), creation_lock(ServiceKey(task.api.home, name), task.warn, 1) as lock:
        record = Record(task, name)
        if record.attempt.sent == attempt.sent:
            record.remove()
        if lock.previous.sent == attempt.sent:
            lock.save(replace(lock.previous, service_id=service["id"], seen=True, deleted=True))


def _find_attempted(task: WaitingTask, name: str, attempt: CreationAttempt) -> Seen:
    """Find the service of an earlier attempt, for as long as the options let the task wait, but long enough."""
    timeout = max(VISIBILITY_TIMEOUT, task.options["wait_timeout"] if task.options["wait"] else 0)
    return find_attempted(task.api, name, attempt, timeout=timeout, on_progress=task.tell)


def update(task: WaitingTask, service: Resource, wanted: Mapping[str, Any]) -> Resource:
    """Change what differs; before, finish what an interrupted creation of this very service has left undone."""
    if not task.check_mode:
        # A list may show it before other requests find it.
        await_visible(task.api, service)
    if Record(task, str(service.get("name"))).names(service):
        service = _finish(task, service, wanted)
    else:
        service = change(task, service, wanted)
    if state(service) == "provisioning" and not task.check_mode:
        # Somebody, perhaps an interrupted run of this very task, has only just created it.
        service = wait(task.patience, task.api, service, UP, unseen=VISIBILITY_TIMEOUT)
        task.report(service=SERVICE.shown(service))
    return service


def _check(task: WaitingTask, wanted: Mapping[str, Any]) -> None:
    options, name = task.options, task.options["name"]
    missing = [option for option in NEEDED_FOR_CREATION if option not in wanted]
    if missing:
        raise InvalidOption(
            f"{describe_absence(name, task.api.last_seen)} To create it, set {', '.join(missing)} as well."
        )
    if "data_warehouse_id" in wanted and any(options[one] for one in ("password", "password_hash", "password_file")):
        raise InvalidOption("A service in the data warehouse of another one has its password: leave password out.")
    if "transparent_data_encryption_key_id" in wanted and not wanted.get("has_transparent_data_encryption"):
        raise InvalidOption("transparent_data_encryption_key_id needs has_transparent_data_encryption: true.")


def _latest(*attempts: CreationAttempt) -> CreationAttempt:
    """Return the attempt that was sent last; of the same one, what is known most of."""
    return max(attempts, key=lambda one: (one.sent, one.deleted, one.seen, one.service_id, one.ended))


class Order:
    """The creation of one service: what it is recorded as, and what becomes of its password.

    Raises InvalidOption for a password that is none, and for a file that it could not be kept in.
    """

    def __init__(self, task: WaitingTask, service: Resource) -> None:
        name = service["name"]
        self.task = task
        self.api: Api = task.api
        self.key = ServiceKey(task.api.home, name)
        self.record = Record(task, name)
        self.password = NewPassword.of(task.options)
        check_owner(task, service)

    def hear(self, service: Resource, answer: Resource) -> bool:
        """Keep the password in the answer, if there is one, even if it is to be replaced: until then it holds."""
        if service:
            self.task.report(service=SERVICE.shown(service))
        password = answer.get("password")
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

    def settle(self, service: Resource, heard: bool) -> None:
        """See to it that the password is known: the given one, the one that was heard, or else a new one."""
        if heard and self.password.file:
            note_owner(self.task, service, self.password.file.path)
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


def _make(order: Order, lock: CreationLock, body: Mapping[str, Any]) -> Resource:
    """Create the service, and see to its password."""
    order.task.sets_first_password = True
    # A secondary service has no password of its own.
    has_password = "dataWarehouseId" not in body
    service, password_known = _post(order, lock, body, has_password)
    if has_password:
        order.settle(service, password_known)
    return service


def _post(order: Order, lock: CreationLock, body: Mapping[str, Any], has_password: bool) -> tuple[Resource, bool]:
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
        if not error.maybe_done:
            order.record.remove()
            # What is known of the attempt before stays known.
            _save(order, lock, lock.previous)
            raise
        return _adopt(order, lock, replace(attempt, ended=time.time()), error), False
    attempt = replace(attempt, ended=time.time())
    service = response.get("service")
    if isinstance(service, dict) and is_id(service.get("id")):
        # Before the password is kept, for which the disk may be full.
        _save(order, lock, replace(attempt, service_id=service["id"]))
        return service, order.hear(service, response)
    password_known = order.hear({}, response)
    unnamed = UnexpectedAnswer("The API has created the service, but does not say which one it is.")
    return _adopt(order, lock, attempt, unnamed), password_known


def _save(order: Order, lock: CreationLock, attempt: CreationAttempt) -> None:
    """Write down what has become of the attempt. It is too late to fail."""
    try:
        lock.save(attempt)
    except CloudError as error:
        order.task.warn(str(error))


def _adopt(order: Order, lock: CreationLock, attempt: CreationAttempt, error: CloudError) -> Resource:
    """Return the service that was created although the response was lost. Raises Unsettled when none appears."""
    _save(order, lock, attempt)
    service = find_attempted(order.api, order.key.name, attempt, error=error)
    if service is None:
        raise error
    order.record.names(service)
    _save(order, lock, replace(attempt, service_id=service["id"], seen=True))
    order.task.report(service=SERVICE.shown(service))
    order.task.warn(f"The answer to the creation of {called(service)} was lost: it was found by its name.")
    return service


def _made_meanwhile(order: Order, lock: CreationLock) -> Seen:
    """Return the service if another task has made it since this one has listed the services."""
    attempt = _latest(lock.previous, order.record.unresolved)
    service = _find_attempted(order.task, order.key.name, attempt)
    if service:
        return service
    # That there is none was perhaps seen before another task had the lock, or in a list that lagged.
    order.api.forget_lists()
    return find(order.api, None, order.key.name)


def _finish(task: WaitingTask, service: Resource, wanted: Mapping[str, Any]) -> Resource:
    """Do what an interrupted creation has left undone, and change what differs."""
    order = Order(task, service)
    found = changes(service, wanted)
    task.report(service=SERVICE.shown(service))
    told = difference(found)
    before = {**told["before"], "password": "lost, since the creation was interrupted"}
    after = {**told["after"], "password": "a new one" if order.password.is_generated else "the given one"}
    task.sets_first_password = True
    if not task.plan(before, after, service=planned(service, found)):
        return service
    with creation_lock(order.key, task.warn):
        # The task that had the lock before may have finished it.
        is_unfinished = order.record.names(service)
        if is_unfinished:
            task.warn(
                f"{called(service)} was created by a task that was interrupted before its password was known: the"
                " password is set again."
            )
            order.settle(service, heard=False)
    if not is_unfinished:
        task.sets_first_password = False
        task.give_up_plan()
        return change(task, service, wanted)
    return apply(task, service, wanted)
