# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a backup and a backup configuration are, and how they are read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable

from .._client.api import Api
from .._errors import ApiError, CloudError, InvalidOption
from .._json import Resource, moment
from .._module.context import WaitingTask
from .._module.waiter import Goal
from .._schema.fields import Change, Field, Fields, difference
from .find import called, read_part

#: In place of a value: what the API does when it is told nothing, which null asks for.
RESET = object()

_FULL_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):00")


@dataclass(frozen=True)
class Setting(Field):
    """A field that the option reset may name, which puts it back to the API's default."""

    patch: str = "/backupConfiguration"
    default: Any = None

    def wish(self, options: Mapping[str, Any]) -> Any:
        value = super().wish(options)
        if self.option not in (options.get("reset") or []):
            return value
        if value is not None:
            raise InvalidOption(f"{self.option} is both set to {value!r} and reset: leave one of them out.")
        return RESET

    def change(self, resource: Mapping[str, Any], wish: Any) -> Change | None:
        if wish is not RESET:
            return super().change(resource, wish)
        before = self.compared(resource)
        # What the API does not tell is at its default.
        return None if before in (None, self.default) else Change(self, before, self.default, None)


@dataclass(frozen=True)
class StartTime(Setting):
    """The time of day, in UTC, at which backups begin; without one they begin at any time."""

    def wish(self, options: Mapping[str, Any]) -> Any:
        value = super().wish(options)
        if isinstance(value, str) and not _FULL_HOUR.fullmatch(value):
            raise InvalidOption(
                f"{self.option} must be a full hour as HH:00, such as '02:00'; {value!r} is not."
                " Put it in quotes, since YAML takes 12:00 for the number 720."
            )
        return value

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = super().current(resource)
        # Other clients may have left out its first digit.
        return value.zfill(len("HH:00")) if value and isinstance(value, str) else None


PERIOD = Setting("backup_period_in_hours", "int", default=24)
RETENTION = Setting("backup_retention_period_in_hours", "int", multiple=24, default=24)
START_TIME = StartTime("backup_start_time")

BACKUP_CONFIG = Fields(options=[PERIOD, RETENTION, START_TIME])

#: The periods that go with a start time.
DAILY = (24, 48)

BACKUP = Fields(
    options=[],
    answers=[
        "id",
        "status",
        "serviceId",
        "startedAt",
        "finishedAt",
        "sizeInBytes",
        "durationInSeconds",
        "type",
        "backupName",
        "bucket",
    ],
)


SECONDARY = "Only the primary service of a data warehouse has a backup configuration: change that one."


def check_schedule(configuration: Resource, wanted: Mapping[str, Any]) -> None:
    """Whether start time and period go together, once what is wanted is merged into what there is.

    Nothing is known of an empty configuration, and so nothing is held against it. Raises InvalidOption.
    """
    found = BACKUP_CONFIG.changes(configuration, wanted)
    planned = BACKUP_CONFIG.planned(configuration, found)
    changed = {change.field.option for change in found}
    start, period = planned[START_TIME.option], planned[PERIOD.option]
    if not changed & {START_TIME.option, PERIOD.option} or start is None or period in (None, *DAILY):
        return
    listed = " and ".join(
        f"{option} {'would be' if option in changed else 'is'} {value}"
        for option, value in ((START_TIME.option, start), (PERIOD.option, period))
    )
    raise InvalidOption(
        f"{listed}, but with a start time the period has to be 24 or 48."
        f" Set {PERIOD.option} to one of them, or name {START_TIME.option} in reset."
    )


def configuration(api: Api, service_id: str, *, once: bool = False) -> Resource:
    """The backup configuration of a service. Raises NotFound when there is no such service."""
    return read_part("the backup configuration", service_id, lambda known: api.backup_configuration(known, once=once))


def configure(
    api: Api,
    service_id: str,
    changes: Iterable[Change],
    wanted: Mapping[str, Any],
    *,
    if_reached: Callable[[], object],
) -> Resource:
    """Send the changes. Raises ApiError, which says when the tier, the key or the service does not allow them.

    A request that the API refuses with a conflict although nothing differs any more counts as done: another task has
    made the change. Then if_reached is called, unless this task may have made it.
    """
    answer: Resource = {}
    for part, body in BACKUP_CONFIG.patches(changes).items():
        try:
            answer = api.patch_service(service_id, part, body)
        except ApiError as error:
            refusal = error.reworded(error.request, _advice(error))
            if not error.may_be_explained:
                raise refusal from error
            answer = _explained(api, service_id, wanted, refusal)
            if not refusal.maybe_done:
                if_reached()
    return answer


def _explained(api: Api, service_id: str, wanted: Mapping[str, Any], error: ApiError) -> Resource:
    """Return the configuration if it is as wanted by now; raise the refusal, with what it is, if not."""
    try:
        latest = configuration(api, service_id)
    except CloudError:
        raise error from None
    error.last_seen = {"backup_config": BACKUP_CONFIG.shown(latest)}
    if BACKUP_CONFIG.changes(latest, wanted):
        error.append(f"{showing(service_id, wanted).describe(latest)}.")
        raise error
    return latest


def _advice(error: ApiError) -> str | None:
    """What to do about a refusal, if there is more to say than usual."""
    words = error.error.lower()
    if error.is_forbidden and "pricing" in words:
        return "Backups can be configured from the tier Scale on; in the tier Basic they are what the API makes them"
    if error.is_forbidden:
        return (
            "To configure backups, use an API key with the role admin, or with another one that has the permission"
            " control-plane:service:manage-backups"
        )
    if error.status == 400 and ("secondary" in words or "primary" in words):
        return SECONDARY.rstrip(".")
    return None


def showing(service_id: str, wanted: Mapping[str, Any]) -> Goal[Resource]:
    """What was written can be read: GET may lag behind PATCH."""

    def describe(seen: Resource) -> str:
        lagging = "; ".join(f"{one.field.option} {one.before!r}" for one in BACKUP_CONFIG.changes(seen, wanted))
        # Nothing differs in what was planned, where the API has never answered since.
        return (
            f"The backup configuration of service {service_id} {f'still has {lagging}' if lagging else 'is not seen'}"
        )

    return Goal(
        words="as asked for",
        met=lambda seen: not BACKUP_CONFIG.changes(seen, wanted),
        lost=lambda seen: False,
        describe=describe,
    )


def backups(api: Api, service_id: str, backup_id: str | None = None) -> list[Resource]:
    """The backups of a service, the newest first, or the one of this id, if there is one.

    Raises NotFound when there is no such service.
    """
    if backup_id is None:
        found = read_part("the backups", service_id, api.backups)
        return sorted(found, key=lambda backup: moment(backup.get("startedAt")) or 0, reverse=True)
    try:
        return [read_part("the backups", service_id, lambda known: api.backup(known, backup_id))]
    except ApiError as error:
        if error.denies(backup_id):
            return []
        raise


def age(backup: Resource, now: float) -> int | None:
    """Seconds since the backup was finished, or since it was begun when it is not; None when the API does not tell."""
    since = moment(backup.get("finishedAt") or backup.get("startedAt"))
    # The clock of this machine may be a little behind.
    return None if since is None else max(0, int(now - since))


def shown(backup: Resource, now: float) -> dict[str, Any]:
    """The backup in the words of the collection, and its age."""
    return {**BACKUP.shown(backup), "age_in_seconds": age(backup, now)}


SETTINGS = [field.option for field in BACKUP_CONFIG.options()]

#: The options that say what the backup configuration shall be.
SCHEDULE = {
    **BACKUP_CONFIG.argument_spec(),
    "reset": {"type": "list", "elements": "str", "choices": SETTINGS},
}


def check_schedule_alone(task: WaitingTask) -> bool:
    """Whether the options ask for anything. Raises InvalidOption for what can never be, whatever the service has."""
    wanted = BACKUP_CONFIG.wanted(task.options)
    check_schedule({}, wanted)
    return bool(wanted)


def primary(service: Resource) -> str:
    """The ID of the service, which must not be a secondary one. Raises InvalidOption."""
    if service.get("isPrimary") is False:
        raise InvalidOption(f"{called(service)} is a secondary service. {SECONDARY}")
    service_id: str = service["id"]
    return service_id


def check_schedule_of_new(task: WaitingTask) -> None:
    """Raise InvalidOption for the backup configuration of a service that is to be created as a secondary one."""
    if task.options["data_warehouse_id"]:
        raise InvalidOption(f"A service with data_warehouse_id is a secondary service. {SECONDARY}")


def schedule(task: WaitingTask, service_id: str) -> None:
    """Compare what the service has with what is wanted; send what differs, and wait until it can be read."""
    wanted = BACKUP_CONFIG.wanted(task.options)
    found = configuration(task.api, service_id)
    check_schedule(found, wanted)
    changes = BACKUP_CONFIG.changes(found, wanted)
    task.report(backup_config=BACKUP_CONFIG.shown(found))
    if not task.plan(**difference(changes), backup_config=BACKUP_CONFIG.planned(found, changes)):
        return
    found = configure(task.api, service_id, changes, wanted, if_reached=task.give_up_plan)
    task.report(backup_config=BACKUP_CONFIG.shown(found))

    def look() -> Resource:
        seen = configuration(task.api, service_id, once=True)
        task.report(backup_config=BACKUP_CONFIG.shown(seen))
        return seen

    found = task.patience.until(look, showing(service_id, wanted), found, at_once=True)
    task.report(backup_config=BACKUP_CONFIG.shown(found))


def plan_schedule(task: WaitingTask) -> None:
    """Plan the backup configuration of a service that is still to be created."""
    wanted = BACKUP_CONFIG.wanted(task.options)
    task.plan(**difference(BACKUP_CONFIG.changes({}, wanted)), backup_config=BACKUP_CONFIG.planned_new(wanted))
