# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of the backup configuration of a service. None is a desired value: the default of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import InvalidOption
from .._json import abbreviate
from .fields import Change, Field, Schema

_FULL_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):00")

#: The periods in hours that are allowed together with a start time.
START_TIME_PERIODS = (24, 48)


@dataclass(frozen=True)
class ResettableField(Field):
    """A field that can be set to the default of the API, with null."""

    default: Any = None

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        if desired is not None:
            return super().diff(resource, desired)
        before = self.checked_current(resource)
        # The API omits a field that is at its default.
        return None if before in (None, self.default) else Change(self, before, self.default, None)


@dataclass(frozen=True)
class StartTimeField(ResettableField):
    """The hour of the day, in UTC, at which backups start; without it they start at any time."""

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        if value is not None and not _FULL_HOUR.fullmatch(value):
            raise InvalidOption(
                f"{self.option} must be a full hour as HH:00, such as '02:00'; {abbreviate(value)} is not."
                " Quote it, since YAML reads 12:00 as the number 720."
            )
        return value

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = super().current(resource)
        # Other clients may have set an hour with one digit.
        return value.zfill(len("HH:00")) if value and isinstance(value, str) else None


class BackupConfigSchema(Schema):
    """Fields of which the option reset names those to set to the defaults of the API."""

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        names = [field.option for field in self.options()]
        return {**super().argument_spec(), "reset": {"type": "list", "elements": "str", "choices": names}}

    def desired(self, options: Mapping[str, Any]) -> dict[str, Any]:
        desired = super().desired(options)
        reset = options.get("reset") or []
        for option in reset:
            if option in desired:
                raise InvalidOption(
                    f"{option} is both set to {abbreviate(desired[option])} and reset: leave one of them out."
                )
        desired.update(dict.fromkeys(reset))
        check_start_time_and_period({}, desired)
        return desired


PERIOD = ResettableField(option="backup_period_in_hours", type="int", minimum=1, default=24)
RETENTION = ResettableField(
    option="backup_retention_period_in_hours", type="int", minimum=24, multiple_of=24, default=24
)
START_TIME = StartTimeField(option="backup_start_time")

BACKUP_CONFIG = BackupConfigSchema(options=[PERIOD, RETENTION, START_TIME])


def check_start_time_and_period(configuration: Mapping[str, Any], desired: Mapping[str, Any]) -> None:
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
