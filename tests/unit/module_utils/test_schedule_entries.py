# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test what entries of a scaling schedule are allowed, and their conversion to UTC."""

from __future__ import annotations

import itertools
import zoneinfo
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._json import to_camel_case
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema import schedule_entries
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.schedule_entries import (
    ENTRY_SPEC,
    LIMITS,
    MAX_ENTRIES,
    check_entry,
    convert_to_utc,
    reject_overlaps,
    to_entries,
    utc_offset,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.upgrade_window import WEEKDAYS
from ansible_collections.clickhouse.cloud.tests.contract.contract import load

WINTER = datetime(2026, 1, 15, 12, tzinfo=timezone.utc)
SUMMER = datetime(2026, 7, 15, 12, tzinfo=timezone.utc)
NIGHT: dict[str, Any] = {
    "name": "night",
    "weekdays": ["saturday"],
    "start_hour": 22,
    "end_hour": 6,
    "autoscaling_mode": "vertical",
}
MEMORY = {"min_replica_memory_gb": 16, "max_replica_memory_gb": 32}
HORIZONTAL = {
    "autoscaling_mode": "horizontal",
    "min_replicas": 2,
    "max_replicas": 5,
    "min_replica_memory_gb": 16,
    "max_replica_memory_gb": 16,
}
ALL_NEEDED = "needs min_replicas, max_replicas, min_replica_memory_gb and max_replica_memory_gb."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weekdays": []}, "weekdays is empty: name at least one day."),
        ({"start_hour": 24}, "start_hour must be from 0 to 23; 24 is not."),
        ({"start_hour": -1}, "start_hour must be from 0 to 23; -1 is not."),
        ({"end_hour": 0}, "end_hour must be from 1 to 24; 0 is not."),
        ({"end_hour": 25}, "end_hour must be from 1 to 24; 25 is not."),
        ({"end_hour": 22}, "start_hour and end_hour must differ. A whole day is from 0 to 24."),
        ({**MEMORY, "min_replica_memory_gb": 10}, "must be a multiple of 4 from 8 to 356; 10 is not."),
        ({**MEMORY, "max_replica_memory_gb": 360}, "must be a multiple of 4 from 8 to 356; 360 is not."),
        ({**MEMORY, "min_replica_memory_gb": 4}, "must be a multiple of 4 from 8 to 356; 4 is not."),
        ({**MEMORY, "min_replica_memory_gb": 64}, "min_replica_memory_gb must not be greater than"),
        ({"min_replica_memory_gb": 16}, "min_replica_memory_gb and max_replica_memory_gb go together"),
        ({"max_replica_memory_gb": 16}, "min_replica_memory_gb and max_replica_memory_gb go together"),
        ({"num_replicas": 0}, "num_replicas must be from 1 to 50; 0 is not."),
        ({"min_replicas": 0, "max_replicas": 1}, "min_replicas must be from 1 to 50; 0 is not."),
        ({"min_replicas": 2}, "min_replicas and max_replicas go together: set both, or none."),
        ({"max_replicas": 2}, "min_replicas and max_replicas go together: set both, or none."),
        (
            {"num_replicas": 2, "min_replicas": 2, "max_replicas": 2},
            "num_replicas cannot be combined with min_replicas",
        ),
        ({"min_replicas": 3, "max_replicas": 2}, "min_replicas must not be greater than max_replicas."),
        ({"min_replicas": 2, "max_replicas": 3}, "a range of replicas needs autoscaling_mode: horizontal."),
        ({"idle_timeout_minutes": 4}, "idle_timeout_minutes must be at least 5; 4 is not."),
        ({"autoscaling_mode": "horizontal"}, ALL_NEEDED),
        ({"autoscaling_mode": "horizontal", "num_replicas": 2}, ALL_NEEDED),
        ({"autoscaling_mode": "horizontal", "min_replicas": 2, "max_replicas": 3}, ALL_NEEDED),
        ({**HORIZONTAL, "max_replica_memory_gb": 32}, "must be equal, since the memory of a replica is fixed."),
    ],
)
def test_entry_that_the_api_refuses_is_rejected(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=r"^entries, number 1 \('night'\): ") as error:
        to_entries([{**NIGHT, **change}], "UTC", WINTER)
    assert message in str(error.value)


def test_entry_at_the_limits_is_accepted() -> None:
    sizes = {"min_replica_memory_gb": 8, "max_replica_memory_gb": 356, "num_replicas": 1, "idle_timeout_minutes": 5}
    for hours in ({"start_hour": 0, "end_hour": 24}, {"start_hour": 23, "end_hour": 1}):
        entry = {**NIGHT, **hours, **sizes}
        assert check_entry("", {**entry, "idle_scaling": None}) == entry
    horizontal = {**NIGHT, **HORIZONTAL, "min_replicas": 2, "max_replicas": 2}
    assert check_entry("", horizontal) == horizontal


def test_range_with_equal_ends_is_a_fixed_number() -> None:
    assert check_entry("", {**NIGHT, "min_replicas": 2, "max_replicas": 2}) == {**NIGHT, "num_replicas": 2}


def test_limits_are_those_of_the_api() -> None:
    fields = load().fields("ScalingScheduleEntryRequest")
    for option, rule in ENTRY_SPEC.items():
        field = fields[to_camel_case(f"{option}_utc" if option.endswith("hour") else option)]
        maximum = field.get("maximum")
        if "replicas" in option:
            # The schedule states none, since it depends on the service, which has at most this number.
            maximum = load().fields("ServiceReplicaScalingPatchRequest")[to_camel_case(option)]["maximum"]
        stated = (field.get("minimum"), maximum, field.get("multipleOf", 1))
        assert stated == LIMITS.get(option, (None, None, 1)), option
        assert rule.get("choices", field.get("enum")) == field.get("enum") or option == "weekdays"
    entries = load().fields("ScalingSchedulePostRequest")["entries"]
    assert entries["maxItems"] == MAX_ENTRIES
    required = {
        f"{name}_utc" if name.endswith("hour") else name for name, rule in ENTRY_SPEC.items() if "required" in rule
    }
    assert set(map(to_camel_case, required)) == set(load().schemas["ScalingScheduleEntryRequest"]["required"])


@pytest.mark.parametrize(
    ("other", "moment"),
    [
        ({"weekdays": ["sunday"], "start_hour": 5, "end_hour": 7}, "sunday at 05:00"),
        ({"weekdays": ["saturday"], "start_hour": 0, "end_hour": 24}, "saturday at 22:00"),
        ({"weekdays": ["friday", "saturday"], "start_hour": 23, "end_hour": 24}, "saturday at 23:00"),
        ({"weekdays": ["sunday"], "start_hour": 6, "end_hour": 22}, None),
        ({"weekdays": ["saturday"], "start_hour": 6, "end_hour": 22}, None),
        ({"weekdays": ["friday"], "start_hour": 22, "end_hour": 6}, None),
    ],
)
def test_overlapping_entries_are_rejected_with_their_names(other: dict[str, Any], moment: str | None) -> None:
    entries = [{"weekdays": ["monday"], "start_hour": 1, "end_hour": 2}, NIGHT, {**NIGHT, "name": "other", **other}]
    labels = ["number 1 ('first')", "number 2 ('night')", "number 3 ('other')"]
    if moment is None:
        reject_overlaps(entries, labels)
        return
    with pytest.raises(InvalidOption) as error:
        reject_overlaps(entries, labels)
    assert str(error.value) == (
        f"entries: number 2 ('night') and number 3 ('other') overlap, on {moment}. Only one entry can apply at a time."
    )


@pytest.mark.parametrize(
    ("zone", "moment", "hours"),
    [
        ("UTC", WINTER, 0),
        ("utc", WINTER, 0),
        ("Europe/Berlin", WINTER, 1),
        ("Europe/Berlin", SUMMER, 2),
        ("America/New_York", WINTER, -5),
        ("America/New_York", SUMMER, -4),
        ("Asia/Tokyo", SUMMER, 9),
        ("Pacific/Kiritimati", SUMMER, 14),
        ("Etc/GMT+12", SUMMER, -12),
        # The hour in which the clocks of Berlin change.
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 59, tzinfo=timezone.utc), 1),
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=timezone.utc), 2),
    ],
)
def test_offset_is_that_of_the_moment(zone: str, moment: datetime, hours: int) -> None:
    assert utc_offset(zone, moment) == hours


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("Europe/Berln", "such as Europe/Berlin; 'Europe/Berln' is not. Did you mean Europe/Berlin?"),
        ("../UTC", "'../UTC' is not."),
        ("Europe", "'Europe' is not."),
        ("localtime", "'localtime' is not."),
        ("Factory", "'Factory' is not."),
        ("x" * 300, " is not."),
        (
            "Asia/Kolkata",
            "timezone: Asia/Kolkata differs from UTC by 330 minutes, and the API takes only whole hours of UTC.",
        ),
        ("America/St_Johns", "timezone: America/St_Johns differs from UTC by 210 minutes"),
    ],
)
def test_unsuitable_time_zone_is_rejected(zone: str, message: str) -> None:
    with pytest.raises(InvalidOption) as error:
        utc_offset(zone, WINTER)
    assert message in str(error.value)
    assert len(str(error.value)) < 250


def test_missing_database_of_time_zones_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_none(name: str) -> zoneinfo.ZoneInfo:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(schedule_entries, "ZoneInfo", find_none)
    monkeypatch.setattr(schedule_entries, "available_timezones", set)
    with pytest.raises(InvalidOption, match="Install the package tzdata of the operating system or of Python"):
        utc_offset("Europe/Berlin", WINTER)
    assert utc_offset("UTC", WINTER) == 0


@pytest.mark.parametrize(
    ("entry", "offset", "expected"),
    [
        (("monday", 8, 18), 1, [(["monday"], 7, 17)]),
        (("monday", 0, 6), 2, [(["sunday"], 22, 4)]),
        (("monday", 0, 6), 9, [(["sunday"], 15, 21)]),
        (("monday", 22, 6), -5, [(["tuesday"], 3, 11)]),
        (("saturday", 20, 24), -4, [(["sunday"], 0, 4)]),
        (("monday", 12, 20), -4, [(["monday"], 16, 24)]),
        (("monday", 0, 24), 0, [(["monday"], 0, 24)]),
        # A whole day is a part of two days.
        (("sunday", 0, 24), 1, [(["saturday"], 23, 24), (["sunday"], 0, 23)]),
        (("sunday", 0, 24), -5, [(["sunday"], 5, 24), (["monday"], 0, 5)]),
    ],
)
def test_entry_in_utc(entry: tuple[str, int, int], offset: int, expected: list[Any]) -> None:
    day, start, end = entry
    converted = convert_to_utc(
        {**NIGHT, "num_replicas": 2, "weekdays": [day], "start_hour": start, "end_hour": end}, offset
    )
    windows = [(part["weekdays"], part["start_hour_utc"], part["end_hour_utc"]) for part in converted]
    assert windows == expected
    for part in converted:
        assert part.keys() == {"name", "autoscaling_mode", "num_replicas", "weekdays", "start_hour_utc", "end_hour_utc"}


def test_always_stays_one_entry() -> None:
    always = {**NIGHT, "weekdays": list(reversed(WEEKDAYS)), "start_hour": 0, "end_hour": 24}
    (converted,) = convert_to_utc(always, 3)
    assert (converted["weekdays"], converted["start_hour_utc"], converted["end_hour_utc"]) == (list(WEEKDAYS), 0, 24)


def covered(entries: list[dict[str, Any]], shift: int = 0) -> list[int]:
    """Return the hours of the week that the entries cover, each as often as they do, later by some hours."""
    hours = []
    for entry in entries:
        start, end = (entry.get(f"{name}_hour", entry.get(f"{name}_hour_utc")) for name in ("start", "end"))
        assert start in range(24)
        assert end in range(1, 25)
        assert start != end
        for day in entry["weekdays"]:
            first = WEEKDAYS.index(day) * 24 + start
            hours += [(hour + shift) % 168 for hour in range(first, first + (end - start + (24 if end < start else 0)))]
    return sorted(hours)


@pytest.mark.parametrize("offset", range(-12, 15))
def test_the_same_hours_are_covered_in_utc(offset: int) -> None:
    for start, end, days in itertools.product(
        range(0, 24, 3), (1, 4, 11, 13, 24), (["saturday"], ["sunday", "friday"])
    ):
        entry = {**NIGHT, "weekdays": days, "start_hour": start, "end_hour": end}
        if start != end:
            assert covered(convert_to_utc(entry, offset)) == covered([entry], -offset)


def test_limit_counts_the_entries_in_utc() -> None:
    days = [{**NIGHT, "weekdays": [day], "start_hour": 0, "end_hour": 24} for day in WEEKDAYS[:6]]
    assert len(to_entries(days, "UTC", WINTER)) == 6
    with pytest.raises(InvalidOption) as error:
        to_entries(days, "Europe/Berlin", WINTER)
    assert str(error.value) == "entries has 6 entries, which are 12 in UTC. The API takes at most 10."
    hours = [{**NIGHT, "start_hour": hour, "end_hour": hour + 1} for hour in range(11)]
    assert len(to_entries(hours[:10], "UTC", WINTER)) == 10
    with pytest.raises(InvalidOption) as error:
        to_entries(hours, "UTC", WINTER)
    assert str(error.value) == "entries has 11 entries. The API takes at most 10."
