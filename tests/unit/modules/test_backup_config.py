# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backup_config import BACKUP_CONFIG
from ansible_collections.clickhouse.cloud.plugins.modules import backup_config
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
DEFAULTS = {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 24, "backup_start_time": None}
ALL = list(DEFAULTS)


def bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of the writes, and clear the journal."""
    written = [request["body"] for request in emulator.journal() if request["method"] != "GET"]
    emulator.clear_journal()
    return written


@pytest.fixture
def secondary(service: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Return a second service of the data warehouse."""
    created: dict[str, Any] = emulator.create(
        name="reports", provider="aws", region="eu-central-1", dataWarehouseId=service["dataWarehouseId"]
    )["service"]
    emulator.clear_journal()
    return created


#: The options of consecutive tasks, the request of each, and the resulting configuration.
COURSE: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
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
        {"reset": ALL},
        {"backupRetentionPeriodInHours": None, "backupStartTime": None},
        DEFAULTS,
    ),
]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_options_are_set_changed_and_reset_idempotently(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    path = f"services/{service['id']}/backupConfiguration"
    looks = [f"GET {path}"] if by == "service_id" else ["GET services", f"GET {path}"]
    before: dict[str, Any] = DEFAULTS
    for options, body, after in COURSE:
        differing = [option for option in ALL if before[option] != after[option]]
        diff = {
            "before": {option: before[option] for option in differing},
            "after": {option: after[option] for option in differing},
        }
        plan = run("backup_config", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"], plan["backup_config"]) == (True, diff, after)
        assert sent() == looks

        changed = run("backup_config", **lookup, **options)
        assert (changed["changed"], changed["diff"], changed["backup_config"]) == (True, diff, after)
        assert changed["service_id"] == plan["service_id"] == service["id"]
        assert [entry["body"] for entry in emulator.journal() if entry["method"] == "PATCH"] == [body]
        assert sent() == [*looks, f"PATCH {path}", f"GET {path}"]

        for check in (True, False):
            again = run("backup_config", check=check, **lookup, **options)
            assert (again["changed"], again["backup_config"]) == (False, after)
            assert again["diff"] == {"before": {}, "after": {}}
            assert again["service_id"] == service["id"]
            assert sent() == looks
        before = after


@pytest.mark.parametrize("options", [{}, {"reset": []}, {"reset": ALL}, {"backup_start_time": ""}])
def test_no_options_send_no_request(service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any]) -> None:
    result = run("backup_config", service_id=service["id"], **options)
    assert (result["changed"], result["backup_config"]) == (False, DEFAULTS)
    assert sent() == [f"GET services/{service['id']}/backupConfiguration"]


def test_empty_start_time_counts_as_unset(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    stored = {"backupPeriodInHours": 24.0, "backupRetentionPeriodInHours": 24.0, "backupStartTime": ""}
    emulator.fault(path="/backupConfiguration$", status=200, body={"result": stored})
    result = run("backup_config", service_id=service["id"], backup_period_in_hours=24, reset=["backup_start_time"])
    assert (result["changed"], result["backup_config"]) == (False, DEFAULTS)


def test_id_takes_precedence_over_name(service: dict[str, Any], run: Run, sent: Sent) -> None:
    assert run("backup_config", service_id=service["id"], name="other", reset=ALL)["service_id"] == service["id"]
    assert sent() == [f"GET services/{service['id']}/backupConfiguration"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"backup_start_time": "2:00"},
            "backup_start_time must be a full hour as HH:00, such as '02:00'; '2:00' is not."
            " Quote it, since YAML reads 12:00 as the number 720.",
        ),
        (
            {"backup_start_time": 720},
            "backup_start_time must be a full hour as HH:00, such as '02:00'; '720' is not."
            " Quote it, since YAML reads 12:00 as the number 720.",
        ),
        (
            {"backup_retention_period_in_hours": 36},
            "backup_retention_period_in_hours must be a multiple of 24; 36 is not.",
        ),
        (
            {"backup_period_in_hours": 12, "reset": ["backup_period_in_hours"]},
            "backup_period_in_hours is both set to 12 and reset: leave one of them out.",
        ),
        (
            {"backup_start_time": "02:00", "reset": ["backup_start_time"]},
            "backup_start_time is both set to '02:00' and reset: leave one of them out.",
        ),
        (
            {"backup_start_time": "02:00", "backup_period_in_hours": 12},
            "backup_start_time would be 02:00 and backup_period_in_hours would be 12, but with a start time the period"
            " must be 24 or 48. Set backup_period_in_hours to one of them, or name backup_start_time in reset.",
        ),
    ],
)
def test_impossible_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str, check: bool
) -> None:
    for lookup in ({"service_id": service["id"]}, {"name": "analytics"}):
        result = run("backup_config", check=check, **lookup, **options)
        assert (result["failed"], result["changed"], result["msg"]) == (True, False, message)
    assert sent() == []


def test_unknown_option_cannot_be_reset(emulator: Emulator, run: Run) -> None:
    result = run("backup_config", name="analytics", reset=["name"])
    assert result["msg"] == f"reset: number 1 must be {' or '.join(ALL)}; 'name' is not."
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("stored", "options", "message"),
    [
        (
            {"backup_period_in_hours": 12},
            {"backup_start_time": "02:00"},
            "backup_start_time would be 02:00 and backup_period_in_hours is 12, but",
        ),
        (
            {"backup_start_time": "02:00"},
            {"backup_period_in_hours": 12},
            "backup_start_time is 02:00 and backup_period_in_hours would be 12, but",
        ),
    ],
)
def test_start_time_and_period_are_checked_with_current_values(
    service: dict[str, Any],
    run: Run,
    sent: Sent,
    stored: dict[str, Any],
    options: dict[str, Any],
    message: str,
    check: bool,
) -> None:
    run("backup_config", name="analytics", **stored)
    sent()
    result = run("backup_config", check=check, service_id=service["id"], **options)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith(message)
    assert sent() == [f"GET services/{service['id']}/backupConfiguration"]


@pytest.mark.parametrize(
    "options", [{"backup_retention_period_in_hours": 1104}, {"backup_retention_period_in_hours": 0}]
)
def test_limits_of_the_api_are_reported(service: dict[str, Any], run: Run, options: dict[str, Any]) -> None:
    result = run("backup_config", name="analytics", **options)
    assert (result["status"], result["changed"]) == (400, False)
    assert "BAD_REQUEST: request body.backupRetentionPeriodInHours" in result["msg"]
    assert result["backup_config"] == DEFAULTS


def test_key_without_admin_role_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    refusal = {"error": "FORBIDDEN: Insufficient permissions.", "requestId": "r-1", "status": 403}
    emulator.fault(path="/backupConfiguration$", method="PATCH", status=403, body=refusal)
    result = run("backup_config", name="analytics", backup_period_in_hours=12)
    assert result["msg"].endswith(
        " failed with HTTP status 403: FORBIDDEN: Insufficient permissions."
        " The role of the API key does not allow this: use a key that has the permission"
        " control-plane:service:manage-backups."
        " The API's request id is r-1."
    )
    assert (result["failed"], result["changed"]) == (True, False)
    assert (result["status"], result["error"]) == (403, refusal["error"])
    assert (result["request_id"], result["backup_config"]) == ("r-1", DEFAULTS)


def test_restricted_key_without_necessary_change(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["manage-backups"])
    key = {name: added[name] for name in ("api_key", "api_secret")}
    assert run("backup_config", **key, name="analytics", reset=ALL)["changed"] is False
    result = run("backup_config", **key, name="analytics", backup_period_in_hours=12)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert (
        "use a key that has the permission control-plane:service:manage-backups. If it has, backups can be configured"
        " in the tiers Scale and Enterprise, but not in the tier Basic."
    ) in result["msg"]


def test_tier_basic_is_reported(emulator: Emulator, run: Run) -> None:
    basic = emulator.add_organization(tier="BASIC")
    connection = {name: basic[name] for name in ("organization_id", "api_key", "api_secret")}
    options = {**connection, "name": "small"}
    run("service", **options, provider="aws", region="us-east-1", ip_access_list=[])
    # The current values are not a change, so no request is sent.
    assert run("backup_config", **options, reset=ALL, backup_retention_period_in_hours=None)["changed"] is False
    emulator.clear_journal()
    assert run("backup_config", check=True, **options, backup_period_in_hours=12)["changed"] is True
    assert bodies(emulator) == []
    result = run("backup_config", **options, backup_period_in_hours=12)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert (
        " failed with HTTP status 403: FORBIDDEN: Cannot use customized backup schedule in BASIC pricing package."
        " Backups can be configured in the tiers Scale and Enterprise, but not in the tier Basic."
    ) in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_secondary_service_by_name_fails_before_any_write(
    secondary: dict[str, Any], run: Run, sent: Sent, check: bool
) -> None:
    result = run("backup_config", check=check, name="reports", backup_period_in_hours=12)
    assert result["msg"] == (
        f"Service 'reports' ({secondary['id']}) is a secondary service."
        " Only the primary service of a data warehouse has a backup configuration: change that one."
    )
    assert (result["failed"], result["changed"]) == (True, False)
    assert sent() == ["GET services"]


def test_secondary_service_by_id_is_reported_by_the_api(secondary: dict[str, Any], run: Run) -> None:
    result = run("backup_config", service_id=secondary["id"], backup_period_in_hours=12)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert result["error"] in result["msg"]
    assert "Only the primary service of a data warehouse has a backup configuration: change that one." in result["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, lookup: dict[str, str], check: bool) -> None:
    result = run("backup_config", check=check, **lookup, reset=ALL)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("backup_config")["msg"]
    assert "one of the following is required: name, service_id" in run("backup_config", name="")["msg"]
    assert "service_id must be a UUID" in run("backup_config", service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_ambiguous_name_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    other = emulator.create(name="analytics")["service"]
    result = run("backup_config", name="analytics", backup_period_in_hours=12)
    assert "2 services are named 'analytics'" in result["msg"]
    assert other["id"] in result["msg"]


STALE = {"backupPeriodInHours": 24, "backupRetentionPeriodInHours": 24}


def test_waits_for_lagging_read(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    # The first read is up to date, and the two after the change lag.
    emulator.fault(path="/backupConfiguration$", method="GET", times=3, status=200, body={"result": STALE})
    result = run("backup_config", service_id=service["id"], backup_period_in_hours=12)
    assert (result["changed"], result["backup_config"]) == (True, {**DEFAULTS, "backup_period_in_hours": 12})
    path = f"services/{service['id']}/backupConfiguration"
    assert sent() == [f"GET {path}", f"PATCH {path}", *[f"GET {path}"] * 3]


def test_waits_until_reset_can_be_read(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    run("backup_config", name="analytics", backup_start_time="02:00")
    stale = {**STALE, "backupStartTime": "02:00"}
    emulator.fault(path="/backupConfiguration$", method="GET", times=3, status=200, body={"result": stale})
    result = run("backup_config", name="analytics", reset=["backup_start_time"])
    assert (result["changed"], result["backup_config"]) == (True, DEFAULTS)


@pytest.mark.usefixtures("pauses")
def test_permanent_lag_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/backupConfiguration$", method="GET", times=99, status=200, body={"result": STALE})
    result = run(
        "backup_config",
        service_id=service["id"],
        backup_period_in_hours=48,
        backup_start_time="02:00",
        wait_timeout=300,
        wait_interval=50,
    )
    assert (result["failed"], result["changed"]) == (True, True)
    assert re.match(
        f"The backup configuration of service {service['id']} still has backup_period_in_hours 24;"
        r" backup_start_time null after 300 seconds of waiting for it to be as requested\. Raise wait_timeout",
        result["msg"],
    )
    assert (
        "Changes that this task has made, or may have made: changed the backup configuration of service "
        in result["msg"]
    )


def test_transient_read_failure_is_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/backupConfiguration$", method="GET", status=200, body={"result": STALE})
    emulator.fault(path="/backupConfiguration$", method="GET", status=503, times=2)
    result = run("backup_config", service_id=service["id"], backup_period_in_hours=12)
    assert (result["changed"], result["backup_config"]["backup_period_in_hours"]) == (True, 12)


def test_without_wait_response_is_returned(service: dict[str, Any], run: Run, sent: Sent) -> None:
    result = run("backup_config", service_id=service["id"], backup_period_in_hours=12, wait=False)
    assert (result["changed"], result["backup_config"]) == (True, {**DEFAULTS, "backup_period_in_hours": 12})
    path = f"services/{service['id']}/backupConfiguration"
    assert sent() == [f"GET {path}", f"PATCH {path}"]


def test_missing_view_permission_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/backupConfiguration$", status=403)
    result = run("backup_config", name="analytics", reset=ALL)
    assert (result["status"], result["changed"]) == (403, False)
    assert "The role of the API key does not allow this" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(backup_config.RETURN)["backup_config"]
    assert "M(clickhouse.cloud.backup_config_info)" in documented["description"][0]
    assert documented["contains"].keys() == BACKUP_CONFIG.to_result({}).keys()


def test_limits_and_choices_are_documented() -> None:
    options = yaml.safe_load(backup_config.DOCUMENTATION)["options"]
    for field in BACKUP_CONFIG.options():
        text = " ".join(options[field.option]["description"])
        assert field.multiple_of == 1 or f"a multiple of {field.multiple_of}" in text
    assert options["reset"]["choices"] == ALL
