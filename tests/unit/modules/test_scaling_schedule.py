# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema import scaling_schedule as schema
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.schedule_entries import (
    ENTRY_SPEC,
    LIMITS,
    MAX_ENTRIES,
)
from ansible_collections.clickhouse.cloud.plugins.modules import scaling_schedule
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
WORKING_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
ALL_DAYS = ["sunday", *WORKING_DAYS, "saturday"]

DAY: dict[str, Any] = {"name": "day", "weekdays": WORKING_DAYS, "start_hour": 8, "end_hour": 18, "num_replicas": 4}
NIGHT: dict[str, Any] = {
    "name": "night",
    # In any order.
    "weekdays": ALL_DAYS[::-1],
    "start_hour": 22,
    "end_hour": 6,
    "min_replica_memory_gb": 8,
    "max_replica_memory_gb": 16,
    "idle_scaling": True,
    "idle_timeout_minutes": 5,
}
#: The same entries as results, in UTC, and in the requests.
DAY_RESULT: dict[str, Any] = {
    "name": "day",
    "weekdays": WORKING_DAYS,
    "start_hour_utc": 8,
    "end_hour_utc": 18,
    "autoscaling_mode": "vertical",
    "num_replicas": 4,
}
NIGHT_RESULT: dict[str, Any] = {
    "name": "night",
    "weekdays": ALL_DAYS,
    "start_hour_utc": 22,
    "end_hour_utc": 6,
    "autoscaling_mode": "vertical",
    "min_replica_memory_gb": 8,
    "max_replica_memory_gb": 16,
    "idle_scaling": True,
    "idle_timeout_minutes": 5,
}
DAY_BODY = {
    "name": "day",
    "weekdays": [1, 2, 3, 4, 5],
    "startHourUtc": 8,
    "endHourUtc": 18,
    "autoscalingMode": "vertical",
    "numReplicas": 4,
}
NIGHT_BODY = {
    "name": "night",
    "weekdays": [0, 1, 2, 3, 4, 5, 6],
    "startHourUtc": 22,
    "endHourUtc": 6,
    "autoscalingMode": "vertical",
    "minReplicaMemoryGb": 8,
    "maxReplicaMemoryGb": 16,
    "idleScaling": True,
    "idleTimeoutMinutes": 5,
}
BASE = {
    "autoscaling_mode": "vertical",
    "min_replica_memory_gb": 16,
    "max_replica_memory_gb": 120,
    "num_replicas": 3,
    "min_replicas": None,
    "max_replicas": None,
    "idle_scaling": True,
    "idle_timeout_minutes": 15,
}


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/scalingSchedule"


@pytest.fixture
def stored(service: dict[str, Any], emulator: Emulator, path: str) -> dict[str, Any]:
    """Return the schedule of the service, with one entry."""
    schedule: dict[str, Any] = emulator.request("POST", path, {"entries": [DAY_BODY]})
    emulator.clear_journal()
    return schedule


def declarations(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of a result without what no task declares, and without values that are not set."""
    kept = [{name: value for name, value in entry.items() if value is not None} for entry in entries]
    for entry in kept:
        entry.pop("id", None)
        entry.pop("is_active_now", None)
    return sorted(kept, key=lambda entry: str(entry["name"]))


#: The options of consecutive tasks, the write of each, its body, the diff, and the resulting entries.
COURSE: list[tuple[dict[str, Any], str, Any, dict[str, Any], list[dict[str, Any]]]] = [
    (
        {"entries": [DAY]},
        "POST",
        {"entries": [DAY_BODY]},
        {"before": {}, "after": {"entries": [DAY_RESULT]}},
        [DAY_RESULT],
    ),
    (
        {"entries": [NIGHT, {**DAY, "num_replicas": 6}]},
        "POST",
        {"entries": [NIGHT_BODY, {**DAY_BODY, "numReplicas": 6}]},
        # In the order of the week.
        {
            "before": {"entries": [DAY_RESULT]},
            "after": {"entries": [NIGHT_RESULT, {**DAY_RESULT, "num_replicas": 6}]},
        },
        [{**DAY_RESULT, "num_replicas": 6}, NIGHT_RESULT],
    ),
    (
        {"entries": [NIGHT]},
        "POST",
        {"entries": [NIGHT_BODY]},
        {
            "before": {"entries": [NIGHT_RESULT, {**DAY_RESULT, "num_replicas": 6}]},
            "after": {"entries": [NIGHT_RESULT]},
        },
        [NIGHT_RESULT],
    ),
    ({"state": "absent"}, "DELETE", None, {"before": {"entries": [NIGHT_RESULT]}, "after": {}}, []),
]

BRIEF_COURSE = [
    COURSE[0],
    ({"state": "absent"}, "DELETE", None, {"before": {"entries": [DAY_RESULT]}, "after": {}}, []),
]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_schedule_is_created_changed_and_deleted_idempotently(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    # The name has been found, so that the service exists; an ID that has no schedule may be wrong.
    finds = ["GET services"] if by == "name" else []
    verifies = [] if by == "name" else [f"GET services/{service['id']}"]
    before: list[dict[str, Any]] = []
    for options, method, body, diff, after in COURSE if by == "name" else BRIEF_COURSE:
        looks = [*finds, f"GET {path}", *([] if before else verifies)]
        plan = run("scaling_schedule", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"]) == (True, diff)
        assert sent() == looks

        changed = run("scaling_schedule", **lookup, **options)
        assert (changed["changed"], changed["diff"]) == (True, diff)
        assert changed["service_id"] == plan["service_id"] == service["id"]
        assert [entry["body"] for entry in emulator.journal() if entry["method"] == method] == [body]
        assert sent() == [*looks, f"{method} {path}", f"GET {path}"]
        for schedule in (plan["scaling_schedule"], changed["scaling_schedule"]):
            assert declarations((schedule or {"entries": []})["entries"]) == after
        assert (changed["scaling_schedule"] is None) == (plan["scaling_schedule"] is None) == (not after)

        for check in (True, False):
            again = run("scaling_schedule", check=check, **lookup, **options)
            assert (again["changed"], again["scaling_schedule"]) == (False, changed["scaling_schedule"])
            assert again["diff"] == {"before": {}, "after": {}}
            assert sent() == [*finds, f"GET {path}", *([] if after else verifies)]
        before = after


def test_plan_and_result_have_the_same_fields(service: dict[str, Any], run: Run) -> None:
    plan = run("scaling_schedule", check=True, name="analytics", entries=[DAY])["scaling_schedule"]
    result = run("scaling_schedule", name="analytics", entries=[DAY])["scaling_schedule"]
    assert result["base_config"] == BASE
    assert plan.keys() == result.keys()
    (planned,), (entry,) = plan["entries"], result["entries"]
    assert planned.keys() == entry.keys()
    assert {**planned, "id": entry["id"], "is_active_now": entry["is_active_now"]} == entry
    assert (plan["active_entry"], plan["active_entry_id"], plan["base_config"]) == (None, None, None)
    # The base configuration is known once there is a schedule.
    plan = run("scaling_schedule", check=True, name="analytics", entries=[NIGHT])["scaling_schedule"]
    assert plan["base_config"] == BASE


def test_schedule_is_restored_from_the_result(service: dict[str, Any], run: Run) -> None:
    """Planned schedules are kept as results."""
    options = {"name": "analytics", "entries": [DAY, NIGHT]}
    for result in (run("scaling_schedule", check=True, **options), run("scaling_schedule", **options)):
        schedule = result["scaling_schedule"]
        restored = schema.SCALING_SCHEDULE.to_resource(schedule)
        assert schema.SCALING_SCHEDULE.to_result(restored) == schedule


def test_active_entry_is_returned(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    always = {**DAY, "weekdays": ALL_DAYS, "start_hour": 0, "end_hour": 24}
    for _time in range(2):
        schedule = run("scaling_schedule", name="analytics", entries=[always])["scaling_schedule"]
        assert schedule["active_entry"] == schedule["entries"][0]
        assert (schedule["active_entry"]["name"], schedule["active_entry"]["is_active_now"]) == ("day", True)
        assert schedule["active_entry_id"] == schedule["active_entry"]["id"]
    diff = run("scaling_schedule", name="analytics", state="absent")["diff"]
    assert diff["before"] == {
        "entries": [{**DAY_RESULT, "weekdays": ALL_DAYS, "start_hour_utc": 0, "end_hour_utc": 24}]
    }


def test_order_of_entries_and_days_is_no_difference(
    service: dict[str, Any], emulator: Emulator, path: str, run: Run
) -> None:
    emulator.request("POST", path, {"entries": [NIGHT_BODY, {**DAY_BODY, "weekdays": [5, 4, 3, 2, 1, 1]}]})
    assert run("scaling_schedule", name="analytics", entries=[DAY, NIGHT])["changed"] is False


def test_inherited_values_are_no_difference(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, path: str, run: Run
) -> None:
    """Neither if the base configuration changes, nor if the API returns what an entry inherits."""
    emulator.request("PATCH", f"services/{service['id']}/replicaScaling", {"maxReplicaMemoryGb": 64})
    assert run("scaling_schedule", name="analytics", entries=[DAY])["changed"] is False
    schedule = emulator.request("GET", path)
    memory = {name: schedule["baseConfig"][name] for name in ("minReplicaMemoryGb", "maxReplicaMemoryGb")}
    returned = {**schedule, "entries": [{**schedule["entries"][0], **memory, "idleScaling": False}]}
    emulator.fault(path="/scalingSchedule$", method="GET", status=200, body={"result": returned})
    result = run("scaling_schedule", name="analytics", entries=[DAY])
    assert (result["changed"], result["scaling_schedule"]["entries"][0]["max_replica_memory_gb"]) == (False, 64)


def test_value_that_is_no_longer_declared_is_removed(
    service: dict[str, Any], stored: dict[str, Any], run: Run, emulator: Emulator, path: str
) -> None:
    entry = {name: value for name, value in DAY.items() if name != "num_replicas"}
    result = run("scaling_schedule", name="analytics", entries=[entry])
    assert (result["changed"], result["diff"]["before"]["entries"][0]["num_replicas"]) == (True, 4)
    assert "num_replicas" not in result["diff"]["after"]["entries"][0]
    assert "minReplicas" not in emulator.request("GET", path)["entries"][0]


@pytest.mark.parametrize(
    "returned",
    [
        # As some versions of the API return a fixed number of replicas.
        {"minReplicas": None, "maxReplicas": None, "numReplicas": 4},
        # As entries were stored before there was a mode.
        {"autoscalingMode": None},
        {"newField": {"someKey": 1}},
    ],
)
def test_other_forms_of_the_same_entry_are_no_difference(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, run: Run, returned: dict[str, Any]
) -> None:
    entry = {**stored["entries"][0], **returned}
    emulator.fault(path="/scalingSchedule$", status=200, body={"result": {**stored, "entries": [entry]}})
    result = run("scaling_schedule", name="analytics", entries=[DAY])
    assert result["changed"] is False
    (shown,) = result["scaling_schedule"]["entries"]
    assert (shown["num_replicas"], shown["min_replicas"], shown["autoscaling_mode"]) == (4, None, "vertical")
    assert shown.get("new_field") == ({"some_key": 1} if "newField" in returned else None)


@pytest.mark.parametrize("options", [{"state": "absent", "timezone": "nowhere", "entries": [DAY]}, {"entries": []}])
def test_no_entries_are_no_schedule(
    service: dict[str, Any], stored: dict[str, Any], run: Run, sent: Sent, path: str, options: dict[str, Any]
) -> None:
    result = run("scaling_schedule", name="analytics", **options)
    assert (result["changed"], result["scaling_schedule"]) == (True, None)
    assert f"DELETE {path}" in sent()
    assert run("scaling_schedule", name="analytics", **options)["changed"] is False


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        (datetime(2026, 1, 15, tzinfo=timezone.utc), (7, 17)),
        (datetime(2026, 7, 15, tzinfo=timezone.utc), (6, 16)),
    ],
)
def test_hours_are_converted_as_they_are_when_the_task_runs(
    service: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch, moment: datetime, hours: tuple[int, int]
) -> None:
    """A task that runs again after the clocks have changed reports a change."""

    class Clock:
        @staticmethod
        def now(_zone: timezone) -> datetime:
            return moment

    other = datetime(2026, 7 if moment.month == 1 else 1, 1, tzinfo=timezone.utc)
    moment, later = other, moment
    monkeypatch.setattr(schema, "datetime", Clock)
    assert run("scaling_schedule", name="analytics", timezone="Europe/Berlin", entries=[DAY])["changed"] is True
    moment = later
    result = run("scaling_schedule", name="analytics", timezone="Europe/Berlin", entries=[DAY])
    (entry,) = result["scaling_schedule"]["entries"]
    assert (result["changed"], entry["start_hour_utc"], entry["end_hour_utc"]) == (True, *hours)
    assert run("scaling_schedule", name="analytics", timezone="Europe/Berlin", entries=[DAY])["changed"] is False


def test_whole_days_of_a_time_zone_become_two_entries(
    service: dict[str, Any], emulator: Emulator, path: str, run: Run
) -> None:
    weekend = {"name": "weekend", "weekdays": ["saturday", "sunday"], "start_hour": 0, "end_hour": 24}
    for changed in (True, False):
        result = run("scaling_schedule", name="analytics", timezone="Asia/Tokyo", entries=[weekend])
        assert result["changed"] is changed
    windows = [
        (entry["name"], entry["weekdays"], entry["startHourUtc"], entry["endHourUtc"])
        for entry in emulator.request("GET", path)["entries"]
    ]
    assert windows == [("weekend", [5, 6], 15, 24), ("weekend", [0, 6], 0, 15)]


def test_horizontal_entry(service: dict[str, Any], emulator: Emulator, path: str, run: Run) -> None:
    memory = {"min_replica_memory_gb": 16, "max_replica_memory_gb": 16}
    entry = {
        **DAY,
        "num_replicas": None,
        "autoscaling_mode": "horizontal",
        "min_replicas": 2,
        "max_replicas": 5,
        **memory,
    }
    for changed in (True, False):
        result = run("scaling_schedule", name="analytics", entries=[entry])
        assert result["changed"] is changed
    (shown,) = result["scaling_schedule"]["entries"]
    assert (shown["num_replicas"], shown["min_replicas"], shown["max_replicas"]) == (None, 2, 5)
    assert emulator.request("GET", path)["entries"][0]["autoscalingMode"] == "horizontal"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "state: present needs entries. To have no scaling schedule, set state: absent."),
        ({"entries": [{**DAY, "end_hour": 0}]}, "entries, number 1 ('day'): end_hour must be from 1 to 24; 0 is not."),
        ({"entries": [{**DAY, "name": ""}]}, "entries, number 1: name is missing."),
        ({"entries": [{**DAY, "weekdays": ["mon"]}]}, "'mon' is not. Did you mean monday?"),
        ({"entries": [{**DAY, "start_hour": "8:00"}]}, "start_hour must be a whole number; '8:00' is text."),
        ({"entries": [{**DAY, "start_hour_utc": 8}]}, "start_hour_utc is not an option. Did you mean start_hour?"),
        ({"entries": [{**DAY, "autoscaling_mode": "diagonal"}]}, "autoscaling_mode must be vertical or horizontal"),
        (
            {"entries": [DAY, {**NIGHT, "start_hour": 17}]},
            "entries: number 1 ('day') and number 2 ('night') overlap, on monday at 17:00.",
        ),
        ({"timezone": "europe/berlin", "entries": [DAY]}, "'europe/berlin' is not. Did you mean Europe/Berlin?"),
    ],
)
def test_impossible_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str
) -> None:
    for check in (True, False):
        result = run("scaling_schedule", check=check, name="analytics", **options)
        assert result["failed"] is True
        assert message in result["msg"]
    assert sent() == []


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("scaling_schedule", entries=[DAY])["msg"]
    assert "service_id must be a UUID" in run("scaling_schedule", service_id="analytics", entries=[DAY])["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("options", [{"entries": [DAY]}, {"state": "absent"}])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_wrong_service_does_not_count_as_absent(
    emulator: Emulator, run: Run, lookup: dict[str, str], options: dict[str, Any]
) -> None:
    for check in (True, False):
        result = run("scaling_schedule", check=check, **lookup, **options)
        assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    other = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    result = run("scaling_schedule", service_id=UNKNOWN, organization_id=other, state="absent")
    assert (result["failed"], result["status"]) == (True, 404)
    assert "Check organization_id" in result["msg"]


def test_secondary_service_has_its_own_schedule(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, path: str, run: Run
) -> None:
    created = emulator.create(
        name="reports", provider="aws", region="eu-central-1", dataWarehouseId=service["dataWarehouseId"]
    )["service"]
    for lookup in ({"name": "reports"}, {"service_id": created["id"]}):
        assert run("scaling_schedule", **lookup, entries=[NIGHT])["changed"] is True
        assert run("scaling_schedule", **lookup, state="absent")["changed"] is True
    assert emulator.request("GET", path) == stored


@pytest.mark.parametrize("options", [{"entries": [NIGHT]}, {"state": "absent"}])
def test_missing_feature_is_named(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, run: Run, options: dict[str, Any]
) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"scheduledAutoscaling": False})
    for lookup in ({"name": "analytics"}, {"service_id": service["id"]}):
        result = run("scaling_schedule", **lookup, **options)
        assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
        assert result["msg"].startswith(
            f"The API key may not read the scaling schedule of service {service['id']}: the request failed with HTTP"
            " status 403: FORBIDDEN. The role of the API key does not allow this: use a key that has the permission"
            " control-plane:service:view. If it has, the beta of scheduled scaling is off for the organization: ask"
            " ClickHouse support to turn it on."
        )


def test_missing_horizontal_autoscaling_is_named(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"horizontalAutoscaling": False})
    sizes = {"min_replicas": 2, "max_replicas": 5, "min_replica_memory_gb": 16, "max_replica_memory_gb": 16}
    entry = {**DAY, "num_replicas": None, "autoscaling_mode": "horizontal", **sizes}
    result = run("scaling_schedule", name="analytics", entries=[entry])
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert (
        "If it has, the beta of scheduled scaling is off for the organization: ask ClickHouse support to turn it"
        " on. An entry with autoscaling_mode: horizontal also requires horizontal autoscaling."
    ) in result["msg"]
    assert result["scaling_schedule"]["entries"][0]["name"] == "day"


def test_restricted_key_without_necessary_change(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["manage-scaling-config"])
    key = {name: added[name] for name in ("api_key", "api_secret")}
    assert run("scaling_schedule", **key, name="analytics", entries=[DAY])["changed"] is False
    for options in ({"entries": [NIGHT]}, {"state": "absent"}):
        result = run("scaling_schedule", **key, name="analytics", **options)
        assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
        assert "the permission control-plane:service:manage-scaling-config" in result["msg"]


@pytest.mark.parametrize("status", [401, 403, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/scalingSchedule$", method="GET", status=status, times=99)
    result = run("scaling_schedule", service_id=service["id"], state="absent")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"service {service['id']}" in result["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("options", "method"), [({"entries": [NIGHT]}, "POST"), ({"state": "absent"}, "DELETE")])
def test_lost_response_is_not_a_failure(
    stored: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, path: str, options: dict[str, Any], method: str
) -> None:
    emulator.fault(path="/scalingSchedule$", method=method, disconnect="after")
    result = run("scaling_schedule", name="analytics", **options)
    assert ("failed" in result, result["changed"]) == (False, True)
    # A POST replaces the whole schedule, so that it may be repeated.
    assert sent().count(f"{method} {path}") == 2
    assert declarations((result["scaling_schedule"] or {"entries": []})["entries"]) == (
        [NIGHT_RESULT] if method == "POST" else []
    )


def test_conflict_is_reported_with_the_present_entries(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.fault(path="/scalingSchedule$", method="POST", status=409)
    result = run("scaling_schedule", service_id=service["id"], entries=[NIGHT])
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 409)
    present = result["msg"].partition(f"The scaling schedule of service {service['id']} still has entries ")[2]
    assert "'name': 'day'" in present


def test_waits_for_lagging_read(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, path: str
) -> None:
    emulator.fault(path="/scalingSchedule$", method="GET", times=3, status=200, body={"result": stored})
    result = run("scaling_schedule", service_id=service["id"], entries=[NIGHT])
    assert (result["changed"], declarations(result["scaling_schedule"]["entries"])) == (True, [NIGHT_RESULT])
    assert sent() == [f"GET {path}", f"POST {path}", *[f"GET {path}"] * 3]


def test_without_wait_response_is_returned(service: dict[str, Any], run: Run, sent: Sent, path: str) -> None:
    result = run("scaling_schedule", name="analytics", wait=False, entries=[DAY])
    assert (result["changed"], declarations(result["scaling_schedule"]["entries"])) == (True, [DAY_RESULT])
    assert sent() == ["GET services", f"GET {path}", f"POST {path}"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("none", "The API returned 'none' for entries; expected a list."),
        ([7], "The API returned a malformed entry in entries: 7."),
        ([{"name": "day", "weekdays": [1], "startHourUtc": 8}], "The API returned a malformed entry in entries: {"),
        (
            [{"name": "day", "weekdays": [1], "startHourUtc": "8", "endHourUtc": 9}],
            "The API returned '8' for startHourUtc; expected a number.",
        ),
    ],
)
def test_unexpected_entries_are_reported_and_can_be_deleted(
    service: dict[str, Any], stored: dict[str, Any], emulator: Emulator, run: Run, entries: Any, message: str
) -> None:
    for options in ({"entries": [DAY]}, {"state": "absent"}):
        emulator.fault(path="/scalingSchedule$", method="GET", status=200, body={"result": {"entries": entries}})
        result = run("scaling_schedule", service_id=service["id"], **options)
        assert message in result["msg"] if "entries" in options else result["changed"] is True


def test_unknown_days_and_an_odd_base_configuration_are_replaced(
    service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    odd = {"name": "odd", "weekdays": [7, 1], "startHourUtc": 8, "endHourUtc": 9}
    emulator.fault(
        path="/scalingSchedule$", method="GET", status=200, body={"result": {"entries": [odd], "baseConfig": [1]}}
    )
    plan = run("scaling_schedule", check=True, service_id=service["id"], entries=[DAY])
    assert plan["diff"]["before"]["entries"][0]["weekdays"] == ["monday", 7]
    assert plan["scaling_schedule"]["base_config"] == [1]


def test_options_and_return_values_are_documented() -> None:
    options = yaml.safe_load(scaling_schedule.DOCUMENTATION)["options"]
    assert options["timezone"]["default"] == "UTC"
    suboptions = options["entries"]["suboptions"]
    assert suboptions.keys() == ENTRY_SPEC.keys()
    for name, rule in ENTRY_SPEC.items():
        assert {key: value for key, value in suboptions[name].items() if key != "description"} == rule
        least, greatest, step = LIMITS.get(name, (None, None, 1))
        text = str(suboptions[name]["description"])
        assert least is None or f"from {least} to {greatest}" in text or f"at least {least}" in text, name
        assert step == 1 or f"a multiple of {step}" in text, name
    assert f"at most {MAX_ENTRIES}" in str(options["entries"]["description"])
    documented = yaml.safe_load(scaling_schedule.RETURN)["scaling_schedule"]["contains"]
    assert documented.keys() == schema.SCALING_SCHEDULE.to_result({}).keys()
    assert documented["entries"]["contains"].keys() == schema.ENTRY.to_result({}).keys()
    assert documented["base_config"]["contains"].keys() == schema.BASE_CONFIG.to_result({}).keys()
