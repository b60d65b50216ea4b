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

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

DEFAULTS = {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 24, "backup_start_time": None}
ALL = list(DEFAULTS)


def bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of the writes, and clear the journal."""
    written = [request["body"] for request in emulator.journal() if request["method"] != "GET"]
    emulator.clear_journal()
    return written


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
        ({"backup_period_in_hours": -6}, "backup_period_in_hours must be at least 1; -6 is not."),
        ({"backup_retention_period_in_hours": 0}, "backup_retention_period_in_hours must be at least 24; 0 is not."),
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


def test_limit_of_the_api_is_reported(service: dict[str, Any], run: Run) -> None:
    result = run("backup_config", name="analytics", backup_retention_period_in_hours=1104)
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


def test_ambiguous_name_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    other = emulator.create(name="analytics")["service"]
    result = run("backup_config", name="analytics", backup_period_in_hours=12)
    assert "2 services are named 'analytics'" in result["msg"]
    assert other["id"] in result["msg"]


STALE = {"backupPeriodInHours": 24, "backupRetentionPeriodInHours": 24}


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
