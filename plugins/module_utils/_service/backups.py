# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Read backups and the backup configuration of a service, and change the configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._client.api import Api
from .._client.backups import fetch_backup, fetch_backup_config, fetch_backups, send_backup_config
from .._errors import ApiError, InvalidOption
from .._json import Resource, parse_timestamp
from .._module.context import ModuleContext
from .._schema.fields import Change, Field, Schema, to_diff
from .find import get_subresource
from .singleton import Part, Singleton

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


def backup_advice(error: ApiError) -> str | None:
    """Return the next step after a refusal; None if the usual one applies."""
    if error.is_forbidden and "pricing" in error.error.lower():
        return "Backups can be configured from the tier Scale on; in the tier Basic they are what the API makes them"
    if error.is_forbidden:
        return (
            "To configure backups, use an API key with the role admin, or with another one that has the permission"
            " control-plane:service:manage-backups"
        )
    return None


BACKUP_CONFIG_PART = Singleton(
    name="backup configuration",
    result="backup_config",
    schema=BACKUP_CONFIG,
    fetch=fetch_backup_config,
    send=send_backup_config,
    secondary="Only the primary service of a data warehouse has a backup configuration: change that one.",
    advise=backup_advice,
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


def check_backup_options_of_new(ctx: ModuleContext) -> None:
    """Raise InvalidOption if the service to create is a secondary one, which has no backup configuration."""
    if ctx.options["data_warehouse_id"]:
        raise InvalidOption(f"A service with data_warehouse_id is a secondary service. {BACKUP_CONFIG_PART.secondary}")


def ensure_backup_config(part: Part) -> None:
    """Change the backup options that differ; in check mode, predict the configuration."""
    desired = BACKUP_CONFIG.desired(part.ctx.options)
    check_start_time_and_period(part.current or {}, desired)
    part.create_or_update(desired)


def plan_backup_config(ctx: ModuleContext) -> dict[str, Any]:
    """Predict the backup configuration of a service that is to be created."""
    desired = BACKUP_CONFIG.desired(ctx.options)
    ctx.add_diff(**to_diff(BACKUP_CONFIG.diff({}, desired)))
    return BACKUP_CONFIG.predict_new(desired)
