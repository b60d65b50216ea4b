# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Read backups and the backup configuration of a service, and change the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._client.api import Api
from .._client.backups import fetch_backup, fetch_backup_config, fetch_backups, send_backup_config
from .._client.retry import Retry
from .._errors import ApiError, CloudError, InvalidOption
from .._json import Resource, parse_timestamp
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.fields import Change, Field, Schema, to_diff
from .find import get_subresource
from .states import service_label

#: Stands for the default of the API, which null asks for.
RESET = object()

_PATH = "/backupConfiguration"
_FULL_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):00")


@dataclass(frozen=True)
class ResettableField(Field):
    """A field that the option reset can set to the default of the API."""

    default: Any = None

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        if self.option not in (options.get("reset") or []):
            return value
        if value is not None:
            raise InvalidOption(f"{self.option} is both set to {value!r} and reset: leave one of them out.")
        return RESET

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        if desired is not RESET:
            return super().diff(resource, desired)
        before = self.checked_current(resource)
        # The API omits a field that is at its default.
        return None if before in (None, self.default) else Change(self, before, self.default, None)


@dataclass(frozen=True)
class StartTimeField(ResettableField):
    """The hour of the day, in UTC, at which backups start; without it they start at any time."""

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        if isinstance(value, str) and not _FULL_HOUR.fullmatch(value):
            raise InvalidOption(
                f"{self.option} must be a full hour as HH:00, such as '02:00'; {value!r} is not."
                " Quote it, since YAML reads 12:00 as the number 720."
            )
        return value

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = super().current(resource)
        # Other clients may have set an hour with one digit.
        return value.zfill(len("HH:00")) if value and isinstance(value, str) else None


PERIOD = ResettableField(option="backup_period_in_hours", type="int", patch_path=_PATH, default=24)
RETENTION = ResettableField(
    option="backup_retention_period_in_hours", type="int", patch_path=_PATH, multiple_of=24, default=24
)
START_TIME = StartTimeField(option="backup_start_time", patch_path=_PATH)

BACKUP_CONFIG = Schema(options=[PERIOD, RETENTION, START_TIME])

#: The periods in hours that are allowed together with a start time.
START_TIME_PERIODS = (24, 48)

BACKUP = Schema(
    options=[],
    read_only=[
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


def check_start_time_and_period(configuration: Resource, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if start time and period exclude each other once the desired values are applied.

    An empty configuration is not known, and so it contradicts nothing.
    """
    changes = BACKUP_CONFIG.diff(configuration, desired)
    planned = BACKUP_CONFIG.predict(configuration, changes)
    changed = {change.field.option for change in changes}
    start, period = planned[START_TIME.option], planned[PERIOD.option]
    if not changed & {START_TIME.option, PERIOD.option} or start is None or period in (None, *START_TIME_PERIODS):
        return
    values = " and ".join(
        f"{option} {'would be' if option in changed else 'is'} {value}"
        for option, value in ((START_TIME.option, start), (PERIOD.option, period))
    )
    raise InvalidOption(
        f"{values}, but with a start time the period must be 24 or 48."
        f" Set {PERIOD.option} to one of them, or name {START_TIME.option} in reset."
    )


def get_backup_config(api: Api, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the backup configuration of a service. Raise NotFound when there is no such service."""
    return get_subresource(
        "the backup configuration", service_id, lambda: fetch_backup_config(api, service_id, retry=retry)
    )


def patch_backup_config(
    ctx: ModuleContext, service_id: str, changes: Iterable[Change], desired: Mapping[str, Any]
) -> Resource:
    """Send the changes, and return the response. Raise ApiError if the tier, key or service does not allow them.

    A request that the API refuses with a conflict counts as done if nothing differs any more: another task has made the
    change. Then the diff is discarded, unless this task may have made the change.
    """
    response: Resource = {}
    for body in BACKUP_CONFIG.patch_bodies(changes).values():
        try:
            response = send_backup_config(ctx.api, service_id, body)
        except ApiError as error:
            refusal = error.with_message(error.request, backup_advice(error))
            if not error.may_be_explained:
                raise refusal from error
            response = explain_refused_config(ctx, service_id, desired, refusal)
            if not refusal.may_have_been_applied:
                ctx.discard_diff()
    return response


def explain_refused_config(
    ctx: ModuleContext, service_id: str, desired: Mapping[str, Any], error: ApiError
) -> Resource:
    """Return the configuration if it is as desired by now; otherwise raise the refusal, with its present values."""
    try:
        latest = get_backup_config(ctx.api, service_id)
    except CloudError:
        raise error from None
    ctx.set_result(backup_config=BACKUP_CONFIG.to_result(latest))
    if BACKUP_CONFIG.diff(latest, desired):
        error.append(f"{config_visible(service_id, desired).describe(latest)}.")
        raise error
    return latest


def backup_advice(error: ApiError) -> str | None:
    """Return the next step after a refusal; None if the usual one applies."""
    message = error.error.lower()
    if error.is_forbidden and "pricing" in message:
        return "Backups can be configured from the tier Scale on; in the tier Basic they are what the API makes them"
    if error.is_forbidden:
        return (
            "To configure backups, use an API key with the role admin, or with another one that has the permission"
            " control-plane:service:manage-backups"
        )
    if error.status == 400 and ("secondary" in message or "primary" in message):
        return SECONDARY.rstrip(".")
    return None


def config_visible(service_id: str, desired: Mapping[str, Any]) -> WaitCondition[Resource]:
    """Return the condition that the changes can be read: GET may lag behind PATCH."""

    def describe(configuration: Resource) -> str:
        changes = BACKUP_CONFIG.diff(configuration, desired)
        pending = "; ".join(f"{change.field.option} {change.before!r}" for change in changes)
        # There are no changes if every poll has failed.
        return (
            f"The backup configuration of service {service_id} {f'still has {pending}' if pending else 'is not seen'}"
        )

    return WaitCondition(
        description="as requested",
        is_met=lambda configuration: not BACKUP_CONFIG.diff(configuration, desired),
        is_impossible=lambda _configuration: False,
        describe=describe,
    )


def list_backups(api: Api, service_id: str, backup_id: str | None = None) -> list[Resource]:
    """Return the backups of a service, the newest first, or only the one of this ID, if it exists.

    Raise NotFound when there is no such service.
    """
    if backup_id is None:
        backups = get_subresource("the backups", service_id, lambda: fetch_backups(api, service_id))
        return sorted(backups, key=lambda backup: parse_timestamp(backup.get("startedAt")) or 0, reverse=True)
    try:
        return [get_subresource("the backups", service_id, lambda: fetch_backup(api, service_id, backup_id))]
    except ApiError as error:
        if error.is_not_found(backup_id):
            return []
        raise


def backup_age(backup: Resource, now: float) -> int | None:
    """Return the seconds since the backup was finished, or else started; None when the API returns neither."""
    since = parse_timestamp(backup.get("finishedAt") or backup.get("startedAt"))
    # The clock of this machine may be a little behind.
    return None if since is None else max(0, int(now - since))


def backup_to_result(backup: Resource, now: float) -> dict[str, Any]:
    """Return the backup in terms of the options, with its age."""
    return {**BACKUP.to_result(backup), "age_in_seconds": backup_age(backup, now)}


BACKUP_OPTIONS = [field.option for field in BACKUP_CONFIG.options()]

#: The options for the backup configuration.
BACKUP_CONFIG_SPEC = {
    **BACKUP_CONFIG.argument_spec(),
    "reset": {"type": "list", "elements": "str", "choices": BACKUP_OPTIONS},
}


def check_backup_options(ctx: ModuleContext) -> bool:
    """Return whether an option is set. Raise InvalidOption for options that no service can have."""
    desired = BACKUP_CONFIG.desired(ctx.options)
    check_start_time_and_period({}, desired)
    return bool(desired)


def require_primary(service: Resource) -> str:
    """Return the ID of the service. Raise InvalidOption if it is a secondary one."""
    if service.get("isPrimary") is False:
        raise InvalidOption(f"{service_label(service)} is a secondary service. {SECONDARY}")
    service_id: str = service["id"]
    return service_id


def check_backup_options_of_new(ctx: ModuleContext) -> None:
    """Raise InvalidOption if the service to create is a secondary one, which has no backup configuration."""
    if ctx.options["data_warehouse_id"]:
        raise InvalidOption(f"A service with data_warehouse_id is a secondary service. {SECONDARY}")


def ensure_backup_config(ctx: ModuleContext, service_id: str) -> dict[str, Any]:
    """Change the backup options that differ, and return the configuration; in check mode, predict it."""
    desired = BACKUP_CONFIG.desired(ctx.options)
    current = get_backup_config(ctx.api, service_id)
    ctx.set_result(backup_config=BACKUP_CONFIG.to_result(current))
    check_start_time_and_period(current, desired)
    changes = BACKUP_CONFIG.diff(current, desired)
    ctx.add_diff(**to_diff(changes))
    if not changes or ctx.check_mode:
        return BACKUP_CONFIG.predict(current, changes)
    return BACKUP_CONFIG.to_result(_apply_backup_config(ctx, service_id, changes, desired))


def _apply_backup_config(
    ctx: ModuleContext, service_id: str, changes: Iterable[Change], desired: Mapping[str, Any]
) -> Resource:
    """Send the changes, and wait until they can be read."""
    current = patch_backup_config(ctx, service_id, changes, desired)
    ctx.set_result(backup_config=BACKUP_CONFIG.to_result(current))

    def poll() -> Resource:
        latest = get_backup_config(ctx.api, service_id, retry=Retry.NEVER)
        ctx.set_result(backup_config=BACKUP_CONFIG.to_result(latest))
        return latest

    return ctx.waiter.wait_for(poll, config_visible(service_id, desired), current, immediately=True)


def plan_backup_config(ctx: ModuleContext) -> dict[str, Any]:
    """Predict the backup configuration of a service that is to be created."""
    desired = BACKUP_CONFIG.desired(ctx.options)
    ctx.add_diff(**to_diff(BACKUP_CONFIG.diff({}, desired)))
    return BACKUP_CONFIG.predict_new(desired)
