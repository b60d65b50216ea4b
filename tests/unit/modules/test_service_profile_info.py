# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.modules import service_profile_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import Run

Sent = Callable[[], list[str]]

BYOC_ID = "5e6f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b"
REQUEST = ["GET serviceProfiles"]
SMALL = {"profile": "v1-highmem-xs", "cpu_cores": 2, "memory_gi": 16}


@pytest.mark.parametrize("check", [True, False])
def test_profiles_of_a_region(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    result = run("service_profile_info", check=check, region="us-east-1")
    assert (result["changed"], "diff" in result) == (False, False)
    assert SMALL in result["service_profiles"]
    assert emulator.journal()[-1]["query"] == {"region_id": ["us-east-1"]}
    assert sent() == REQUEST


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({"byoc_id": BYOC_ID.upper()}, {"byoc_id": [BYOC_ID]}),
        ({"byoc_id": BYOC_ID, "region": ""}, {"byoc_id": [BYOC_ID]}),
        ({"byoc_id": BYOC_ID, "region": "us-east-1"}, {"byoc_id": [BYOC_ID], "region_id": ["us-east-1"]}),
    ],
)
def test_profiles_of_a_configuration(
    emulator: Emulator, run: Run, sent: Sent, options: dict[str, str], query: dict[str, list[str]]
) -> None:
    configuration = {"id": BYOC_ID, "regionId": "us-east-1"}
    emulator.add_organization(id=emulator.organization_id, byocConfig=[configuration])
    result = run("service_profile_info", **options)
    assert result["service_profiles"][0] == {"profile": "v1-standard-byoc-12", "cpu_cores": 12, "memory_gi": 48}
    assert emulator.journal()[-1]["query"] == query
    assert sent() == REQUEST


def test_tier_without_profiles(emulator: Emulator, run: Run) -> None:
    scale = emulator.add_organization(tier="SCALE")
    connection = {name: scale[name] for name in ("organization_id", "api_key", "api_secret")}
    assert run("service_profile_info", region="us-east-1", **connection)["service_profiles"] == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: region, byoc_id."),
        ({"region": "", "byoc_id": ""}, "one of the following is required: region, byoc_id."),
        ({"byoc_id": "our-cloud"}, "byoc_id must be a UUID such as"),
        ({"byoc_id": "..", "region": "us-east-1"}, "byoc_id must be a UUID such as"),
        ({"region": "us-east-1\n"}, "region"),
    ],
)
def test_invalid_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, str], message: str, check: bool
) -> None:
    result = run("service_profile_info", check=check, **options)
    assert (result["failed"], result["changed"]) == (True, False)
    assert message in result["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"byoc_id": BYOC_ID}, f"There is no configuration {BYOC_ID} of your own cloud: check byoc_id."),
        ({"region": "us-east-0"}, "The request to list the profiles of services failed with HTTP status 400: "),
    ],
)
def test_unknown_place_is_reported(
    emulator: Emulator, run: Run, sent: Sent, options: dict[str, str], message: str
) -> None:
    result = run("service_profile_info", **options)
    assert (result["failed"], result["changed"]) == (True, False)
    assert message in result["msg"]
    assert sent() == REQUEST


@pytest.mark.parametrize("check", [True, False])
def test_key_that_may_not_read_them_is_warned_of(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    emulator.fault(path="/serviceProfiles$", status=403)
    result = run("service_profile_info", check=check, region="us-east-1")
    assert ("failed" in result, result["changed"], result["service_profiles"]) == (False, False, None)
    (warning,) = result["warnings"]
    assert warning.startswith("The API key may not read the profiles of the organization: the request failed")
    assert "use a key that has the permission control-plane:organization:view" in warning
    assert sent() == REQUEST


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("status", "message", "requests"),
    [
        (401, "Check api_key and api_secret", 1),
        (404, "Check organization_id and api_url", 1),
        (500, "Internal error", 4),
    ],
)
@pytest.mark.usefixtures("fast_clock")
def test_rejected_request_is_reported(
    emulator: Emulator, run: Run, sent: Sent, status: int, message: str, requests: int, check: bool
) -> None:
    emulator.fault(path="/serviceProfiles$", status=status, times=requests)
    result = run("service_profile_info", check=check, region="us-east-1")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"The request to list the profiles of services failed with HTTP status {status}" in result["msg"]
    assert message in result["msg"]
    assert "service_profiles" not in result
    assert sent() == REQUEST * requests


@pytest.mark.parametrize(
    "body", [None, {"profile": "v1-default"}, [{"cpuCores": 4}], [{"profile": ""}], ["v1-default"]]
)
def test_unexpected_response_is_reported(emulator: Emulator, run: Run, body: Any) -> None:
    emulator.fault(path="/serviceProfiles$", status=200, body={"result": body})
    result = run("service_profile_info", region="us-east-1")
    assert "but a list of objects with a profile was expected" in result["msg"]


def test_new_and_missing_fields(emulator: Emulator, run: Run) -> None:
    body = {"result": [{"profile": "v2", "gpu": {"coreCount": 1}}]}
    emulator.fault(path="/serviceProfiles$", status=200, body=body)
    (profile,) = run("service_profile_info", region="us-east-1")["service_profiles"]
    assert profile == {"profile": "v2", "cpu_cores": None, "memory_gi": None, "gpu": {"core_count": 1}}


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(service_profile_info.RETURN)["service_profiles"]["contains"]
    assert documented.keys() == service_profile_info.SERVICE_PROFILE.to_result({}).keys()
