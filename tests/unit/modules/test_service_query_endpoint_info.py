# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.query_endpoint import QUERY_ENDPOINT
from ansible_collections.clickhouse.cloud.plugins.modules import service_query_endpoint_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/serviceQueryEndpoint"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["idle", "stopped", "some_new_state"])
def test_endpoint_by_id_needs_one_request(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    body = {"openApiKeys": [], "roles": ["sql_console_admin"], "allowedOrigins": "https://a.example, https://b.example"}
    stored = emulator.request("POST", path, body)
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    expected = {
        "id": stored["id"],
        "api_keys": [],
        "roles": ["sql_console_admin"],
        "allowed_origins": ["https://a.example", "https://b.example"],
    }
    by_id = run("service_query_endpoint_info", check=check, service_id=service["id"])
    assert (by_id["changed"], by_id["service_id"], by_id["query_endpoint"]) == (False, service["id"], expected)
    assert "diff" not in by_id
    assert sent() == [f"GET {path}"]

    by_name = run("service_query_endpoint_info", check=check, name="analytics")
    assert (by_name["service_id"], by_name["query_endpoint"]) == (service["id"], expected)
    assert sent() == ["GET services", f"GET {path}"]
    # The idle service is not woken up.
    assert emulator.raw_service(service["id"])["state"] == state


def test_service_without_endpoint_returns_null(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    assert run("service_query_endpoint_info", service_id=service["id"])["query_endpoint"] is None
    assert sent() == [f"GET {path}", f"GET services/{service['id']}"]


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = {"roles": 7, "allowedOrigins": ["*"], "newField": [{"someKey": 1}]}
    emulator.fault(path="/serviceQueryEndpoint$", status=200, body={"result": odd})
    assert run("service_query_endpoint_info", name="analytics")["query_endpoint"] == {
        "id": None,
        "api_keys": [],
        "roles": 7,
        "allowed_origins": ["*"],
        "new_field": [{"some_key": 1}],
    }


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    assert run("service_query_endpoint_info", **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("service_query_endpoint_info", name="")["msg"]
    assert emulator.journal() == []


def test_missing_view_permission_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/serviceQueryEndpoint$", status=403)
    result = run("service_query_endpoint_info", name="analytics")
    assert ("failed" in result, result["query_endpoint"]) == (False, None)
    assert f"The API key may not read the query endpoint of service {service['id']}" in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 404, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/services", status=status, times=99)
    assert run("service_query_endpoint_info", name="analytics")["status"] == status


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(service_query_endpoint_info.RETURN)["query_endpoint"]["contains"]
    assert documented.keys() == QUERY_ENDPOINT.to_result({}).keys()
