# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.modules import private_endpoint_config_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
SUBPATH = "/privateEndpointConfig$"


def config_request(service_id: str) -> str:
    """Return the request for the configuration of a service."""
    return f"GET services/{service_id}/privateEndpointConfig"


@pytest.mark.parametrize("check", [True, False])
def test_one_request_by_id(service: dict[str, Any], run: Run, sent: Sent, check: bool) -> None:
    result = run("private_endpoint_config_info", check=check, service_id=service["id"])
    assert result["changed"] is False
    assert "diff" not in result
    assert result["service_id"] == service["id"]
    config = result["private_endpoint_config"]
    assert config.keys() == {"endpoint_service_id", "private_dns_hostname"}
    assert config["endpoint_service_id"].startswith("com.amazonaws.vpce.eu-central-1.vpce-svc-")
    assert config["private_dns_hostname"].endswith(".eu-central-1.vpce.aws.clickhouse.cloud")
    assert sent() == [config_request(service["id"])]


@pytest.mark.parametrize("check", [True, False])
def test_two_requests_by_name(service: dict[str, Any], run: Run, sent: Sent, check: bool) -> None:
    by_id = run("private_endpoint_config_info", service_id=service["id"])
    sent()
    by_name = run("private_endpoint_config_info", check=check, name="analytics")
    assert {**by_name, "invocation": None} == {**by_id, "invocation": None}
    assert sent() == ["GET services", config_request(service["id"])]


def test_id_takes_precedence_over_name(service: dict[str, Any], run: Run, sent: Sent) -> None:
    result = run("private_endpoint_config_info", service_id=service["id"].upper(), name="something else")
    assert result["service_id"] == service["id"]
    assert sent() == [config_request(service["id"])]


def test_missing_organization_id_costs_one_more_request(
    service: dict[str, Any], run: Run, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLICKHOUSE_ORG_ID")
    assert run("private_endpoint_config_info", service_id=service["id"])["service_id"] == service["id"]
    assert sent() == ["GET /v1/organizations", config_request(service["id"])]


@pytest.mark.parametrize("state", ["idle", "stopped", "provisioning", "degraded", "failed", "some_new_state"])
def test_configuration_is_available_in_every_state(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str
) -> None:
    emulator.set_service(service["id"], state=state)
    for options in ({"service_id": service["id"]}, {"name": "analytics"}):
        config = run("private_endpoint_config_info", **options)["private_endpoint_config"]
        assert all(config.values())
    assert emulator.raw_service(service["id"])["state"] == state
    assert {request["method"] for request in emulator.journal()} == {"GET"}


@pytest.mark.parametrize("check", [True, False])
def test_unknown_service_is_reported(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    by_id = run("private_endpoint_config_info", check=check, service_id=UNKNOWN)
    assert by_id["msg"] == f"There is no service '{UNKNOWN}'." + HINT
    assert sent() == [config_request(UNKNOWN)]
    by_name = run("private_endpoint_config_info", check=check, name="nobody")
    assert by_name["msg"] == "There is no service 'nobody'." + HINT
    assert sent() == ["GET services"]
    assert by_id["changed"] is by_name["changed"] is False


def test_service_deleted_meanwhile_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path=SUBPATH, status=404, body={"error": f"NOT_FOUND: {service['id']}", "status": 404})
    result = run("private_endpoint_config_info", name="analytics")
    assert result["msg"] == f"There is no service '{service['id']}'." + HINT


@pytest.mark.parametrize("check", [True, False])
def test_ambiguous_name_lists_all_ids(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    other = emulator.create(name="analytics")["service"]
    sent()
    result = run("private_endpoint_config_info", check=check, name="analytics")
    assert "2 services are named 'analytics'" in result["msg"]
    assert service["id"] in result["msg"]
    assert other["id"] in result["msg"]
    assert sent() == ["GET services"]
    assert run("private_endpoint_config_info", service_id=other["id"])["service_id"] == other["id"]


def test_service_being_deleted_is_not_found_by_name(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    other = emulator.create(name="analytics")["service"]
    emulator.set_service(other["id"], state="terminating")
    assert run("private_endpoint_config_info", name="analytics")["service_id"] == service["id"]


@pytest.mark.parametrize("check", [True, False])
def test_missing_read_permission_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, check: bool
) -> None:
    refusal = {"error": "FORBIDDEN: not for this role", "status": 403, "requestId": UNKNOWN}
    emulator.fault(path=SUBPATH, status=403, body=refusal, times=2)
    for options in ({"service_id": service["id"]}, {"name": "analytics"}):
        result = run("private_endpoint_config_info", check=check, **options)
        assert "failed" not in result
        assert result["private_endpoint_config"] is None
        assert (
            f"The API key may not read the private endpoint configuration of service {service['id']}: the request"
            " failed with HTTP status 403: FORBIDDEN: not for this role. The role of the API key does not allow this:"
            " use a key that has the permission control-plane:service:view-private-endpoints. The API's request id is"
            f" {UNKNOWN}."
        ) in "".join(map(str, result["warnings"])).replace("\\'", "'")


def restricted_key(emulator: Emulator, *forbidden: str) -> dict[str, str]:
    """Return the options of a key without these permissions."""
    key = {"api_key": "narrow", "api_secret": "narrow"}
    emulator.add_organization(id=emulator.organization_id, forbidden=list(forbidden), **key)
    return key


def test_missing_permission_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    result = run(
        "private_endpoint_config_info", **restricted_key(emulator, "view-private-endpoints"), service_id=service["id"]
    )
    assert result["private_endpoint_config"] is None
    assert f"may not read the private endpoint configuration of service {service['id']}" in str(result["warnings"])
    assert sent() == [config_request(service["id"])]


def test_key_without_view_permission_can_use_id(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    key = restricted_key(emulator, "view-services")
    assert run("private_endpoint_config_info", **key, service_id=service["id"])["service_id"] == service["id"]
    sent()
    result = run("private_endpoint_config_info", **key, name="analytics")
    assert "The request to list the services failed with HTTP status 403" in result["msg"]
    assert sent() == ["GET services"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(
    ("status", "message", "requests"),
    [
        (401, "Check api_key and api_secret", 1),
        (404, "Check organization_id and api_url", 1),
        (500, "Internal error", 4),
    ],
)
def test_other_rejection_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, status: int, message: str, requests: int
) -> None:
    emulator.fault(path=SUBPATH, status=status, times=requests)
    result = run("private_endpoint_config_info", service_id=service["id"])
    assert result["status"] == status
    assert message in result["msg"]
    assert sent() == [config_request(service["id"])] * requests


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"endpointServiceId": None}, {"endpoint_service_id": None, "private_dns_hostname": None}),
        (
            {"endpointServiceId": "a", "newField": {"someKey": 1}},
            {"endpoint_service_id": "a", "private_dns_hostname": None, "new_field": {"some_key": 1}},
        ),
    ],
)
def test_missing_fields_are_null_and_unknown_fields_are_kept(
    service: dict[str, Any], emulator: Emulator, run: Run, answer: dict[str, Any], expected: dict[str, Any]
) -> None:
    emulator.fault(path=SUBPATH, status=200, body={"result": answer})
    assert run("private_endpoint_config_info", service_id=service["id"])["private_endpoint_config"] == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"result": None}, "returned null, but an object with endpointServiceId or privateDnsHostname was"),
        ({"result": []}, "returned [], but an object with endpointServiceId or privateDnsHostname was"),
        ("<html>Sign in</html>", "the response is a web page and not the API's JSON."),
        ("Sign in", "the response is not the API's JSON but begins with 'Sign in'"),
        ("", "the response is empty"),
    ],
)
def test_unexpected_response_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, body: Any, message: str
) -> None:
    emulator.fault(path=SUBPATH, status=200, body=body)
    result = run("private_endpoint_config_info", service_id=service["id"])
    assert result["failed"] is True
    assert message in result["msg"]
    assert "<html>" not in result["msg"]
    assert "exception" not in result


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: name, service_id"),
        ({"name": ""}, "one of the following is required: name, service_id"),
        ({"service_id": "Analytics"}, "service_id must be a UUID such as"),
        ({"service_id": ".."}, "service_id must be a UUID such as"),
    ],
)
def test_missing_service_option_fails_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    assert message in run("private_endpoint_config_info", **options)["msg"]
    assert emulator.journal() == []


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(private_endpoint_config_info.RETURN)["private_endpoint_config"]["contains"]
    assert documented.keys() == private_endpoint_config_info.CONFIG.to_result({}).keys()
