# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.upgrade_window import UPGRADE_WINDOW
from ansible_collections.clickhouse.cloud.plugins.modules import upgrade_window
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
SUNDAY = {"weekday": "sunday", "start_hour_utc": 0}
SATURDAY = {"weekday": "saturday", "start_hour_utc": 0}
NOT_GIVEN = "state: present needs weekday and start_hour_utc. To have no upgrade window, set state: absent."


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/upgradeWindow"


@pytest.fixture
def window(service: dict[str, Any], emulator: Emulator, path: str) -> dict[str, Any]:
    """Return an upgrade window of the service."""
    stored: dict[str, Any] = emulator.request("PUT", path, {"weekday": 3, "startHourUtc": 12})
    emulator.clear_journal()
    return stored


@pytest.fixture
def secondary(service: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Return a second service of the data warehouse."""
    created: dict[str, Any] = emulator.create(
        name="reports", provider="aws", region="eu-central-1", dataWarehouseId=service["dataWarehouseId"]
    )["service"]
    emulator.clear_journal()
    return created


#: The options of consecutive tasks, the write of each, its body, the diff, and the resulting window.
COURSE: list[tuple[dict[str, Any], str, Any, dict[str, Any], dict[str, Any] | None]] = [
    (SUNDAY, "PUT", {"weekday": 0, "startHourUtc": 0}, {"before": {}, "after": SUNDAY}, {**SUNDAY, "duration": 6}),
    (
        SATURDAY,
        "PUT",
        {"weekday": 6, "startHourUtc": 0},
        {"before": {"weekday": "sunday"}, "after": {"weekday": "saturday"}},
        {**SATURDAY, "duration": 6},
    ),
    ({"state": "absent"}, "DELETE", None, {"before": SATURDAY, "after": {}}, None),
]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_window_is_created_changed_and_deleted_idempotently(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    # The name has been found, so that the service exists; an ID that has no window may be wrong.
    finds = ["GET services"] if by == "name" else []
    verifies = [] if by == "name" else [f"GET services/{service['id']}"]
    before = None
    for options, method, body, diff, after in COURSE:
        looks = [*finds, f"GET {path}", *(verifies if before is None else [])]
        plan = run("upgrade_window", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"]) == (True, diff)
        planned = after and {**after, "duration": None if before is None else 6}
        assert plan["upgrade_window"] == planned
        assert sent() == looks

        changed = run("upgrade_window", **lookup, **options)
        assert (changed["changed"], changed["diff"], changed["upgrade_window"]) == (True, diff, after)
        assert changed["service_id"] == plan["service_id"] == service["id"]
        assert [entry["body"] for entry in emulator.journal() if entry["method"] == method] == [body]
        assert sent() == [*looks, f"{method} {path}", f"GET {path}"]

        for check in (True, False):
            again = run("upgrade_window", check=check, **lookup, **options)
            assert (again["changed"], again["upgrade_window"]) == (False, after)
            assert again["diff"] == {"before": {}, "after": {}}
            assert sent() == [*finds, f"GET {path}", *(verifies if after is None else [])]
        before = after


def test_id_takes_precedence_over_name(
    service: dict[str, Any], window: dict[str, Any], path: str, run: Run, sent: Sent
) -> None:
    options = {"weekday": "wednesday", "start_hour_utc": 12}
    assert run("upgrade_window", service_id=service["id"], name="other", **options)["changed"] is False
    assert sent() == [f"GET {path}"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, NOT_GIVEN),
        ({"weekday": "sunday"}, NOT_GIVEN),
        ({"weekday": "", "start_hour_utc": 0}, NOT_GIVEN),
        (
            {"weekday": "Sunday", "start_hour_utc": 0},
            "; 'Sunday' is not. Did you mean sunday?",
        ),
        ({"weekday": "sunday", "start_hour_utc": 3}, "start_hour_utc must be 0 or 6 or 12 or 18; 3 is not."),
    ],
)
def test_impossible_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str, check: bool
) -> None:
    result = run("upgrade_window", check=check, name="analytics", **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert sent() == []


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("upgrade_window", **SUNDAY)["msg"]
    assert "service_id must be a UUID" in run("upgrade_window", service_id="analytics", **SUNDAY)["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [SUNDAY, {"state": "absent"}])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_wrong_service_does_not_count_as_absent(
    emulator: Emulator, run: Run, lookup: dict[str, str], options: dict[str, Any], check: bool
) -> None:
    result = run("upgrade_window", check=check, **lookup, **options)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    other = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    result = run("upgrade_window", service_id=UNKNOWN, organization_id=other, state="absent")
    assert (result["failed"], result["status"]) == (True, 404)
    assert "Check organization_id" in result["msg"]


def test_any_404_of_the_api_means_that_there_is_no_window(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    refusal = {"error": "NOT_FOUND: no window configured", "requestId": "r-1", "status": 404}
    emulator.fault(path="/upgradeWindow$", status=404, body=refusal)
    assert run("upgrade_window", service_id=service["id"], state="absent")["changed"] is False
    assert sent() == [f"GET {path}", f"GET services/{service['id']}"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [SUNDAY, {"state": "absent"}])
@pytest.mark.parametrize("by", ["name", "service_id"])
def test_secondary_service_without_window_fails_before_any_write(
    secondary: dict[str, Any], run: Run, sent: Sent, by: str, options: dict[str, Any], check: bool
) -> None:
    lookup = {by: "reports" if by == "name" else secondary["id"]}
    result = run("upgrade_window", check=check, **lookup, **options)
    assert result["msg"] == (
        f"Service 'reports' ({secondary['id']}) is a secondary service."
        " It has the upgrade window of the primary service of its data warehouse: change that one."
    )
    assert (result["failed"], result["changed"]) == (True, False)
    assert {request.split()[0] for request in sent()} == {"GET"}


@pytest.mark.parametrize("options", [SUNDAY, {"state": "absent"}])
def test_secondary_service_with_window_is_reported_by_the_api(
    window: dict[str, Any], secondary: dict[str, Any], run: Run, options: dict[str, Any]
) -> None:
    result = run("upgrade_window", service_id=secondary["id"], **options)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert "It has the upgrade window of the primary service of its data warehouse: change that one." in result["msg"]


def test_missing_feature_is_named_and_window_can_still_be_deleted(
    service: dict[str, Any], window: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"scheduledUpgrades": False})
    result = run("upgrade_window", name="analytics", **SUNDAY)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert (
        "FORBIDDEN. The role of the API key does not allow this: use a key that has the permission"
        " control-plane:service:manage. If it has, the organization does not have scheduled upgrades, which the tiers"
        " Scale and Enterprise have."
    ) in result["msg"]
    assert result["upgrade_window"]["weekday"] == "wednesday"
    assert run("upgrade_window", name="analytics", state="absent")["changed"] is True


def test_restricted_key_without_necessary_change(
    service: dict[str, Any], window: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["update-service"])
    key = {name: added[name] for name in ("api_key", "api_secret")}
    same = {"weekday": "wednesday", "start_hour_utc": 12}
    assert run("upgrade_window", **key, name="analytics", **same)["changed"] is False
    for options in (SUNDAY, {"state": "absent"}):
        result = run("upgrade_window", **key, name="analytics", **options)
        assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
        assert "the permission control-plane:service:manage" in result["msg"]


@pytest.mark.parametrize("status", [401, 403, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/upgradeWindow$", method="GET", status=status, times=99)
    result = run("upgrade_window", service_id=service["id"], state="absent")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"service {service['id']}" in result["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("options", "method"), [(SUNDAY, "PUT"), ({"state": "absent"}, "DELETE")])
def test_lost_response_is_not_a_failure(
    window: dict[str, Any], emulator: Emulator, run: Run, options: dict[str, Any], method: str
) -> None:
    emulator.fault(path="/upgradeWindow$", method=method, disconnect="after")
    result = run("upgrade_window", name="analytics", **options)
    assert ("failed" in result, result["changed"]) == (False, True)
    assert (result["upgrade_window"] or {}).get("weekday") == options.get("weekday")


def test_window_that_another_task_has_deleted_is_no_change(
    service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    stale = {"weekday": 3, "startHourUtc": 12, "duration": 6}
    emulator.fault(path="/upgradeWindow$", method="GET", status=200, body={"result": stale})
    result = run("upgrade_window", service_id=service["id"], state="absent")
    assert ("failed" in result, result["changed"], result["upgrade_window"]) == (False, False, None)


def test_conflict_is_reported_with_the_present_window(
    service: dict[str, Any], window: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.fault(path="/upgradeWindow$", method="DELETE", status=409)
    result = run("upgrade_window", service_id=service["id"], state="absent")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 409)
    assert f"The upgrade window of service {service['id']} still exists." in result["msg"]


def test_refusal_is_reported_even_if_the_window_cannot_be_read_again(
    service: dict[str, Any], window: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.fault(path="/upgradeWindow$", method="GET", skip=1, status=403)
    emulator.fault(path="/upgradeWindow$", method="DELETE", status=409)
    result = run("upgrade_window", service_id=service["id"], state="absent")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 409)


def test_waits_for_lagging_read(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, path: str) -> None:
    emulator.fault(path="/upgradeWindow$", method="GET", times=3, status=404)
    result = run("upgrade_window", service_id=service["id"], **SUNDAY)
    assert (result["changed"], result["upgrade_window"]) == (True, {**SUNDAY, "duration": 6})
    assert sent() == [f"GET {path}", f"GET services/{service['id']}", f"PUT {path}", *[f"GET {path}"] * 3]


@pytest.mark.usefixtures("pauses")
def test_permanent_lag_is_reported(
    service: dict[str, Any], window: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.fault(path="/upgradeWindow$", method="GET", times=99, status=200, body={"result": window})
    for options, message in (
        (
            SUNDAY,
            "still has weekday 'wednesday'; start_hour_utc 12 after 300 seconds of waiting for it to be as requested",
        ),
        ({"state": "absent"}, "still exists after 300 seconds of waiting for it to be deleted"),
    ):
        result = run("upgrade_window", service_id=service["id"], wait_timeout=300, wait_interval=50, **options)
        assert (result["failed"], result["changed"]) == (True, True)
        assert f"The upgrade window of service {service['id']} {message}" in result["msg"]


def test_without_wait_response_is_returned(service: dict[str, Any], run: Run, sent: Sent, path: str) -> None:
    result = run("upgrade_window", name="analytics", wait=False, **SUNDAY)
    assert (result["changed"], result["upgrade_window"]) == (True, {**SUNDAY, "duration": 6})
    assert sent() == ["GET services", f"GET {path}", f"PUT {path}"]


def test_unexpected_values_are_replaced_or_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/upgradeWindow$", status=200, body={"result": {"weekday": 7, "newField": {"someKey": 1}}})
    plan = run("upgrade_window", check=True, service_id=service["id"], **SUNDAY)
    assert plan["diff"]["before"] == {"weekday": 7, "start_hour_utc": None}
    emulator.fault(path="/upgradeWindow$", status=200, body={"result": {"weekday": "sunday"}})
    result = run("upgrade_window", service_id=service["id"], **SUNDAY)
    assert "The API returned 'sunday' for weekday; expected a number." in result["msg"]


def test_return_values_and_choices_are_documented() -> None:
    documented = yaml.safe_load(upgrade_window.RETURN)["upgrade_window"]
    assert documented["contains"].keys() == UPGRADE_WINDOW.to_result({}).keys()
    options = yaml.safe_load(upgrade_window.DOCUMENTATION)["options"]
    for name, rule in UPGRADE_WINDOW.argument_spec().items():
        assert options[name]["choices"] == rule["choices"]
