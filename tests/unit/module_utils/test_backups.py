# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._json import to_snake_case
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backup_config import (
    BACKUP_CONFIG,
    check_start_time_and_period,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backups import BACKUP, backup_to_result
from ansible_collections.clickhouse.cloud.tests.contract.contract import load

ALL = ["backup_period_in_hours", "backup_retention_period_in_hours", "backup_start_time"]


def configuration(period: Any = 24, retention: Any = 24, start: Any = None) -> dict[str, Any]:
    """Return a configuration as the API returns it."""
    answer = {"backupPeriodInHours": period, "backupRetentionPeriodInHours": retention, "backupStartTime": start}
    return {name: value for name, value in answer.items() if value is not None}


def body(before: dict[str, Any], **options: Any) -> Any:
    """Return the body of the PATCH request, {} if none is sent."""
    changes = BACKUP_CONFIG.diff(before, BACKUP_CONFIG.desired(options))
    return BACKUP_CONFIG.patch_bodies(changes).get("", {})


@pytest.mark.parametrize(
    ("before", "options", "expected"),
    [
        (configuration(), {}, {}),
        (configuration(), {"reset": []}, {}),
        (configuration(), {"reset": ALL}, {}),
        (configuration(24.0, 24.0, ""), {"reset": ALL, "backup_start_time": None}, {}),
        ({}, {"reset": ALL}, {}),
        (configuration(24.0), {"backup_period_in_hours": 24}, {}),
        (configuration(12), {"backup_period_in_hours": 24}, {"backupPeriodInHours": 24}),
        (configuration(12), {"reset": ["backup_period_in_hours"]}, {"backupPeriodInHours": None}),
        (configuration(12, 48), {"reset": ["backup_period_in_hours"]}, {"backupPeriodInHours": None}),
        (configuration(start="02:00"), {"reset": ["backup_start_time"]}, {"backupStartTime": None}),
        (configuration(start="02:00"), {"backup_start_time": "02:00"}, {}),
        (configuration(start="2:00"), {"backup_start_time": "02:00"}, {}),
        (configuration(start="2:00"), {"backup_start_time": "03:00"}, {"backupStartTime": "03:00"}),
        (configuration(start=""), {"backup_start_time": "03:00"}, {"backupStartTime": "03:00"}),
        (
            configuration(12, 720),
            {"backup_retention_period_in_hours": 48, "reset": ["backup_period_in_hours", "backup_start_time"]},
            {"backupPeriodInHours": None, "backupRetentionPeriodInHours": 48},
        ),
    ],
)
def test_only_differences_are_sent(before: dict[str, Any], options: dict[str, Any], expected: dict[str, Any]) -> None:
    assert body(before, **options) == expected


def test_reset_is_predicted_as_the_default() -> None:
    before = configuration(12, 720, "02:00")
    planned = BACKUP_CONFIG.predict(before, BACKUP_CONFIG.diff(before, BACKUP_CONFIG.desired({"reset": ALL})))
    assert planned == BACKUP_CONFIG.to_result(configuration())


def test_unknown_fields_are_returned() -> None:
    shown = BACKUP_CONFIG.to_result({**configuration(start="2:00"), "newField": {"someKey": 1}})
    assert shown == {
        "backup_period_in_hours": 24,
        "backup_retention_period_in_hours": 24,
        "backup_start_time": "02:00",
        "new_field": {"some_key": 1},
    }


@pytest.mark.parametrize("value", ["2:00", "02:30", "24:00", "02:00:00", "2", "noon", " 02:00", "02:00Z", "0٢:00"])
def test_start_time_must_be_a_full_hour(value: str) -> None:
    with pytest.raises(InvalidOption, match="backup_start_time must be a full hour as HH:00, such as '02:00'; "):
        BACKUP_CONFIG.desired({"backup_start_time": value})


def test_every_full_hour_is_accepted() -> None:
    for hour in range(24):
        assert BACKUP_CONFIG.desired({"backup_start_time": f"{hour:02}:00"}) == {"backup_start_time": f"{hour:02}:00"}


@pytest.mark.parametrize(
    ("before", "options", "message"),
    [
        (
            {},
            {"backup_start_time": "02:00", "backup_period_in_hours": 12},
            "backup_start_time would be 02:00 and backup_period_in_hours would be 12",
        ),
        (
            configuration(12),
            {"backup_start_time": "02:00"},
            "backup_start_time would be 02:00 and backup_period_in_hours is 12",
        ),
        (
            configuration(start="02:00"),
            {"backup_period_in_hours": 12},
            "backup_start_time is 02:00 and backup_period_in_hours would be 12",
        ),
        # Options that exclude each other are rejected even if the configuration has the same conflict.
        (
            configuration(12, start="02:00"),
            {"backup_start_time": "02:00", "backup_period_in_hours": 12},
            "backup_start_time would be 02:00 and backup_period_in_hours would be 12",
        ),
    ],
)
def test_start_time_and_period_are_checked_together(
    before: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidOption) as raised:
        check_start_time_and_period(before, BACKUP_CONFIG.desired(options))
    assert str(raised.value) == (
        f"{message}, but with a start time the period must be 24 or 48."
        " Set backup_period_in_hours to one of them, or name backup_start_time in reset."
    )


@pytest.mark.parametrize(
    ("before", "options"),
    [
        ({}, {"backup_start_time": "02:00"}),
        ({}, {"backup_period_in_hours": 12}),
        (configuration(12), {"backup_start_time": "02:00", "backup_period_in_hours": 48}),
        (configuration(12), {"backup_start_time": "02:00", "reset": ["backup_period_in_hours"]}),
        (configuration(24, start="02:00"), {"backup_period_in_hours": 12, "reset": ["backup_start_time"]}),
        (configuration(24, start=""), {"backup_period_in_hours": 12}),
        (configuration(24.0), {"backup_start_time": "02:00"}),
        # An existing conflict is not reported for an unrelated change.
        (configuration(12, start="02:00"), {"backup_retention_period_in_hours": 48}),
    ],
)
def test_compatible_start_time_and_period_are_accepted(before: dict[str, Any], options: dict[str, Any]) -> None:
    check_start_time_and_period(before, BACKUP_CONFIG.desired(options))


START, END = "1970-01-01T00:01:40Z", "1970-01-01T00:03:20Z"


@pytest.mark.parametrize(
    ("backup", "age"),
    [
        ({"startedAt": START, "finishedAt": END}, 800),
        ({"startedAt": START}, 900),
        ({"startedAt": START, "finishedAt": None}, 900),
        ({"startedAt": START, "finishedAt": "soon"}, None),
        ({"finishedAt": "1970-01-01T00:20:00Z"}, 0),
        ({}, None),
    ],
)
def test_age_is_measured_from_the_end_or_the_start(backup: dict[str, Any], age: int | None) -> None:
    shown = backup_to_result(backup, now=1000.9)
    assert shown["age_in_seconds"] == age
    assert shown["finished_at"] == backup.get("finishedAt")


def test_fields_match_the_api() -> None:
    assert BACKUP.to_result({}).keys() == {to_snake_case(name) for name in load().fields("Backup")}
    for schema in ("BackupConfiguration", "BackupConfigurationPatchRequest"):
        assert {field.name for field in BACKUP_CONFIG.options()} == load().fields(schema).keys()
