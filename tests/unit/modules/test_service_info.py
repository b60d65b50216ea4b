# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.service import SERVICE_STATES
from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


@pytest.fixture
def ids(emulator: Emulator) -> dict[str, str]:
    """Create three services, two of them with the same name, and return their IDs by the tag "n"."""
    body = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    found = {}
    for number, name, env in (("1", "analytics", "prod"), ("2", "reports", "prod"), ("3", "reports", "dev")):
        tags = [{"key": "n", "value": number}, {"key": "env", "value": env}]
        found[number] = emulator.create(**body, name=name, tags=tags)["service"]["id"]
        emulator.set_service(found[number], state="idle" if env == "dev" else "running")
    emulator.clear_journal()
    return found


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "123"),
        ({"name": "reports"}, "23"),
        ({"name": "Reports"}, ""),
        ({"tags": {"env": "prod"}}, "12"),
        ({"tags": {"env": "prod", "n": "2"}}, "2"),
        ({"tags": {"env": None}}, "123"),
        ({"tags": {"missing": None}}, ""),
        ({"states": ["idle", "stopped"]}, "3"),
        ({"state": "idle"}, "3"),
        ({"states": []}, ""),
        ({"name": "reports", "tags": {"env": "prod"}, "states": ["running"]}, "2"),
    ],
)
def test_filter_needs_one_request(
    ids: dict[str, str], run: Run, sent: Sent, options: dict[str, Any], expected: str, check: bool
) -> None:
    result = run("service_info", check=check, **options)
    assert result["changed"] is False
    assert [service["id"] for service in result["services"]] == [ids[number] for number in expected]
    assert sent() == ["GET services"]


def test_services_are_found_by_tags_of_any_type(run: Run, emulator: Emulator) -> None:
    tags = {"office-hours": True, "spot": False, "floor": 7, "share": 0.5, "owner": None}
    run("service", name="analytics", provider="aws", region="eu-central-1", ip_access_list=[], tags=tags)
    emulator.clear_journal()
    assert [service["name"] for service in run("service_info", tags=tags)["services"]] == ["analytics"]
    filters = ["tag:office-hours=true", "tag:spot=false", "tag:floor=7", "tag:share=0.5", "tag:owner"]
    assert emulator.journal()[0]["query"] == {"filter": filters}


def test_tags_are_filtered_by_the_api(ids: dict[str, str], run: Run, emulator: Emulator) -> None:
    run("service_info", tags={"env": "prod", "n": None})
    assert emulator.journal()[0]["query"] == {"filter": ["tag:env=prod", "tag:n"]}


def test_service_is_found_by_id(ids: dict[str, str], run: Run, sent: Sent) -> None:
    result = run("service_info", service_id=ids["2"])
    assert [service["name"] for service in result["services"]] == ["reports"]
    assert sent() == [f"GET services/{ids['2']}"]
    assert run("service_info", service_id=ids["2"], states=["idle"])["services"] == []


def test_unknown_id_returns_empty_list(emulator: Emulator, run: Run) -> None:
    assert run("service_info", service_id="6f0b7c9e-1d2a-4c3b-8e4f-123456789abc")["services"] == []


def test_service_has_option_names(ids: dict[str, str], run: Run) -> None:
    service = run("service_info", service_id=ids["1"])["services"][0]
    assert service["tags"] == {"n": "1", "env": "prod"}
    assert service["ip_access_list"] == []
    assert service["tier"] is None
    assert [endpoint["protocol"] for endpoint in service["endpoints"]] == ["https", "nativesecure"]
    assert all(isinstance(endpoint["port"], int) for endpoint in service["endpoints"])


@pytest.mark.parametrize("other", [{"name": "a"}, {"tags": {"env": "prod"}}])
def test_id_excludes_name_and_tags(emulator: Emulator, run: Run, other: dict[str, Any]) -> None:
    result = run("service_info", service_id="6f0b7c9e-1d2a-4c3b-8e4f-123456789abc", **other)
    assert "parameters are mutually exclusive" in result["msg"]
    assert emulator.journal() == []


def test_empty_survey_answer_does_not_exclude_id(ids: dict[str, str], run: Run) -> None:
    assert [service["id"] for service in run("service_info", service_id="", name="analytics")["services"]] == [ids["1"]]


@pytest.mark.parametrize("option", ["service_id", "name"])
def test_empty_survey_answer_counts_as_unset(ids: dict[str, str], run: Run, option: str) -> None:
    assert len(run("service_info", **{option: ""})["services"]) == 3


def test_rejected_key_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("service_info", api_secret="wrong")
    assert result["failed"] is True
    assert result["status"] == 401
    assert "Check api_key and api_secret" in result["msg"]


@pytest.mark.parametrize("module", ["service_info", "service_metrics_info"])
def test_misspelled_state_does_not_find_nothing(emulator: Emulator, run: Run, module: str) -> None:
    result = run(module, states=["running", "paused"])
    assert result["msg"].startswith("states: number 2 must be provisioning or starting or awaking or running or ")
    assert result["msg"].endswith("; 'paused' is not.")
    assert emulator.journal() == []


def test_states_are_those_of_the_specification() -> None:
    assert set(SERVICE_STATES) == set(load().schemas["Service"]["properties"]["state"]["enum"])


def test_unknown_fields_and_states_are_kept(ids: dict[str, str], emulator: Emulator, run: Run) -> None:
    stranger = {"id": ids["1"], "state": "hibernating", "newField": {"someKey": 1}, "tags": None, "endpoints": None}
    emulator.fault(path="/services$", status=200, body={"result": [stranger]})
    (service,) = run("service_info")["services"]
    assert service["state"] == "hibernating"
    assert service["new_field"] == {"some_key": 1}
    assert service["tags"] == {}
    assert service["name"] is None
