# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of the configurations of a service have in common: those of its backups and snapshots."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
REQUIRED = "one of the following is required: name, service_id"
DAILY = {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 24, "backup_start_time": None}
NEVER = {"enabled": False, "gap": None, "time_frame": None}
EVERY_30 = {"enabled": True, "gap": 30, "time_frame": 1440}
EVERY_60 = {"enabled": True, "gap": 60, "time_frame": 2880}


@dataclass(frozen=True)
class Configuration:
    """A configuration: its module, endpoint and name, and the result for a new service.

    response is what the API returns for a new service. unchanged and changed are the options of tasks that change
    nothing and something, and course those of consecutive tasks: the options, the request and the resulting
    configuration of each. refusal is what a key without the permission to change it is advised.
    """

    module: str
    endpoint: str
    name: str
    initial: dict[str, Any]
    response: dict[str, Any]
    unchanged: dict[str, Any]
    changed: dict[str, Any]
    refusal: str
    course: Sequence[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]

    def __str__(self) -> str:
        return self.module


CONFIGURATIONS = [
    Configuration(
        module="backup_config",
        endpoint="backupConfiguration",
        name="backup configuration",
        initial=DAILY,
        response={"backupPeriodInHours": 24, "backupRetentionPeriodInHours": 24},
        unchanged={"reset": list(DAILY)},
        changed={"backup_period_in_hours": 12},
        refusal=(
            "control-plane:service:manage-backups. If it has, backups can be configured in the tiers Scale and"
            " Enterprise, but not in the tier Basic."
        ),
        course=[
            (
                {"backup_period_in_hours": 48, "backup_retention_period_in_hours": 720, "backup_start_time": "02:00"},
                {"backupPeriodInHours": 48, "backupRetentionPeriodInHours": 720, "backupStartTime": "02:00"},
                {"backup_period_in_hours": 48, "backup_retention_period_in_hours": 720, "backup_start_time": "02:00"},
            ),
            (
                {"backup_period_in_hours": 48, "backup_retention_period_in_hours": 72},
                {"backupRetentionPeriodInHours": 72},
                {"backup_period_in_hours": 48, "backup_retention_period_in_hours": 72, "backup_start_time": "02:00"},
            ),
            (
                {"backup_start_time": "23:00"},
                {"backupStartTime": "23:00"},
                {"backup_period_in_hours": 48, "backup_retention_period_in_hours": 72, "backup_start_time": "23:00"},
            ),
            (
                {"backup_period_in_hours": 6, "reset": ["backup_start_time"]},
                {"backupPeriodInHours": 6, "backupStartTime": None},
                {"backup_period_in_hours": 6, "backup_retention_period_in_hours": 72, "backup_start_time": None},
            ),
            (
                {"backup_start_time": "02:00", "reset": ["backup_period_in_hours"]},
                {"backupPeriodInHours": None, "backupStartTime": "02:00"},
                {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 72, "backup_start_time": "02:00"},
            ),
            (
                {"reset": [*DAILY]},
                {"backupRetentionPeriodInHours": None, "backupStartTime": None},
                DAILY,
            ),
        ],
    ),
    Configuration(
        module="snapshot_config",
        endpoint="snapshotConfiguration",
        name="snapshot configuration",
        initial=NEVER,
        response={"enabled": False},
        unchanged={"enabled": False},
        changed=EVERY_30,
        refusal="control-plane:service:manage-snapshots. The API's request id is ",
        course=[
            (EVERY_30, {"enabled": True, "gap": 30, "timeFrame": 1440}, EVERY_30),
            ({"gap": 60, "time_frame": 2880}, {"gap": 60, "timeFrame": 2880}, EVERY_60),
            ({"enabled": False}, {"enabled": False}, {**EVERY_60, "enabled": False}),
            ({"enabled": True}, {"enabled": True}, EVERY_60),
        ],
    ),
]


@pytest.fixture(params=CONFIGURATIONS, ids=str)
def config(request: pytest.FixtureRequest) -> Configuration:
    configuration: Configuration = request.param
    return configuration


@pytest.fixture
def path(config: Configuration, service: dict[str, Any]) -> str:
    return f"services/{service['id']}/{config.endpoint}"


@pytest.fixture
def secondary(service: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Return a second service of the data warehouse."""
    created: dict[str, Any] = emulator.create(
        name="reports", provider="aws", region="eu-central-1", dataWarehouseId=service["dataWarehouseId"]
    )["service"]
    emulator.clear_journal()
    return created


def test_options_are_set_changed_and_reset_idempotently(
    config: Configuration, service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    """Run each step in check mode, for real, and again, by name and by ID in turn."""
    before = config.initial
    for by, (options, body, after) in zip(itertools.cycle(("name", "service_id")), config.course):
        lookup = {by: service["name" if by == "name" else "id"]}
        looks = [f"GET {path}"] if by == "service_id" else ["GET services", f"GET {path}"]
        differing = [option for option in before if before[option] != after[option]]
        diff = {
            "before": {option: before[option] for option in differing},
            "after": {option: after[option] for option in differing},
        }
        plan = run(config.module, check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"], plan[config.module]) == (True, diff, after)
        assert sent() == looks

        changed = run(config.module, **lookup, **options)
        assert (changed["changed"], changed["diff"], changed[config.module]) == (True, diff, after)
        assert changed["service_id"] == plan["service_id"] == service["id"]
        assert [entry["body"] for entry in emulator.journal() if entry["method"] == "PATCH"] == [body]
        assert sent() == [*looks, f"PATCH {path}", f"GET {path}"]

        for check in (True, False):
            again = run(config.module, check=check, **lookup, **options)
            assert (again["changed"], again[config.module]) == (False, after)
            assert again["diff"] == {"before": {}, "after": {}}
            assert again["service_id"] == service["id"]
            assert sent() == looks
        before = after


def test_restricted_key_without_necessary_change(
    config: Configuration, service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["manage-backups", "manage-snapshots"])
    key = {name: added[name] for name in ("api_key", "api_secret")}
    assert run(config.module, **key, name="analytics", **config.unchanged)["changed"] is False
    result = run(config.module, **key, name="analytics", **config.changed)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert f"use a key that has the permission {config.refusal}" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_secondary_service_by_name_fails_before_any_write(
    config: Configuration, secondary: dict[str, Any], run: Run, sent: Sent, check: bool
) -> None:
    result = run(config.module, check=check, name="reports", **config.changed)
    assert result["msg"] == (
        f"Service 'reports' ({secondary['id']}) is a secondary service."
        f" Only the primary service of a data warehouse has a {config.name}: change that one."
    )
    assert (result["failed"], result["changed"]) == (True, False)
    assert sent() == ["GET services"]


def test_secondary_service_by_id_is_reported_by_the_api(
    config: Configuration, secondary: dict[str, Any], run: Run
) -> None:
    result = run(config.module, service_id=secondary["id"], **config.changed)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert result["error"] in result["msg"]
    assert f"Only the primary service of a data warehouse has a {config.name}: change that one." in result["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(
    config: Configuration, emulator: Emulator, run: Run, lookup: dict[str, str], check: bool
) -> None:
    result = run(config.module, check=check, **lookup, **config.unchanged)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_service_selection_is_required(config: Configuration, emulator: Emulator, run: Run) -> None:
    assert REQUIRED in run(config.module)["msg"]
    assert REQUIRED in run(config.module, name="")["msg"]
    assert "service_id must be a UUID" in run(config.module, service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_waits_for_lagging_read(
    config: Configuration, service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    # The first read is up to date, and the two after the change lag.
    stale = {"result": config.response}
    emulator.fault(path=f"/{config.endpoint}$", method="GET", times=3, status=200, body=stale)
    result = run(config.module, service_id=service["id"], **config.changed)
    assert (result["changed"], result[config.module]) == (True, {**config.initial, **config.changed})
    assert sent() == [f"GET {path}", f"PATCH {path}", *[f"GET {path}"] * 3]


def test_without_wait_response_is_returned(
    config: Configuration, service: dict[str, Any], path: str, run: Run, sent: Sent
) -> None:
    result = run(config.module, service_id=service["id"], wait=False, **config.changed)
    assert (result["changed"], result[config.module]) == (True, {**config.initial, **config.changed})
    assert sent() == [f"GET {path}", f"PATCH {path}"]
