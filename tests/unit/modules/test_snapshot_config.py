# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.snapshot_config import CADENCES, SNAPSHOT_CONFIG
from ansible_collections.clickhouse.cloud.plugins.modules import snapshot_config
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

BETA_IS_OFF = (
    " failed with HTTP status 403: FORBIDDEN. The beta of snapshots is off for the organization: ask ClickHouse"
    " support to turn it on. The API's request id is "
)
NEVER = {"enabled": False, "gap": None, "time_frame": None}
EVERY_30 = {"enabled": True, "gap": 30, "time_frame": 1440}
PAIRS = "Set both: gap: 30 and time_frame: 1440, or gap: 60 and time_frame: 2880."
NO_PAIR = f"but snapshots need a pair that the API accepts. {PAIRS}"


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/snapshotConfiguration"


def turn_beta_off(emulator: Emulator) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"snapshots": False})
    emulator.clear_journal()


@pytest.mark.parametrize("options", [{}, {"enabled": False}, {"gap": ""}])
def test_nothing_to_change_sends_one_request(
    service: dict[str, Any], path: str, run: Run, sent: Sent, options: dict[str, Any]
) -> None:
    result = run("snapshot_config", service_id=service["id"], **options)
    assert (result["changed"], result["snapshot_config"]) == (False, NEVER)
    assert sent() == [f"GET {path}"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"gap": 30},
            f"gap is 30 minutes and time_frame is not set, {NO_PAIR}",
        ),
        (
            {"enabled": True, "time_frame": 1440},
            f"gap is not set and time_frame is 1440 minutes, {NO_PAIR}",
        ),
        (
            {"gap": 30, "time_frame": 2880},
            f"gap is 30 minutes and time_frame is 2880 minutes, {NO_PAIR}",
        ),
        ({"gap": 15, "time_frame": 1440}, "gap must be 30 or 60; 15 is not."),
        ({"gap": 30, "time_frame": 720}, "time_frame must be 1440 or 2880; 720 is not."),
    ],
)
def test_impossible_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str, check: bool
) -> None:
    result = run("snapshot_config", check=check, name="analytics", **options)
    assert (result["failed"], result["msg"]) == (True, message)
    assert sent() == []


@pytest.mark.parametrize("check", [True, False])
def test_first_time_needs_the_cadence(service: dict[str, Any], path: str, run: Run, sent: Sent, check: bool) -> None:
    result = run("snapshot_config", check=check, service_id=service["id"], enabled=True)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == f"Snapshots cannot be enabled yet, since the service has no gap and time_frame. {PAIRS}"
    assert sent() == [f"GET {path}"]


def test_enabled_snapshots_need_no_cadence(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/snapshotConfiguration$", status=200, body={"result": {"enabled": True}})
    assert run("snapshot_config", service_id=service["id"], enabled=True)["changed"] is False


def test_cadence_of_another_client_is_kept(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    stored = {"enabled": False, "gap": 15.0, "timeFrame": 720.0}
    emulator.fault(path="/snapshotConfiguration$", status=200, body={"result": stored})
    plan = run("snapshot_config", check=True, service_id=service["id"], enabled=True)
    assert plan["snapshot_config"] == {"enabled": True, "gap": 15, "time_frame": 720}


def test_snapshot_appears_after_the_gap(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    run("snapshot_config", service_id=service["id"], **EVERY_30)
    assert run("snapshot_info", service_id=service["id"])["snapshots"] == []
    emulator.advance(32 * 60)
    (snapshot,) = run("snapshot_info", service_id=service["id"])["snapshots"]
    assert (snapshot["status"], snapshot["duration_in_seconds"]) == ("done", 60)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [EVERY_30, {"enabled": False}])
def test_beta_that_is_off_is_named_as_the_cause(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, options: dict[str, Any], check: bool
) -> None:
    turn_beta_off(emulator)
    result = run("snapshot_config", check=check, service_id=service["id"], **options)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    message = f"The request to read the snapshot configuration of service {service['id']}" + BETA_IS_OFF
    assert result["msg"].startswith(message)
    assert "permission" not in result["msg"]
    assert sent() == [f"GET {path}", "GET /v1/organizations"]


def test_beta_that_allows_only_reading_is_named_as_the_cause(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent
) -> None:
    turn_beta_off(emulator)
    emulator.fault(path="/snapshotConfiguration$", method="GET", status=200, body={"result": {"enabled": False}})
    result = run("snapshot_config", service_id=service["id"], **EVERY_30)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert f"The request to change the snapshot configuration of service {service['id']}" + BETA_IS_OFF in result["msg"]
    assert sent() == [f"GET {path}", f"PATCH {path}", "GET /v1/organizations"]


@pytest.mark.parametrize(
    "organizations",
    [
        {"status": 500, "times": 99},
        {"status": 200, "body": {"result": []}},
        {"status": 200, "body": {"result": [{"id": "{id}"}]}},
        {"status": 200, "body": {"result": [{"id": "{id}", "capabilities": {"snapshots": "no"}}]}},
    ],
)
@pytest.mark.usefixtures("fast_clock")
def test_both_causes_are_named_if_the_capabilities_are_unknown(
    service: dict[str, Any], emulator: Emulator, run: Run, organizations: dict[str, Any]
) -> None:
    for organization in organizations.get("body", {}).get("result", []):
        organization["id"] = emulator.organization_id
    emulator.fault(path="/snapshotConfiguration$", status=403)
    emulator.fault(path="/organizations$", **organizations)
    result = run("snapshot_config", service_id=service["id"], enabled=False)
    assert (result["failed"], result["status"]) == (True, 403)
    assert (
        " use a key that has the permission control-plane:service:view-snapshots. If it has, the beta of snapshots is"
        " off for the organization: ask ClickHouse support to turn it on."
    ) in result["msg"]


@pytest.mark.parametrize("status", [401, 403, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/snapshotConfiguration$", method="GET", status=status, times=99)
    result = run("snapshot_config", service_id=service["id"], enabled=False)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"service {service['id']}" in result["msg"]


def test_unexpected_values_are_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/snapshotConfiguration$", status=200, body={"result": {"enabled": "yes"}})
    result = run("snapshot_config", service_id=service["id"], enabled=True)
    assert "The API returned 'yes' for enabled; expected a boolean." in result["msg"]


def test_return_values_and_choices_are_documented() -> None:
    documented = yaml.safe_load(snapshot_config.RETURN)["snapshot_config"]
    assert "M(clickhouse.cloud.snapshot_config_info)" in documented["description"][0]
    assert documented["contains"].keys() == SNAPSHOT_CONFIG.to_result({}).keys()
    options = yaml.safe_load(snapshot_config.DOCUMENTATION)["options"]
    for name, rule in SNAPSHOT_CONFIG.argument_spec().items():
        assert options[name].get("choices") == rule.get("choices")
    for gap, time_frame in CADENCES:
        assert f"V({gap}) with O(time_frame={time_frame})" in " ".join(options["gap"]["description"]).replace("\n", " ")
