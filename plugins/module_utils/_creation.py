# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""How a service comes to be: exactly once, and with a password that somebody knows.

The request that creates a service is not harmless twice, and the password in its answer is never shown again. So it is
written down before it is sent; if its answer is lost, the list of services tells what became of it, and a service that
was made all the same is given a new password.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Api, Resource, is_id
from ansible_collections.clickhouse.cloud.plugins.module_utils._change import apply, change
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    ApiError,
    CloudError,
    InvalidOption,
    UnexpectedAnswer,
    Unsettled,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._fields import difference
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import (
    GONE,
    Seen,
    called,
    describe_absence,
    find,
    read,
    state,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._password import generated, hashes, keeper
from ansible_collections.clickhouse.cloud.plugins.module_utils._record import Creation, Record, Subject, Turn, turn
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import (
    SERVICE,
    changes,
    meant,
    planned,
    planned_new,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._states import UNSEEN_AT_FIRST, UP, wait
from ansible_collections.clickhouse.cloud.plugins.module_utils._waiting import WaitingTask

NEEDED_FOR_CREATION = ("name", "provider", "region", "ip_access_list")

#: Seconds between the looks for a service whose creation was not confirmed. After all of them it will not come.
PAUSES = (1, 2, 4, 5, 8)
#: How often the request is sent in all, each time after the one before has made no service.
ATTEMPTS = 3
#: A creation that was begun longer ago than these seconds is no longer looked for.
RECENT = 3600
#: How many seconds long the API may refuse to set the password of a service that it has only just created.
PASSWORD_TOO_EARLY = 60


def create(task: WaitingTask, wanted: Mapping[str, Any]) -> Seen:
    """Create the service, keep its password, and wait until it runs. In check mode there is none."""
    # All that can go wrong here goes wrong before there is a password to lose.
    _check(task, wanted)
    wanted = meant({}, wanted)
    order = Order(task, wanted["name"])
    order.record.check()
    body = SERVICE.creation(wanted)
    shown = planned_new(wanted)
    # What cannot be read afterwards, as the backup, is as it was asked for.
    asked = {option: shown.get(option, wish) for option, wish in wanted.items()}
    if not task.plan(before={}, after=asked, service=shown):
        return None
    with turn(order.subject) as mine:
        found = _made_meanwhile(order, mine)
        service = found or _make(order, mine, body)
    if found:
        task.give_up_plan()
        return update(task, found, wanted)
    service = wait(task.patience, task.api, service, UP, unseen=UNSEEN_AT_FIRST)
    task.report(service=SERVICE.shown(service))
    if SERVICE.later(wanted):
        service = apply(task, service, SERVICE.later(wanted))
    return service


def update(task: WaitingTask, service: Resource, wanted: Mapping[str, Any]) -> Resource:
    """Change what differs; before, finish what an interrupted creation of this very service has left undone."""
    if _record(task, str(service.get("name"))).names(service):
        service = _finish(task, service, wanted)
    else:
        service = change(task, service, wanted)
    if state(service) == "provisioning" and not task.check_mode:
        # Somebody, perhaps an interrupted run of this very task, has only just created it.
        service = wait(task.patience, task.api, service, UP, unseen=UNSEEN_AT_FIRST)
        task.report(service=SERVICE.shown(service))
    return service


def _check(task: WaitingTask, wanted: Mapping[str, Any]) -> None:
    options, name = task.options, task.options["name"]
    missing = [option for option in NEEDED_FOR_CREATION if option not in wanted]
    if missing:
        raise InvalidOption(
            f"{describe_absence(name, task.api.last_seen)} To create it, set {', '.join(missing)} as well."
        )
    if "data_warehouse_id" in wanted and (options["password"] or options["password_file"]):
        raise InvalidOption("A service in the data warehouse of another one has its password: leave password out.")
    if "transparent_data_encryption_key_id" in wanted and not wanted.get("has_transparent_data_encryption"):
        raise InvalidOption("transparent_data_encryption_key_id needs has_transparent_data_encryption: true.")


def _record(task: WaitingTask, name: str) -> Record:
    return Record(Subject(task.api.organization, name), task.options, task.warn)


class Order:
    """The creation of one service: what it is recorded as, and what becomes of its password.

    Raises InvalidOption for a password that is none, and for a file that it could not be kept in.
    """

    def __init__(self, task: WaitingTask, name: str) -> None:
        self.task = task
        self.api: Api = task.api
        self.subject = Subject(task.api.home, name)
        self.record = _record(task, name)
        self._given: str | None = task.options["password"]
        self._hashes = hashes(self._given) if self._given else None
        self._keep = keeper(task.options["password_file"])

    @property
    def what_to_do(self) -> str:
        """What to do when nobody can tell whether there is a service now."""
        again = "Run the task again later: it takes the service if there is one by then, and creates it if not"
        if self.record.kept:
            return f"{again}."
        return f"{again}. Nothing has kept the password of one that is there: set it with service_password."

    def hear(self, service: Resource, answer: Resource) -> bool:
        """Keep the password in the answer, if there is one, even if it is to be replaced: until then it holds."""
        if service:
            self.task.report(service=SERVICE.shown(service))
        password = answer.get("password")
        if not isinstance(password, str) or not password:
            return False
        self.task.report(password=password)
        self._keep(password)
        return True

    def settle(self, service: Resource, heard: bool) -> None:
        """See to it that the password is known: the given one, the one that was heard, or else a new one."""
        if self._hashes:
            self._set(service, self._hashes)
            self.task.result.pop("password", None)
            self._keep(self._given or "")
        elif not heard:
            password = generated()
            try:
                self._set(service, hashes(password))
            except CloudError as error:
                if error.maybe_done:
                    self.task.report(password=password)
                raise
            self.task.report(password=password)
            self._keep(password)
        self.record.remove()

    def _set(self, service: Resource, new_hashes: Mapping[str, str]) -> None:
        def too_early(error: ApiError) -> bool:
            return error.status in (404, 409)

        # From here on it is known which service the next run has to set the password of.
        self.record.write(Creation(time.time(), service["id"]))
        self.task.patience.insist(
            lambda: self.api.patch_service(service["id"], "/password", new_hashes),
            too_early,
            at_most=PASSWORD_TOO_EARLY,
        )


def _make(order: Order, mine: Turn, body: Mapping[str, Any]) -> Resource:
    """Create the service, and see to its password."""
    service, heard = _post(order, mine, body)
    mine.leave(Creation(time.time(), service["id"]))
    # A secondary service has no password of its own.
    if "dataWarehouseId" not in body:
        order.settle(service, heard)
    return service


def _post(order: Order, mine: Turn, body: Mapping[str, Any]) -> tuple[Resource, bool]:
    """The service that is made, and whether its password was heard, and not lost with the answer."""
    attempt, trouble, heard = 0, None, False
    while True:
        attempt += 1
        begun = Creation(time.time())
        order.record.write(begun)
        mine.leave(begun)
        try:
            answer = order.api.create_service(body)
        except CloudError as error:
            if not error.maybe_done:
                if trouble is None:
                    order.record.remove()
                    mine.leave(Creation())
                raise
            trouble = error
        else:
            service = answer.get("service")
            if isinstance(service, dict) and is_id(service.get("id")):
                return service, order.hear(service, answer)
            heard = order.hear({}, answer)
            trouble = UnexpectedAnswer("The API has created the service, but does not say which one it is.")
        service = _appeared(order, trouble)
        if service:
            order.task.report(service=SERVICE.shown(service))
            order.task.warn(f"The answer to the creation of {called(service)} was lost: it was found by its name.")
            return service, heard
        if attempt == ATTEMPTS or not _worth_repeating(trouble):
            raise Unsettled(
                f"{trouble} No service {order.subject.name!r} has appeared in the {sum(PAUSES)} seconds after that, but"
                f" one still may. {order.what_to_do}",
                trouble,
            )


def _worth_repeating(trouble: CloudError) -> bool:
    """Whether it may be that the API has done nothing; an answer with success says otherwise, readable or not."""
    return not (isinstance(trouble, UnexpectedAnswer) or (isinstance(trouble, ApiError) and trouble.status < 300))


def _appeared(order: Order, trouble: CloudError) -> Seen:
    """The service, if it was created although the answer was lost. Raises Unsettled when the API does not tell."""
    blind: CloudError | None = None
    for pause in (0, *PAUSES):
        time.sleep(pause)
        try:
            blind, found = None, find(order.api, None, order.subject.name)
        except CloudError as error:
            blind, found = error, None
            if not error.passing:
                break
        if found:
            return found
    if blind:
        words = f"{trouble} Whether a service {order.subject.name!r} was created all the same cannot be told: {blind}"
        raise Unsettled(f"{words} {order.what_to_do}", trouble) from blind
    return None


def _made_meanwhile(order: Order, mine: Turn) -> Seen:
    """The service, if another task of this machine has made it since this one has looked, or an interrupted one has."""
    last = max(mine.before, order.record.creation, key=lambda creation: creation.sent)
    if last.age > RECENT:
        # That there is none was perhaps seen by somebody else, a while ago.
        return find(order.api, None, order.subject.name) if order.api.remembers else None
    # An id tells at once whether it is gone; a request on its way may take longer.
    for pause in (0, *PAUSES[: 2 if last.service_id else None]):
        time.sleep(pause)
        seen = _by_id(order, last.service_id) if last.service_id else find(order.api, None, order.subject.name)
        if seen or last.age > sum(PAUSES):
            return seen
    return None


def _by_id(order: Order, service_id: str) -> Seen:
    """The service of this id, if it lives and bears the name."""
    seen = read(order.api, service_id)
    return seen if seen and state(seen) not in GONE and seen.get("name") == order.subject.name else None


def _finish(task: WaitingTask, service: Resource, wanted: Mapping[str, Any]) -> Resource:
    """Do what an interrupted creation has left undone, and change what differs."""
    order = Order(task, service["name"])
    found = changes(service, wanted)
    task.report(service=SERVICE.shown(service))
    told = difference(found)
    before = {**told["before"], "password": "lost, since the creation was interrupted"}
    after = {**told["after"], "password": "the given one" if task.options["password"] else "a new one"}
    if not task.plan(before, after, service=planned(service, found)):
        return service
    with turn(order.subject):
        # Whoever had the turn before may have finished it.
        if order.record.names(service):
            order.settle(service, heard=False)
    return apply(task, service, wanted)
