# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of the scaling schedule of a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .._errors import UnexpectedResponse
from .._json import abbreviate, to_json_safe
from .fields import Change, Field, Schema
from .schedule_entries import ENTRY_SPEC, to_entries, with_fixed_replicas
from .upgrade_window import WEEKDAYS


@dataclass(frozen=True)
class WeekdaysField(Field):
    """Days of the week, which are numbers in the API, in any order."""

    type: str = "list"

    def current(self, resource: Mapping[str, Any]) -> Any:
        numbers = super().current(resource)
        if not isinstance(numbers, list):
            return numbers
        known = [day for number, day in enumerate(WEEKDAYS) if number in numbers]
        return known + [number for number in numbers if number not in range(len(WEEKDAYS))]

    def to_create(self, desired: Any) -> Any:
        return [number for number, day in enumerate(WEEKDAYS) if day in desired]


_SIZES = (
    Field("autoscaling_mode"),
    Field("min_replica_memory_gb", "int"),
    Field("max_replica_memory_gb", "int"),
    Field("num_replicas", "int"),
    Field("min_replicas", "int"),
    Field("max_replicas", "int"),
    Field("idle_scaling", "bool"),
    Field("idle_timeout_minutes", "int"),
)
_TIMES = (
    Field("name"),
    WeekdaysField("weekdays"),
    Field("start_hour_utc", "int"),
    Field("end_hour_utc", "int"),
)
BASE_CONFIG = Schema(options=_SIZES)
ENTRY = Schema(options=[*_TIMES, *_SIZES], read_only=["id", "isActiveNow"])

#: Without these, an entry does not say when it applies.
_REQUIRED = ("weekdays", "startHourUtc", "endHourUtc")


def _entry_to_result(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return to_json_safe(entry)
    result = with_fixed_replicas(ENTRY.to_result(entry))
    # Older entries have no mode.
    return {**result, "autoscaling_mode": result["autoscaling_mode"] or "vertical"}


def _base_config_to_result(base: Any) -> Any:
    return with_fixed_replicas(BASE_CONFIG.to_result(base)) if isinstance(base, dict) else to_json_safe(base)


def _entry_declaration(entry: Any) -> Any:
    """Return what a task could declare of the entry."""
    result = _entry_to_result(entry)
    if not isinstance(result, dict):
        return result
    return {field.option: result[field.option] for field in ENTRY.options() if result[field.option] is not None}


def _check_entry(entry: Any) -> None:
    """Raise UnexpectedResponse if the entry does not say when it applies, or a value has another type."""
    if not isinstance(entry, dict) or any(entry.get(name) is None for name in _REQUIRED):
        raise UnexpectedResponse(f"The API returned a malformed entry in entries: {abbreviate(entry)}.")
    ENTRY.checked_current(entry, [field.option for field in ENTRY.options()])


def _window(entry: Mapping[str, Any]) -> tuple[list[int], int, int]:
    """Return when the entry applies, as a sort key. It identifies an entry, since no two overlap."""
    numbers = [WEEKDAYS.index(day) if day in WEEKDAYS else len(WEEKDAYS) for day in entry["weekdays"]]
    return numbers, entry["start_hour_utc"], entry["end_hour_utc"]


def _without_inherited(entry: dict[str, Any], base: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry without the values that it need not have itself, where the declared entry has none.

    The API may return an inherited value, and idle_scaling as false if an entry does not set it.
    """

    def is_own(option: str, value: Any) -> bool:
        return option in declared or not (value == base.get(option) or (option == "idle_scaling" and value is False))

    return {option: value for option, value in entry.items() if is_own(option, value)}


@dataclass(frozen=True)
class EntriesField(Field):
    """The entries of a schedule, regardless of their order, and the option timezone, which their hours refer to.

    Desired entries have their days and hours in UTC, and the names of results.
    """

    type: str = "list"

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        return {
            self.option: {"type": self.type, "elements": "dict", "options": ENTRY_SPEC},
            "timezone": {"type": "str", "default": "UTC"},
        }

    def desired(self, options: Mapping[str, Any]) -> Any:
        entries = options.get(self.option)
        if entries is None:
            return None
        return to_entries(entries, options.get("timezone") or "UTC", datetime.now(timezone.utc))

    def current(self, resource: Mapping[str, Any]) -> Any:
        entries = super().current(resource)
        return list(map(_entry_to_result, entries)) if isinstance(entries, list) else entries

    def checked_current(self, resource: Mapping[str, Any]) -> Any:
        current = super().checked_current(resource)
        for entry in resource.get(self.name) or []:
            _check_entry(entry)
        return current

    def declaration(self, resource: Mapping[str, Any]) -> Any:
        entries = super().current(resource)
        return list(map(_entry_declaration, entries)) if isinstance(entries, list) else entries

    def to_create(self, desired: Any) -> Any:
        return [ENTRY.create_body(entry) for entry in desired]

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        self.checked_current(resource)
        base_config = resource.get("baseConfig")
        base = _base_config_to_result(base_config) if isinstance(base_config, dict) else {}
        current, after = sorted(self.declaration(resource) or [], key=_window), sorted(desired, key=_window)
        before = [
            _without_inherited(entry, base, next((new for new in after if _window(new) == _window(entry)), entry))
            for entry in current
        ]
        return None if before == after else Change(self, before, after, self.to_create(after))


def with_base_config(schedule: dict[str, Any] | None, changed: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schedule as modules do, with the base configuration that follows from changes of its service."""
    base = schedule and schedule["base_config"]
    if not schedule or not base:
        return schedule
    return {**schedule, "base_config": {option: changed.get(option, value) for option, value in base.items()}}


class ScheduleSchema(Schema):
    """The fields of a schedule, whose results show the active entry."""

    def to_result(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        result = super().to_result(resource)
        entries = result["entries"] if isinstance(result["entries"], list) else []
        # An entry without an ID is not the active one, even if none is.
        by_id = {str(entry["id"]): entry for entry in entries if isinstance(entry, dict) and entry["id"]}
        return {
            **result,
            "active_entry": by_id.get(str(result["active_entry_id"])),
            "base_config": _base_config_to_result(resource.get("baseConfig")),
        }

    def predict(self, resource: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
        """Return the result once the changes are made. The new entries have no ID yet, and none is active yet."""
        change_list = list(changes)
        result = super().predict(resource, change_list)
        if change_list:
            unknown = dict.fromkeys(ENTRY.to_result({}))
            result.update(
                entries=[{**unknown, **entry} for entry in result["entries"]], active_entry_id=None, active_entry=None
            )
        return result

    def to_resource(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return a schedule for which to_result() returns this result. Its entries are in UTC, unlike the options."""
        base = result["base_config"]
        return {
            "entries": [ENTRY.to_resource(entry) for entry in result["entries"]],
            "baseConfig": base and BASE_CONFIG.to_resource(base),
            "activeEntryId": result["active_entry_id"],
        }


SCALING_SCHEDULE = ScheduleSchema(options=[EntriesField("entries")], read_only=["activeEntryId", "baseConfig"])
