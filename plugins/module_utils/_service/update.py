# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a service is brought to what is wanted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable

from .._errors import ApiError, CloudError, InvalidOption
from .._json import Resource
from .._module.context import WaitingTask
from .._module.waiter import Goal
from .._schema.fields import difference
from .._schema.service import SERVICE, TOTALS, changes, patches, planned
from .find import Seen, called, read
from .power_state import describe, read_after_refusal, wait

#: Seconds until the service is read after a request whose answer was lost; as many such requests are sent.
PAUSES = (2, 4, 8)


def deprecate_total_memory(task: WaitingTask, wanted: Mapping[str, Any]) -> None:
    """Tell whoever still asks for total memory what it means."""
    if wanted.keys() & TOTALS:
        task.deprecation(
            "The API calls min_total_memory_gb and max_total_memory_gb deprecated. They mean the memory of three"
            " replicas together, however many there are: use min_replica_memory_gb and max_replica_memory_gb,"
            " a third of them."
        )


def change(task: WaitingTask, service: Resource, wanted: Mapping[str, Any]) -> Resource:
    """Bring the service to what is wanted, with one request for each endpoint that has something to change."""
    _check_encryption_key(service, wanted)
    found = changes(service, wanted)
    task.report(service=SERVICE.shown(service))
    if task.plan(**difference(found), service=planned(service, found)):
        reached: list[str] = []
        parts = list(patches(service, wanted))
        service = apply(task, service, wanted, if_reached=reached.append)
        if reached == parts:
            task.give_up_plan()
    return service


def _check_encryption_key(service: Resource, wanted: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a key of a service that has no encryption to use it for."""
    if wanted.get("transparent_data_encryption_key_id") and service.get("hasTransparentDataEncryption") is False:
        raise InvalidOption(
            f"transparent_data_encryption_key_id needs transparent data encryption, which {called(service)} does not"
            " have. It can only be turned on when a service is created: leave the key out."
        )


def _ignore(_part: str) -> None:
    """For a caller that does not need to know which task has made the change."""


def apply(
    task: WaitingTask,
    service: Resource,
    wanted: Mapping[str, Any],
    *,
    if_reached: Callable[[str], object] = _ignore,
) -> Resource:
    """Send what differs, and wait until it can be read.

    A request that the API refuses with a conflict although nothing differs any more counts as done: another task has
    made the change. Then if_reached is called with the path of the request, unless this task may have made it.
    """
    for part, body in patches(service, wanted).items():
        service = _patched(task, service, part, body, wanted, if_reached)
        task.report(service=SERVICE.shown(service))
    service = wait(task.patience, task.api, service, showing(wanted), at_once=True)
    task.report(service=SERVICE.shown(service))
    return service


def _patched(
    task: WaitingTask,
    service: Resource,
    part: str,
    body: Mapping[str, Any],
    wanted: Mapping[str, Any],
    if_reached: Callable[[str], object],
) -> Resource:
    """The service, once the API has taken the body.

    What is added to a list would be added twice by a request that is merely sent again. So when the answer is lost, the
    service is read, and only what it still lacks is sent.
    """
    was_lost = False
    for pause in PAUSES:
        try:
            return task.api.patch_service(service["id"], part, body, repeatable=bool(part))
        except CloudError as error:
            is_lost, error.maybe_done = error.maybe_done, error.maybe_done or was_lost
            if isinstance(error, ApiError) and error.may_be_explained:
                latest = _explained(task, service, part, wanted, error)
                if not error.maybe_done:
                    if_reached(part)
                return latest
            if part or not is_lost:
                raise
            lost, was_lost = error, True
        time.sleep(pause)
        service = read(task.api, service["id"]) or service
        body = patches(service, wanted).get(part, {})
        if not body:
            return service
    raise lost


def _explained(task: WaitingTask, service: Resource, part: str, wanted: Mapping[str, Any], error: ApiError) -> Resource:
    """Return the service if it is as wanted by now; raise the refusal, with what there is, if not."""
    latest = read_after_refusal(task.api, service, error)
    if patches(latest, wanted).get(part):
        error.append(f"{showing(wanted).describe(latest)}.")
        raise error
    return latest


def showing(wanted: Mapping[str, Any]) -> Goal[Seen]:
    """What was written can be read: GET may lag behind PATCH."""

    def lagging(seen: Seen) -> str:
        behind = "; ".join(f"{one.field.option} {one.before!r}" for one in changes(seen, wanted)) if seen else ""
        return f"{describe(seen)}, and still has {behind}" if behind else describe(seen)

    return Goal(
        words="as asked for",
        met=lambda seen: seen is not None and not changes(seen, wanted),
        lost=lambda seen: seen is None,
        describe=lagging,
    )
