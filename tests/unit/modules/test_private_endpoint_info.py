# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.private_endpoint import PRIVATE_ENDPOINT
from ansible_collections.clickhouse.cloud.plugins.modules import private_endpoint_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import Run

Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
OFFICE = {"id": "vpce-1", "description": "office", "cloudProvider": "aws", "region": "eu-central-1"}
LEFT_OVER = {"id": "vpce-2", "description": "", "cloudProvider": "aws", "region": "us-east-1"}
GCP = {"id": "1234567890", "description": "", "cloudProvider": "gcp", "region": "us-east1"}


@pytest.fixture
def organization(service: dict[str, Any], emulator: Emulator) -> str:
    """Register private endpoints, of which two services use the first; return the path of the organization."""
    emulator.request("PATCH", "", {"privateEndpoints": {"add": [OFFICE, LEFT_OVER, GCP]}})
    place = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    reports = emulator.create(name="reports", **place, privateEndpointIds=["vpce-1"])["service"]
    emulator.request("PATCH", f"services/{service['id']}", {"privateEndpointIds": {"add": ["vpce-1"]}})
    gone = emulator.create(name="gone", **place, privateEndpointIds=["vpce-1"])["service"]
    emulator.set_service(gone["id"], state="terminating")
    emulator.set_service(reports["id"], state="running")
    emulator.clear_journal()
    return f"/v1/organizations/{emulator.organization_id}"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({}, ["vpce-1", "vpce-2", "1234567890"]),
        ({"name": "analytics"}, ["vpce-1"]),
        ({"cloud_provider": "aws"}, ["vpce-1", "vpce-2"]),
        ({"cloud_provider": "aws", "region": "us-east-1"}, ["vpce-2"]),
        ({"name": "reports", "region": "us-east-1"}, []),
        ({"region": ""}, ["vpce-1", "vpce-2", "1234567890"]),
    ],
)
def test_filters(organization: str, run: Run, sent: Sent, options: dict[str, Any], ids: list[str], check: bool) -> None:
    result = run("private_endpoint_info", check=check, **options)
    assert (result["changed"], "diff" in result) == (False, False)
    assert [endpoint["id"] for endpoint in result["private_endpoints"]] == ids
    assert sent() == ["GET services", f"GET {organization}"]


def test_services_that_use_an_endpoint(service: dict[str, Any], organization: str, run: Run) -> None:
    result = run("private_endpoint_info", service_id=service["id"])
    (endpoint,) = result["private_endpoints"]
    assert [user["name"] for user in endpoint.pop("services")] == ["analytics", "reports"]
    assert endpoint == {"id": "vpce-1", "description": "office", "cloud_provider": "aws", "region": "eu-central-1"}
    assert result["service_id"] == service["id"]
    everything = run("private_endpoint_info")["private_endpoints"]
    assert [len(endpoint["services"]) for endpoint in everything] == [2, 0, 0]


@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": "analytic"}, {"name": "gone"}])
def test_wrong_service_is_reported(organization: str, run: Run, sent: Sent, lookup: dict[str, str]) -> None:
    result = run("private_endpoint_info", **lookup)
    assert result["failed"] is True
    assert "There is no service" in result["msg"] or "is being deleted" in result["msg"]
    assert sent() == ["GET services"]


def test_invalid_options_fail_before_any_request(emulator: Emulator, run: Run, sent: Sent) -> None:
    assert "service_id must be a UUID" in run("private_endpoint_info", service_id="analytics")["msg"]
    assert "cloud_provider must be aws or gcp or azure" in run("private_endpoint_info", cloud_provider="x")["msg"]
    assert sent() == []


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_read_is_reported(organization: str, emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/organizations/[^/]+$", status=status, times=99)
    result = run("private_endpoint_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to read the organization failed" in result["msg"]


def test_services_that_the_key_may_not_view_are_missing(organization: str, emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/services$", status=200, body={"result": []})
    assert [endpoint["services"] for endpoint in run("private_endpoint_info")["private_endpoints"]] == [[], [], []]


def test_unexpected_and_new_fields(organization: str, emulator: Emulator, run: Run) -> None:
    resource = emulator.request("GET", "")
    body = {"result": {**resource, "privateEndpoints": [{"id": "vpce-1", "newField": {"someKey": 1}}, "x"]}}
    emulator.fault(path="/organizations/[^/]+$", status=200, body=body)
    (endpoint,) = run("private_endpoint_info")["private_endpoints"]
    assert (endpoint["new_field"], endpoint["description"], endpoint["region"]) == ({"some_key": 1}, None, None)
    emulator.fault(path="/organizations/[^/]+$", status=200, body={"result": {**resource, "privateEndpoints": {}}})
    assert "The API returned {} for privateEndpoints; expected a list." in run("private_endpoint_info")["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(private_endpoint_info.RETURN)["private_endpoints"]["contains"]
    assert documented.keys() == {*PRIVATE_ENDPOINT.to_result({}), "services"}
